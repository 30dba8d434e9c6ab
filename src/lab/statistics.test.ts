import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { confidenceInterval, jainIndex, mean, median, quantile, standardDeviation, studentQuantile } from './statistics.ts';

test('averages and percentiles', () => {
  const values = [4, 1, 3, 2, 10];
  assert.equal(mean(values), 4);
  assert.equal(median(values), 3);
  assert.deepEqual([0, 0.25, 0.5, 0.9, 1].map((share) => Number(quantile(values, share).toFixed(6))), [1, 2, 3, 7.6, 10]);
  assert.equal(median([1, 2]), 1.5);
  assert.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]).toFixed(4), '2.1381');
  assert.deepEqual(values, [4, 1, 3, 2, 10], 'the input is left alone');
  assert.ok([mean([]), median([]), standardDeviation([1])].every(Number.isNaN));
});

test('Jain: 1 for equal shares, 1/n where one has all', () => {
  assert.equal(jainIndex([3, 3, 3]), 1);
  assert.equal(jainIndex([5, 0, 0, 0]), 0.25);
  assert.equal(jainIndex([0, 0]), 1);
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
    const index = jainIndex(values);
    assert.ok(index <= 1 + 1e-9 && index >= 1 / values.length - 1e-9, String(index));
  }));
});

test("Student's t against the tables", () => {
  const table: [number, number, string][] = [
    [0.975, 1, '12.706'], [0.975, 2, '4.303'], [0.975, 3, '3.182'], [0.975, 4, '2.776'], [0.975, 5, '2.571'], [0.975, 9, '2.262'],
    [0.975, 30, '2.042'], [0.975, 120, '1.980'], [0.95, 1, '6.314'], [0.95, 10, '1.812'], [0.995, 7, '3.499'], [0.5, 5, '0.000'],
  ];
  for (const [share, degreesOfFreedom, value] of table) assert.equal(studentQuantile(share, degreesOfFreedom).toFixed(3), value, `${share}, ${degreesOfFreedom}`);
});

test('a confidence interval of 95 % holds the true mean 95 times in 100', () => {
  const random = new SeededRandom(7);
  let held = 0;
  for (let trial = 0; trial < 2000; trial++) {
    // The sum of twelve uniform draws is near enough to normal; its mean is 6.
    const values = Array.from({ length: 5 }, () => Array.from({ length: 12 }, () => random.fraction()).reduce((a, b) => a + b));
    const { low, high } = confidenceInterval(values);
    if (low <= 6 && 6 <= high) held += 1;
  }
  // Four standard deviations of a binomial count with p = 0.95.
  assert.ok(Math.abs(held - 1900) < 4 * Math.sqrt(2000 * 0.95 * 0.05), `${held} of 2000`);
  assert.deepEqual(confidenceInterval([3]), { mean: 3, low: -Infinity, high: Infinity });
});
