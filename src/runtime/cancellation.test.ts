import assert from 'node:assert/strict';
import test from 'node:test';
import { unlessAborted } from './cancellation.ts';

const never = new Promise<never>(() => undefined);

test('what settles first counts: the work, or giving up on it', async () => {
  const controller = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve(1), controller.signal), 1);
  assert.equal(await unlessAborted(Promise.resolve(1), undefined), 1);
  await assert.rejects(unlessAborted(Promise.reject(new Error('failed')), controller.signal), { message: 'failed' });
  const waiting = unlessAborted(never, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
});

test('a signal that has aborted before counts, and work that fails then goes unheard', async () => {
  await assert.rejects(unlessAborted(Promise.reject(new Error('failed')), AbortSignal.abort(new Error('enough'))), { message: 'enough' });
});
