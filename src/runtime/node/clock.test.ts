import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { nodeClock } from './clock.ts';

/** Puts Node's timers under the test's control. */
function withTimers(check: (pass: (delayMs: number) => void) => void): void {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    check((delayMs) => mock.timers.tick(delayMs));
  } finally {
    mock.timers.reset();
  }
}

test('an action runs once, when its time has come, unless it is cancelled', () => withTimers((pass) => {
  const log: string[] = [];
  nodeClock.after(10, () => log.push('ten'));
  nodeClock.after(5, () => log.push('five'));
  const cancelled = nodeClock.after(7, () => log.push('never'));
  cancelled.cancel();
  cancelled.cancel();
  assert.deepEqual(log, []);
  pass(4);
  assert.deepEqual(log, []);
  pass(10);
  assert.deepEqual(log, ['five', 'ten']);
  pass(100);
  assert.deepEqual(log, ['five', 'ten']);
}));

test('a repeated action runs every interval until it is cancelled, by itself too', () => withTimers((pass) => {
  let count = 0;
  const timer = nodeClock.every(10, () => {
    count += 1;
    if (count === 3) timer.cancel();
  });
  for (let time = 0; time < 100; time += 5) pass(5);
  assert.equal(count, 3);
}));

test('a delay longer than a timer can be set for is waited for in parts', () => {
  const delays: number[] = [];
  let next: (() => void) | undefined;
  const fake = mock.method(globalThis, 'setTimeout', (action: () => void, delayMs: number) => {
    delays.push(delayMs);
    next = action;
  });
  try {
    const ran: string[] = [];
    nodeClock.after(2 ** 33 + 0.5, () => ran.push('at last'));
    while (ran.length === 0) next?.();
    assert.ok(delays.every((delayMs) => delayMs < 2 ** 31));
    assert.equal(delays.reduce((sum, delayMs) => sum + delayMs, 0), 2 ** 33 + 1);
  } finally {
    fake.mock.restore();
  }
});

test('time does not go back', () => {
  let last = nodeClock.now();
  for (let look = 0; look < 1000; look++) {
    const now = nodeClock.now();
    assert.ok(now >= last);
    last = now;
  }
  assert.ok(nodeClock.unixTimeMs() > Date.UTC(2025, 0, 1));
});
