/**
 * Where in the part file the bytes of unwanted files lie. A piece that holds bytes of a wanted file and of an unwanted one
 * comes whole, so the unwanted file's share of it must be kept for those who ask for the piece; but not in a file that
 * nobody has wanted.
 *
 * Invariant: each piece that several files share has a place of a piece's length for itself, whatever is wanted, so a choice
 * that changes moves nothing. (Most of the part file is never written, and takes no room where the file system can do that.)
 */
import type { Metainfo } from '../metainfo/metainfo.ts';
import type { Layout } from './layout.ts';

/** A file's share of a piece that it does not have for itself. */
export interface Share {
  readonly piece: number;
  /** Where it begins in the piece, and in the file, in bytes. */
  readonly begin: number;
  readonly position: number;
  /** Bytes. */
  readonly length: number;
}

export class PartsLayout {
  readonly #metainfo: Pick<Metainfo, 'files' | 'pieceLength'>;
  readonly #layout: Layout;
  /** The pieces that several files share, ascending. */
  readonly #pieces: Uint32Array;

  constructor(metainfo: Pick<Metainfo, 'files' | 'pieceLength'>, layout: Layout) {
    this.#metainfo = metainfo;
    this.#layout = layout;
    this.#pieces = sharedPieces(metainfo, layout);
  }

  /** Where the byte at `begin` of a piece lies in the part file; undefined where the piece belongs to one file alone. */
  position(piece: number, begin: number): number | undefined {
    const place = this.#place(piece);
    return place < 0 ? undefined : place * this.#metainfo.pieceLength + begin;
  }

  /** What the part file may hold of a file: something of its first piece, and of its last. */
  shares(file: number): Share[] {
    const { pieceLength } = this.#metainfo;
    const { offset, length } = this.#metainfo.files[file];
    const { first, end } = this.#layout.piecesOf(file);
    const ends = end - first > 1 ? [first, end - 1] : end > first ? [first] : [];
    return ends.filter((piece) => this.#place(piece) >= 0).map((piece) => {
      const from = Math.max(offset, piece * pieceLength);
      const to = Math.min(offset + length, (piece + 1) * pieceLength);
      return { piece, begin: from - piece * pieceLength, position: from - offset, length: to - from };
    });
  }

  #place(piece: number): number {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pieces[middle] < piece) low = middle + 1;
      else high = middle;
    }
    return this.#pieces[low] === piece ? low : -1;
  }
}

/** Padding shares nothing: it is not stored. */
function sharedPieces({ files }: Pick<Metainfo, 'files'>, layout: Layout): Uint32Array {
  const shared: number[] = [];
  let previousLast = -1;
  for (let file = 0; file < files.length; file++) {
    if (files[file].length === 0 || files[file].isPadding) continue;
    const { first, end } = layout.piecesOf(file);
    if (first === previousLast && shared.at(-1) !== first) shared.push(first);
    previousLast = end - 1;
  }
  return Uint32Array.from(shared);
}
