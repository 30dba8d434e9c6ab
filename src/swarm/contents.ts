/**
 * What a swarm is about, once that is known: the torrent, where its pieces are kept, and which of them are had.
 *
 * Invariant: a piece is in `have` only if its bytes have been verified and written.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import type { FileEntry, Metainfo } from '../metainfo/metainfo.ts';
import type { PieceStore } from '../storage/piece-store.ts';

export interface Contents {
  readonly metainfo: Metainfo;
  readonly store: PieceStore;
  readonly have: Bitfield;
  /** Whether `bytes` are what the torrent's hashes say of the piece. */
  verify(piece: number, bytes: Uint8Array): Promise<boolean>;
  /** The piece layer of a file, and of all that have its root, is here and proved: `metainfo.pieceLayers` has it from now on (BEP 52). */
  learnLayer(file: FileEntry, layer: Uint8Array): void;
  /**
   * Those pieces of these files that are on disk and right, where nobody could tell before their layer was here; undefined
   * where none may be. Rejects with `DiskError`.
   */
  recheck?(files: readonly FileEntry[]): Promise<Bitfield> | undefined;
  /** False in a simulation that charges payload without carrying it: then nothing is gathered, and `verify` gets no bytes. */
  readonly carriesPayload: boolean;
}
