/**
 * In which order trackers are tried (BEP 12): tier by tier, each tier shuffled once, and within a tier whichever worked last
 * is first.
 *
 * Invariant: no tracker stands twice, and there are at most `LIMITS.trackers`.
 */
import { LIMITS } from '../../bytes/limits.ts';
import { shuffle, type Random } from '../../runtime/random.ts';

export class TrackerTiers {
  readonly #random: Random;
  readonly #tiers: string[][] = [];
  readonly #known = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Takes in trackers not known yet, behind those of their tier that are. True if there were any. */
  add(tiers: readonly (readonly string[])[]): boolean {
    const sizeBefore = this.size;
    for (const [index, trackers] of tiers.entries()) {
      const fresh: string[] = [];
      for (const tracker of trackers) {
        if (this.#known.has(tracker) || this.#known.size >= LIMITS.trackers) continue;
        this.#known.add(tracker);
        fresh.push(tracker);
      }
      (this.#tiers[index] ??= []).push(...shuffle(this.#random, fresh));
    }
    return this.size > sizeBefore;
  }

  /** Each tier's trackers in the order in which to try them. */
  tiers(): readonly (readonly string[])[] {
    return this.#tiers;
  }

  /** The tracker has answered: it goes to the front of its tier. */
  worked(tracker: string): void {
    const tier = this.#tiers.find((trackers) => trackers.includes(tracker));
    if (tier === undefined) return;
    tier.splice(tier.indexOf(tracker), 1);
    tier.unshift(tracker);
  }
}
