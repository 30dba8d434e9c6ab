/**
 * A DHT node for as long as a command runs, and what all commands that have one share.
 *
 * Invariant: however the command ends, the node is stopped, and whom it has met is remembered.
 */
import type { Command } from 'commander';
import type { Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { counted } from '../../bytes/units.ts';
import type { KademliaNode, LookupFigures } from '../../discovery/kademlia/kademlia.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { openDhtNode, PUBLIC_BOOTSTRAP, type DhtOptions } from '../../session/dht-node.ts';
import type { Display } from '../display.ts';
import { openDisplay } from '../open-display.ts';
import { interruption } from '../interruption.ts';
import { stateDirectory } from '../invocation.ts';
import { bootstrapOption, listenOption, readPort } from '../options.ts';
import { Stopwatch } from '../stopwatch.ts';
import { showWaiting } from '../waiting.ts';

export interface NodeOptions {
  readonly port?: number;
  readonly listen?: string;
  readonly bootstrap?: readonly Endpoint[];
  readonly json?: boolean;
}

export function addNodeOptions(command: Command, usual = { port: 'any free one', bootstrap: 'the public ones' }): Command {
  return command
    .option('--port <n>', `the UDP port to use; by default ${usual.port}`, readPort)
    .addOption(listenOption())
    .addOption(bootstrapOption(`nodes through which to join; by default ${usual.bootstrap}`))
    .option('--json', 'print one event a line');
}

export interface Running {
  readonly runtime: Runtime;
  readonly node: KademliaNode;
  readonly display: Display;
  readonly stopwatch: Stopwatch;
  /** Aborts when the command is to stop. */
  readonly signal: AbortSignal;
  /** As the promise, while people are shown what is being waited for. Programs are told of the result alone. */
  waitFor<Value>(what: string, promise: Promise<Value>): Promise<Value>;
}

/**
 * Starts a node, and does with it what the command is for. Unless `usual` says otherwise the node is one that will soon be
 * gone: on any port, for asking only (BEP 43). Rejects as `use` does, or with `ShoalError` 'LISTEN_FAILED'.
 */
export async function withNode(
  { port, listen, bootstrap, json }: NodeOptions, use: (running: Running) => Promise<void>, usual: Partial<DhtOptions> = {},
): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  const stopwatch = new Stopwatch(runtime.clock);
  const display = await openDisplay({ json });
  try {
    const dht = await openDhtNode(runtime, {
      listenHost: listen,
      stateDirectory: stateDirectory(),
      isReadOnly: true,
      ...usual,
      port: port ?? usual.port ?? 0,
      bootstrap: bootstrap ?? usual.bootstrap ?? PUBLIC_BOOTSTRAP,
    });
    try {
      const waitFor = <Value>(what: string, promise: Promise<Value>): Promise<Value> =>
        (json === true ? promise : showWaiting(display, runtime.clock, what, promise));
      await use({ runtime, node: dht.node, display, stopwatch, signal, waitFor });
    } finally {
      await dht.close();
    }
  } finally {
    display.close();
  }
}

/** Waits until the node has joined. Rejects with `ShoalError` 'DHT_NO_ANSWER' where nobody is there. */
export async function joined({ node, signal, waitFor }: Pick<Running, 'node' | 'signal' | 'waitFor'>): Promise<void> {
  await waitFor('joining the DHT', unlessAborted(node.joined, signal));
  if (node.isAlone) throw new ShoalError('DHT_NO_ANSWER', 'no node of the DHT answers; --bootstrap HOST:PORT names one that does');
}

/** What a question has cost, for programs. */
export function figureFields({ nodes, hops, queries, answers }: LookupFigures): object {
  return { lookup: { nodes, hops, queries, answers } };
}

/** … and for people. */
export function figuresText({ hops, queries, answers }: LookupFigures): string {
  return `${counted(answers, 'node')} of ${queries} answered, ${counted(hops, 'hop')}`;
}
