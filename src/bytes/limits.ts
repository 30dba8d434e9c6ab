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
  /** Below this a channel says that it has drained. */
  channelLowWaterBytes: 128 * 1024,
  /** A channel with more than this queued is a peer that does not read: it is closed. */
  channelHighWaterBytes: 16 * 1024 * 1024,
} as const;
