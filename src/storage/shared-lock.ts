/**
 * A readers-writer lock.
 *
 * Invariant: an exclusive operation runs while no other does; operations that come meanwhile wait for it. One that waits is
 * next once those under way have ended.
 */
export class SharedLock {
  #underWay = 0;
  /** Settles when the exclusive operation that runs, or waits, has ended. */
  #exclusive: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  async shared<Result>(operation: () => Promise<Result>): Promise<Result> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    this.#underWay += 1;
    try {
      return await operation();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#whenIdle?.();
    }
  }

  async exclusive<Result>(operation: () => Promise<Result>): Promise<Result> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exclusive = promise;
    try {
      if (this.#underWay > 0) await new Promise<void>((idle) => { this.#whenIdle = idle; });
      return await operation();
    } finally {
      this.#whenIdle = undefined;
      this.#exclusive = undefined;
      resolve();
    }
  }
}
