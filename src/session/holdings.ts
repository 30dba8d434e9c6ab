/**
 * What of a torrent is wanted, and what of it is had, in bytes.
 *
 * Invariant: `haveBytes` are those of the pieces that are both.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import { heldBytes, pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import type { Selection } from './selection.ts';
import type { FileStatus } from './torrent-status.ts';

export class Holdings {
  readonly #metainfo: Metainfo;
  #selection: Selection;
  #have: Bitfield | undefined;
  #haveBytes = 0;

  constructor(metainfo: Metainfo, selection: Selection) {
    this.#metainfo = metainfo;
    this.#selection = selection;
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** The pieces that are had; undefined as long as that is being looked into. */
  get have(): Bitfield | undefined {
    return this.#have;
  }

  get haveBytes(): number {
    return this.#haveBytes;
  }

  /** Bytes of the whole torrent that are not had, wanted or not (BEP 3). */
  get leftBytes(): number | undefined {
    if (this.#have === undefined) return undefined;
    let left = 0;
    for (let piece = 0; piece < this.#metainfo.pieceCount; piece++) if (!this.#have.has(piece)) left += pieceSize(this.#metainfo, piece);
    return left;
  }

  /** These pieces are had. The bitfield is the swarm's own: what it adds is told by `had`. */
  begin(have: Bitfield): void {
    this.#have = have;
    this.#count();
  }

  select(selection: Selection): void {
    this.#selection = selection;
    this.#count();
  }

  had(piece: number): void {
    if (this.#selection.isWanted(piece)) this.#haveBytes += pieceSize(this.#metainfo, piece);
  }

  /** Of each file but padding. */
  files(): FileStatus[] {
    const { files, pieceLength } = this.#metainfo;
    return files.flatMap((file, index) => (file.isPadding ? [] : [{
      index,
      path: file.path.join('/'),
      length: file.length,
      haveBytes: this.#have === undefined ? 0 : heldBytes(file, pieceLength, this.#have),
      isWanted: this.#selection.files.has(index),
    }]));
  }

  #count(): void {
    this.#haveBytes = 0;
    for (const piece of this.#have ?? []) if (this.#selection.isWanted(piece)) this.#haveBytes += pieceSize(this.#metainfo, piece);
  }
}
