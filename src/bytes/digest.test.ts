import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, sha1, sha256, sha256Blocks } from './digest.ts';
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

test('the leaves of a Merkle tree: a hash for each 16 KiB, and for what is left', () => {
  const bytes = Uint8Array.from({ length: 40_000 }, (_, index) => index & 255);
  const blocks = [bytes.subarray(0, 16_384), bytes.subarray(16_384, 32_768), bytes.subarray(32_768)];
  assert.equal(toHex(sha256Blocks(bytes)), blocks.map((block) => toHex(sha256(block))).join(''));
  assert.equal(sha256Blocks(new Uint8Array(0)).length, 0);
});
