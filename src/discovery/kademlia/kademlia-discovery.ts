/**
 * Finding peers in the Mainline DHT (BEP 5): by the info-hash alone, without any server.
 *
 * Invariant: a private torrent is neither looked for nor announced (BEP 27). Each info-hash has one lookup under way at most,
 * and while there is little to find they come more and more rarely.
 */
import { describeError, ShoalError } from '../../bytes/errors.ts';
import { counted } from '../../bytes/units.ts';
import type { Clock } from '../../runtime/clock.ts';
import { NO_SEARCH, type Discovery, type DiscoveryReports, type Search, type SwarmIdentity } from '../discovery.ts';
import { Rounds, type Rhythm } from '../rounds.ts';
import type { KademliaNode } from './kademlia.ts';

/** Nodes forget an announcement after half an hour. */
const RHYTHM: Rhythm = { intervalMs: 15 * 60_000, firstRetryMs: 5_000, leastIntervalMs: 60_000 };

/** One for a whole session, on its node. */
export function kademliaDiscovery(node: KademliaNode, clock: Clock): Discovery {
  return {
    name: 'kademlia',
    search: (identity, reports) => (identity.isPrivate ? NO_SEARCH : new KademliaSearch(node, clock, identity, reports)),
  };
}

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
  readonly #rounds: Rounds;
  /** Whether it has waited for the node's own first attempt. */
  #hasJoined = false;

  constructor(infoHash: Uint8Array, parts: Parts) {
    this.#infoHash = infoHash;
    this.#parts = parts;
    this.#rounds = new Rounds(parts.clock, RHYTHM, () => this.#announce());
    this.#rounds.start();
  }

  wantMore(): void {
    this.#rounds.wantMore();
  }

  stop(): void {
    this.#stopping.abort(new ShoalError('STOPPED', 'the search has been stopped'));
    this.#rounds.stop();
  }

  /** Whether there are peers. */
  async #announce(): Promise<boolean> {
    const { node, identity, reports } = this.#parts;
    const { signal } = this.#stopping;
    try {
      await this.#join();
      if (signal.aborted) return false;
      if (node.isAlone) {
        reports.status('DHT: no node answers; --bootstrap HOST:PORT names one that does', true);
        return false;
      }
      const { peers, stored } = await node.announce(this.#infoHash, {
        port: identity.port, isSeed: identity.totals().left === 0, found: (found) => reports.found(found), signal,
      });
      reports.status(`DHT: ${counted(peers.length, 'peer')}, announced to ${counted(stored, 'node')}`, false);
      return peers.length > 0;
    } catch (error) {
      if (!signal.aborted) reports.status(`DHT: ${describeError(error)}`, true);
      return false;
    }
  }

  /** Waits until the node has joined, as far as that is possible; one that still knows nobody tries again each time. */
  async #join(): Promise<void> {
    const { node, reports } = this.#parts;
    if (!node.isAlone) return;
    reports.status('DHT: joining', false);
    await (this.#hasJoined ? node.join() : node.joined);
    this.#hasJoined = true;
    if (!node.isAlone) reports.status('DHT: looking for peers', false);
  }
}
