import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Simulation } from './simulation.ts';

test('actions run in the order of their times, and of their scheduling among equals', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.record({ delayMs: fc.nat(20), isCancelled: fc.boolean() })), async (plans) => {
    const clock = new Simulation();
    const ran: number[] = [];
    plans.forEach(({ delayMs, isCancelled }, index) => {
      const timer = clock.after(delayMs, () => {
        assert.equal(clock.now(), delayMs);
        ran.push(index);
      });
      if (isCancelled) timer.cancel();
    });
    await clock.run(20);
    const expected = [...plans.keys()].filter((index) => !plans[index].isCancelled).sort((a, b) => plans[a].delayMs - plans[b].delayMs || a - b);
    assert.deepEqual(ran, expected);
  }));
});

test('an action never runs inside the call that scheduled it, not even at once', async () => {
  const clock = new Simulation();
  const log: string[] = [];
  clock.after(0, () => {
    clock.after(0, () => log.push('inner'));
    clock.after(-5, () => log.push('in the past'));
    log.push('outer');
  });
  assert.deepEqual(log, []);
  await clock.run(0);
  assert.deepEqual(log, ['outer', 'inner', 'in the past']);
});

test('time passes though nothing happens, and the calendar with it', async () => {
  const clock = new Simulation();
  const unixTimeMs = clock.unixTimeMs();
  await clock.run(1500);
  assert.equal(clock.now(), 1500);
  assert.equal(clock.unixTimeMs() - unixTimeMs, 1500);
  assert.equal(clock.eventCount, 0);
});

test('a repeated action runs every interval until it is cancelled, by itself too', async () => {
  const clock = new Simulation();
  const times: number[] = [];
  const timer = clock.every(10, () => {
    times.push(clock.now());
    if (times.length === 3) timer.cancel();
  });
  await clock.run(100);
  assert.deepEqual(times, [10, 20, 30]);
});

test('between two events every promise that can settle has settled', async () => {
  const clock = new Simulation();
  const log: string[] = [];
  clock.after(1, () => {
    void (async () => {
      for (let turn = 0; turn < 50; turn++) await undefined;
      log.push('promises of the first');
    })();
  });
  clock.after(1, () => log.push('the second'));
  await clock.run(1);
  assert.deepEqual(log, ['promises of the first', 'the second']);
});

test('it runs until a condition holds, and says why when it never will', async () => {
  const clock = new Simulation();
  let count = 0;
  const timer = clock.every(10, () => { count += 1; });
  await clock.runUntil(() => count === 5, 1000);
  assert.equal(clock.now(), 50);
  await assert.rejects(clock.runUntil(() => count === 50, 100), /does not hold after 100 ms/);
  timer.cancel();
  await assert.rejects(clock.runUntil(() => false, 100), /nothing is left to happen/);
});

test('it runs until a promise settles, and gives its value or error', async () => {
  const clock = new Simulation();
  const later = new Promise<string>((resolve) => clock.after(7, () => resolve('done')));
  assert.equal(await clock.complete(later, 100), 'done');
  assert.equal(clock.now(), 7);
  const failing = new Promise((_, reject) => clock.after(7, () => reject(new Error('as planned'))));
  await assert.rejects(clock.complete(failing, 100), /as planned/);
});
