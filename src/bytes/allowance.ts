/**
 * How much each stranger may ask: a token bucket for each of a bounded number of them.
 *
 * Invariant: whoever stays among the last `strangers` heard of is allowed at most `burst + perSecond × seconds` in any
 * stretch of time. One who was forgotten begins anew with a full burst.
 */
import { keepNewest } from './keep-newest.ts';
import { TokenBucket } from './token-bucket.ts';

export class Allowance {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  readonly #strangers: number;
  /** By stranger, the one heard of least recently first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: { readonly perSecond: number; readonly burst: number; readonly strangers: number }) {
    this.#rate = options;
    this.#strangers = options.strangers;
  }

  /** Takes one from the stranger's allowance; false where nothing is left of it. */
  take(stranger: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(stranger) ?? new TokenBucket(this.#rate, nowMs);
    this.#buckets.delete(stranger);
    this.#buckets.set(stranger, bucket);
    keepNewest(this.#buckets, this.#strangers);
    return bucket.take(nowMs);
  }
}
