import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { fromHex, toHex } from '../../bytes/hex.ts';
import {
  clockwiseDistance, compareClockwise, highestBit, ID_BYTES, isBetween, isWithin, plusPowerOfTwo, shareOfCircle,
} from './circle.ts';

const CIRCLE = 1n << 160n;

function idOf(value: bigint): Uint8Array {
  return fromHex((((value % CIRCLE) + CIRCLE) % CIRCLE).toString(16).padStart(ID_BYTES * 2, '0')) ?? new Uint8Array();
}

function valueOf(id: Uint8Array): bigint {
  return BigInt(`0x${toHex(id)}`);
}

// Near each other as often as far apart, so that carries, wraps and equality all come up.
const anyValue = fc.oneof(fc.bigInt({ min: 0n, max: CIRCLE - 1n }), fc.bigInt({ min: -3n, max: 3n }).map((value) => (value + CIRCLE) % CIRCLE));

function walked(from: bigint, to: bigint): bigint {
  return (to - from + CIRCLE) % CIRCLE;
}

test('distances, sums and arcs agree with arithmetic modulo 2^160', () => {
  fc.assert(fc.property(anyValue, anyValue, anyValue, fc.integer({ min: 0, max: 159 }), (a, b, c, exponent) => {
    assert.equal(valueOf(clockwiseDistance(idOf(a), idOf(b))), walked(a, b));
    assert.equal(valueOf(plusPowerOfTwo(idOf(a), exponent)), (a + (1n << BigInt(exponent))) % CIRCLE);
    const inArc = a === b || (walked(a, c) > 0n && walked(a, c) <= walked(a, b));
    assert.equal(isWithin(idOf(c), idOf(a), idOf(b)), inArc);
    assert.equal(isBetween(idOf(c), idOf(a), idOf(b)), inArc && c !== b);
    const order = walked(a, b) < walked(a, c) ? -1 : walked(a, b) > walked(a, c) ? 1 : 0;
    assert.equal(Math.sign(compareClockwise(idOf(a), idOf(b), idOf(c))), order);
  }));
});

test('adding leaves what it is given alone, a Buffer too', () => {
  const id = Buffer.alloc(ID_BYTES, 0xff);
  assert.deepEqual(plusPowerOfTwo(id, 0), new Uint8Array(ID_BYTES));
  assert.deepEqual(id, Buffer.alloc(ID_BYTES, 0xff));
});

test('the highest bit and the share of the circle measure a distance', () => {
  fc.assert(fc.property(anyValue, (value) => {
    const bit = highestBit(idOf(value));
    assert.equal(bit, value === 0n ? -1 : value.toString(2).length - 1);
    assert.ok(Math.abs(shareOfCircle(idOf(value)) - Number(value) / Number(CIRCLE)) < 1e-12);
  }));
});
