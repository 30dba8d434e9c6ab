import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RoundTrips } from './round-trips.ts';

function after(...roundTripsMs: readonly number[]): RoundTrips {
  const roundTrips = new RoundTrips();
  for (const each of roundTripsMs) roundTrips.measured(each);
  return roundTrips;
}

test('until a few answers have come, patience is long', () => {
  assert.deepEqual(after(1, 1, 1).patience, { slowMs: 1000, timeoutMs: 4000 });
  assert.deepEqual(after(1, 1, 1, 1).patience, { slowMs: 200, timeoutMs: 1000 });
});

test('slow is who takes twice as long as nearly all others, however long one of them took', () => {
  const usual = Array.from({ length: 20 }, (_, index) => 100 + index * 5);
  assert.deepEqual(after(...usual).patience, { slowMs: 370, timeoutMs: 1480 });
  assert.deepEqual(after(...usual, 3900).patience, { slowMs: 380, timeoutMs: 1520 });
});

test('it goes by the latest answers, and what they do not need is given up', () => {
  const roundTrips = after(...Array.from({ length: 50 }, () => 800));
  assert.deepEqual(roundTrips.patience, { slowMs: 1000, timeoutMs: 4000 });
  for (let count = 0; count < 32; count++) roundTrips.measured(30);
  assert.deepEqual(roundTrips.patience, { slowMs: 200, timeoutMs: 1000 });
});

test('whatever is measured, patience keeps within its bounds', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 100 }), (roundTripsMs) => {
    const { slowMs, timeoutMs } = after(...roundTripsMs).patience;
    assert.ok(slowMs >= 200 && slowMs <= 1000 && timeoutMs >= 1000 && timeoutMs <= 4000 && timeoutMs >= slowMs);
  }));
});
