/**
 * Blocks become pieces: gathered in memory, verified, written once, and only then had. Nothing is read back, but where
 * memory runs short: then a piece's blocks go to disk one by one, and the piece is read again to be verified.
 *
 * Invariant: no piece is begun in memory past `LIMITS.assemblyBytes` of what is gathered, being verified and being written;
 * of what went to disk no more than one piece at a time is read back on top.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { Contents } from './contents.ts';
import { PieceInProgress } from './piece-in-progress.ts';

/** Sees whether a piece is good, and its bytes, before they are let go. */
type Look = (isGood: boolean, bytes: Uint8Array) => void;

export class Assembly {
  readonly #contents: Contents;
  readonly #fail: (error: Error) => void;
  /** Buffers of a piece's length kept for the next pieces, as far as memory allows: fresh memory costs as much as what is done with it. */
  readonly #spare: Uint8Array[] = [];
  /** What is being written of pieces gathered on disk. */
  readonly #writes = new Map<PieceInProgress, Promise<unknown>>();
  /** Settles when the pieces that have to be read back before the next have been. */
  #readBacks: Promise<unknown> = Promise.resolve();
  #bufferedBytes = 0;
  #completing = 0;

  /** `fail` is told when the disk fails. */
  constructor(contents: Contents, fail: (error: Error) => void) {
    this.#contents = contents;
    this.#fail = fail;
  }

  /** Whether a piece of `size` bytes can be begun without memory running short. */
  hasRoomFor(size: number): boolean {
    return this.#bufferedBytes === 0 || this.#bufferedBytes + size <= LIMITS.assemblyBytes;
  }

  /** Whether memory is about to become free by itself, as pieces that are whole reach the disk. */
  get isCompleting(): boolean {
    return this.#completing > 0;
  }

  begin(piece: number, size: number, nowMs: number): PieceInProgress {
    return new PieceInProgress(piece, size, this.hasRoomFor(size) ? this.#takeBuffer(size) : undefined, nowMs);
  }

  /** Takes in one block. */
  add(piece: PieceInProgress, block: number, data: Uint8Array): void {
    if (data.length === 0) return;
    const begin = block * LIMITS.blockBytes;
    if (piece.buffer !== undefined) piece.buffer.set(data, begin);
    else this.#writeBlock(piece, begin, data);
  }

  /** Moves a piece out of memory onto the disk, to make room. */
  spill(piece: PieceInProgress): void {
    const { buffer } = piece;
    if (buffer === undefined) return;
    piece.buffer = undefined;
    const writes = [...piece.received()].map((block) => {
      const begin = block * LIMITS.blockBytes;
      return this.#contents.store.write(piece.piece, begin, [buffer.subarray(begin, begin + piece.blockLength(block))]);
    });
    this.#write(piece, Promise.all(writes).finally(() => this.#giveBack(buffer)));
  }

  /** The last block is in: verifies the piece and, if it is good, writes it. Rejects with `DiskError`. */
  complete(piece: PieceInProgress, look: Look): Promise<boolean> {
    const { buffer } = piece;
    if (buffer !== undefined) {
      piece.buffer = undefined;
      return this.#finish(piece, { bytes: buffer, isOnDisk: false }, look);
    }
    const finished = this.#readBacks.then(async () => this.#finish(piece, { bytes: await this.#readBack(piece), isOnDisk: true }, look));
    this.#readBacks = finished.catch(() => undefined);
    return finished;
  }

  async #finish(piece: PieceInProgress, { bytes, isOnDisk }: { readonly bytes: Uint8Array; readonly isOnDisk: boolean }, look: Look): Promise<boolean> {
    this.#completing += 1;
    try {
      const isGood = await this.#contents.verify(piece.piece, bytes);
      look(isGood, bytes);
      if (isGood && !isOnDisk && bytes.length > 0) await this.#contents.store.write(piece.piece, 0, [bytes]);
      return isGood;
    } finally {
      this.#completing -= 1;
      this.#giveBack(bytes);
    }
  }

  /** A piece is given up: its memory is free. */
  abandon(piece: PieceInProgress): void {
    if (piece.buffer !== undefined) this.#giveBack(piece.buffer);
    piece.buffer = undefined;
    this.#writes.delete(piece);
  }

  #writeBlock(piece: PieceInProgress, begin: number, data: Uint8Array): void {
    // A copy: the view is into a buffer that will not stay as it is.
    const bytes = data.slice();
    this.#bufferedBytes += bytes.length;
    this.#write(piece, this.#contents.store.write(piece.piece, begin, [bytes]).finally(() => { this.#bufferedBytes -= bytes.length; }));
  }

  #write(piece: PieceInProgress, write: Promise<unknown>): void {
    write.catch(this.#fail);
    this.#writes.set(piece, Promise.allSettled([this.#writes.get(piece), write]));
  }

  async #readBack(piece: PieceInProgress): Promise<Uint8Array> {
    await this.#writes.get(piece);
    this.#writes.delete(piece);
    const bytes = this.#takeBuffer(piece.size);
    try {
      await this.#contents.store.read(piece.piece, 0, bytes);
    } catch (error) {
      this.#giveBack(bytes);
      throw error;
    }
    return bytes;
  }

  #takeBuffer(size: number): Uint8Array {
    const length = this.#contents.carriesPayload ? size : 0;
    this.#bufferedBytes += length;
    const spare = length === this.#contents.metainfo.pieceLength ? this.#spare.pop() : undefined;
    return spare ?? new Uint8Array(length);
  }

  #giveBack(buffer: Uint8Array): void {
    this.#bufferedBytes -= buffer.length;
    const { pieceLength } = this.#contents.metainfo;
    const heldBytes = this.#bufferedBytes + this.#spare.length * pieceLength;
    if (buffer.length === pieceLength && heldBytes + pieceLength <= LIMITS.assemblyBytes) this.#spare.push(buffer);
  }
}
