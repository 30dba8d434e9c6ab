import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressToBytes } from '../../bytes/endpoint.ts';
import { AddressQuota } from './address-quota.ts';
import { blockKey, isHostAddress, machineKey } from './addresses.ts';

const address = (text: string): Uint8Array => addressToBytes(text) ?? assert.fail(text);

test('a machine and a block have so many places and no more, until one is given back', () => {
  const quota = new AddressQuota({ perMachine: 1, perBlock: 2 });
  assert.ok(quota.take(address('11.0.0.1')));
  assert.ok(!quota.take(address('11.0.0.1')));
  assert.ok(quota.take(address('11.0.0.2')));
  assert.ok(!quota.take(address('11.0.0.3')));
  assert.ok(quota.take(address('11.0.1.3')));
  quota.release(address('11.0.0.1'));
  assert.ok(quota.take(address('11.0.0.3')));
});

test('an IPv6 /64 is one machine, and a /48 one block', () => {
  assert.equal(machineKey(address('2001:db8:1:2::1')), machineKey(address('2001:db8:1:2:3:4:5:6')));
  assert.notEqual(machineKey(address('2001:db8:1:2::1')), machineKey(address('2001:db8:1:3::1')));
  assert.equal(blockKey(address('2001:db8:1:2::1')), blockKey(address('2001:db8:1:3::1')));
  assert.notEqual(blockKey(address('2001:db8:1:2::1')), blockKey(address('2001:db8:2:2::1')));
});

test('no sequence of taking and giving back goes past the limits', () => {
  const hosts = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 4 })).map(([block, host]) => `11.0.${block}.${host}`);
  fc.assert(fc.property(fc.array(fc.tuple(hosts, fc.boolean())), (steps) => {
    const quota = new AddressQuota({ perMachine: 2, perBlock: 5 });
    const held: string[] = [];
    for (const [host, takes] of steps) {
      if (takes) {
        if (quota.take(address(host))) held.push(host);
      } else if (held.includes(host)) {
        held.splice(held.indexOf(host), 1);
        quota.release(address(host));
      }
      const inBlock = held.filter((other) => blockKey(address(other)) === blockKey(address(host))).length;
      const onMachine = held.filter((other) => other === host).length;
      assert.ok(onMachine <= 2 && inBlock <= 5);
      assert.equal(quota.hasRoom(address(host)), onMachine < 2 && inBlock < 5);
    }
  }));
});

test('groups, unspecified addresses and IPv4 dressed up as IPv6 are no host\'s', () => {
  for (const host of ['1.2.3.4', '127.0.0.1', '223.255.255.255', '::1', '2001:db8::1', 'fe80::1']) assert.ok(isHostAddress(address(host)), host);
  for (const host of ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff15::1', '::ffff:1.2.3.4']) assert.ok(!isHostAddress(address(host)), host);
});
