import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { commonPrefixLength, compareDistance, idAtPrefix, ID_BITS } from './distance.ts';

const anyId = fc.uint8Array({ minLength: 20, maxLength: 20 });
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const distance = (a: Uint8Array, b: Uint8Array): bigint => number(a) ^ number(b);
const id = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

test('the common prefix is as long as the distance is short', () => {
  fc.assert(fc.property(anyId, anyId, (a, b) => {
    const shared = BigInt(commonPrefixLength(a, b));
    assert.ok(distance(a, b) < 1n << (BigInt(ID_BITS) - shared));
    assert.ok(distance(a, b) >= 1n << (BigInt(ID_BITS) - shared - 1n));
  }));
  assert.equal(commonPrefixLength(id('ab'.repeat(20)), id('ab'.repeat(20))), ID_BITS);
});

test('known distances: the exponent is what the prefix leaves', () => {
  const last = `${'f'.repeat(39)}e`;
  const cases: readonly (readonly [string, string, number])[] = [
    ['f'.repeat(40), '0'.repeat(40), 159], ['f'.repeat(40), `7${'f'.repeat(39)}`, 159], ['f'.repeat(40), last, 0],
    [`8${'0'.repeat(39)}`, last, 158], [`c${'0'.repeat(39)}`, last, 157], [`e${'0'.repeat(39)}`, last, 156], [`f${'0'.repeat(39)}`, last, 155],
  ];
  for (const [a, b, exponent] of cases) assert.equal(ID_BITS - 1 - commonPrefixLength(id(a), id(b)), exponent);
});

test('comparing is comparing the distances as numbers', () => {
  fc.assert(fc.property(anyId, anyId, anyId, (target, a, b) => {
    const expected = distance(a, target) - distance(b, target);
    assert.equal(Math.sign(compareDistance(target, a, b)), expected < 0n ? -1 : expected > 0n ? 1 : 0);
  }));
});

test('an id can be drawn from any bucket', () => {
  fc.assert(fc.property(anyId, fc.integer({ min: 0, max: ID_BITS - 1 }), anyId, (own, prefixLength, random) => {
    assert.equal(commonPrefixLength(own, idAtPrefix(own, prefixLength, random)), prefixLength);
  }));
});
