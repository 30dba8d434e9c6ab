/**
 * Hashing files on disk into the pieces of a new torrent: read once from front to back, while what has been read before is
 * being hashed.
 *
 * Invariant: a file that is not the same at the end as when it was found is an error, so no torrent describes what never was.
 * No more is held in memory than `READ_AHEAD_BYTES`, or two pieces where those are longer.
 */
import type { Disk, DiskFile } from '../runtime/disk.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { HASH_BYTES, layerRoot, leavesPerPiece } from './merkle.ts';
import { fileOfPiece, type MetainfoFormat } from './metainfo.ts';
import { CreateError, type SourceFile } from './sources.ts';

export interface PlacedFile extends SourceFile {
  /** Where it begins in the space of pieces, in bytes. */
  readonly offset: number;
}

/** Files in the space of pieces that they are to make up. Between them may be gaps: zeros, in a hybrid's v1 half. */
export interface SourceSpace {
  readonly format: MetainfoFormat;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** Where the last file ends. */
  readonly length: number;
  readonly files: readonly PlacedFile[];
}

export interface PieceHashes {
  /** 20 bytes a piece; empty for v2. */
  readonly sha1: Uint8Array;
  /** The Merkle node over each piece, 32 bytes; empty for v1. */
  readonly roots: Uint8Array;
}

const SHA1_BYTES = 20;
const READ_AHEAD_BYTES = 32 * 1024 * 1024;
const MAX_BATCHES = 16;
/** Small pieces are read several at a time. */
const BATCH_BYTES = 1024 * 1024;

/** Rejects with `CreateError`, `DiskError`, or the signal's reason. `hashed` is told the bytes of the space that are done. */
export async function hashSources(
  { disk, hasher }: Pick<Runtime, 'disk' | 'hasher'>,
  space: SourceSpace,
  hashed: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<PieceHashes> {
  const { format, pieceLength, pieceCount } = space;
  const sha1 = new Uint8Array(format === 'v2' ? 0 : pieceCount * SHA1_BYTES);
  const roots = new Uint8Array(format === 'v1' ? 0 : pieceCount * HASH_BYTES);
  const hashPiece = async (piece: number, bytes: Uint8Array): Promise<void> => {
    const jobs: Promise<void>[] = [];
    if (format !== 'v2') jobs.push(hasher.sha1(bytes).then((hash) => sha1.set(hash, piece * SHA1_BYTES)));
    if (format !== 'v1') {
      const { offset, length } = fileOfPiece(space, piece);
      const inFile = bytes.subarray(0, Math.min(bytes.length, offset + length - piece * pieceLength));
      const leaves = leavesPerPiece(length, pieceLength);
      jobs.push(hasher.sha256Blocks(inFile).then((hashes) => roots.set(layerRoot(hashes, leaves), piece * HASH_BYTES)));
    }
    await Promise.all(jobs);
    hashed(bytes.length);
  };

  const reader = new SpaceReader(disk, space);
  const batchPieces = Math.max(1, Math.floor(BATCH_BYTES / pieceLength));
  const batchBytes = batchPieces * pieceLength;
  const batchCount = Math.min(MAX_BATCHES, Math.max(2, Math.floor(READ_AHEAD_BYTES / batchBytes)));
  const batches = Array.from({ length: batchCount }, () => ({ memory: new Uint8Array(0), done: Promise.resolve() }));
  try {
    for (let first = 0; first < pieceCount; first += batchPieces) {
      signal?.throwIfAborted();
      const batch = batches[(first / batchPieces) % batchCount];
      await batch.done;
      const start = first * pieceLength;
      const length = Math.min(batchBytes, space.length - start);
      if (batch.memory.length < length) batch.memory = new Uint8Array(length);
      const bytes = batch.memory.subarray(0, length);
      await reader.read(bytes, start);
      const pieces: Promise<void>[] = [];
      for (let begin = 0; begin < length; begin += pieceLength) {
        pieces.push(hashPiece(first + begin / pieceLength, bytes.subarray(begin, begin + pieceLength)));
      }
      batch.done = Promise.all(pieces).then(() => undefined);
      // A failure is met where the batch is waited for; until then it must not count as nobody's.
      batch.done.catch(() => undefined);
    }
    await Promise.all(batches.map(({ done }) => done));
    await reader.finish();
    signal?.throwIfAborted();
  } finally {
    await Promise.allSettled(batches.map(({ done }) => done));
    await reader.close();
  }
  return { sha1, roots };
}

/** Reads the space from front to back, one file open at a time. */
class SpaceReader {
  readonly #disk: Disk;
  readonly #files: readonly PlacedFile[];
  readonly #fillsGaps: boolean;
  #current = 0;
  #open: DiskFile | undefined;

  constructor(disk: Disk, { files, format }: SourceSpace) {
    this.#disk = disk;
    this.#files = files;
    this.#fillsGaps = format === 'hybrid';
  }

  /** Fills `target` with what begins at `start`, which is where the last call ended. */
  async read(target: Uint8Array, start: number): Promise<void> {
    const end = start + target.length;
    let filled = start;
    for (; this.#current < this.#files.length; this.#current++) {
      const file = this.#files[this.#current];
      if (file.offset >= end) break;
      const from = Math.max(start, file.offset);
      const to = Math.min(end, file.offset + file.length);
      if (this.#fillsGaps) target.fill(0, filled - start, from - start);
      if (to > from) await this.#readPart(file, target.subarray(from - start, to - start), from - file.offset);
      filled = to;
      if (to < file.offset + file.length) return;
      await this.#leave(file);
    }
    if (this.#fillsGaps) target.fill(0, filled - start);
  }

  /** Looks at the files that are left, which are empty. */
  async finish(): Promise<void> {
    for (; this.#current < this.#files.length; this.#current++) await this.#leave(this.#files[this.#current]);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  async #readPart(file: SourceFile, target: Uint8Array, position: number): Promise<void> {
    this.#open ??= await this.#disk.open(file.source, 'read');
    if ((await this.#open.read(target, position)) < target.length) throw changed(file);
  }

  async #leave(file: SourceFile): Promise<void> {
    await this.close();
    const status = await this.#disk.status(file.source);
    if (status?.kind !== 'file' || status.length !== file.length || status.modifiedMs !== file.modifiedMs) throw changed(file);
  }
}

function changed({ source }: SourceFile): CreateError {
  return new CreateError(`${source}: it changed while it was being hashed; try again when nothing writes to it`);
}
