/**
 * A token bucket: so many a second on average, and no more than a burst at once.
 *
 * Invariant: at most `burst + perSecond × seconds` are taken in any stretch of time.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #level: number;
  #atMs: number;

  /** Full at first. */
  constructor(options: { readonly perSecond: number; readonly burst: number }, nowMs: number) {
    this.#perMs = options.perSecond / 1000;
    this.#burst = options.burst;
    this.#level = options.burst;
    this.#atMs = nowMs;
  }

  /** Takes one; false where none is left. */
  take(nowMs: number): boolean {
    this.#level = Math.min(this.#burst, this.#level + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#level < 1) return false;
    this.#level -= 1;
    return true;
  }
}
