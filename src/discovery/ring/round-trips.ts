/**
 * How long to wait for an answer: the smoothed round trip and four times its deviation, as TCP does (Jacobson 1988, RFC
 * 6298), over all peers together, for a peer of a ring asks most others only once.
 */
import type { RingSettings } from './settings.ts';

export class RoundTrips {
  readonly #settings: Pick<RingSettings, 'firstTimeoutMs' | 'shortestTimeoutMs' | 'longestTimeoutMs'>;
  #smoothedMs: number | undefined;
  #deviationMs = 0;

  constructor(settings: Pick<RingSettings, 'firstTimeoutMs' | 'shortestTimeoutMs' | 'longestTimeoutMs'>) {
    this.#settings = settings;
  }

  /** Undefined before the first. */
  get smoothedMs(): number | undefined {
    return this.#smoothedMs;
  }

  measured(roundTripMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#deviationMs = roundTripMs / 2;
      return;
    }
    this.#deviationMs += (Math.abs(roundTripMs - this.#smoothedMs) - this.#deviationMs) / 4;
    this.#smoothedMs += (roundTripMs - this.#smoothedMs) / 8;
  }

  /** @param attempt 1 for the first; each further one waits twice as long */
  timeoutMs(attempt: number): number {
    const { firstTimeoutMs, shortestTimeoutMs, longestTimeoutMs } = this.#settings;
    const onceMs = this.#smoothedMs === undefined
      ? firstTimeoutMs
      : Math.max(shortestTimeoutMs, this.#smoothedMs + 4 * this.#deviationMs);
    return Math.min(longestTimeoutMs, onceMs * 2 ** (attempt - 1));
  }
}
