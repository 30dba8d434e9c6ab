/**
 * Pieces for those who ask for them: read from disk in segments of many blocks, and kept for a while, so that sixteen
 * requests cost one read.
 *
 * Invariant: what is kept and being read is never more than `LIMITS.readCacheBytes`; the segment used longest ago goes first.
 */
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import type { BlockRequest } from '../wire/messages.ts';
import type { Contents } from './contents.ts';

const SEGMENT_BYTES = 256 * 1024;
const SEGMENTS = LIMITS.readCacheBytes / SEGMENT_BYTES;
const NOTHING = new Uint8Array(0);

export class BlockReader {
  readonly #contents: Contents;
  readonly #segmentsPerPiece: number;
  /** By segment key; the one used last is last. */
  readonly #cached = new Map<number, Uint8Array>();
  readonly #reading = new Map<number, Promise<void>>();
  readonly #spare: Uint8Array[] = [];

  constructor(contents: Contents) {
    this.#contents = contents;
    this.#segmentsPerPiece = Math.ceil(contents.metainfo.pieceLength / SEGMENT_BYTES);
  }

  /** The block's bytes, good until the next call of anything here; undefined where they must be read first. */
  get({ piece, begin, length }: BlockRequest): Uint8Array | undefined {
    if (!this.#contents.carriesPayload) return NOTHING;
    const key = this.#keyOf(piece, begin);
    const segment = this.#cached.get(key);
    if (segment === undefined) return undefined;
    this.#cached.delete(key);
    this.#cached.set(key, segment);
    const offset = begin % SEGMENT_BYTES;
    return offset + length <= segment.length ? segment.subarray(offset, offset + length) : undefined;
  }

  /** Whether another read may be begun ahead of need. */
  get isIdle(): boolean {
    return this.#reading.size < LIMITS.readsUnderWay;
  }

  /** Reads the segment in which the block lies; resolves when `get` would find it. Rejects with `DiskError`. */
  load({ piece, begin }: BlockRequest): Promise<void> {
    const key = this.#keyOf(piece, begin);
    if (this.#cached.has(key)) return Promise.resolve();
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#read(key, piece, begin - (begin % SEGMENT_BYTES)).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #read(key: number, piece: number, begin: number): Promise<void> {
    this.#evict();
    const length = Math.min(SEGMENT_BYTES, pieceSize(this.#contents.metainfo, piece) - begin);
    const buffer = length === SEGMENT_BYTES ? (this.#spare.pop() ?? new Uint8Array(SEGMENT_BYTES)) : new Uint8Array(length);
    await this.#contents.store.read(piece, begin, buffer);
    this.#cached.set(key, buffer);
  }

  #evict(): void {
    for (const [key, segment] of this.#cached) {
      if (this.#cached.size + this.#reading.size < SEGMENTS) return;
      this.#cached.delete(key);
      if (segment.length === SEGMENT_BYTES) this.#spare.push(segment);
    }
  }

  #keyOf(piece: number, begin: number): number {
    return piece * this.#segmentsPerPiece + Math.floor(begin / SEGMENT_BYTES);
  }
}
