/** When the peers of a class come. */
import type { Random } from '../runtime/random.ts';
import type { Arrival } from './scenario.ts';

/** Milliseconds from the start of the run, in order. */
export function arrivalTimes(arrival: Arrival, count: number, random: Random): number[] {
  switch (arrival.kind) {
    case 'flash-crowd': return Array.from({ length: count }, (_, index) => (arrival.withinMs * index) / count);
    case 'trace': return arrival.timesMs.toSorted((a, b) => a - b);
    case 'poisson': {
      let timeMs = 0;
      return Array.from({ length: count }, () => timeMs += exponential(random, arrival.meanGapMs));
    }
  }
}

/** Exponentially distributed, of the given mean. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.fraction());
}
