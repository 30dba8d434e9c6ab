import assert from 'node:assert/strict';
import test from 'node:test';
import { addressGroup, addressScope, scopeOf } from './address-scope.ts';

test('addresses of one machine or site are local', () => {
  const local = [
    '127.0.0.1', '10.255.0.1', '172.16.0.1', '172.31.9.9', '192.168.1.1', '169.254.3.4', '100.64.0.1', '100.127.255.255',
    '::1', 'fe80::1', 'febf::1', 'fc00::1', 'fd12:3456::1',
  ];
  for (const address of local) assert.equal(addressScope(address), 'local', address);
});

test('addresses just outside those ranges are global', () => {
  const global = [
    '126.0.0.1', '11.0.0.1', '172.15.0.1', '172.32.0.1', '192.167.1.1', '169.253.3.4', '100.63.0.1', '100.128.0.1',
    '1.1.1.1', '223.255.255.255', '2001:db8::1', 'fec0::1', '::2:0',
  ];
  for (const address of global) assert.equal(addressScope(address), 'global', address);
});

test('no host can be at an unspecified, multicast or broadcast address, nor at a name', () => {
  for (const address of ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', 'example.org', '', '1.2.3']) {
    assert.equal(addressScope(address), 'unusable', address);
  }
});

test('one subscriber is one IPv4 address, or one /64 of IPv6', () => {
  assert.equal(addressGroup('1.2.3.4'), '1.2.3.4');
  assert.equal(addressGroup('2001:db8:0:1::1'), addressGroup('2001:db8:0:1:ffff::9'));
  assert.notEqual(addressGroup('2001:db8:0:1::1'), addressGroup('2001:db8:0:2::1'));
});

test('IPv4 dressed up as IPv6 is no address of its family', () => {
  assert.equal(scopeOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4)), 'unusable');
});
