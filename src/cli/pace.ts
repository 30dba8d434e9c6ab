/** Keeps what may happen often from being shown too often. */
export class Pace {
  #state: string | undefined;
  #dueMs = 0;

  /** True for another state than before, or when `intervalMs` have passed since it was true for this one. */
  isDue(state: string, intervalMs: number): boolean {
    const nowMs = performance.now();
    if (state === this.#state && nowMs < this.#dueMs) return false;
    this.#state = state;
    this.#dueMs = nowMs + intervalMs;
    return true;
  }
}
