import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { scopeOf } from '../../bytes/address-scope.ts';
import { addressToBytes } from '../../bytes/endpoint.ts';
import { SeededRandom } from '../../runtime/simulated/simulation.ts';
import { isBoundTo, nodeIdFor } from './node-id.ts';

const address = (text: string): Uint8Array => addressToBytes(text) ?? assert.fail(text);

test('the ids that BEP 42 gives as examples are bound to their addresses, and to no other', () => {
  const examples: readonly (readonly [string, string])[] = [
    ['124.31.75.21', '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
    ['21.75.31.124', '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
    ['65.23.51.170', 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
    ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
    ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  ];
  for (const [host, hex] of examples) {
    const id = Buffer.from(hex, 'hex');
    assert.ok(isBoundTo(id, address(host)), host);
    for (const [other] of examples) assert.equal(isBoundTo(id, address(other)), other === host);
  }
});

test('a fresh id is bound to its address, and a bit changed in its prefix unbinds it', () => {
  const globalIPv4 = fc.tuple(fc.integer({ min: 11, max: 99 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => Uint8Array.from(bytes));
  const globalIPv6 = fc.uint8Array({ minLength: 15, maxLength: 15 }).map((rest) => Uint8Array.from([0x20, ...rest]));
  fc.assert(fc.property(fc.oneof(globalIPv4, globalIPv6), fc.integer(), fc.nat(20), (host, seed, bit) => {
    const id = nodeIdFor(host, new SeededRandom(seed));
    assert.ok(isBoundTo(id, host));
    id[bit >>> 3] ^= 0x80 >>> (bit & 7);
    assert.ok(!isBoundTo(id, host));
  }));
});

test('only the half of an IPv6 address that its holder cannot choose counts', () => {
  const id = nodeIdFor(address('2001:db8:1:2::1'), new SeededRandom(1));
  assert.ok(isBoundTo(id, address('2001:db8:1:2:ffff::7')));
  assert.ok(!isBoundTo(id, address('2001:db8:1:3::1')));
});

test('any id will do on a local network', () => {
  const anyId = new Uint8Array(20).fill(9);
  for (const host of ['10.1.2.3', '127.0.0.1', '172.16.0.1', '172.31.9.9', '192.168.0.1', '169.254.1.1', '::1', 'fe80::1', 'fd00::1']) {
    assert.ok(scopeOf(address(host)) === 'local' && isBoundTo(anyId, address(host)), host);
  }
  for (const host of ['11.0.0.1', '172.32.0.1', '192.169.0.1', '::2', '2001:db8::1']) {
    assert.ok(scopeOf(address(host)) !== 'local' && !isBoundTo(anyId, address(host)), host);
  }
});
