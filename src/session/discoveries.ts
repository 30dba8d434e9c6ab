/**
 * The ways of finding peers that a session uses, by name: opened with it, shared by its torrents, closed with it.
 *
 * Invariant: what is not named is not started: no socket, no datagram.
 */
import { addressFamily, type Endpoint } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Discovery, DiscoveryName } from '../discovery/discovery.ts';
import { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import { kademliaDiscovery } from '../discovery/kademlia/kademlia-discovery.ts';
import { trackerDiscovery } from '../discovery/tracker/tracker-discovery.ts';
import type { Runtime } from '../runtime/runtime.ts';

export const DISCOVERY_NAMES = ['tracker', 'kademlia', 'exchange'] as const satisfies readonly DiscoveryName[];

/** Nodes of the public DHT that are always there. */
export const PUBLIC_BOOTSTRAP: readonly Endpoint[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25401 },
  { host: 'dht.transmissionbt.com', port: 6881 },
];

export interface DiscoveryOptions {
  readonly names: ReadonlySet<DiscoveryName>;
  readonly userAgent: string;
  /** The TCP port; the DHT takes the UDP one of the same number where it can. */
  readonly port: number;
  readonly listenHost: string | undefined;
  /** Where the DHT's table is kept between runs. */
  readonly stateDirectory: string | undefined;
  readonly bootstrap: readonly Endpoint[];
}

export interface Discoveries {
  readonly all: readonly Discovery[];
  /** The DHT node of this session, if it has one. */
  readonly dht: KademliaNode | undefined;
  close(): Promise<void>;
}

/** Rejects with `ShoalError` 'LISTEN_FAILED' where the DHT can have no UDP port at all. */
export async function openDiscoveries(runtime: Runtime, options: DiscoveryOptions): Promise<Discoveries> {
  const all: Discovery[] = [];
  if (options.names.has('tracker')) all.push(trackerDiscovery({ runtime, userAgent: options.userAgent }));
  const dht = options.names.has('kademlia') ? await startDht(runtime, options) : undefined;
  if (dht !== undefined) all.push(kademliaDiscovery(dht, runtime.clock));
  return {
    all,
    dht,
    close: async () => {
      if (dht === undefined) return;
      const tables = dht.exportTables();
      dht.stop();
      // Where it cannot be kept, the next run begins with the well-known nodes.
      if (options.stateDirectory !== undefined) await runtime.disk.writeWhole(tablesPath(options.stateDirectory), tables).catch(() => undefined);
    },
  };
}

async function startDht(runtime: Runtime, { port, listenHost, stateDirectory, bootstrap }: DiscoveryOptions): Promise<KademliaNode> {
  const family = listenHost === undefined ? undefined : addressFamily(listenHost);
  const savedTables = stateDirectory === undefined ? undefined
    : await runtime.disk.readWhole(tablesPath(stateDirectory), LIMITS.torrentBytes).catch(() => undefined);
  const start = (udpPort: number): Promise<KademliaNode> => KademliaNode.start(runtime, {
    port: udpPort,
    bootstrap,
    ...(family === undefined ? {} : { families: [family], hosts: { [family]: listenHost } }),
    ...(savedTables === undefined ? {} : { savedTables }),
  });
  return start(port).catch(() => start(0));
}

function tablesPath(stateDirectory: string): string {
  return `${stateDirectory}/dht.tables`;
}
