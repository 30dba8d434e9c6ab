import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, sha1, sha256 } from './digest.ts';
import { fromHex, toHex } from './hex.ts';

test('the digests of "abc" (FIPS 180)', () => {
  assert.equal(toHex(sha1(Buffer.from('abc'))), 'a9993e364706816aba3e25717850c26c9cd0d89d');
  assert.equal(toHex(sha256(Buffer.from('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('CRC-32C: its check value, and the priorities of BEP 40', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(fromHex('624c14007bd50000') ?? new Uint8Array()), 0xec2d7224);
  assert.equal(crc32c(fromHex('7bd5200a7bd520ea') ?? new Uint8Array()), 0x99568189);
});
