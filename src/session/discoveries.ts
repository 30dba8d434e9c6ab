/**
 * The ways of finding peers that a session uses, by name: opened with it, shared by its torrents, closed with it.
 *
 * Invariant: what is not named is not started: no socket, no datagram.
 */
import type { Endpoint } from '../bytes/endpoint.ts';
import type { Discovery, DiscoveryName } from '../discovery/discovery.ts';
import { trackerDiscovery } from '../discovery/tracker/tracker-discovery.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface Discoveries {
  readonly all: readonly Discovery[];
  /** The DHT node's UDP port, where there is one (BEP 5). */
  readonly dhtPort: number | undefined;
  /** A neighbour has told where its DHT node is. */
  addDhtNode(endpoint: Endpoint): void;
  close(): Promise<void>;
}

export const DISCOVERY_NAMES = ['tracker', 'exchange'] as const satisfies readonly DiscoveryName[];

export async function openDiscoveries(runtime: Runtime, names: ReadonlySet<DiscoveryName>, userAgent: string): Promise<Discoveries> {
  const all: Discovery[] = [];
  if (names.has('tracker')) all.push(trackerDiscovery({ runtime, userAgent }));
  return { all, dhtPort: undefined, addDhtNode: () => undefined, close: async () => undefined };
}
