import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { apart } from './apart.ts';

const TURN = 360;

test('marks with room around them stay where they are', () => {
  assert.deepEqual(apart([10, 350, 180], 5, TURN), [10, 350, 180]);
  assert.deepEqual(apart([], 5, TURN), []);
});

test('those too close are moved to both sides, also where the circle begins', () => {
  assert.deepEqual(apart([100, 100, 100], 10, TURN), [90, 100, 110]);
  assert.deepEqual(apart([358, 2], 10, TURN), [355, 5]);
});

test('however they lie, they keep their order and their distance as far as there is room', () => {
  const cases = fc.record({ marks: fc.array(fc.integer({ min: 0, max: 359 }), { minLength: 2, maxLength: 60 }), least: fc.integer({ min: 1, max: 12 }) });
  fc.assert(fc.property(cases, ({ marks, least }) => {
    // The two at the widest gap may come closer to each other than `least` only where there is no room at all.
    fc.pre(marks.length * least * 2 <= TURN);
    const places = apart(marks, least, TURN);
    const order = marks.map((_, index) => index).sort((a, b) => places[a] - places[b]);
    for (const [index, mark] of order.entries()) {
      const gap = (places[mark] - places[order.at(index - 1)!] + TURN) % TURN;
      assert.ok(gap > least - 1e-6, `${gap}`);
    }
  }));
});
