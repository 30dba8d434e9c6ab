/**
 * The ways of finding peers that a session uses, by name: opened with it, shared by its torrents, closed with it.
 *
 * Invariant: what is not named is not started: no socket, no datagram.
 */
import type { Endpoint } from '../bytes/endpoint.ts';
import type { Discovery, DiscoveryName } from '../discovery/discovery.ts';
import type { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import { kademliaDiscovery } from '../discovery/kademlia/kademlia-discovery.ts';
import { trackerDiscovery } from '../discovery/tracker/tracker-discovery.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { openDhtNode, type DhtNode } from './dht-node.ts';

export const DISCOVERY_NAMES = ['tracker', 'kademlia', 'exchange'] as const satisfies readonly DiscoveryName[];

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
  const dht = options.names.has('kademlia') ? await openDht(runtime, options) : undefined;
  if (dht !== undefined) all.push(kademliaDiscovery(dht.node, runtime.clock));
  return { all, dht: dht?.node, close: async () => dht?.close() };
}

function openDht(runtime: Runtime, options: DiscoveryOptions): Promise<DhtNode> {
  return openDhtNode(runtime, options).catch(() => openDhtNode(runtime, { ...options, port: 0 }));
}
