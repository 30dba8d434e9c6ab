/**
 * Whether a piece's bytes are what the torrent says of them: the one place where that is decided.
 *
 * A v1 piece has a SHA-1 (BEP 3), a v2 piece a Merkle root over its blocks (BEP 52); a piece of a hybrid torrent must pass
 * both, its padding counting for v1 only.
 */
import { equalBytes } from '../bytes/compare.ts';
import { toHex } from '../bytes/hex.ts';
import { HASH_BYTES, layerRoot, leavesPerPiece } from '../metainfo/merkle.ts';
import { fileOfPiece, pieceSizeInFile, type Metainfo } from '../metainfo/metainfo.ts';
import type { Hasher } from '../runtime/hasher.ts';

const SHA1_BYTES = 20;

/**
 * Hashes all bytes of a piece, padding included. A hybrid's piece whose v2 hash is not known passes by its v1 hash; a v2
 * torrent's does not pass. `bytes` must not change until it settles.
 */
export async function verifyPiece(hasher: Hasher, metainfo: Metainfo, piece: number, bytes: Uint8Array): Promise<boolean> {
  const [v1, v2] = await Promise.all([matchesV1(hasher, metainfo, piece, bytes), matchesV2(hasher, metainfo, piece, bytes)]);
  return metainfo.format === 'v2' ? v2 === true : v1 === true && v2 !== false;
}

/** Undefined where the torrent has no v1 hash of the piece. */
async function matchesV1(hasher: Hasher, { pieceHashes }: Metainfo, piece: number, bytes: Uint8Array): Promise<boolean | undefined> {
  if (pieceHashes === undefined) return undefined;
  return equalBytes(await hasher.sha1(bytes), pieceHashes.subarray(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES));
}

/** Undefined where the torrent has no v2 hash of the piece, or none yet. */
async function matchesV2(hasher: Hasher, metainfo: Metainfo, piece: number, bytes: Uint8Array): Promise<boolean | undefined> {
  const expected = pieceRoot(metainfo, piece);
  if (expected === undefined) return undefined;
  const leaves = await hasher.sha256Blocks(bytes.subarray(0, pieceSizeInFile(metainfo, piece)));
  return equalBytes(layerRoot(leaves, leavesPerPiece(fileOfPiece(metainfo, piece).length, metainfo.pieceLength)), expected);
}

/** The node of its file's Merkle tree that covers a piece; undefined in v1, and where the file's piece layer is not known yet. */
export function pieceRoot(metainfo: Metainfo, piece: number): Uint8Array | undefined {
  if (metainfo.format === 'v1') return undefined;
  const { offset, length, piecesRoot } = fileOfPiece(metainfo, piece);
  if (piecesRoot === undefined || length <= metainfo.pieceLength) return piecesRoot;
  const begin = (piece - offset / metainfo.pieceLength) * HASH_BYTES;
  return metainfo.pieceLayers.get(toHex(piecesRoot))?.subarray(begin, begin + HASH_BYTES);
}
