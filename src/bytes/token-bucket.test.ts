import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { TokenBucket } from './token-bucket.ts';

test('no more is taken than the rate allows, and a burst at once', () => {
  const options = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) });
  fc.assert(fc.property(options, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), ({ perSecond, burst }, pauses) => {
    const bucket = new TokenBucket({ perSecond, burst }, 0);
    let nowMs = 0;
    let taken = 0;
    for (const pauseMs of pauses) {
      nowMs += pauseMs;
      if (bucket.take(nowMs)) taken += 1;
      assert.ok(taken <= burst + (nowMs / 1000) * perSecond + 1e-6);
    }
  }));
});

test('what is not taken is saved, up to a burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
  const atOnce = (nowMs: number): number => Array.from({ length: 9 }, () => bucket.take(nowMs)).filter(Boolean).length;
  assert.deepEqual([atOnce(0), atOnce(100), atOnce(10_000)], [3, 1, 3]);
});
