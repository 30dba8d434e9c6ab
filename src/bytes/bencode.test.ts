import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type BencodeValue, BencodeError, decode, decodePrefix, encode, rawValue } from './bencode.ts';
import { LIMITS } from './limits.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytes = (string: string): Uint8Array => Buffer.from(string, 'latin1');

/** Any value that a decoder may give. */
const anyValue: fc.Arbitrary<BencodeValue> = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(fc.uint8Array({ maxLength: 12 }).map(text), tie('value')), { maxLength: 6 }).map((entries) => new Map(entries)),
  ),
})).value;

test('encoding and decoding undo each other', () => {
  fc.assert(fc.property(anyValue, (value) => {
    const encoded = encode(value);
    assert.equal(text(encode(decode(encoded))), text(encoded));
  }));
});

test('what decodes strictly encodes back to the same bytes; what does not is a BencodeError', () => {
  const notation = fc.array(fc.constantFrom('d', 'l', 'i', 'e', '-', '0', '1', '12', '1:', '2:ab', '1:a', '0:', 'i7e'), { maxLength: 14 });
  fc.assert(fc.property(notation, (parts) => {
    const input = bytes(parts.join(''));
    let value: BencodeValue;
    try {
      value = decode(input);
    } catch (error) {
      assert.ok(error instanceof BencodeError);
      return;
    }
    assert.equal(text(encode(value)), text(input));
  }), { numRuns: 2000 });
});

test('dictionaries are written in the order of their keys as raw bytes, and undefined entries left out', () => {
  assert.equal(text(encode({ b: 1, a: undefined, '': 'x', B: [] })), 'd0:1:x1:Ble1:bi1ee');
  assert.equal(text(encode(new Map([['\xff', 1], ['z', 2]]))), 'd1:zi2e1:\xffi1ee');
});

test('strings are written as UTF-8, counted in bytes', () => {
  assert.equal(text(encode('é')), '2:\xc3\xa9');
});

test('numbers that no bencoding can hold are refused, and the next encoding is whole again', () => {
  assert.throws(() => encode([1, 0.5]), TypeError);
  assert.throws(() => encode(2 ** 60), TypeError);
  assert.equal(text(encode([2n ** 60n])), 'li1152921504606846976ee');
});

test('an encoding of any size comes out whole', () => {
  for (const length of [0, 4095, 4096, 5000, 1_000_000]) {
    const payload = new Uint8Array(length).fill(7);
    assert.deepEqual(decode(encode([payload, 1])), [payload, 1].map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)));
  }
});

test('malformed input is refused, and says where', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['', 0], ['i03e', 1], ['i-0e', 1], ['ie', 1], ['i1', 2], ['5:abc', 0], ['01:a', 0], ['l', 1], ['d1:a', 4], ['di1ei2ee', 1],
    ['d1:bi1e1:ai2ee', 7], ['d1:ai1e1:ai2ee', 7], ['i1ei2e', 3], ['x', 0],
  ];
  for (const [input, offset] of cases) {
    assert.throws(() => decode(bytes(input)), (error) => error instanceof BencodeError && error.offset === offset, input);
  }
});

test('nesting and digits have their limits', () => {
  const nested = (depth: number): Uint8Array => bytes('l'.repeat(depth) + 'e'.repeat(depth));
  assert.doesNotThrow(() => decode(nested(LIMITS.bencodeDepth)));
  assert.throws(() => decode(nested(LIMITS.bencodeDepth + 1)), BencodeError);
  assert.throws(() => decode(bytes(`i${'9'.repeat(LIMITS.bencodeDigits + 1)}e`)), BencodeError);
});

test('the leniency for old torrent files is for the order of keys alone', () => {
  const unordered = bytes('d1:bi1e1:ai2ee');
  assert.deepEqual(decode(unordered, { anyKeyOrder: true }), new Map([['b', 1], ['a', 2]]));
  assert.throws(() => decode(bytes('d1:bi1e1:ai2e1:bi3ee'), { anyKeyOrder: true }), BencodeError);
});

test('a prefix tells where it ends, and a raw value stands as it was sent', () => {
  assert.deepEqual(decodePrefix(bytes('d1:ai1eexyz')), { value: new Map([['a', 1]]), end: 8 });
  assert.equal(text(rawValue(bytes('d1:al1:xe1:vd2:ihi1eee'), 'v') ?? new Uint8Array()), 'd2:ihi1ee');
  assert.equal(rawValue(bytes('d1:al1:xee'), 'v'), undefined);
});
