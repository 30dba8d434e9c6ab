/**
 * A peer of the ring for as long as a command runs, and what all commands that have one share.
 *
 * Invariant: however the command ends, the peer says goodbye, and whom it has met is remembered.
 */
import type { Command } from 'commander';
import type { Endpoint } from '../../bytes/endpoint.ts';
import type { RingNode } from '../../discovery/ring/ring-node.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { noRingKnown, openRingPeer, rememberedPeers } from '../../session/ring-peer.ts';
import type { Display } from '../display.ts';
import { openDisplay } from '../open-display.ts';
import { interruption } from '../interruption.ts';
import { stateDirectory } from '../invocation.ts';
import { isEndpointWord, listenOption, ListOption, readEndpoint, readPort } from '../options.ts';
import { Stopwatch } from '../stopwatch.ts';
import { showWaiting } from '../waiting.ts';

export interface PeerOptions {
  readonly port?: number;
  readonly listen?: string;
  readonly join?: readonly Endpoint[];
  readonly json?: boolean;
}

export function addPeerOptions(command: Command, usual = { port: 'any free one', join: 'those of the ring that was used last' }): Command {
  return command
    .option('--port <n>', `the UDP port to use; by default ${usual.port}`, readPort)
    .addOption(listenOption())
    .addOption(new ListOption('--join <host:port…>', `peers of the ring to join through; by default ${usual.join}`, readEndpoint, isEndpointWord))
    .option('--json', 'print one event a line');
}

export interface Running {
  readonly runtime: Runtime;
  readonly node: RingNode;
  readonly display: Display;
  readonly stopwatch: Stopwatch;
  /** Aborts when the command is to stop. */
  readonly signal: AbortSignal;
  /** Resolves once the peer is where it should be. Rejects as `RingPeer.ready` does. */
  readonly ready: Promise<void>;
  /** As the promise, while people are shown what is being waited for. Programs are told of the result alone. */
  waitFor<Value>(what: string, promise: Promise<Value>): Promise<Value>;
}

/** Where the peer is, and what it is to do with no `--join`. */
export interface PeerRole {
  readonly place: 'member' | 'outside';
  /** It may begin a ring of its own; else one has to be known. */
  readonly mayBegin?: boolean;
  readonly usualPort?: number;
}

/**
 * Opens a peer, and does with it what the command is for. Rejects as `use` does, or with `ShoalError`: 'LISTEN_FAILED', or
 * 'RING_UNKNOWN' where no ring is named nor remembered.
 */
export async function withPeer({ port, listen, join, json }: PeerOptions, role: PeerRole, use: (running: Running) => Promise<void>): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  const stopwatch = new Stopwatch(runtime.clock);
  const wellKnown = join ?? (role.mayBegin === true ? [] : await rememberedPeers(runtime.disk, stateDirectory()));
  if (wellKnown.length === 0 && role.mayBegin !== true) throw noRingKnown('--join');
  const display = await openDisplay({ json });
  try {
    const peer = await openRingPeer(runtime, {
      port: port ?? role.usualPort ?? 0, listenHost: listen, stateDirectory: stateDirectory(), wellKnown, place: role.place,
    });
    try {
      const waitFor = <Value>(what: string, promise: Promise<Value>): Promise<Value> => {
        const waited = unlessAborted(promise, signal);
        return json === true ? waited : showWaiting(display, runtime.clock, what, waited);
      };
      await use({ runtime, node: peer.node, ready: peer.ready, display, stopwatch, signal, waitFor });
    } finally {
      await peer.close();
    }
  } finally {
    display.close();
  }
}
