/**
 * Finding peers on the ring: by the info-hash, and, for those who look by name, publishing the torrent under its name and its
 * words.
 *
 * Invariant: a private torrent is neither looked for nor published (BEP 27). What is published is renewed as long as the
 * search lasts, and taken back at its end.
 */
import { equalBytes } from '../../bytes/compare.ts';
import { describeError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { counted } from '../../bytes/units.ts';
import type { Clock } from '../../runtime/clock.ts';
import { NO_SEARCH, type Discovery, type DiscoveryReports, type Search, type SwarmIdentity } from '../discovery.ts';
import { Rounds } from '../rounds.ts';
import { publishableName } from './names.ts';
import type { Publication, PublishResult } from './publisher.ts';
import type { RingNode } from './ring-node.ts';

/** While nobody else is found. */
const FIRST_RETRY_MS = 5000;
const LEAST_INTERVAL_MS = 30_000;

/**
 * One for a whole session, on its peer of the ring, which may be outside.
 * @param ready settles once the peer is where it should be, or cannot get there
 */
export function ringDiscovery(node: RingNode, clock: Clock, ready: Promise<void>): Discovery {
  return {
    name: 'ring',
    search: (identity, reports) => (identity.isPrivate ? NO_SEARCH : new RingSearch(node, clock, ready, identity, reports)),
  };
}

class RingSearch implements Search {
  readonly #node: RingNode;
  readonly #clock: Clock;
  readonly #identity: SwarmIdentity;
  readonly #reports: DiscoveryReports;
  readonly #rounds: Rounds;
  #published: readonly Publication[] = [];
  #publishing: Promise<readonly PublishResult[]> = Promise.resolve([]);
  #stopping: Promise<void> | undefined;

  constructor(node: RingNode, clock: Clock, ready: Promise<void>, identity: SwarmIdentity, reports: DiscoveryReports) {
    this.#node = node;
    this.#clock = clock;
    this.#identity = identity;
    this.#reports = reports;
    const rhythm = { intervalMs: node.settings.renewIntervalMs, firstRetryMs: FIRST_RETRY_MS, leastIntervalMs: LEAST_INTERVAL_MS };
    this.#rounds = new Rounds(clock, rhythm, () => this.#round());
    const fail = (error: unknown): void => reports.status(`ring: ${describeError(error)}`, true);
    void ready.catch(fail).then(() => this.#rounds.start());
  }

  wantMore(): void {
    this.#rounds.wantMore();
  }

  completed(): void {
    // The ring does not tell those who have it all from those who have some.
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #round(): Promise<boolean> {
    const publications = this.#publications();
    const keys = this.#identity.infoHashes.map((infoHash) => infoHash.subarray(0, 20));
    const found = (await Promise.all(keys.map((key) => this.#node.findByKey(key)))).flat();
    const endpoints = found.flatMap(({ holders }) => holders.map(({ endpoint }) => endpoint));
    if (endpoints.length > 0) this.#reports.found(endpoints);
    if (this.#stopping !== undefined) return true;
    this.#published = publications;
    this.#publishing = Promise.all(publications.map((one) => this.#node.publish(one)));
    const results = await this.#publishing;
    this.#tell(endpoints.length, results);
    // Oneself is one of those who are found from the second round on.
    return endpoints.length > 1 && results.every(({ stored }) => stored > 0);
  }

  /** One info-hash goes with the name, a hybrid's other stands alone: a name should lead to one torrent once. */
  #publications(): Publication[] {
    const { infoHashes, port } = this.#identity;
    const description = this.#identity.description?.();
    const unnamed = { name: '', length: description?.length ?? 0, port };
    if (description === undefined) return infoHashes.map((infoHash) => ({ ...unnamed, infoHash }));
    const others = infoHashes.filter((infoHash) => !equalBytes(infoHash, description.infoHash.subarray(0, 20)));
    const named = { ...description, name: publishableName(description.name), port };
    return [named, ...others.map((infoHash) => ({ ...unnamed, infoHash }))];
  }

  async #stop(): Promise<void> {
    this.#rounds.stop();
    // What is on its way there must not come after what takes it back.
    const withdrawals = this.#publishing.then(() => Promise.all(this.#published.map((publication) => this.#node.withdraw(publication))));
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(LIMITS.goodbyeMs, resolve);
      void withdrawals.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #tell(peers: number, results: readonly PublishResult[]): void {
    const keys = results.reduce((sum, result) => sum + result.keys, 0);
    const stored = results.reduce((sum, result) => sum + result.stored, 0);
    if (stored === 0) this.#reports.status('ring: no peer of it answers; --ring HOST:PORT names one that does', true);
    else this.#reports.status(`ring: ${counted(peers, 'peer')}, published under ${stored} of ${keys} keys`, stored < keys);
  }
}
