import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type BencodeValue, BencodeError, Encoded, decode, decodePrefix, encode, rawValue } from './bencode.ts';
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

test('values of every kind are read as they were meant', () => {
  const cases: readonly (readonly [string, BencodeValue])[] = [
    ['i-9223372036854775808e', -9223372036854775808n],
    ['i18446744073709551615e', 18446744073709551615n],
    ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
    ['i9007199254740992e', 9007199254740992n],
    ['0:', bytes('')],
    ['29:unicode test \xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0', bytes('unicode test \xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0')],
    ['d0:i420ee', new Map([['', 420]])],
    ['d3:a\0bi1ee', new Map([['a\0b', 1]])],
    ['d3:fool3:bari1337ee3:zzz3:baze', new Map<string, BencodeValue>([['foo', [bytes('bar'), 1337]], ['zzz', bytes('baz')]])],
    ['d4:spaml1:a1:bee', new Map([['spam', [bytes('a'), bytes('b')]]])],
  ];
  for (const [input, value] of cases) assert.deepEqual(decode(bytes(input)), value, input);
});

test('what other clients were seen to choke on is refused', () => {
  const inputs = [
    'e', 'leee', 'de|trailing', 'i42ee', '5:helloworld', 'd1:ai1e1:be', 'd3:000e', 'di42e3:yese', 'da1:3521:a3:aedddd', 'd20:',
    '06:foobar', 'd3:A005:000003:000i0ee', 'lld1:bi32e1:ai64eeee',
    '18446744073709551615:foobar', '199999999:foobar', 'd1:a9205357638345293824:11111', 'd214328934114:a4:aaaae',
    'i-e', 'i6z4e', 'i12+3e', 'i12.3e', 'i123$21e', 'i92337203t854775807e', 'i00e', 'd1:ai1e1:cli1ei2ee-1:dd1:xi1eee',
  ];
  for (const input of inputs) assert.throws(() => decode(bytes(input)), BencodeError, input);
});

test('a raw value is the one that decoding finds, whatever stands before it', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 4 }).map(text), anyValue), { maxLength: 6 }), (entries) => {
    const dictionary = new Map(entries);
    const encoded = encode(dictionary);
    for (const [key, value] of dictionary) assert.equal(text(rawValue(encoded, key) ?? new Uint8Array()), text(encode(value)));
  }));
});

test('a raw value is found in hostile bytes, or they are refused', () => {
  const notation = fc.array(fc.constantFrom('d', 'l', 'i', 'e', '1', '1:', '1:v', 'i7e', '9:'), { maxLength: 12 });
  fc.assert(fc.property(notation, (parts) => {
    try {
      rawValue(bytes(`d${parts.join('')}`), 'v');
    } catch (error) {
      assert.ok(error instanceof BencodeError);
    }
  }), { numRuns: 2000 });
});

test('an encoded value stands in another byte for byte', () => {
  const unordered = bytes('d1:bi1e1:ai2ee');
  assert.equal(text(encode({ z: 1, info: new Encoded(unordered) })), 'd4:infod1:bi1e1:ai2ee1:zi1ee');
});

test('a key that bytes cannot spell is refused', () => {
  assert.throws(() => encode({ 'ключ': 1 }), TypeError);
});

test('small values that are large in memory are counted', () => {
  assert.throws(() => decode(bytes(`l${'de'.repeat(LIMITS.bencodeValues)}e`)), /more than \d+ values/);
});
