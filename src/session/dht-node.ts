/**
 * This program's node in a DHT, whose table is kept between runs.
 *
 * Invariant: a table belongs to one DHT, which goes by its well-known nodes: who is met in a network of one's own is not asked
 * about the public one, nor the other way round.
 */
import { sha1 } from '../bytes/digest.ts';
import { addressFamily, formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Nodes of the public DHT that are always there. */
export const PUBLIC_BOOTSTRAP: readonly Endpoint[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25401 },
  { host: 'dht.transmissionbt.com', port: 6881 },
];

export interface DhtOptions {
  /** Exactly this UDP port; 0: any free one. */
  readonly port: number;
  /** The address to use; absent: all, of both families. */
  readonly listenHost?: string | undefined;
  /** Where the table is kept; absent: nowhere. */
  readonly stateDirectory: string | undefined;
  /** Well-known nodes to join through. None: the node begins a network of its own, in which it is well known itself. */
  readonly bootstrap: readonly Endpoint[];
  /** For a node that will soon be gone (BEP 43). */
  readonly isReadOnly?: boolean;
}

export interface DhtNode {
  readonly node: KademliaNode;
  /** Stops the node and keeps its table. Never rejects. */
  close(): Promise<void>;
}

/** Begins to join. Rejects with `ShoalError` 'LISTEN_FAILED'. */
export async function openDhtNode({ clock, random, network, disk }: Runtime, options: DhtOptions): Promise<DhtNode> {
  const { port, listenHost, bootstrap, isReadOnly = false } = options;
  const path = tablesPath(options);
  const family = listenHost === undefined ? undefined : addressFamily(listenHost);
  const savedTables = path === undefined ? undefined : await disk.readWhole(path, LIMITS.dhtTablesBytes).catch(() => undefined);
  const node = await KademliaNode.start({ clock, random, network }, {
    port, bootstrap, isReadOnly,
    ...(family === undefined ? {} : { families: [family], hosts: { [family]: listenHost } }),
    ...(savedTables === undefined ? {} : { savedTables }),
  });
  return {
    node,
    close: async () => {
      const tables = node.isAlone ? undefined : node.exportTables();
      node.stop();
      // Where it cannot be kept, the next run begins with the well-known nodes.
      if (path !== undefined && tables !== undefined) await disk.writeWhole(path, tables).catch(() => undefined);
    },
  };
}

/** Undefined where the network cannot be known again. */
function tablesPath({ stateDirectory, bootstrap, port }: DhtOptions): string | undefined {
  if (stateDirectory === undefined || (bootstrap.length === 0 && port === 0)) return undefined;
  const network = bootstrap.length === 0 ? `port ${port}` : bootstrap.map(formatEndpoint).toSorted().join(' ');
  return `${stateDirectory}/dht-${toHex(sha1(Buffer.from(network))).slice(0, 8)}.tables`;
}
