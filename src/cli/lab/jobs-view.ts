/** How far a list of runs has come. */
import { formatDuration, formatPercent } from '../../bytes/units.ts';
import { cut } from '../columns.ts';
import type { View } from '../display.ts';
import { barWith } from '../progress-bar.ts';

export interface JobsProgress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  /** Of those done, found done already. */
  readonly earlier: number;
  readonly elapsedMs: number;
}

export function jobsView({ what, done, total, earlier, elapsedMs }: JobsProgress): View {
  const now = done - earlier;
  const leftMs = now === 0 ? undefined : (elapsedMs / now) * (total - done);
  const left = leftMs === undefined ? [] : [`${formatDuration(leftMs)} left`];
  return {
    state: `${what} ${done}`,
    firstLineMs: 0,
    lineEveryMs: 10_000,
    event: () => ({ event: 'progress', progress: done / total, done, total, ...(leftMs === undefined ? {} : { secondsLeft: leftMs / 1000 }) }),
    line: () => [`${what}: ${done} of ${total} runs`, ...left].join(', '),
    lines: ({ columns }, style) => [style.bold(cut(what, columns)), barWith(done / total, [formatPercent(done / total).padStart(7), `${done} of ${total} runs`, ...left], columns, style)],
  };
}
