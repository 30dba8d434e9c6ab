import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sha256 } from '../bytes/digest.ts';
import { toHex } from '../bytes/hex.ts';
import { HASH_BYTES, layerRoot, layerWidth, leavesPerPiece, parentLayer, pieceLevel, zeroHash } from './merkle.ts';

const layers = fc.array(fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES }), { minLength: 1, maxLength: 40 });

/** The textbook's way: every leaf written out, zeros included. */
function plainRoot(leaves: readonly Uint8Array[], width: number): Uint8Array {
  let nodes = Array.from({ length: width }, (_, index) => leaves[index] ?? new Uint8Array(HASH_BYTES));
  while (nodes.length > 1) {
    nodes = nodes.filter((_, index) => index % 2 === 0).map((left, index) => sha256(Buffer.concat([left, nodes[index * 2 + 1]])));
  }
  return nodes[0];
}

test('the root is that of the tree filled up with zero leaves', () => {
  fc.assert(fc.property(layers, fc.nat(3), (leaves, extraLevels) => {
    const width = layerWidth(leaves.length) * 2 ** extraLevels;
    assert.equal(toHex(layerRoot(Buffer.concat(leaves), width)), toHex(plainRoot(leaves, width)));
  }));
});

test('a root over part of the layers is the root over all of them', () => {
  fc.assert(fc.property(layers, (leaves) => {
    const layer = Buffer.concat(leaves);
    const width = Math.max(2, layerWidth(leaves.length));
    assert.equal(toHex(layerRoot(parentLayer(layer, 0), width / 2, 1)), toHex(layerRoot(layer, width)));
  }));
});

test('a subtree of zero leaves', () => {
  assert.deepEqual(zeroHash(0), new Uint8Array(HASH_BYTES));
  assert.equal(toHex(zeroHash(1)), 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b');
  assert.equal(toHex(layerRoot(new Uint8Array(0), 8, 2)), toHex(zeroHash(5)));
});

test('a file smaller than a piece has a tree of its own size', () => {
  const KiB = 1024;
  assert.equal(leavesPerPiece(1, 256 * KiB), 1);
  assert.equal(leavesPerPiece(16 * KiB + 1, 256 * KiB), 2);
  assert.equal(leavesPerPiece(100 * KiB, 256 * KiB), 8);
  assert.equal(leavesPerPiece(256 * KiB, 256 * KiB), 16);
  assert.equal(leavesPerPiece(2 ** 50, 256 * KiB), 16);
  assert.equal(pieceLevel(16 * KiB), 0);
  assert.equal(pieceLevel(4096 * KiB), 8);
});

test('a layer is as wide as the next power of two', () => {
  assert.deepEqual([1, 2, 3, 5, 8, 4_000_000].map(layerWidth), [1, 2, 4, 8, 8, 4_194_304]);
});
