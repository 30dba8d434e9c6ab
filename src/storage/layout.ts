/**
 * Pieces ⇄ files: where in which file each byte of a torrent's piece space lies. Arithmetic only.
 *
 * Invariant: the spans of a range are in the order of the files, are never empty, and add up to the range. A v2 torrent has
 * gaps behind its files, to which no piece reaches (BEP 52).
 */
import { piecesOf, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';

/** A run of bytes in one file. */
export interface Span {
  /** Index in `Metainfo.files`. */
  readonly file: number;
  /** Where it begins in the file, in bytes. */
  readonly position: number;
  /** Bytes. */
  readonly length: number;
}

export class Layout {
  readonly #pieceLength: number;
  readonly #files: readonly FileEntry[];
  /** The files that are not empty, and where each begins in the piece space. */
  readonly #indices: Uint32Array;
  readonly #starts: Float64Array;

  constructor({ files, pieceLength }: Pick<Metainfo, 'files' | 'pieceLength'>) {
    this.#pieceLength = pieceLength;
    this.#files = files;
    const indices: number[] = [];
    for (let file = 0; file < files.length; file++) if (files[file].length > 0) indices.push(file);
    this.#indices = Uint32Array.from(indices);
    this.#starts = Float64Array.from(indices, (file) => files[file].offset);
  }

  /** The spans of `length` bytes from `begin` on within a piece, padding files included. Throws `RangeError` where no file has such bytes. */
  spans(piece: number, begin: number, length: number): Span[] {
    const spans: Span[] = [];
    const start = piece * this.#pieceLength + begin;
    const end = start + length;
    for (let offset = start, at = this.#lastBeginningBy(start); offset < end; at++) {
      const position = offset - this.#starts[at];
      const taken = Math.min(this.#files[this.#indices[at]]?.length - position, end - offset);
      if (!(position >= 0 && taken > 0)) throw new RangeError(`there are no bytes ${begin} to ${begin + length} in piece ${piece}`);
      spans.push({ file: this.#indices[at], position, length: taken });
      offset += taken;
    }
    return spans;
  }

  /** The pieces that hold bytes of a file, given by its index. */
  piecesOf(file: number): { readonly first: number; readonly end: number } {
    return piecesOf(this.#files[file], this.#pieceLength);
  }

  /** Where in `#indices` the last file stands that begins at or before `offset`; -1 if none does. */
  #lastBeginningBy(offset: number): number {
    let low = -1;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
