/** What a set of results comes to: averages, percentiles, confidence intervals, fairness. No function changes its input. */

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of the population that `values` is a sample of (divided by n - 1); NaN below two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** The value below which a share of the values lies, interpolated between neighbours; NaN where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return below === place ? sorted[below] : sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Jain's fairness index, (Σx)² / (n·Σx²): 1 where all get the same, 1/n where one gets all. 1 where nobody gets anything. */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Where the true mean lies with probability `level`, for independent values (Student's t). Without bounds below two values. */
export function confidenceInterval(values: readonly number[], level = 0.95): Interval {
  const centre = mean(values);
  if (values.length < 2) return { mean: centre, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const reach = (studentQuantile((1 + level) / 2, values.length - 1) * standardDeviation(values)) / Math.sqrt(values.length);
  return { mean: centre, low: centre - reach, high: centre + reach };
}

/** The value that a t-distributed variable stays below with probability `share`, 0.5 to 1. By bisection of its distribution. */
export function studentQuantile(share: number, degreesOfFreedom: number): number {
  let low = 0;
  let high = 1;
  while (studentDistribution(high, degreesOfFreedom) < share && high < 1e12) high *= 2;
  for (let step = 0; step < 100 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2;
    if (studentDistribution(middle, degreesOfFreedom) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0, in closed form for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4). */
function studentDistribution(t: number, degreesOfFreedom: number): number {
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const cosineSquared = Math.cos(angle) ** 2;
  const isOdd = degreesOfFreedom % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degreesOfFreedom === 1 ? 0 : term;
  for (let index = isOdd ? 3 : 2; index <= degreesOfFreedom - 2; index += 2) {
    term *= (cosineSquared * (index - 1)) / index;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return 0.5 + within / 2;
}
