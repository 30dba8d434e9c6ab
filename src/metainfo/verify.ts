/**
 * Whether a piece is what its torrent says: by SHA-1 (BEP 3), by the Merkle tree over its blocks (BEP 52), or in a hybrid
 * torrent by both.
 *
 * Invariant: a piece passes only if every hash that is known of it agrees.
 */
import { equalBytes } from '../bytes/compare.ts';
import type { PieceHasher } from '../runtime/hasher.ts';
import { halvesDiffer } from './hybrid.ts';
import { layerRoot, leavesPerPiece } from './merkle.ts';
import { fileOfPiece, type Metainfo, MetainfoError, pieceSize, pieceSizeInFile } from './metainfo.ts';
import { pieceRoot } from './piece-layers.ts';

const SHA1_BYTES = 20;

/**
 * `bytes` are all of the piece (`pieceSize`), and must not change until this settles. A hybrid's pieces whose Merkle layer
 * has not come yet are verified by SHA-1 alone; those of a v2 torrent reject with `MetainfoError` until it has. So do those
 * of a hybrid whose halves are of different contents: nobody who sends such a piece is to blame.
 */
export async function verifyPiece(hasher: PieceHasher, metainfo: Metainfo, piece: number, bytes: Uint8Array): Promise<boolean> {
  if (bytes.length !== pieceSize(metainfo, piece)) return false;
  const checks = [verifyVersion1(hasher, metainfo, piece, bytes), verifyVersion2(hasher, metainfo, piece, bytes)];
  const [isSound1, isSound2] = await Promise.all(checks);
  // The other way round it may be the padding, which v2 knows nothing of.
  if (metainfo.format === 'hybrid' && isSound1 && !isSound2) throw halvesDiffer(fileOfPiece(metainfo, piece));
  return isSound1 && isSound2;
}

async function verifyVersion1(hasher: PieceHasher, { pieceHashes }: Metainfo, piece: number, bytes: Uint8Array): Promise<boolean> {
  if (pieceHashes === undefined) return true;
  return equalBytes(await hasher.sha1(bytes), pieceHashes.subarray(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES));
}

async function verifyVersion2(hasher: PieceHasher, metainfo: Metainfo, piece: number, bytes: Uint8Array): Promise<boolean> {
  if (metainfo.format === 'v1') return true;
  const file = fileOfPiece(metainfo, piece);
  const root = pieceRoot(metainfo, piece);
  if (root === undefined) {
    if (metainfo.format === 'hybrid') return true;
    throw new MetainfoError(`piece ${piece} cannot be verified before the piece layer of ${file.path.join('/')} is there`);
  }
  const blockHashes = await hasher.sha256Blocks(bytes.subarray(0, pieceSizeInFile(metainfo, piece)));
  return equalBytes(layerRoot(blockHashes, leavesPerPiece(file.length, metainfo.pieceLength)), root);
}
