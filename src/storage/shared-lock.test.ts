import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SharedLock } from './shared-lock.ts';

test('an exclusive operation has nothing beside it, shared ones have each other, and all run', async () => {
  const operations = fc.array(fc.record({ isExclusive: fc.boolean(), turns: fc.nat(5), pause: fc.nat(3), fails: fc.boolean() }), { maxLength: 20 });
  await fc.assert(fc.asyncProperty(operations, async (planned) => {
    const lock = new SharedLock();
    let shared = 0;
    let exclusive = 0;
    let ended = 0;
    const running: Promise<unknown>[] = [];
    for (const { isExclusive, turns, pause, fails } of planned) {
      for (let turn = 0; turn < pause; turn++) await undefined;
      const operation = async (): Promise<void> => {
        if (isExclusive) exclusive += 1;
        else shared += 1;
        for (let turn = 0; turn <= turns; turn++) {
          assert.ok(exclusive === 0 || (exclusive === 1 && shared === 0));
          await undefined;
        }
        if (isExclusive) exclusive -= 1;
        else shared -= 1;
        ended += 1;
        if (fails) throw new Error('as planned');
      };
      const run = isExclusive ? lock.exclusive(operation) : lock.shared(operation);
      running.push(fails ? assert.rejects(run, /as planned/) : run);
    }
    await Promise.all(running);
    assert.equal(ended, planned.length);
  }));
});

test('shared operations run together', async () => {
  const lock = new SharedLock();
  const { promise, resolve } = Promise.withResolvers<void>();
  await Promise.all([lock.shared(() => promise), lock.shared(async () => resolve())]);
});

test('an exclusive operation is not kept waiting by shared ones that come after it', async () => {
  const lock = new SharedLock();
  const order: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = lock.shared(() => promise);
  const exclusive = lock.exclusive(async () => { order.push('exclusive'); });
  const late = lock.shared(async () => { order.push('late'); });
  resolve();
  await Promise.all([first, exclusive, late]);
  assert.deepEqual(order, ['exclusive', 'late']);
});
