/** How long a command has taken. */
import type { Clock } from '../runtime/clock.ts';

export class Stopwatch {
  readonly #clock: Clock;
  readonly #beganMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#beganMs;
  }

  /** To the millisecond, as events have it. */
  get seconds(): number {
    return Math.round(this.elapsedMs) / 1000;
  }
}
