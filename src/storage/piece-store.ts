/** Where the pieces of one torrent are kept, as the swarm sees it: in files (`file-store.ts`), or nowhere in a simulation without payload. */
export interface PieceStore {
  /**
   * Fills `target` with a piece's bytes from `begin` on. Rejects with `DiskError`: 'NOT_FOUND' where the bytes are not
   * there, because a file is missing or too short.
   */
  read(piece: number, begin: number, target: Uint8Array): Promise<void>;
  /**
   * Writes `chunks`, one after the other, from `begin` on within a piece. They must not change until it settles. Rejects
   * with `DiskError`.
   */
  write(piece: number, begin: number, chunks: readonly Uint8Array[]): Promise<void>;
  /** Brings what was written to the medium, and lets go of every file. Rejects with `DiskError`; everything is let go of all the same. */
  close(): Promise<void>;
}
