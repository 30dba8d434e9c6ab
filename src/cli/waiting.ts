/** Waiting for what may take a while, and whose end nobody knows: for an answer, or to be told to stop. It is shown meanwhile. */
import { formatDuration } from '../bytes/units.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { cut } from './columns.ts';
import type { Display, View } from './display.ts';
import { Stopwatch } from './stopwatch.ts';

const LINE_EVERY_MS = 30_000;
/** What comes sooner is not worth a line. */
const FIRST_LINE_MS = 1000;

/** As the promise; until it settles, it is shown that one waits, once that has taken `quietMs`. */
export async function showWaiting<Value>(display: Display, clock: Clock, what: string, promise: Promise<Value>, quietMs = 0): Promise<Value> {
  const stopwatch = new Stopwatch(clock);
  const show = (): void => { if (stopwatch.elapsedMs >= quietMs) display.show(waitingView(what, stopwatch.elapsedMs)); };
  show();
  const timer = clock.every(display.intervalMs, show);
  try {
    return await promise;
  } finally {
    timer.cancel();
    display.clear();
  }
}

/** Shows how things stand until the signal aborts. */
export async function showUntilStopped(display: Display, clock: Clock, signal: AbortSignal, view: () => View | Promise<View>): Promise<void> {
  while (!signal.aborted) {
    display.show(await view());
    await sleep(clock, display.intervalMs, signal).catch(() => undefined);
  }
}

function waitingView(what: string, elapsedMs: number): View {
  const text = `${what} for ${formatDuration(Math.floor(elapsedMs / 1000) * 1000)}`;
  return {
    state: what,
    lineEveryMs: LINE_EVERY_MS,
    firstLineMs: FIRST_LINE_MS,
    event: () => ({ event: 'progress', state: what.split(' ', 1)[0], seconds: Math.round(elapsedMs) / 1000 }),
    line: () => text,
    lines: ({ columns }, { dim }) => [dim(cut(text, columns))],
  };
}
