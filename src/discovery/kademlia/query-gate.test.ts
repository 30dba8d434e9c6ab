import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../bytes/limits.ts';
import { QueryGate } from './query-gate.ts';

test('one subscriber is answered so often in ten seconds and no more; others are not kept out by it', () => {
  const gate = new QueryGate(1000);
  const flood = Array.from({ length: 2 * LIMITS.dhtQueriesPerSubscriber }, () => gate.admits(Uint8Array.of(66, 6, 6, 6), 0));
  assert.equal(flood.filter(Boolean).length, LIMITS.dhtQueriesPerSubscriber);
  assert.ok(gate.admits(Uint8Array.of(20, 0, 0, 1), 0));
  assert.ok(!gate.admits(Uint8Array.of(66, 6, 6, 6), 9999));
  assert.ok(gate.admits(Uint8Array.of(66, 6, 6, 6), 10_000));
});

test('all together are answered so often and no more', () => {
  const gate = new QueryGate(5);
  const answered = Array.from({ length: 100 }, (_, index) => gate.admits(Uint8Array.of(20, 0, 0, index), index)).filter(Boolean).length;
  assert.equal(answered, 50);
});
