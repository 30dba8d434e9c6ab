/**
 * Time, as everything above the seam sees it: real in `node/`, virtual and deterministic in `simulated/`.
 *
 * Invariant: actions run one at a time, never inside the call that scheduled them; those due at the same moment run in the
 * order in which they were scheduled.
 */
export interface Clock {
  /** Milliseconds since some fixed moment, never going back. Only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970, as a calendar or a signature needs them; may jump. */
  unixTimeMs(): number;
  /** Runs `action` once, `delayMs` from now. */
  after(delayMs: number, action: () => void): Timer;
  /** Runs `action` every `intervalMs`, the first time one interval from now. */
  every(intervalMs: number, action: () => void): Timer;
}

export interface Timer {
  /** The action runs no more. Cancelling twice, or after it has run, does nothing. */
  cancel(): void;
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Pick<Clock, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
