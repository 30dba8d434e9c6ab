/**
 * One run of a web seed: pieces in a row that it has claimed, or blocks in a row of a piece that others have begun, from its
 * server into the download. Few requests bring many pieces: one for each file that the run touches.
 *
 * Invariant: a piece is begun when its first block is there, so that only one at a time takes up memory for a run.
 */
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import type { Layout, Span } from '../storage/layout.ts';
import type { Download } from './download.ts';
import type { Supply } from './supply.ts';
import type { WebSeed } from './web-seed.ts';

export interface Run {
  readonly first: number;
  /** The first piece that is not in it. */
  readonly end: number;
  /** What is brought of the first and only piece, where others have begun it. */
  readonly joined?: Supply;
}

export interface RunWorld {
  readonly metainfo: Metainfo;
  readonly layout: Layout;
  readonly download: Download;
  /** False in a simulation that charges payload without carrying it. */
  readonly carriesPayload: boolean;
  readonly signal: AbortSignal;
  /** Whether nothing is more urgent than to begin this piece now. */
  mayBegin(piece: number): boolean;
}

const NOTHING = new Uint8Array(0);

/** Resolves once nothing more is to be brought: all is, or others have taken over the rest. Rejects as `WebSeed.read` throws. */
export async function bringRun(seed: WebSeed, run: Run, { metainfo, layout, download, carriesPayload, signal, mayBegin }: RunWorld): Promise<void> {
  const range = rangeOf(run);
  const cutter = new BlockCutter(metainfo, run.first, range.begin);
  let supply = run.joined;
  let piece = supply?.piece.piece;
  const isWanted = (): boolean => (run.joined === undefined ? supply !== undefined || hasClaims(download, seed) : run.joined.piece.missing > 0);
  const passOver = (bytes: number): boolean => {
    download.wasted(bytes);
    return isWanted();
  };
  try {
    for (const span of spansOf(run, range, metainfo, layout)) {
      if (!isWanted()) return;
      for await (const bytes of seed.read(span, signal, passOver)) {
        for (const block of cutter.cut(bytes)) {
          if (block.piece !== piece) {
            piece = block.piece;
            if (!mayBegin(piece)) return;
            for (let room = download.whenRoom(piece); room !== undefined; room = download.whenRoom(piece)) await room;
            supply = download.begin(seed, piece);
            // What lies between is passed over where it comes anyway.
            if (supply === undefined && !(seed.ignoresRanges && isWanted())) return;
          }
          if (run.joined !== undefined && !isWanted()) return;
          if (supply === undefined) {
            download.wasted(block.data.length);
            continue;
          }
          download.supplied(supply, block.block, carriesPayload ? block.data : NOTHING);
          seed.brought(block.data.length);
        }
      }
    }
  } finally {
    if (supply !== undefined) download.release(supply);
  }
}

function hasClaims({ claims }: Download, seed: WebSeed): boolean {
  return claims.of(seed).next().done !== true;
}

/** Bytes within the first piece from which on, and so many, are brought; to the end of the last piece where not said. */
interface Range {
  readonly begin: number;
  readonly length: number | undefined;
}

function rangeOf({ joined }: Run): Range {
  if (joined === undefined) return { begin: 0, length: undefined };
  const blocks = [...joined.blocks];
  const length = blocks.reduce((sum, block) => sum + joined.piece.blockLength(block), 0);
  return { begin: blocks[0] * LIMITS.blockBytes, length };
}

/** The spans of a run's bytes in files, as long as they can be: one request each. */
function* spansOf(run: Run, { begin, length }: Range, metainfo: Metainfo, layout: Layout): Generator<Span> {
  let last: Span | undefined;
  for (let piece = run.first; piece < run.end; piece++) {
    for (const span of layout.spans(piece, begin, length ?? pieceSize(metainfo, piece))) {
      if (last?.file === span.file) {
        last = { ...last, length: last.length + span.length };
        continue;
      }
      if (last !== undefined) yield last;
      last = span;
    }
  }
  if (last !== undefined) yield last;
}

interface Block {
  readonly piece: number;
  readonly block: number;
  /** Good until the next block is asked for. */
  readonly data: Uint8Array;
}

/** Cuts a stream of bytes, of pieces one after the other, into their blocks. */
export class BlockCutter {
  readonly #metainfo: Metainfo;
  #piece: number;
  #begin: number;
  /** A block that is spread over several parts of the stream. */
  readonly #gathering = new Uint8Array(LIMITS.blockBytes);
  #gathered = 0;

  /** The stream begins at `begin` within `piece`, with a block. */
  constructor(metainfo: Metainfo, piece: number, begin: number) {
    this.#metainfo = metainfo;
    this.#piece = piece;
    this.#begin = begin;
  }

  /** The blocks that these bytes complete. */
  *cut(bytes: Uint8Array): Generator<Block> {
    for (let at = 0; at < bytes.length;) {
      const size = pieceSize(this.#metainfo, this.#piece);
      const length = Math.min(LIMITS.blockBytes, size - this.#begin);
      const part = bytes.subarray(at, at + length - this.#gathered);
      at += part.length;
      const isWhole = part.length === length;
      if (!isWhole) {
        this.#gathering.set(part, this.#gathered);
        this.#gathered += part.length;
        if (this.#gathered < length) return;
      }
      yield { piece: this.#piece, block: this.#begin / LIMITS.blockBytes, data: isWhole ? part : this.#gathering.subarray(0, length) };
      this.#gathered = 0;
      this.#begin += length;
      if (this.#begin < size) continue;
      this.#piece += 1;
      this.#begin = 0;
    }
  }
}
