/** A bar that fills up, and the figures beside it. */
import { formatDuration } from '../bytes/units.ts';
import { columnsOf, cut } from './columns.ts';
import type { Style } from './style.ts';

/** @param share 0 to 1; the bar is full at 1 only, and empty at 0 only */
export function progressBar(share: number, columns: number, { accent, good, dim, symbols: { bar } }: Style): string {
  // Half a column is the smallest step.
  const steps = columns * 2;
  const filled = share >= 1 ? steps : Math.min(steps - 1, Math.max(share > 0 ? 1 : 0, Math.floor(share * steps)));
  const full = bar.full.repeat(filled >>> 1);
  const half = filled % 2 === 1 ? bar.half : '';
  const paint = share >= 1 ? good : accent;
  return paint(full + half) + dim(bar.empty.repeat(columns - (filled >>> 1) - half.length));
}

const LONGEST_TIME_LEFT = '59m59s left';
const SHORTEST = 10;
const LONGEST = 60;
const GAP = '  ';

/** Always as wide, for the bar beside it would become longer and shorter. */
export function timeLeft(durationMs: number): string {
  return `${formatDuration(durationMs)} left`.padEnd(LONGEST_TIME_LEFT.length);
}

/** A bar with figures beside it. Where there is no room for all, the last figures are left out first, then the bar. */
export function barWith(share: number, figures: readonly string[], columns: number, style: Style): string {
  let kept = figures.length;
  const text = (): string => figures.slice(0, kept).join(GAP);
  while (kept > 1 && columns - columnsOf(text()) - GAP.length < SHORTEST) kept -= 1;
  const room = Math.min(LONGEST, columns - columnsOf(text()) - GAP.length);
  return room > 0 ? `${progressBar(share, room, style)}${GAP}${text()}` : cut(text(), columns);
}
