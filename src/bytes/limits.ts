/**
 * Every bound on what a stranger can make grow, in one place. A peer, a tracker, a node or a file that goes past one of
 * these is refused, dropped or cut short where it stands; nothing is ever allocated by a number that somebody sent.
 */
export const LIMITS = {
  /** Lists and dictionaries inside one another. A file tree (BEP 52) is as deep as its paths are long. */
  bencodeDepth: 100,
  /** Digits of one integer: 2^64 has 20. */
  bencodeDigits: 40,
  /** What peers ask each other for at a time (BEP 3), and a leaf of a v2 Merkle tree (BEP 52). */
  blockBytes: 16 * 1024,
  /** Bytes of one datagram that is read or sent; what is longer is dropped. */
  datagramBytes: 2048,
  /** A channel with more than this queued is a peer that does not read: it is closed. */
  channelHighWaterBytes: 16 * 1024 * 1024,

  /* The peer wire protocol. */

  /** Pieces of one torrent: a bitfield of 512 KiB. */
  pieces: 4 * 1024 * 1024,
  /** An extended message, or one of a kind unknown. */
  extendedMessageBytes: 128 * 1024,
  /** Hashes in one BEP 52 message: the longest run that may be asked for, and its proof. */
  hashesPerMessage: 512 + 32,
  /** The info dictionary, as peers send it (BEP 9): 4 Mi pieces have 80 MiB of SHA-1. */
  metadataBytes: 96 * 1024 * 1024,
  /** Characters of a client's name. */
  clientNameLength: 64,
  /** Peers taken from one peer exchange, added or dropped, of each family (BEP 11 sends 50). */
  exchangedPeers: 100,
} as const;
