/**
 * How fast all torrents of a session together, or one of them within that, may take and give.
 *
 * Invariant: what passes for a torrent is within its own limits and within the session's.
 */
import { ShoalError } from '../bytes/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { RateLimit } from '../swarm/rate.ts';

/** In bytes per second: Infinity for no limit, 0 for nothing at all; absent: as it was, and no limit at first. */
export interface RateOptions {
  readonly down?: number | undefined;
  readonly up?: number | undefined;
}

export class Rates {
  readonly down: RateLimit;
  readonly up: RateLimit;
  readonly #clock: Clock;

  /** `within` are limits that hold besides. Throws `ShoalError` 'BAD_RATE'. */
  constructor(clock: Clock, rates: RateOptions = {}, within?: Rates) {
    check(rates);
    const { down = Number.POSITIVE_INFINITY, up = Number.POSITIVE_INFINITY } = rates;
    this.#clock = clock;
    this.down = new RateLimit(down, clock.now(), within?.down);
    this.up = new RateLimit(up, clock.now(), within?.up);
  }

  /** Throws `ShoalError` 'BAD_RATE'. */
  limit(rates: RateOptions): void {
    check(rates);
    const nowMs = this.#clock.now();
    if (rates.down !== undefined) this.down.setRate(rates.down, nowMs);
    if (rates.up !== undefined) this.up.setRate(rates.up, nowMs);
  }
}

function check({ down = 0, up = 0 }: RateOptions): void {
  for (const rate of [down, up]) {
    if (!(rate >= 0)) throw new ShoalError('BAD_RATE', `a rate of ${rate} bytes per second makes no sense: it is 0 or more`);
  }
}
