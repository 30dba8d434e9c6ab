/**
 * So many tasks at a time, and the others in line.
 *
 * Invariant: no more tasks run than there are slots; who waits is let in in the order of coming, and nobody else.
 */
import { ShoalError } from '../../bytes/errors.ts';

export class Slots {
  readonly #waitingAtMost: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number, waitingAtMost: number) {
    this.#free = count;
    this.#waitingAtMost = waitingAtMost;
  }

  /** Runs a task when its turn comes. Rejects with 'DHT_BUSY' where too many wait, and with the signal's reason if it aborts before. */
  async run<Result>(task: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#waitingAtMost) {
      return Promise.reject(new ShoalError('DHT_BUSY', `the DHT node has ${this.#waiting.size} lookups waiting already: try again later`));
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Hands the slot on to who has waited longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
    } else {
      this.#waiting.delete(next);
      next();
    }
  }
}
