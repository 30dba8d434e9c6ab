/**
 * How large to make the pieces of a torrent. Small ones are shared sooner; large ones cost less to describe and to keep
 * account of. From a thousand to two thousand is the middle way, as it has been since Cohen's pieces of 256 KiB.
 */
import { LIMITS } from '../bytes/limits.ts';

const PIECES_AT_MOST = 2048;
const LONGEST = 16 * 1024 * 1024;

/**
 * The smallest power of two, from 16 KiB to 16 MiB, that makes no more than 2048 pieces of `length` bytes. Where each of
 * `alignedFiles` begins at a piece of its own there are as many pieces anyway, and long ones would be mostly padding.
 */
export function choosePieceLength(length: number, alignedFiles = 1): number {
  let pieceLength: number = LIMITS.blockBytes;
  while (pieceLength < LONGEST && length > pieceLength * Math.max(PIECES_AT_MOST, alignedFiles)) pieceLength *= 2;
  return pieceLength;
}
