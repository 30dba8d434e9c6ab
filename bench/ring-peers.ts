/**
 * Some peers of a ring in a process of their own, told what to do over IPC by `bench/ring-loopback.ts`: each message is
 * `[number, order, argument]`, each reply `[number, result]` or `[number, undefined, error]`.
 */
import type { Endpoint } from '../src/bytes/endpoint.ts';
import { describeError } from '../src/bytes/errors.ts';
import { nameKey } from '../src/discovery/ring/names.ts';
import { RingNode } from '../src/discovery/ring/ring-node.ts';
import type { RingSettings } from '../src/discovery/ring/settings.ts';
import { nodeRuntime } from '../src/runtime/node/runtime.ts';

export interface PeerView {
  readonly key: string;
  /** In hexadecimal. */
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly successors: readonly string[];
  readonly predecessors: readonly string[];
}

export interface Orders {
  open: { readonly argument: { readonly count: number; readonly settings: Partial<RingSettings> }; readonly result: PeerView[] };
  /** Null: the first peer begins a ring. */
  join: { readonly argument: Endpoint | null; readonly result: undefined };
  view: { readonly argument: null; readonly result: PeerView[] };
  /** The peers publish the files in turn; the result is how many keys were not stored. */
  publish: { readonly argument: readonly string[]; readonly result: number };
  /** Each peer finds each file; the result is how many were not found. */
  find: { readonly argument: readonly string[]; readonly result: number };
  /** The first so many peers leave politely. */
  leave: { readonly argument: number; readonly result: undefined };
}

/** Lookups under way at a time, of all the peers here together. */
const WINDOW = 24;

const runtime = nodeRuntime();
let nodes: RingNode[] = [];

const handlers: { [Name in keyof Orders]: (argument: Orders[Name]['argument']) => Promise<Orders[Name]['result']> | Orders[Name]['result'] } = {
  open: async ({ count, settings }) => {
    nodes = await Promise.all(Array.from({ length: count }, () => RingNode.open(runtime, { host: '127.0.0.1', settings })));
    return nodes.map(view);
  },
  join: async (through) => {
    if (through === null) nodes[0].begin();
    const endpoint = through ?? nodes[0].localEndpoint;
    for (const node of nodes) if (node.state === 'outside') await node.join([endpoint]);
  },
  view: () => nodes.map(view),
  publish: async (names) => {
    const results = await inTurn(names, async (name, index) => {
      const infoHash = Buffer.alloc(20);
      infoHash.write(name, 'utf8');
      return nodes[index % nodes.length].publish({ infoHash, name, length: name.length, port: 6881 });
    });
    return results.reduce((sum, { keys, stored }) => sum + keys - stored, 0);
  },
  find: async (names) => {
    const pairs = nodes.flatMap((node) => names.map((name) => ({ node, name })));
    const found = await inTurn(pairs, async ({ node, name }) => (await node.findByKey(nameKey(name))).some((record) => record.name === name));
    return found.filter((isFound) => !isFound).length;
  },
  leave: async (count) => {
    const leaving = nodes.slice(0, count);
    nodes = nodes.slice(count);
    await Promise.all(leaving.map((node) => node.leave()));
  },
};

process.on('message', ([number, order, argument]: [number, keyof Orders, never]) => {
  void (async () => {
    try {
      process.send?.([number, await handlers[order](argument)]);
    } catch (error) {
      process.send?.([number, undefined, describeError(error)]);
    }
  })();
});

function view(node: RingNode): PeerView {
  const { successors, predecessors, id, endpoint } = node.status();
  return {
    key: node.contact.key,
    id: Buffer.from(id).toString('hex'),
    endpoint,
    successors: successors.map(({ key }) => key),
    predecessors: predecessors.map(({ key }) => key),
  };
}

async function inTurn<Item, Result>(items: readonly Item[], act: (item: Item, index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await act(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
  return results;
}
