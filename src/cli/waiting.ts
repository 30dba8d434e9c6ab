/** Waiting for what may take a while, and whose end nobody knows: it is told for what, and for how long. */
import { formatDuration } from '../bytes/units.ts';
import type { Clock } from '../runtime/clock.ts';
import { cut } from './columns.ts';
import type { Display, View } from './display.ts';
import { Stopwatch } from './stopwatch.ts';

const LINE_EVERY_MS = 30_000;
/** What comes sooner is not worth a line. */
const FIRST_LINE_MS = 1000;

/** As the promise; until it settles, it is shown that one waits. */
export async function showWaiting<Value>(display: Display, clock: Clock, what: string, promise: Promise<Value>): Promise<Value> {
  const stopwatch = new Stopwatch(clock);
  const show = (): void => display.show(waitingView(what, stopwatch.elapsedMs));
  show();
  const timer = clock.every(display.intervalMs, show);
  try {
    return await promise;
  } finally {
    timer.cancel();
    display.clear();
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
