import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

test('who fails rests for ten seconds, twice as long each time, ten minutes at most; one success and all is forgotten', () => {
  const backoff = new Backoff<object>();
  const [peer, other] = [{}, {}];
  assert.equal(backoff.isReady(peer, 0), true);
  let nowMs = 0;
  for (const restMs of [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]) {
    backoff.failed(peer, nowMs);
    backoff.failed(peer, nowMs + 1);
    assert.deepEqual([backoff.isReady(peer, nowMs + restMs - 1), backoff.isReady(peer, nowMs + restMs)], [false, true]);
    assert.equal(backoff.isReady(other, nowMs), true);
    nowMs += restMs;
  }
  assert.deepEqual(backoff.inTurn([peer, other], nowMs), [other, peer]);
  assert.deepEqual(backoff.inTurn([peer, other], nowMs - 1), [other]);
  backoff.succeeded(peer);
  backoff.failed(peer, nowMs);
  assert.equal(backoff.isReady(peer, nowMs + 10_000), true);
});
