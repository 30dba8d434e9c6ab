/**
 * Which files are wanted, and what that means for pieces: a piece is wanted as much as the most wanted file in it.
 *
 * Invariant: padding is never wanted for its own sake, and every piece of a wanted file is.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { pieceSize, piecesOf, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';
import { PRIORITIES, type PiecePriority } from '../swarm/piece-picker.ts';

/** Says of a file how much it is wanted; `index` counts in `Metainfo.files`. */
export type Select = (file: FileEntry, index: number) => PiecePriority;

export class Selection {
  /** The wanted files, by index. */
  readonly files: Bitfield;
  /** Bytes of the pieces that are wanted. */
  readonly wantedBytes: number;
  readonly #ranks: Uint8Array;

  constructor(metainfo: Metainfo, select: Select) {
    this.files = new Bitfield(metainfo.files.length);
    this.#ranks = new Uint8Array(metainfo.pieceCount);
    for (const [index, file] of metainfo.files.entries()) {
      const rank = file.isPadding ? 0 : PRIORITIES.indexOf(select(file, index));
      if (rank === 0) continue;
      this.files.set(index);
      const { first, end } = piecesOf(file, metainfo.pieceLength);
      for (let piece = first; piece < end; piece++) this.#ranks[piece] = Math.max(this.#ranks[piece], rank);
    }
    let wantedBytes = 0;
    for (let piece = 0; piece < metainfo.pieceCount; piece++) if (this.#ranks[piece] > 0) wantedBytes += pieceSize(metainfo, piece);
    this.wantedBytes = wantedBytes;
  }

  priorityOf(piece: number): PiecePriority {
    return PRIORITIES[this.#ranks[piece]];
  }

  isWanted(piece: number): boolean {
    return this.#ranks[piece] > 0;
  }
}
