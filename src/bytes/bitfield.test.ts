import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Bitfield } from './bitfield.ts';

test('the first piece is the highest bit of the first byte', () => {
  const bitfield = new Bitfield(10);
  bitfield.set(0);
  bitfield.set(9);
  assert.deepEqual([...bitfield.bytes], [0b1000_0000, 0b0100_0000]);
  assert.deepEqual([...bitfield], [0, 9]);
});

test('it is the set of what was put in and not taken out, with its count', () => {
  const step = fc.record({ piece: fc.nat(40), add: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const bitfield = new Bitfield(41);
    const model = new Set<number>();
    for (const { piece, add } of steps) {
      assert.equal(add ? bitfield.set(piece) : bitfield.clear(piece), model.has(piece) !== add);
      if (add) model.add(piece);
      else model.delete(piece);
    }
    assert.equal(bitfield.count, model.size);
    assert.deepEqual([...bitfield], [...model].sort((a, b) => a - b));
    for (let piece = 0; piece < 50; piece++) assert.equal(bitfield.has(piece), model.has(piece));
  }));
});

test("a peer's bitfield is taken if its size is right and its spare bits are zero, else refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 6 }), fc.nat(48), (bytes, length) => {
    const bitfield = Bitfield.from(bytes, length);
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const isSound = bytes.length === Math.ceil(length / 8) && !bits.slice(length).includes('1');
    assert.equal(bitfield !== undefined, isSound);
    if (bitfield === undefined) return;
    assert.equal(bitfield.count, [...bits].filter((bit) => bit === '1').length);
    bytes.fill(0xff);
    assert.equal([...bitfield].length, bitfield.count, 'it does not see what becomes of the bytes');
  }));
});

test('a full one has every piece, and zero spare bits', () => {
  for (const length of [0, 1, 7, 8, 9, 64, 1000]) {
    const full = Bitfield.full(length);
    assert.ok(full.isFull);
    assert.equal(full.count, length);
    assert.equal(Bitfield.from(full.bytes, length)?.count, length);
  }
  assert.ok(!new Bitfield(3).isFull);
});

test('a piece that is not there cannot be had', () => {
  const bitfield = new Bitfield(10);
  for (const piece of [10, 15, 16, -1, 2 ** 32, Number.NaN]) {
    assert.throws(() => bitfield.set(piece), RangeError);
    assert.equal(bitfield.clear(piece), false);
  }
  assert.equal(bitfield.count, 0);
});

test('what one has and another has not', () => {
  const pieces = fc.uniqueArray(fc.nat(40));
  const setOf = (members: readonly number[]): Bitfield => {
    const bitfield = new Bitfield(41);
    for (const piece of members) bitfield.set(piece);
    return bitfield;
  };
  fc.assert(fc.property(pieces, pieces, (a, b) => {
    assert.deepEqual([...setOf(a).without(setOf(b))], a.filter((piece) => !b.includes(piece)).sort((one, other) => one - other));
  }));
});
