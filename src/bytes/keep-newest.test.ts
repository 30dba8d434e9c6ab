import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepNewest } from './keep-newest.ts';

test('what was put in first goes first, from maps and sets, until the limit holds', () => {
  const set = new Set([1, 2, 3, 4]);
  keepNewest(set, 2);
  assert.deepEqual([...set], [3, 4]);
  const map = new Map([['a', 1], ['b', 2]]);
  keepNewest(map, 2);
  assert.equal(map.size, 2);
  keepNewest(map, 0);
  assert.equal(map.size, 0);
});
