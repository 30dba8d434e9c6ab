import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../bytes/limits.ts';
import { Pipeline } from './pipeline.ts';

const BLOCK = LIMITS.blockBytes;
const MOST = LIMITS.outgoingRequests;

/** The depth after so many seconds with a neighbour that sends so fast whatever it is asked for. */
function depthAfter(seconds: number, bytesPerSecond: number, pipeline = new Pipeline(), fromMs = 0): number {
  const everyMs = (BLOCK / bytesPerSecond) * 1000;
  for (let nowMs = fromMs + everyMs; nowMs <= fromMs + seconds * 1000; nowMs += everyMs) pipeline.received(BLOCK, nowMs);
  return pipeline.depth(MOST, false);
}

test('it begins with a few, and one more a block, until the rate grows no more: then it is three seconds of it', () => {
  assert.equal(new Pipeline().depth(MOST, false), 8);
  assert.equal(depthAfter(0.5, 20 * BLOCK), 18);
  for (const blocksPerSecond of [4, 20, 100]) {
    const depth = depthAfter(20, blocksPerSecond * BLOCK);
    assert.ok(Math.abs(depth - 3 * blocksPerSecond) <= 4, `${depth} at ${blocksPerSecond} a second`);
  }
});

test('500 at most, and no more than the neighbour will queue', () => {
  assert.equal(depthAfter(20, 2000 * BLOCK), MOST);
  const pipeline = new Pipeline();
  depthAfter(20, 2000 * BLOCK, pipeline);
  assert.equal(pipeline.depth(100, false), 100);
  assert.equal(pipeline.depth(1, false), 2);
});

test('who is slow is asked for little, and who sends nothing any more for one at a time', () => {
  assert.equal(depthAfter(300, 1000), 2);
  const pipeline = new Pipeline();
  depthAfter(20, 100 * BLOCK, pipeline);
  assert.equal(pipeline.depth(MOST, true), 1);
});

test('one that becomes slower is asked for less, after a choke it begins anew', () => {
  const pipeline = new Pipeline();
  const fast = depthAfter(20, 100 * BLOCK, pipeline);
  const slow = depthAfter(30, 10 * BLOCK, pipeline, 20_000);
  assert.ok(slow < fast / 5, `${slow} after ${fast}`);
  pipeline.restart();
  assert.equal(pipeline.depth(MOST, false), 8);
  assert.ok(depthAfter(20, 50 * BLOCK, pipeline, 100_000) > 140);
});

test('whatever comes when, the depth lies between 2 and 500', () => {
  const flow = fc.array(fc.record({ waitMs: fc.oneof(fc.nat(5), fc.nat(5000), fc.nat(1e7)), bytes: fc.integer({ min: 1, max: BLOCK }), restart: fc.nat(20) }), { maxLength: 300, size: 'max' });
  fc.assert(fc.property(flow, (all) => {
    const pipeline = new Pipeline();
    let nowMs = 0;
    for (const { waitMs, bytes, restart } of all) {
      if (restart === 0) pipeline.restart();
      pipeline.received(bytes, nowMs += waitMs);
      const depth = pipeline.depth(MOST, false);
      assert.ok(Number.isInteger(depth) && depth >= 2 && depth <= MOST, `${depth}`);
    }
  }));
});
