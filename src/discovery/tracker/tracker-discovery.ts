/**
 * Finding peers by asking trackers (BEP 3, 12).
 *
 * BEP 12 has a client announce to one tracker of all tiers. Here every tier is announced to, each to its first tracker that
 * works: the tiers of most torrents and all magnet links are trackers of their own with swarms of their own, and whoever is
 * known to one of them only would not be found. A private torrent's trackers are asked one at a time (BEP 27).
 */
import type { Discovery, DiscoveryReports, Search, SwarmIdentity } from '../discovery.ts';
import { Announcer } from './announcer.ts';
import { DEFAULT_USER_AGENT, TrackerClient, type TrackerRuntime } from './tracker-client.ts';
import { TrackerTiers } from './tracker-tiers.ts';

export interface TrackerDiscoveryOptions {
  readonly runtime: TrackerRuntime;
  /** How HTTP trackers are told who asks; some admit only what they know. */
  readonly userAgent?: string;
}

/** One for a whole session: its torrents share the UDP sockets and connection ids. */
export function trackerDiscovery({ runtime, userAgent = DEFAULT_USER_AGENT }: TrackerDiscoveryOptions): Discovery {
  const client = new TrackerClient(runtime, userAgent);
  let searches = 0;
  return {
    name: 'tracker',
    search(identity, reports) {
      searches += 1;
      return new TrackerSearch({ runtime, client, identity, reports }, () => {
        searches -= 1;
        if (searches === 0) client.close();
      });
    },
  };
}

interface SearchParts {
  readonly runtime: TrackerRuntime;
  readonly client: TrackerClient;
  readonly identity: SwarmIdentity;
  readonly reports: DiscoveryReports;
}

class TrackerSearch implements Search {
  readonly #parts: SearchParts;
  readonly #ended: () => void;
  readonly #key: number;
  readonly #tiers: TrackerTiers;
  /** One for each tier; a private torrent has one for all. */
  readonly #announcers: Announcer[] = [];
  #stopping: Promise<void> | undefined;

  constructor(parts: SearchParts, ended: () => void) {
    this.#parts = parts;
    this.#ended = ended;
    this.#key = Buffer.from(parts.runtime.random.bytes(4)).readUInt32BE(0);
    this.#tiers = new TrackerTiers(parts.runtime.random);
    this.#takeTrackers();
  }

  wantMore(): void {
    this.#takeTrackers();
    for (const announcer of this.#announcers) announcer.wantMore();
  }

  completed(): void {
    this.#takeTrackers();
    for (const announcer of this.#announcers) announcer.completed();
  }

  stop(): Promise<void> {
    this.#stopping ??= Promise.all(this.#announcers.map((announcer) => announcer.stop())).then(() => this.#ended());
    return this.#stopping;
  }

  #takeTrackers(): void {
    if (this.#stopping !== undefined || !this.#tiers.add(this.#parts.identity.trackers())) return;
    for (const announcer of this.#announcers) announcer.trackersAdded();
    const needed = this.#parts.identity.isPrivate ? 1 : this.#tiers.tiers().length;
    while (this.#announcers.length < needed) this.#announcers.push(this.#newAnnouncer(this.#announcers.length));
  }

  #newAnnouncer(index: number): Announcer {
    const tiers = this.#tiers;
    return new Announcer({
      ...this.#parts,
      key: this.#key,
      oneAtATime: this.#parts.identity.isPrivate,
      trackers: () => (this.#parts.identity.isPrivate ? tiers.tiers().flat() : tiers.tiers()[index]),
      worked: (tracker) => tiers.worked(tracker),
    });
  }
}
