/** The units in which times are shown along an axis or down a column, all in the same one. */
export type TimeUnitName = 'ms' | 's' | 'min' | 'h' | 'd';

export interface TimeUnit {
  readonly name: TimeUnitName;
  readonly seconds: number;
}

/** The largest first. */
export const TIME_UNITS: readonly TimeUnit[] = [
  { name: 'd', seconds: 86_400 }, { name: 'h', seconds: 3600 }, { name: 'min', seconds: 60 }, { name: 's', seconds: 1 }, { name: 'ms', seconds: 1e-3 },
];

/** The unit in which times up to `seconds` read best: the largest of which there are at least two. */
export function timeUnitFor(seconds: number): TimeUnit {
  return TIME_UNITS.find((unit) => seconds >= 2 * unit.seconds) ?? TIME_UNITS[TIME_UNITS.length - 1];
}
