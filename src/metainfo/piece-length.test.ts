import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePieceLength } from './piece-length.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

test('a few hundred MiB get the pieces of 256 KiB that the textbook knows', () => {
  for (const length of [300 * MiB, 400 * MiB, 512 * MiB]) assert.equal(choosePieceLength(length), 256 * KiB);
});

test('from a thousand to two thousand pieces, with bounds on both ends', () => {
  assert.equal(choosePieceLength(0), 16 * KiB);
  assert.equal(choosePieceLength(16 * MiB), 16 * KiB);
  assert.equal(choosePieceLength(2 ** 50), 16 * MiB);
  for (let length = 33 * MiB; length < 32 * 1024 * MiB; length = Math.ceil(length * 1.7)) {
    const pieces = Math.ceil(length / choosePieceLength(length));
    assert.ok(pieces > 1024 && pieces <= 2048, `${length} bytes in ${pieces} pieces`);
  }
});

test('many small files that are aligned get short pieces, for the rest of each would be padding', () => {
  assert.equal(choosePieceLength(1024 * MiB, 100_000), 16 * KiB);
  assert.equal(choosePieceLength(10 * 1024 * MiB, 100_000), 128 * KiB);
  assert.equal(choosePieceLength(512 * MiB, 100), 256 * KiB);
});
