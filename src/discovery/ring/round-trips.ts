/**
 * How long to wait for an answer: the smoothed round trip and four times its deviation, as TCP does (Jacobson 1988, RFC
 * 6298), over all peers together, for a peer of a ring asks most others only once.
 */
import type { RingSettings } from './settings.ts';

type Timeouts = Pick<RingSettings, 'firstTimeoutMs' | 'shortestTimeoutMs' | 'longestTimeoutMs'>;

export class RoundTrips {
  readonly #settings: Timeouts;
  // Before anything is measured, such as to make the first timeout; and not forgotten at once, for the next peer that is asked
  // may be much further away than the first.
  #smoothedMs: number;
  #deviationMs: number;

  constructor(settings: Timeouts) {
    this.#settings = settings;
    this.#smoothedMs = settings.firstTimeoutMs / 3;
    this.#deviationMs = settings.firstTimeoutMs / 6;
  }

  get smoothedMs(): number {
    return this.#smoothedMs;
  }

  measured(roundTripMs: number): void {
    this.#deviationMs += (Math.abs(roundTripMs - this.#smoothedMs) - this.#deviationMs) / 4;
    this.#smoothedMs += (roundTripMs - this.#smoothedMs) / 8;
  }

  /** @param attempt 1 for the first; each further one waits twice as long */
  timeoutMs(attempt: number): number {
    const { shortestTimeoutMs, longestTimeoutMs } = this.#settings;
    const onceMs = Math.max(shortestTimeoutMs, this.#smoothedMs + 4 * this.#deviationMs);
    return Math.min(longestTimeoutMs, onceMs * 2 ** (attempt - 1));
  }
}
