/**
 * Which pieces are on disk: each is read and hashed, several at a time, in bounded memory. A file that is missing or short
 * is no error here; its pieces are not had.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import { pieceRoot } from '../metainfo/piece-layers.ts';
import { verifyPiece } from '../metainfo/verify.ts';
import { DiskError } from '../runtime/disk.ts';
import type { PieceHasher } from '../runtime/hasher.ts';
import { atOnce, piecesAtOnce } from './at-once.ts';
import type { FileStore } from './file-store.ts';

export interface CheckOptions {
  readonly hasher: PieceHasher;
  readonly metainfo: Metainfo;
  readonly store: Pick<FileStore, 'read' | 'mayHold'>;
  /** The pieces to check; absent: all. */
  readonly pieces?: Bitfield;
  /** Told after each piece that was read how many have been dealt with, and how many were good. */
  readonly onProgress?: (checked: number, good: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Resolves to those of `pieces` that are on disk, whole and right. Pieces of a v2 torrent whose hashes have not come yet are
 * not. Rejects with `DiskError` or the signal's reason.
 */
export async function checkPieces({ hasher, metainfo, store, pieces, onProgress, signal }: CheckOptions): Promise<Bitfield> {
  const good = new Bitfield(metainfo.pieceCount);
  const holeHasher = hasherOfHoles(hasher, metainfo.pieceLength);
  const spareBuffers: Uint8Array[] = [];
  let checked = 0;
  const worthReading = function* (): Iterable<number> {
    for (const piece of pieces ?? Bitfield.full(metainfo.pieceCount)) {
      if (store.mayHold(piece) && (metainfo.format !== 'v2' || pieceRoot(metainfo, piece) !== undefined)) yield piece;
      else checked += 1;
    }
  };
  await atOnce(piecesAtOnce(metainfo), worthReading(), async (piece) => {
    signal?.throwIfAborted();
    const buffer = spareBuffers.pop() ?? new Uint8Array(metainfo.pieceLength);
    const bytes = buffer.subarray(0, pieceSize(metainfo, piece));
    if ((await isThere(store, piece, bytes)) && (await verifyPiece(holeHasher, metainfo, piece, bytes))) good.set(piece);
    spareBuffers.push(buffer);
    checked += 1;
    onProgress?.(checked, good.count);
  });
  return good;
}

async function isThere(store: Pick<FileStore, 'read'>, piece: number, bytes: Uint8Array): Promise<boolean> {
  try {
    await store.read(piece, 0, bytes);
    return true;
  } catch (error) {
    if (error instanceof DiskError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}

/** A hasher that knows the hashes of a whole piece of zeros, so that the holes of a sparse file cost only their reading. */
function hasherOfHoles(hasher: PieceHasher, pieceLength: number): PieceHasher {
  const zeros = new Uint8Array(pieceLength);
  const ofZeros = new Map<'sha1' | 'sha256Blocks', Promise<Uint8Array>>();
  const digest = (name: 'sha1' | 'sha256Blocks', bytes: Uint8Array): Promise<Uint8Array> => {
    if (Buffer.compare(bytes, zeros) !== 0) return hasher[name](bytes);
    let hash = ofZeros.get(name);
    if (hash === undefined) {
      hash = hasher[name](zeros);
      ofZeros.set(name, hash);
    }
    return hash;
  };
  return { sha1: (bytes) => digest('sha1', bytes), sha256Blocks: (bytes) => digest('sha256Blocks', bytes) };
}
