/** How fast a node may be made to work, and how fast it works of its own accord. */
import { LIMITS } from '../../bytes/limits.ts';
import { isLocalAddress, machineKey } from './addresses.ts';

/** Lets through so many a second on average, and a second's worth at once. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledMs = nowMs;
  }

  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((nowMs - this.#filledMs) / 1000) * this.#perSecond);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** How long queries are counted before counting begins anew. */
const WINDOW_MS = 10_000;

/**
 * Which queries are answered: so many in all, and so many from one machine. Local addresses count only in all, for they may
 * stand for many nodes.
 *
 * Invariant: no more machines are remembered than queries are answered in one window.
 */
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
    if (!isLocalAddress(address)) {
      const key = machineKey(address);
      const asked = (this.#asked.get(key) ?? 0) + 1;
      if (asked > LIMITS.dhtQueriesPerMachine) return false;
      this.#asked.set(key, asked);
    }
    this.#answered += 1;
    return true;
  }
}
