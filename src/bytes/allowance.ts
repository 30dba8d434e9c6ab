/**
 * How much each stranger may ask: a token bucket for each of a bounded number of them.
 *
 * Invariant: whoever stays among the last `strangers` heard of is allowed at most `burst + perSecond × seconds` in any
 * stretch of time. One who was forgotten begins anew with a full burst.
 */
export class Allowance {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #strangers: number;
  /** By stranger, the one heard of least recently first. */
  readonly #buckets = new Map<string, { level: number; atMs: number }>();

  constructor(options: { readonly perSecond: number; readonly burst: number; readonly strangers: number }) {
    this.#perMs = options.perSecond / 1000;
    this.#burst = options.burst;
    this.#strangers = options.strangers;
  }

  /** Takes one from the stranger's allowance; false where nothing is left of it. */
  take(stranger: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(stranger) ?? { level: this.#burst, atMs: nowMs };
    bucket.level = Math.min(this.#burst, bucket.level + (nowMs - bucket.atMs) * this.#perMs);
    bucket.atMs = nowMs;
    this.#buckets.delete(stranger);
    this.#buckets.set(stranger, bucket);
    if (this.#buckets.size > this.#strangers) this.#forgetOldest();
    if (bucket.level < 1) return false;
    bucket.level -= 1;
    return true;
  }

  #forgetOldest(): void {
    for (const stranger of this.#buckets.keys()) {
      this.#buckets.delete(stranger);
      return;
    }
  }
}
