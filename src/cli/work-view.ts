/** Work on this machine whose end is known: hashing, checking. */
import { formatBytes, formatPercent, formatRate } from '../bytes/units.ts';
import { cut } from './columns.ts';
import type { View } from './display.ts';
import { barWith, timeLeft } from './progress-bar.ts';

const LINE_EVERY_MS = 5000;
/** What is done sooner is not worth a line. */
const FIRST_LINE_MS = 1000;

export interface Work {
  /** Such as `hashing holiday.mkv`. */
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly elapsedMs: number;
}

export function workView({ what, doneBytes, totalBytes, elapsedMs }: Work): View {
  const progress = totalBytes === 0 ? 1 : doneBytes / totalBytes;
  const bytesPerSecond = elapsedMs === 0 ? 0 : (doneBytes / elapsedMs) * 1000;
  return {
    state: what,
    lineEveryMs: LINE_EVERY_MS,
    firstLineMs: FIRST_LINE_MS,
    event: () => ({ event: 'progress', state: what.split(' ', 1)[0], progress: Number(progress.toFixed(4)), have: doneBytes, wanted: totalBytes }),
    line: () => `${what}: ${formatPercent(progress)} of ${formatBytes(totalBytes)}`,
    lines: ({ columns }, style) => {
      const figures = [formatPercent(progress).padStart(7), formatRate(bytesPerSecond).padStart(9), `${formatBytes(doneBytes).padStart(7)} of ${formatBytes(totalBytes)}`];
      if (progress < 1 && bytesPerSecond > 0) figures.push(timeLeft(((totalBytes - doneBytes) / bytesPerSecond) * 1000));
      return [style.bold(cut(what, columns)), barWith(progress, figures, columns, style)];
    },
  };
}
