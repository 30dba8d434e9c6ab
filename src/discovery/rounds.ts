/**
 * The rhythm of a search: rounds that come more and more rarely while they are fruitless, and at a steady interval once they
 * are not; sooner where more peers are wanted, but never in a rush.
 *
 * Invariant: at most one round is under way, and after `stop` none begins.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

export interface Rhythm {
  /** From a fruitful round to the next. */
  readonly intervalMs: number;
  /** From the first fruitless round to the next; doubled each time, up to the interval. */
  readonly firstRetryMs: number;
  /** From one round to the next at the least, however much is wanted. */
  readonly leastIntervalMs: number;
}

export class Rounds {
  readonly #clock: Clock;
  readonly #rhythm: Rhythm;
  readonly #round: () => Promise<boolean>;
  #timer: Timer | undefined;
  #isStopped = false;
  #beganMs = 0;
  #dueMs = 0;
  #fruitless = 0;

  /** @param round one round, which never rejects; true where it bore fruit */
  constructor(clock: Clock, rhythm: Rhythm, round: () => Promise<boolean>) {
    this.#clock = clock;
    this.#rhythm = rhythm;
    this.#round = round;
  }

  /** Begins with a round, a moment from now. */
  start(): void {
    this.#schedule(0);
  }

  /** Brings the next round forward, as far as that goes. */
  wantMore(): void {
    if (this.#timer === undefined) return;
    const soonestMs = this.#beganMs + Math.max(this.#rhythm.leastIntervalMs, this.#retryMs());
    if (soonestMs < this.#dueMs) this.#schedule(Math.max(0, soonestMs - this.#clock.now()));
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#beganMs = this.#clock.now();
    const isFruitful = await this.#round();
    this.#fruitless = isFruitful ? 0 : this.#fruitless + 1;
    this.#schedule(isFruitful ? this.#rhythm.intervalMs : this.#retryMs());
  }

  #retryMs(): number {
    return Math.min(this.#rhythm.firstRetryMs * 2 ** Math.max(0, this.#fruitless - 1), this.#rhythm.intervalMs);
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#dueMs = this.#clock.now() + delayMs;
    this.#timer = this.#clock.after(delayMs, () => void this.#run());
  }
}
