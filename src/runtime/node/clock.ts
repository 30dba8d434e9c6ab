/** The clock of a real machine. Its timers keep the process alive until they have run or are cancelled. */
import type { Clock, Timer } from '../clock.ts';

/** Node's timers count in 32 bits with a sign; one that is set for longer would run at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const nodeClock: Clock = {
  now: () => performance.now(),
  unixTimeMs: () => Date.now(),
  after,
  every(intervalMs, action) {
    let timer: Timer;
    const repeat = (): void => {
      timer = after(intervalMs, repeat);
      action();
    };
    timer = after(intervalMs, repeat);
    return { cancel: () => timer.cancel() };
  },
};

function after(delayMs: number, action: () => void): Timer {
  let timer: NodeJS.Timeout;
  const wait = (remainingMs: number): void => {
    timer = remainingMs > LONGEST_TIMER_MS
      ? setTimeout(() => wait(remainingMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
      : setTimeout(action, Math.ceil(remainingMs));
  };
  wait(delayMs);
  return { cancel: () => clearTimeout(timer) };
}
