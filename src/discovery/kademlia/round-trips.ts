/**
 * How long to wait for an answer, by how long the latest ones took. Nodes are asked once and all differ, so it goes by what
 * nearly all of them kept within, not by a mean.
 *
 * Invariant: nobody is slow before `SHORTEST_SLOW_MS`, nor given up before `SHORTEST_TIMEOUT_MS`; and before there is
 * something to go by, as after `LONGEST_SLOW_MS` and `LONGEST_TIMEOUT_MS`.
 */
const SHORTEST_SLOW_MS = 200;
const LONGEST_SLOW_MS = 1000;
const SHORTEST_TIMEOUT_MS = 1000;
const LONGEST_TIMEOUT_MS = 4000;
/** Answers that are gone by, and the fewest that are enough for it. */
const REMEMBERED = 32;
const ENOUGH = 4;
/** Slow is who takes twice as long as nine in ten; who takes four times as long as that is given up. */
const USUAL_SHARE = 0.9;
const SLOW_FACTOR = 2;
const TIMEOUT_FACTOR = 4;

export interface Patience {
  /** Most answers that come at all have come by then. */
  readonly slowMs: number;
  /** Hardly any comes later. */
  readonly timeoutMs: number;
}

export class RoundTrips {
  /** Milliseconds each, the oldest overwritten by the next. */
  readonly #latest: number[] = [];
  #next = 0;
  /** Worked out from `#latest`; undefined where that has changed since. */
  #patience: Patience | undefined;

  measured(roundTripMs: number): void {
    this.#latest[this.#next] = roundTripMs;
    this.#next = (this.#next + 1) % REMEMBERED;
    this.#patience = undefined;
  }

  get patience(): Patience {
    return this.#patience ??= patienceFor(this.#latest);
  }
}

function patienceFor(roundTripsMs: readonly number[]): Patience {
  if (roundTripsMs.length < ENOUGH) return { slowMs: LONGEST_SLOW_MS, timeoutMs: LONGEST_TIMEOUT_MS };
  const usualMs = roundTripsMs.toSorted((a, b) => a - b)[Math.floor((roundTripsMs.length - 1) * USUAL_SHARE)];
  const slowMs = Math.min(LONGEST_SLOW_MS, Math.max(SHORTEST_SLOW_MS, SLOW_FACTOR * usualMs));
  return { slowMs, timeoutMs: Math.min(LONGEST_TIMEOUT_MS, Math.max(SHORTEST_TIMEOUT_MS, TIMEOUT_FACTOR * slowMs)) };
}
