/**
 * Pieces for those who ask for them: read from disk in segments of many blocks, and kept for a while, so that sixteen
 * requests cost one read.
 *
 * Invariant: what is kept and being read is never more than `LIMITS.readCacheBytes`, of which `LIMITS.readsUnderWay` at most
 * are being read; the segment used longest ago goes first.
 */
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import type { BlockRequest } from '../wire/messages.ts';
import type { Contents } from './contents.ts';

const SEGMENT_BYTES = 256 * 1024;
/** Buffers kept for the next read. */
const SPARE_BUFFERS = 16;
const NOTHING = new Uint8Array(0);

export class BlockReader {
  readonly #contents: Contents;
  readonly #segmentsPerPiece: number;
  /** By segment key; the one used last is last. */
  readonly #cached = new Map<number, Uint8Array>();
  /** What is being read, and what waits to be. */
  readonly #reading = new Map<number, Promise<void>>();
  #underWay = 0;
  /** Those that wait for a read to end, to begin in its place. */
  readonly #inLine: (() => void)[] = [];
  readonly #spare: Uint8Array[] = [];
  /** Of what is cached and being read. */
  #heldBytes = 0;

  constructor(contents: Contents) {
    this.#contents = contents;
    this.#segmentsPerPiece = Math.ceil(contents.metainfo.pieceLength / SEGMENT_BYTES);
  }

  /** The block's bytes, good until the next call of anything here; undefined where they must be read first. */
  get(request: BlockRequest): Uint8Array | undefined {
    if (!this.#contents.carriesPayload) return NOTHING;
    const segments = this.#keysOf(request).map((key) => this.#use(key));
    if (segments.some((segment) => segment === undefined)) return undefined;
    const offset = request.begin % SEGMENT_BYTES;
    // A block that does not begin where blocks do may lie in two segments.
    const bytes = segments.length === 1 ? segments[0] : Buffer.concat(segments.flatMap((segment) => segment ?? []));
    return bytes?.subarray(offset, offset + request.length);
  }

  /** Whether another read may be begun ahead of need. */
  get isIdle(): boolean {
    return this.#reading.size < LIMITS.readsUnderWay;
  }

  /** Reads what is missing of the block's surroundings; resolves when `get` would find it. Rejects with `DiskError`. */
  async load(request: BlockRequest): Promise<void> {
    await Promise.all(this.#keysOf(request).map((key) => this.#loadSegment(key)));
  }

  #use(key: number): Uint8Array | undefined {
    const segment = this.#cached.get(key);
    if (segment === undefined) return undefined;
    this.#cached.delete(key);
    this.#cached.set(key, segment);
    return segment;
  }

  #loadSegment(key: number): Promise<void> | undefined {
    // Used, so that it is not what makes room for the block's other segment.
    if (this.#use(key) !== undefined) return undefined;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#read(key).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #read(key: number): Promise<void> {
    if (this.#underWay < LIMITS.readsUnderWay) this.#underWay += 1;
    else await new Promise<void>((begin) => this.#inLine.push(begin));
    try {
      await this.#readNow(key);
    } finally {
      const next = this.#inLine.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  async #readNow(key: number): Promise<void> {
    const piece = Math.floor(key / this.#segmentsPerPiece);
    const begin = (key % this.#segmentsPerPiece) * SEGMENT_BYTES;
    const length = Math.min(SEGMENT_BYTES, pieceSize(this.#contents.metainfo, piece) - begin);
    this.#makeRoom(length);
    const buffer = this.#takeBuffer(length);
    try {
      await this.#contents.store.read(piece, begin, buffer);
      this.#cached.set(key, buffer);
    } catch (error) {
      this.#heldBytes -= length;
      throw error;
    }
  }

  #makeRoom(length: number): void {
    for (const [key, segment] of this.#cached) {
      if (this.#heldBytes + length <= LIMITS.readCacheBytes) return;
      this.#cached.delete(key);
      this.#heldBytes -= segment.length;
      if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(segment);
    }
  }

  #takeBuffer(length: number): Uint8Array {
    this.#heldBytes += length;
    const index = this.#spare.findLastIndex((buffer) => buffer.length === length);
    return index < 0 ? new Uint8Array(length) : this.#spare.splice(index, 1)[0];
  }

  #keysOf({ piece, begin, length }: BlockRequest): number[] {
    const first = piece * this.#segmentsPerPiece + Math.floor(begin / SEGMENT_BYTES);
    const last = piece * this.#segmentsPerPiece + Math.floor((begin + length - 1) / SEGMENT_BYTES);
    return first === last ? [first] : [first, last];
  }
}
