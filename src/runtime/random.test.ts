import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeRandom } from './node/random.ts';
import { integerBelow, type Random, sample, shuffle } from './random.ts';
import { SeededRandom } from './simulated/simulation.ts';

/** How often each outcome comes up in `count` draws. */
function tally(count: number, draw: () => string | number): Map<string | number, number> {
  const counts = new Map<string | number, number>();
  for (let index = 0; index < count; index++) {
    const outcome = draw();
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

/** Each of `outcomes` outcomes comes up as often as the others, within five standard deviations. */
function assertUniform(counts: Map<string | number, number>, outcomes: number): void {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const expected = total / outcomes;
  assert.equal(counts.size, outcomes);
  for (const [outcome, count] of counts) assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${outcome} came up ${count} times of ${total}`);
}

test('integers below a bound are uniform', () => {
  const random = new SeededRandom(1);
  assertUniform(tally(70_000, () => integerBelow(random, 7)), 7);
  assert.equal(integerBelow(random, 1), 0);
});

test('every order is as likely as any other after a shuffle, which returns its array', () => {
  const random = new SeededRandom(2);
  assertUniform(tally(24_000, () => shuffle(random, ['a', 'b', 'c', 'd']).join('')), 24);
  const items = [1, 2, 3];
  assert.equal(shuffle(random, items), items);
});

test('every subset is as likely as any other in a sample, which leaves its source alone', () => {
  const random = new SeededRandom(3);
  const source = [0, 1, 2, 3, 4];
  assertUniform(tally(20_000, () => sample(random, source, 2).sort().join('')), 10);
  assert.deepEqual(source, [0, 1, 2, 3, 4]);
  assert.deepEqual(sample(random, source, 9).sort(), source);
  assert.deepEqual(sample(random, source, 0), []);
  assert.deepEqual(sample(random, [], 3), []);
});

test('one seed gives one sequence, and a fork one of its own that does not shift it', () => {
  const draws = (random: Random): number[] => Array.from({ length: 20 }, () => random.fraction());
  assert.deepEqual(draws(new SeededRandom(7)), draws(new SeededRandom(7)));
  assert.notDeepEqual(draws(new SeededRandom(7)), draws(new SeededRandom(8)));
  const forkedFrom = new SeededRandom(7);
  const fork = forkedFrom.fork();
  const unused = new SeededRandom(7);
  unused.fork();
  draws(fork);
  assert.deepEqual(draws(forkedFrom), draws(unused));
});

for (const [name, random] of [['seeded', new SeededRandom(4)], ['real', nodeRandom]] as const) {
  test(`${name} fractions fill [0, 1) evenly, and bytes have every value`, () => {
    let sum = 0;
    for (let draw = 0; draw < 10_000; draw++) {
      const fraction = random.fraction();
      assert.ok(fraction >= 0 && fraction < 1);
      sum += fraction;
    }
    // The mean of 10,000 has a standard deviation of 0.003; ten of them never happen.
    assert.ok(Math.abs(sum / 10_000 - 0.5) < 0.03);
    assert.equal(random.bytes(20).length, 20);
    assert.equal(random.bytes(0).length, 0);
    assert.equal(new Set(random.bytes(20_000)).size, 256);
  });
}
