/**
 * Hashing in bulk: whole pieces, as they arrive from peers or stand on disk. `node/` does it off the main thread where that
 * is better; a simulation without payload may answer without looking. For a few bytes at hand see `bytes/digest.ts`.
 */
export interface PieceHasher {
  /** SHA-1 of a v1 piece: 20 bytes. `bytes` must not change until it settles. */
  sha1(bytes: Uint8Array): Promise<Uint8Array>;
  /** SHA-256 of each 16 KiB block (the last may be shorter), one after the other: the leaves of a v2 Merkle tree (BEP 52). */
  sha256Blocks(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Hashes many pieces at once as soon as can be: for files that are read from end to end. */
export interface Hasher extends PieceHasher {
  /** Takes the least processor time instead: for pieces that come one by one between other work, as in a download. */
  readonly thrifty: PieceHasher;
}
