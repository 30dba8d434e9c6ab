/** Keeps what may happen often from being shown too often. */
export class Pace {
  readonly #now: () => number;
  #state: string | undefined;
  #dueMs = 0;

  /** @param now a moment in milliseconds; only differences count */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** True `firstMs` after the state has become this one, and from then on every `intervalMs`. */
  isDue(state: string, intervalMs: number, firstMs = 0): boolean {
    const nowMs = this.#now();
    if (state !== this.#state) this.#dueMs = nowMs + firstMs;
    this.#state = state;
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = nowMs + intervalMs;
    return true;
  }
}
