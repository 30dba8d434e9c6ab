import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../../bytes/limits.ts';
import { QueryGate, TokenBucket } from './rate-limits.ts';

test('a token bucket lets no more through than its rate, and a second\'s worth at once', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (perSecond, pauses) => {
    const bucket = new TokenBucket(perSecond, 0);
    let nowMs = 0;
    let taken = 0;
    for (const pauseMs of pauses) {
      nowMs += pauseMs;
      if (bucket.take(nowMs)) taken += 1;
      assert.ok(taken <= perSecond + (nowMs / 1000) * perSecond + 1e-6);
    }
  }));
  const bucket = new TokenBucket(10, 0);
  assert.equal(Array.from({ length: 20 }, () => bucket.take(0)).filter(Boolean).length, 10);
  assert.ok(bucket.take(100) && !bucket.take(100));
});

test('one machine is answered so often in ten seconds and no more; others are not kept out by it', () => {
  const gate = new QueryGate(1000);
  const flood = Array.from({ length: 2 * LIMITS.dhtQueriesPerMachine }, () => gate.admits(Uint8Array.of(66, 6, 6, 6), 0));
  assert.equal(flood.filter(Boolean).length, LIMITS.dhtQueriesPerMachine);
  assert.ok(gate.admits(Uint8Array.of(20, 0, 0, 1), 0));
  assert.ok(!gate.admits(Uint8Array.of(66, 6, 6, 6), 9999));
  assert.ok(gate.admits(Uint8Array.of(66, 6, 6, 6), 10_000));
});

test('all together are answered so often and no more', () => {
  const gate = new QueryGate(5);
  const answered = Array.from({ length: 100 }, (_, index) => gate.admits(Uint8Array.of(20, 0, 0, index), index)).filter(Boolean).length;
  assert.equal(answered, 50);
});
