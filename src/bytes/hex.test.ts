import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fromBase32, fromHex, toHex } from './hex.ts';

test('hexadecimal goes both ways, in either case', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assert.deepEqual(fromHex(toHex(bytes)), bytes);
    assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
  }));
  for (const text of ['a', 'zz', '0x12', '12 ', '１２']) assert.equal(fromHex(text), undefined, text);
});

test('base32 as RFC 4648 and old magnet links have it, in either case', () => {
  const cases = { '': '', 'MY': 'f', 'MZXQ': 'fo', 'MZXW6': 'foo', 'MZXW6YQ': 'foob', 'mzxw6ytb': 'fooba', 'MZXW6YTBOI': 'foobar' };
  for (const [text, plain] of Object.entries(cases)) assert.deepEqual(fromBase32(text), new Uint8Array(Buffer.from(plain)));
  assert.equal(toHex(fromBase32('2I2UAEFDZJFN4W3UE65QSOTCUOEZ744B') ?? new Uint8Array()), 'd2354010a3ca4ade5b7427bb093a62a3899ff381');
});

test('what is no base32 is none: other characters, impossible lengths, bits left over', () => {
  for (const text of ['M', 'MZX', 'MZXW6Y', 'MZ', '0189', 'ſſ', 'ßß', 'MY======']) assert.equal(fromBase32(text), undefined, text);
});
