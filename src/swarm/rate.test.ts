import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RateLimit, RateMeter } from './rate.ts';

test('a rate is what flowed in the window, by the time that it covers; nothing of before remains', () => {
  const flow = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 30_000 }), bytes: fc.nat(1e6) }), { maxLength: 60 });
  fc.assert(fc.property(flow, fc.integer({ min: 1, max: 20 }), fc.nat(1e6), (all, windowSeconds, startMs) => {
    const meter = new RateMeter(windowSeconds, startMs);
    const added: { second: number; bytes: number }[] = [];
    let nowMs = startMs;
    for (const { waitMs, bytes } of all) {
      nowMs += waitMs;
      meter.add(bytes, nowMs);
      added.push({ second: Math.floor(nowMs / 1000), bytes });
      const second = Math.floor(nowMs / 1000);
      const inWindow = added.filter((one) => one.second > second - windowSeconds).reduce((sum, one) => sum + one.bytes, 0);
      const coveredMs = Math.max(1000, Math.min((windowSeconds - 1) * 1000 + (nowMs % 1000), nowMs - startMs));
      assert.ok(Math.abs(meter.bytesPerSecond(nowMs) - (inWindow / coveredMs) * 1000) < 1e-6);
    }
    assert.equal(meter.totalBytes, all.reduce((sum, { bytes }) => sum + bytes, 0));
    assert.equal(meter.bytesPerSecond(nowMs + windowSeconds * 1000 + 1000), 0);
  }));
});

test('an even flow is measured as what it is, from its first seconds on', () => {
  const meter = new RateMeter(20, 123);
  for (let nowMs = 223; nowMs < 60_000; nowMs += 100) {
    meter.add(50_000, nowMs);
    if (nowMs > 2000) assert.ok(Math.abs(meter.bytesPerSecond(nowMs) / 500_000 - 1) < 0.06, `${meter.bytesPerSecond(nowMs)} after ${nowMs} ms`);
  }
});

test('a limit lets through its rate in the long run, one second\'s worth and one message more at once, and says when to come again', () => {
  const tries = fc.array(fc.record({ waitMs: fc.nat(3000), bytes: fc.integer({ min: 1, max: 40_000 }) }), { maxLength: 100, size: 'max' });
  fc.assert(fc.property(tries, fc.integer({ min: 100, max: 1e6 }), (all, bytesPerSecond) => {
    const limit = new RateLimit(bytesPerSecond, 0);
    let nowMs = 0;
    let passed = 0;
    for (const { waitMs, bytes } of all) {
      nowMs += waitMs;
      const mayPass = limit.waitMs(nowMs) === 0;
      assert.equal(limit.take(bytes, nowMs), mayPass);
      if (mayPass) passed += bytes;
      assert.ok(passed <= bytesPerSecond * (1 + nowMs / 1000) + 40_000);
      const againMs = limit.waitMs(nowMs);
      assert.ok(againMs <= 1000, 'the rate may be changed meanwhile');
      if (againMs < 1000) assert.equal(limit.waitMs(nowMs + againMs + 1e-6), 0);
    }
  }));
});

test('a limit that is changed holds from then on; none is none; what has passed already is counted', () => {
  const limit = new RateLimit(Number.POSITIVE_INFINITY, 0);
  assert.deepEqual([limit.take(1e12, 0), limit.waitMs(0)], [true, 0]);
  limit.setRate(1000, 0);
  assert.equal(limit.take(1500, 0), true);
  assert.equal(limit.take(1, 0), false);
  assert.ok(Math.abs(limit.waitMs(0) - 501) < 1e-9);
  assert.equal(limit.take(1, 502), true);
  limit.charge(3000, 1000);
  assert.deepEqual([1000, 2000, 2900].map((nowMs) => limit.waitMs(nowMs) > 0), [true, true, true]);
  limit.setRate(Number.POSITIVE_INFINITY, 1000);
  assert.equal(limit.take(1, 1000), true);
});

test('what passes without a limit is not held against the next one; a limit of nothing lets nothing through until it is raised', () => {
  const limit = new RateLimit(1000, 0);
  limit.setRate(Number.POSITIVE_INFINITY, 0);
  limit.charge(1e9, 0);
  limit.setRate(1000, 0);
  assert.equal(limit.take(1, 0), true);
  limit.setRate(0, 0);
  assert.deepEqual([limit.take(1, 1e9), limit.waitMs(1e9)], [false, 1000]);
  limit.setRate(1000, 1e9);
  assert.equal(limit.take(1, 1e9 + 1000), true);
});

test('a limit within another lets through what both do, and is counted in both', () => {
  const shared = new RateLimit(1000, 0);
  const one = new RateLimit(300, 0, shared);
  const other = new RateLimit(Number.POSITIVE_INFINITY, 0, shared);
  assert.deepEqual([one.bytesPerSecond, other.bytesPerSecond], [300, 1000]);
  assert.equal(one.take(300, 0), true);
  assert.equal(one.take(1, 0), false);
  assert.equal(other.take(700, 0), true);
  assert.deepEqual([other.take(1, 0), shared.waitMs(0) > 0], [false, true]);
  other.charge(300, 0);
  assert.ok(Math.abs(one.waitMs(0) - 301) < 1e-9, 'the shared one is further behind');
  assert.equal(one.take(1, 302), true);
});
