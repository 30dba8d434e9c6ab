import assert from 'node:assert/strict';
import test from 'node:test';
import { Allowance } from './allowance.ts';

test('a stranger gets a burst at once, and then the rate', () => {
  const allowance = new Allowance({ perSecond: 10, burst: 5, strangers: 100 });
  let granted = 0;
  for (let asked = 0; asked < 100; asked++) if (allowance.take('a', 0)) granted += 1;
  assert.equal(granted, 5);
  for (let ms = 1; ms <= 2000; ms++) if (allowance.take('a', ms)) granted += 1;
  assert.equal(granted, 5 + 20);
});

test('one stranger does not use up another\'s allowance', () => {
  const allowance = new Allowance({ perSecond: 1, burst: 1, strangers: 100 });
  assert.ok(allowance.take('a', 0));
  assert.ok(!allowance.take('a', 0));
  assert.ok(allowance.take('b', 0));
});

test('only so many strangers are kept; those heard of last are', () => {
  const allowance = new Allowance({ perSecond: 1, burst: 1, strangers: 2 });
  assert.ok(allowance.take('a', 0));
  assert.ok(allowance.take('b', 0));
  assert.ok(!allowance.take('a', 0));
  assert.ok(allowance.take('c', 0));
  assert.ok(!allowance.take('a', 0), 'a was heard of after b, so it is still known');
  assert.ok(allowance.take('b', 0), 'b was forgotten');
});
