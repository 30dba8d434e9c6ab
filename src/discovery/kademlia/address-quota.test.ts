import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressToBytes } from '../../bytes/endpoint.ts';
import { AddressQuota } from './address-quota.ts';
import { blockKey } from './addresses.ts';

const address = (text: string): Uint8Array => addressToBytes(text) ?? assert.fail(text);

test('a subscriber and a block have so many places and no more, until one is given back', () => {
  const quota = new AddressQuota({ perSubscriber: 1, perBlock: 2 });
  assert.ok(quota.take(address('11.0.0.1')));
  assert.ok(!quota.take(address('11.0.0.1')));
  assert.ok(quota.take(address('11.0.0.2')));
  assert.ok(!quota.take(address('11.0.0.3')));
  assert.ok(quota.take(address('11.0.1.3')));
  quota.release(address('11.0.0.1'));
  assert.ok(quota.take(address('11.0.0.3')));
});

test('a machine or a site may have any number of places, for it may run any number of nodes', () => {
  const quota = new AddressQuota({ perSubscriber: 1, perBlock: 1 });
  for (const local of ['127.0.0.1', '192.168.1.5', '::1', 'fd00::1']) {
    for (let count = 0; count < 3; count++) assert.ok(quota.take(address(local)), local);
    quota.release(address(local));
    assert.ok(quota.hasRoom(address(local)));
  }
});

test('no sequence of taking and giving back goes past the limits', () => {
  const hosts = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 4 })).map(([block, host]) => `11.0.${block}.${host}`);
  fc.assert(fc.property(fc.array(fc.tuple(hosts, fc.boolean())), (steps) => {
    const quota = new AddressQuota({ perSubscriber: 2, perBlock: 5 });
    const held: string[] = [];
    for (const [host, takes] of steps) {
      if (takes) {
        if (quota.take(address(host))) held.push(host);
      } else if (held.includes(host)) {
        held.splice(held.indexOf(host), 1);
        quota.release(address(host));
      }
      const inBlock = held.filter((other) => blockKey(address(other)) === blockKey(address(host))).length;
      const ofSubscriber = held.filter((other) => other === host).length;
      assert.ok(ofSubscriber <= 2 && inBlock <= 5);
      assert.equal(quota.hasRoom(address(host)), ofSubscriber < 2 && inBlock < 5);
    }
  }));
});
