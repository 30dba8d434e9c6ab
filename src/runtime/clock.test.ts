import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './clock.ts';
import { Simulation } from './simulated/simulation.ts';

test('sleep ends after its time', async () => {
  const clock = new Simulation();
  const ended = sleep(clock, 100).then(() => clock.now());
  await clock.run(1000);
  assert.equal(await ended, 100);
});

test('sleep ends at once, with the reason, when its signal aborts, and leaves no timer', async () => {
  const clock = new Simulation();
  const stop = new AbortController();
  const reason = new Error('enough');
  const ended = assert.rejects(sleep(clock, 100, stop.signal), reason);
  clock.after(10, () => stop.abort(reason));
  await clock.complete(ended, 50);
  assert.equal(clock.now(), 10);
  await assert.rejects(clock.runUntil(() => false, 1000), /nothing is left to happen/);
  await assert.rejects(sleep(clock, 100, stop.signal), reason);
});

test('a signal that aborts after the sleep does nothing', async () => {
  const clock = new Simulation();
  const stop = new AbortController();
  await clock.complete(sleep(clock, 100, stop.signal), 100);
  stop.abort();
  assert.equal(clock.now(), 100);
});
