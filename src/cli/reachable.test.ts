import assert from 'node:assert/strict';
import test from 'node:test';
import type { Tracker } from '../tracker/tracker.ts';
import { announceTiers, reachableEndpoints, reachableHosts } from './reachable.ts';

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

test('where there is one address family alone, sockets of the other are of no use to anybody', () => {
  const onlyIpv6 = { localAddresses: () => ['fd00::1'] };
  const both = [{ host: '0.0.0.0', port: 7 }, { host: '::', port: 7 }];
  assert.deepEqual(reachableEndpoints(both, onlyIpv6), ['[fd00::1]:7']);
  assert.deepEqual(reachableEndpoints(both, { localAddresses: () => [] }), ['127.0.0.1:7']);
});

test('a tracker has a tier for each address family', () => {
  const tracker = { http: { host: '::', port: 80 }, udp: [{ host: '0.0.0.0', port: 81 }, { host: '::', port: 81 }] } as unknown as Tracker;
  assert.deepEqual(announceTiers(tracker, { localAddresses: () => ['fd00::1', '10.0.0.1'] }), [
    ['http://10.0.0.1:80/announce', 'udp://10.0.0.1:81/announce'],
    ['http://[fd00::1]:80/announce', 'udp://[fd00::1]:81/announce'],
  ]);
  assert.deepEqual(announceTiers(tracker, { localAddresses: () => ['fd00::1'] }), [['http://[fd00::1]:80/announce', 'udp://[fd00::1]:81/announce']]);
});
