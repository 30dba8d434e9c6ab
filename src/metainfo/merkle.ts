/**
 * The Merkle trees of BEP 52: SHA-256, two children a node, leaves of 16 KiB, one tree a file.
 *
 * Invariant: a layer is a run of 32-byte hashes without those that cover nothing of the file; what is missing on the right
 * counts as a subtree of zero leaves. Levels are counted from the leaves, which are level 0.
 */
import { sha256 } from '../bytes/digest.ts';
import { LIMITS } from '../bytes/limits.ts';

export const HASH_BYTES = 32;

const ZERO_HASHES: Uint8Array[] = [new Uint8Array(HASH_BYTES)];

/** The node at `level` of a tree whose leaves are all zero: what stands for everything beyond a file's end. */
export function zeroHash(level: number): Uint8Array {
  for (let last = ZERO_HASHES.length - 1; last < level; last++) ZERO_HASHES.push(hashPair(ZERO_HASHES[last], ZERO_HASHES[last]));
  return ZERO_HASHES[level];
}

/** The node above two others. */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  const pair = new Uint8Array(HASH_BYTES * 2);
  pair.set(left);
  pair.set(right, HASH_BYTES);
  return sha256(pair);
}

/** The layer above `layer`, which lies at `level`. */
export function parentLayer(layer: Uint8Array, level: number): Uint8Array {
  const pairBytes = HASH_BYTES * 2;
  const parents = new Uint8Array(Math.ceil(layer.length / pairBytes) * HASH_BYTES);
  for (let offset = 0; offset < layer.length; offset += pairBytes) {
    const isWhole = offset + pairBytes <= layer.length;
    const parent = isWhole ? sha256(layer.subarray(offset, offset + pairBytes)) : hashPair(layer.subarray(offset), zeroHash(level));
    parents.set(parent, offset / 2);
  }
  return parents;
}

/**
 * The root over a layer that lies at `level` and is `width` hashes wide once it is filled up, a power of two.
 * It is the hash of a v2 piece when given the piece's block hashes and `leavesPerPiece`.
 */
export function layerRoot(layer: Uint8Array, width: number, level = 0): Uint8Array {
  if (layer.length === 0) return zeroHash(level + Math.log2(width));
  let root = layer;
  for (let rest = width, height = level; rest > 1; rest /= 2, height++) root = parentLayer(root, height);
  return root;
}

/** How wide a layer of `count` hashes is once it is filled up: the next power of two. */
export function layerWidth(count: number): number {
  let width = 1;
  while (width < count) width *= 2;
  return width;
}

/** The level at which one hash covers one piece. */
export function pieceLevel(pieceLength: number): number {
  return Math.log2(pieceLength / LIMITS.blockBytes);
}

/**
 * How many leaves, filled up with zeros, lie under the hash of each piece of a file. A file that fits into one piece has a
 * tree of its own size, not the piece's.
 */
export function leavesPerPiece(fileLength: number, pieceLength: number): number {
  return layerWidth(Math.ceil(Math.min(fileLength, pieceLength) / LIMITS.blockBytes));
}
