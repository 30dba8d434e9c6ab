/**
 * Which pieces are on disk: each is read and hashed, several at a time, in bounded memory. A file that is missing or short
 * is no error here; its pieces are not had.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import { DiskError } from '../runtime/disk.ts';
import type { Hasher } from '../runtime/hasher.ts';
import { atOnce } from './at-once.ts';
import type { FileStore } from './file-store.ts';
import { verifyPiece } from './verify.ts';

export interface CheckOptions {
  readonly hasher: Hasher;
  readonly metainfo: Metainfo;
  readonly store: Pick<FileStore, 'read' | 'mayHold'>;
  /** The pieces to check; absent: all. */
  readonly pieces?: Bitfield;
  /** Told after each piece how many have been dealt with, and how many of them were good. */
  readonly onProgress?: (checked: number, good: number) => void;
  readonly signal?: AbortSignal;
}

/** Resolves to those of `pieces` that are on disk, whole and right. Rejects with `DiskError` or the signal's reason. */
export async function checkPieces({ hasher, metainfo, store, pieces, onProgress, signal }: CheckOptions): Promise<Bitfield> {
  const good = new Bitfield(metainfo.pieceCount);
  const holeHasher = hasherOfHoles(hasher, metainfo.pieceLength);
  const spareBuffers: Uint8Array[] = [];
  let checked = 0;
  const check = async (piece: number): Promise<void> => {
    signal?.throwIfAborted();
    if (store.mayHold(piece)) {
      const buffer = spareBuffers.pop() ?? new Uint8Array(metainfo.pieceLength);
      const bytes = buffer.subarray(0, pieceSize(metainfo, piece));
      if (await isRight(piece, bytes)) good.set(piece);
      spareBuffers.push(buffer);
    }
    checked += 1;
    onProgress?.(checked, good.count);
  };
  const isRight = async (piece: number, bytes: Uint8Array): Promise<boolean> => {
    try {
      await store.read(piece, 0, bytes);
    } catch (error) {
      if (error instanceof DiskError && error.code === 'NOT_FOUND') return false;
      throw error;
    }
    return verifyPiece(holeHasher, metainfo, piece, bytes);
  };
  const piecesAtOnce = Math.max(2, Math.min(16, Math.floor(LIMITS.checkBytes / metainfo.pieceLength)));
  await atOnce(piecesAtOnce, pieces ?? Bitfield.full(metainfo.pieceCount), check);
  return good;
}

/** A hasher that knows the hashes of a whole piece of zeros, so that the holes of a sparse file cost only their reading. */
function hasherOfHoles(hasher: Hasher, pieceLength: number): Hasher {
  const zeros = new Uint8Array(pieceLength);
  const ofZeros = new Map<'sha1' | 'sha256Blocks', Promise<Uint8Array>>();
  const digest = (name: 'sha1' | 'sha256Blocks', bytes: Uint8Array): Promise<Uint8Array> => {
    if (bytes.length !== pieceLength || Buffer.compare(bytes, zeros) !== 0) return hasher[name](bytes);
    let hash = ofZeros.get(name);
    if (hash === undefined) {
      hash = hasher[name](zeros);
      ofZeros.set(name, hash);
    }
    return hash;
  };
  return { sha1: (bytes) => digest('sha1', bytes), sha256Blocks: (bytes) => digest('sha256Blocks', bytes) };
}
