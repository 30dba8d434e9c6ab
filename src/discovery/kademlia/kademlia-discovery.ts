/**
 * Finding peers in the Mainline DHT (BEP 5): by the info-hash alone, without any server.
 *
 * Invariant: a private torrent is neither looked for nor announced (BEP 27). Each info-hash has one lookup under way at most,
 * and while there is little to find they come more and more rarely.
 */
import { describeError } from '../../bytes/errors.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Discovery, DiscoveryReports, Search, SwarmIdentity } from '../discovery.ts';
import type { KademliaNode } from './kademlia.ts';

/** Nodes forget an announcement after half an hour. */
const ANNOUNCE_INTERVAL_MS = 15 * 60_000;
/** After a lookup that found nobody, or reached no node; doubled each time, up to the interval above. */
const FIRST_RETRY_MS = 5_000;
/** What `wantMore` can bring a lookup forward to, after the last one. */
const LEAST_INTERVAL_MS = 60_000;

/** One for a whole session, on its node. */
export function kademliaDiscovery(node: KademliaNode, clock: Clock): Discovery {
  return {
    name: 'kademlia',
    search: (identity, reports) => (identity.isPrivate ? NO_SEARCH : new KademliaSearch(node, clock, identity, reports)),
  };
}

const NO_SEARCH: Search = { wantMore: () => undefined, completed: () => undefined, stop: async () => undefined };

class KademliaSearch implements Search {
  readonly #announcers: readonly Announcer[];

  constructor(node: KademliaNode, clock: Clock, identity: SwarmIdentity, reports: DiscoveryReports) {
    this.#announcers = identity.infoHashes.map((infoHash) => new Announcer(infoHash, { node, clock, identity, reports }));
  }

  wantMore(): void {
    for (const announcer of this.#announcers) announcer.wantMore();
  }

  completed(): void {
    // That we are a seed now is told with the next announcement.
  }

  /** The DHT has no goodbye: what it holds of us runs out. */
  async stop(): Promise<void> {
    for (const announcer of this.#announcers) announcer.stop();
  }
}

interface Parts {
  readonly node: KademliaNode;
  readonly clock: Clock;
  readonly identity: SwarmIdentity;
  readonly reports: DiscoveryReports;
}

/** Announces one info-hash over and over. */
class Announcer {
  readonly #infoHash: Uint8Array;
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #nextMs = 0;
  #fruitless = 0;

  constructor(infoHash: Uint8Array, parts: Parts) {
    this.#infoHash = infoHash;
    this.#parts = parts;
    void parts.node.joined.then(() => this.#announce());
  }

  wantMore(): void {
    if (this.#timer === undefined) return;
    const { clock } = this.#parts;
    const soonestMs = this.#lastMs + Math.max(LEAST_INTERVAL_MS, this.#retryMs());
    if (soonestMs < this.#nextMs) this.#schedule(Math.max(0, soonestMs - clock.now()));
  }

  stop(): void {
    this.#stopping.abort(new Error('the search has been stopped'));
    this.#timer?.cancel();
  }

  async #announce(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { node, clock, identity, reports } = this.#parts;
    this.#timer = undefined;
    this.#lastMs = clock.now();
    try {
      const { peers, stored, figures } = await node.announce(this.#infoHash, {
        port: identity.port,
        isSeed: identity.totals().left === 0,
        found: (found) => reports.found(found),
        signal: this.#stopping.signal,
      });
      this.#fruitless = peers.length > 0 ? 0 : this.#fruitless + 1;
      if (figures.answers === 0) reports.status('DHT: no node answers; --bootstrap HOST:PORT names one that does', true);
      else reports.status(`DHT: ${count(peers.length, 'peer')}, announced to ${count(stored, 'node')}`, false);
      this.#schedule(peers.length > 0 ? ANNOUNCE_INTERVAL_MS : this.#retryMs());
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#fruitless += 1;
      reports.status(`DHT: ${describeError(error)}`, true);
      this.#schedule(this.#retryMs());
    }
  }

  #retryMs(): number {
    return Math.min(FIRST_RETRY_MS * 2 ** this.#fruitless, ANNOUNCE_INTERVAL_MS);
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#parts;
    this.#timer?.cancel();
    this.#nextMs = clock.now() + delayMs;
    this.#timer = clock.after(delayMs, () => void this.#announceAgain());
  }

  /** A node that knows nobody has to join first. */
  async #announceAgain(): Promise<void> {
    const { node } = this.#parts;
    this.#timer = undefined;
    if (node.status().every(({ nodes }) => nodes === 0)) await node.join();
    await this.#announce();
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
