/**
 * Which queries are answered: so many in all, and so many of one subscriber. Local addresses count only in all, for they may
 * stand for many nodes.
 *
 * Invariant: no more subscribers are remembered than queries are answered in one window, and none of an earlier one.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { subscriberKey } from './addresses.ts';

/** How long queries are counted before counting begins anew. */
const WINDOW_MS = 10_000;

export class QueryGate {
  readonly #windowLimit: number;
  readonly #asked = new Map<string, number>();
  #answered = 0;
  #windowEndMs = Number.NEGATIVE_INFINITY;

  constructor(answersPerSecond: number) {
    this.#windowLimit = answersPerSecond * (WINDOW_MS / 1000);
  }

  /** Whether a query from `address` (4 or 16 bytes) that has come in now is to be answered. */
  admits(address: Uint8Array, nowMs: number): boolean {
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + WINDOW_MS;
      this.#answered = 0;
      this.#asked.clear();
    }
    if (this.#answered >= this.#windowLimit) return false;
    if (scopeOf(address) !== 'local') {
      const key = subscriberKey(address);
      const asked = (this.#asked.get(key) ?? 0) + 1;
      if (asked > LIMITS.dhtQueriesPerSubscriber) return false;
      this.#asked.set(key, asked);
    }
    this.#answered += 1;
    return true;
  }
}
