import assert from 'node:assert/strict';
import test from 'node:test';
import { RoundTrips } from './round-trips.ts';

const SETTINGS = { firstTimeoutMs: 1000, shortestTimeoutMs: 150, longestTimeoutMs: 4000 };

test('the first answer is waited for as configured, and each further attempt twice as long, up to the longest', () => {
  const roundTrips = new RoundTrips(SETTINGS);
  assert.deepEqual([1, 2, 3, 4].map((attempt) => Math.round(roundTrips.timeoutMs(attempt))), [1000, 2000, 4000, 4000]);
});

test('one quick answer does not make a slow peer late', () => {
  const roundTrips = new RoundTrips(SETTINGS);
  roundTrips.measured(5);
  assert.ok(roundTrips.timeoutMs(1) > 600);
});

test('steady round trips bring the timeout down to them, and not below the shortest', () => {
  const steady = new RoundTrips(SETTINGS);
  for (let count = 0; count < 100; count++) steady.measured(300);
  assert.ok(steady.timeoutMs(1) >= 300 && steady.timeoutMs(1) < 320, `${steady.timeoutMs(1)}`);
  const local = new RoundTrips(SETTINGS);
  for (let count = 0; count < 100; count++) local.measured(0.2);
  assert.equal(local.timeoutMs(1), 150);
});

test('round trips that vary leave room for the slow ones', () => {
  const roundTrips = new RoundTrips(SETTINGS);
  for (let count = 0; count < 200; count++) roundTrips.measured(count % 2 === 0 ? 50 : 350);
  assert.ok(roundTrips.timeoutMs(1) > 500, `${roundTrips.timeoutMs(1)}`);
});
