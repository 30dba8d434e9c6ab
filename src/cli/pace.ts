/** Keeps what may happen often from being shown too often. */
export class Pace {
  readonly #now: () => number;
  #state: string | undefined;
  #dueMs = 0;

  /** @param now a moment in milliseconds; only differences count */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** True for another state than before, or when `intervalMs` have passed since it was true for this one. */
  isDue(state: string, intervalMs: number): boolean {
    const nowMs = this.#now();
    if (state === this.#state && nowMs < this.#dueMs) return false;
    this.#state = state;
    this.#dueMs = nowMs + intervalMs;
    return true;
  }
}
