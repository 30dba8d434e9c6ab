import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce } from './at-once.ts';

test('every item is dealt with, in order, and no more than the limit at once', async () => {
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  await atOnce(3, [5, 1, 4, 1, 5, 9, 2, 6], async (item) => {
    begun.push(item);
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < item; turn++) await undefined;
    underWay -= 1;
  });
  assert.deepEqual(begun, [5, 1, 4, 1, 5, 9, 2, 6]);
  assert.equal(most, 3);
  assert.equal(underWay, 0);
});

test('after a failure nothing is begun, and what is under way ends before it is told', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  await assert.rejects(atOnce(2, [1, 2, 3, 4], async (item) => {
    begun.push(item);
    await undefined;
    if (item === 1) throw new Error('the first');
    await undefined;
    ended.push(item);
    throw new Error('the second');
  }), /the first/);
  assert.deepEqual(begun, [1, 2]);
  assert.deepEqual(ended, [2]);
});
