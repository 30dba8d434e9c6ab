import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureUnderChurn } from './ring-experiments.ts';

const MINUTE_MS = 60_000;

test('while half of the peers are replaced in an hour, lookups find who is responsible; the same seed gives the same figures', async () => {
  const options = { replacementMs: 60 * MINUTE_MS, durationMs: 10 * MINUTE_MS, lookups: 30, seed: 3 };
  const first = await measureUnderChurn(40, options);
  assert.equal(first.correct, 1);
  assert.ok(first.hops.mean > 1 && first.hops.mean < Math.log2(40), String(first.hops.mean));
  assert.deepEqual(await measureUnderChurn(40, options), first);
});
