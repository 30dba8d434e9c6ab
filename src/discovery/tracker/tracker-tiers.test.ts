import assert from 'node:assert/strict';
import test from 'node:test';
import { LIMITS } from '../../bytes/limits.ts';
import { SeededRandom } from '../../runtime/simulated/simulation.ts';
import { TrackerTiers } from './tracker-tiers.ts';

test('tiers keep their order; within one any tracker may come first', () => {
  const firsts = new Set<string>();
  for (let seed = 1; seed <= 50; seed++) {
    const tiers = new TrackerTiers(new SeededRandom(seed));
    tiers.add([['a', 'b', 'c'], ['d']]);
    assert.deepEqual(tiers.tiers().map((tier) => tier.toSorted()), [['a', 'b', 'c'], ['d']]);
    firsts.add(tiers.tiers()[0][0]);
  }
  assert.deepEqual([...firsts].sort(), ['a', 'b', 'c']);
});

test('the tracker that works moves to the front of its own tier, and the others keep their order', () => {
  const tiers = new TrackerTiers(new SeededRandom(1));
  tiers.add([['a', 'b', 'c'], ['d', 'e']]);
  const before = tiers.tiers().map((tier) => [...tier]);
  const last = before[0][2];
  tiers.worked(last);
  tiers.worked('unknown');
  assert.deepEqual(tiers.tiers(), [[last, before[0][0], before[0][1]], before[1]]);
});

test('trackers that come later stand behind, and none stands twice', () => {
  const tiers = new TrackerTiers(new SeededRandom(1));
  assert.ok(tiers.add([['a']]));
  assert.ok(!tiers.add([['a']]));
  assert.ok(tiers.add([['a', 'b'], ['b', 'a', 'c']]));
  assert.deepEqual(tiers.tiers(), [['a', 'b'], ['c']]);
});

test('there are no more than the limit', () => {
  const tiers = new TrackerTiers(new SeededRandom(1));
  tiers.add(Array.from({ length: 1000 }, (_, index) => [`t${index}`]));
  assert.equal(tiers.size, LIMITS.trackers);
});
