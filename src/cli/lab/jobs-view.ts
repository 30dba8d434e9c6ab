/** How far a list of runs has come. */
import { formatDuration, formatPercent } from '../../bytes/units.ts';
import { cut } from '../columns.ts';
import type { View } from '../display.ts';
import { barWith } from '../progress-bar.ts';

export interface JobsProgress {
  readonly what: string;
  /** What is counted; default: runs. */
  readonly noun?: string;
  readonly done: number;
  readonly total: number;
  /** Of those done, found done already. */
  readonly earlier: number;
  readonly elapsedMs: number;
}

export function jobsView({ what, noun = 'runs', done, total, earlier, elapsedMs }: JobsProgress): View {
  const now = done - earlier;
  const leftMs = now === 0 || elapsedMs === 0 ? undefined : (elapsedMs / now) * (total - done);
  const left = leftMs === undefined ? [] : [`${formatDuration(leftMs)} left`];
  return {
    state: `${what} ${done}`,
    firstLineMs: 0,
    lineEveryMs: 10_000,
    event: () => ({ event: 'progress', progress: done / total, done, total, ...(leftMs === undefined ? {} : { secondsLeft: leftMs / 1000 }) }),
    line: () => [`${what}: ${done} of ${total} ${noun}`, ...left].join(', '),
    lines: ({ columns }, style) => [style.bold(cut(what, columns)), barWith(done / total, [formatPercent(done / total).padStart(7), `${done} of ${total} ${noun}`, ...left], columns, style)],
  };
}
