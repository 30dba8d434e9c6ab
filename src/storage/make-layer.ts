/**
 * The piece layer of a file (BEP 52), made of the file itself: for a hybrid torrent that came by magnet link, where no peer
 * that speaks v2 has told it. Each piece is read and hashed, several at a time, in bounded memory.
 *
 * Invariant: a layer that is given leads to the file's root.
 */
import { HASH_BYTES, layerRoot, leavesPerPiece } from '../metainfo/merkle.ts';
import { MetainfoError, pieceSizeInFile, piecesOf, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';
import { isPieceLayer } from '../metainfo/piece-layers.ts';
import type { PieceHasher } from '../runtime/hasher.ts';
import { atOnce, piecesAtOnce } from './at-once.ts';
import type { FileStore } from './file-store.ts';

export interface MakeLayerOptions {
  readonly hasher: PieceHasher;
  readonly metainfo: Metainfo;
  readonly store: Pick<FileStore, 'read'>;
  /** Told after each piece how many of the file's bytes it was. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * All of the file, which is longer than a piece, must be on disk and verified. Rejects with `DiskError`, the signal's reason,
 * or `MetainfoError` where what is there is not what the root says.
 */
export async function makePieceLayer(file: FileEntry, { hasher, metainfo, store, onProgress, signal }: MakeLayerOptions): Promise<Uint8Array> {
  const { first, end } = piecesOf(file, metainfo.pieceLength);
  const layer = new Uint8Array((end - first) * HASH_BYTES);
  const spareBuffers: Uint8Array[] = [];
  await atOnce(piecesAtOnce(metainfo), Array.from({ length: end - first }, (_, number) => first + number), async (piece) => {
    signal?.throwIfAborted();
    const buffer = spareBuffers.pop() ?? new Uint8Array(metainfo.pieceLength);
    const bytes = buffer.subarray(0, pieceSizeInFile(metainfo, piece));
    await store.read(piece, 0, bytes);
    layer.set(layerRoot(await hasher.sha256Blocks(bytes), leavesPerPiece(file.length, metainfo.pieceLength)), (piece - first) * HASH_BYTES);
    spareBuffers.push(buffer);
    onProgress?.(bytes.length);
  });
  if (isPieceLayer(file, metainfo.pieceLength, layer)) return layer;
  const path = file.path.join('/');
  throw new MetainfoError(`${path} is right by v1's hashes and wrong by v2's: the torrent was made wrong, or the file has been changed since it was verified`);
}
