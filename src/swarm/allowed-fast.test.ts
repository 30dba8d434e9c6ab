import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedFastSet } from './allowed-fast.ts';

const INFO_HASH = new Uint8Array(20).fill(0xaa);

test('the set is that of BEP 6', () => {
  const set = [...allowedFastSet('80.4.4.200', INFO_HASH, 1313)];
  assert.deepEqual(set.slice(0, 9), [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]);
  assert.equal(set.length, 10);
});

test('neighbours in one /24 share it; few pieces make a small set; IPv6 and names have none', () => {
  assert.deepEqual(allowedFastSet('80.4.4.1', INFO_HASH, 1313), allowedFastSet('80.4.4.200', INFO_HASH, 1313));
  assert.notDeepEqual(allowedFastSet('80.4.5.200', INFO_HASH, 1313), allowedFastSet('80.4.4.200', INFO_HASH, 1313));
  assert.deepEqual([...allowedFastSet('80.4.4.200', INFO_HASH, 3)].sort(), [0, 1, 2]);
  assert.deepEqual([...allowedFastSet('80.4.4.200', INFO_HASH, 1)], [0]);
  for (const host of ['2001:db8::1', 'peer.example', '']) assert.equal(allowedFastSet(host, INFO_HASH, 1313).size, 0);
});
