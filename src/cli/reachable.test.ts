import assert from 'node:assert/strict';
import test from 'node:test';
import { reachableHosts } from './reachable.ts';

const network = { localAddresses: () => ['fd00::1', '192.168.1.5', '2001:db8::5', '198.51.100.5', '172.17.0.1', '10.0.0.1'] };

test('the addresses that most can reach come first, and not too many', () => {
  assert.deepEqual(reachableHosts({ host: '::', port: 1 }, network), ['198.51.100.5', '192.168.1.5', '172.17.0.1', '10.0.0.1']);
  assert.deepEqual(reachableHosts({ host: '::', port: 1 }, { localAddresses: () => ['fd00::1', '2001:db8::5', '10.0.0.1'] }), ['10.0.0.1', '2001:db8::5', 'fd00::1']);
  assert.deepEqual(reachableHosts({ host: '0.0.0.0', port: 1 }, { localAddresses: () => ['fd00::1', '10.0.0.1'] }), ['10.0.0.1']);
});

test('an address of its own stands for itself; a machine on no network is reached by itself', () => {
  assert.deepEqual(reachableHosts({ host: '127.0.0.1', port: 1 }, network), ['127.0.0.1']);
  assert.deepEqual(reachableHosts({ host: '::', port: 1 }, { localAddresses: () => [] }), ['127.0.0.1']);
});
