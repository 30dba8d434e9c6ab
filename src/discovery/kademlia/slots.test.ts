import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from './slots.ts';

const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
const NEVER = new AbortController().signal;

/** A task that ends when told to. */
function task(): { run: () => Promise<string>; end: () => void; isRunning: boolean } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const state = { run: () => { state.isRunning = true; return promise; }, end: () => resolve('done'), isRunning: false };
  return state;
}

test('so many run at a time, in the order of coming, each when another has ended, well or not', async () => {
  const slots = new Slots(2, 10);
  const tasks = [task(), task(), task(), task()];
  const results = tasks.map(({ run }) => slots.run(run, NEVER));
  await settle();
  assert.deepEqual(tasks.map(({ isRunning }) => isRunning), [true, true, false, false]);
  tasks[1].end();
  assert.equal(await results[1], 'done');
  await settle();
  assert.deepEqual(tasks.map(({ isRunning }) => isRunning), [true, true, true, false]);
  const failing = slots.run(() => Promise.reject(new Error('failed')), NEVER);
  for (const { end } of tasks) end();
  await assert.rejects(failing, /failed/);
  assert.deepEqual(await Promise.all(results), ['done', 'done', 'done', 'done']);
  assert.equal(await slots.run(() => Promise.resolve('free again'), NEVER), 'free again');
});

test('the line has an end, and who gives up waiting leaves it at once', async () => {
  const slots = new Slots(1, 1);
  const first = task();
  const running = slots.run(first.run, NEVER);
  const giving = new AbortController();
  const waiting = slots.run(task().run, giving.signal);
  await assert.rejects(slots.run(task().run, NEVER), { code: 'DHT_BUSY' });
  giving.abort(new Error('given up'));
  await assert.rejects(waiting, /given up/);
  const next = slots.run(() => Promise.resolve('next'), NEVER);
  first.end();
  assert.deepEqual(await Promise.all([running, next]), ['done', 'next']);
});
