/**
 * The ways of finding peers that a session uses, by name: opened with it, shared by its torrents, closed with it.
 *
 * Invariant: what is not named is not started: no socket, no datagram.
 */
import type { Endpoint } from '../bytes/endpoint.ts';
import type { Discovery, DiscoveryName } from '../discovery/discovery.ts';
import type { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import { kademliaDiscovery } from '../discovery/kademlia/kademlia-discovery.ts';
import { openLocalDiscovery, type LocalDiscovery } from '../discovery/local/local-discovery.ts';
import { ringDiscovery } from '../discovery/ring/ring-discovery.ts';
import { trackerDiscovery } from '../discovery/tracker/tracker-discovery.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { openDhtNode, type DhtNode } from './dht-node.ts';
import { noRingKnown, openRingPeer, rememberedPeers, type RingPeer } from './ring-peer.ts';

export const DISCOVERY_NAMES = ['tracker', 'kademlia', 'ring', 'exchange', 'local'] as const satisfies readonly DiscoveryName[];

export interface DiscoveryOptions {
  readonly names: ReadonlySet<DiscoveryName>;
  readonly userAgent: string;
  /** The TCP port; the DHT takes the UDP one of the same number where it can. */
  readonly port: number;
  readonly listenHost: string | undefined;
  /** Where the DHT's table is kept between runs. */
  readonly stateDirectory: string | undefined;
  readonly bootstrap: readonly Endpoint[];
  /** Well-known peers of the ring; none: those that are remembered. */
  readonly ring: readonly Endpoint[];
}

export interface Discoveries {
  readonly all: readonly Discovery[];
  /** The DHT node of this session, if it has one. */
  readonly dht: KademliaNode | undefined;
  /** Its peer on the ring, if it has one. */
  readonly ring: RingPeer | undefined;
  close(): Promise<void>;
}

/** Rejects with `ShoalError`: 'LISTEN_FAILED' where one that was asked for can have no UDP port at all, or 'RING_UNKNOWN'. */
export async function openDiscoveries(runtime: Runtime, options: DiscoveryOptions): Promise<Discoveries> {
  const all: Discovery[] = [];
  if (options.names.has('tracker')) all.push(trackerDiscovery({ runtime, userAgent: options.userAgent }));
  const dht = options.names.has('kademlia') ? await openDht(runtime, options) : undefined;
  if (dht !== undefined) all.push(kademliaDiscovery(dht.node, runtime.clock));
  const ring = options.names.has('ring') ? await openRing(runtime, options) : undefined;
  if (ring !== undefined) all.push(ringDiscovery(ring.node, runtime.clock, ring.ready));
  const local = options.names.has('local') ? await openLocal(runtime, options) : undefined;
  if (local !== undefined) all.push(local);
  return {
    all, dht: dht?.node, ring,
    close: async () => {
      local?.close();
      await Promise.all([dht?.close(), ring?.close()]);
    },
  };
}

function openDht(runtime: Runtime, options: DiscoveryOptions): Promise<DhtNode> {
  return openDhtNode(runtime, options).catch(() => openDhtNode(runtime, { ...options, port: 0 }));
}

/** There is no public ring: where none is known it is left out, or, if it was all that was asked for, 'RING_UNKNOWN' says so. */
async function openRing(runtime: Runtime, { listenHost, stateDirectory, ring, names }: DiscoveryOptions): Promise<RingPeer | undefined> {
  const wellKnown = ring.length > 0 ? ring : await rememberedPeers(runtime.disk, stateDirectory);
  if (wellKnown.length > 0) return openRingPeer(runtime, { port: 0, listenHost, stateDirectory, wellKnown, place: 'member' });
  if (names.size > 1) return undefined;
  throw noRingKnown('--ring');
}

/** Where another program keeps the port to itself it is left out, unless it was all that was asked for. */
async function openLocal(runtime: Runtime, { listenHost, names }: DiscoveryOptions): Promise<LocalDiscovery | undefined> {
  try {
    return await openLocalDiscovery(runtime, listenHost);
  } catch (error) {
    if (names.size > 1) return undefined;
    throw error;
  }
}
