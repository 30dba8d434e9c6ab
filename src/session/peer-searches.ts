/**
 * A torrent's searches for peers, one with each way of finding them that its session has.
 *
 * Invariant: a private torrent is looked for at its trackers alone (BEP 27), from when it is known to be one. Whoever has been
 * told goodbye is not greeted anew before that has been said, for the one might come after the other.
 */
import { toHex } from '../bytes/hex.ts';
import { WANT_MORE_INTERVAL_MS, type Discovery, type DiscoveryReports, type Search, type SwarmIdentity } from '../discovery/discovery.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

export interface PeerSearchesOptions {
  readonly clock: Clock;
  readonly discoveries: readonly Discovery[];
  /** What is known of the torrent by now. */
  identity(): SwarmIdentity;
  reports(discovery: Discovery): DiscoveryReports;
  /** Whether more peers would be welcome. */
  wantsMore(): boolean;
}

export class PeerSearches {
  readonly #options: PeerSearchesOptions;
  readonly #searches = new Map<Search, Discovery>();
  /** The info-hashes that are looked for, in hexadecimal. */
  readonly #lookedFor = new Set<string>();
  #timer: Timer | undefined;
  #isOn = false;
  #goodbyes: Promise<unknown> = Promise.resolve();

  constructor(options: PeerSearchesOptions) {
    this.#options = options;
  }

  /** Begins to look and to announce. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    void this.#goodbyes.then(() => {
      if (!this.#isOn || this.#timer !== undefined) return;
      this.#timer = this.#options.clock.every(WANT_MORE_INTERVAL_MS, () => { if (this.#options.wantsMore()) this.wantMore(); });
      this.#lookFor(this.#options.identity());
    });
  }

  /** More is known of the torrent: that it is private, or has an info-hash that a link did not name. */
  update(): void {
    if (this.#timer === undefined) return;
    const identity = this.#options.identity();
    if (identity.isPrivate) for (const [search, { name }] of this.#searches) if (name !== 'tracker') this.#end(search);
    const infoHashes = identity.infoHashes.filter((infoHash) => !this.#lookedFor.has(toHex(infoHash)));
    // The first search has its name already.
    if (infoHashes.length > 0) this.#lookFor({ ...identity, infoHashes, description: () => undefined });
  }

  wantMore(): void {
    for (const search of this.#searches.keys()) search.wantMore();
  }

  /** The last wanted byte has just arrived. */
  completed(): void {
    for (const search of this.#searches.keys()) search.completed();
  }

  /** Resolves once goodbye has been said, or has taken too long. Never rejects. */
  async stop(): Promise<void> {
    this.#isOn = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lookedFor.clear();
    for (const search of this.#searches.keys()) this.#end(search);
    await this.#goodbyes;
  }

  #lookFor(identity: SwarmIdentity): void {
    for (const infoHash of identity.infoHashes) this.#lookedFor.add(toHex(infoHash));
    for (const discovery of this.#options.discoveries) {
      if (identity.isPrivate && discovery.name !== 'tracker') continue;
      this.#searches.set(discovery.search(identity, this.#options.reports(discovery)), discovery);
    }
  }

  #end(search: Search): void {
    this.#searches.delete(search);
    this.#goodbyes = Promise.all([this.#goodbyes, search.stop()]);
  }
}
