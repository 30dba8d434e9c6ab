/**
 * Every bound on what a stranger can make grow, in one place. A peer, a tracker, a node or a file that goes past one of
 * these is refused, dropped or cut short where it stands; nothing is ever allocated by a number that somebody sent.
 */
export const LIMITS = {
  /** Lists and dictionaries inside one another. A file tree (BEP 52) is as deep as its paths are long. */
  bencodeDepth: 100,
  /** Values in one bencoding, all counted: enough for a torrent of 300,000 files. */
  bencodeValues: 2_000_000,
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

  /* HTTP. */

  /** The head of a request, or of an answer. */
  httpHeaderBytes: 16 * 1024,
  /** Connections to an HTTP server at a time; more are turned away. */
  httpConnections: 4096,
  /** A request that has not arrived whole by then is given up. */
  httpRequestMs: 15_000,
  /** How long a connection may stay open with nothing asked. */
  httpIdleMs: 5000,
  /** Redirects followed for one request. */
  httpRedirects: 5,

  /* The swarm. */

  /** Requests under way with one neighbour. */
  outgoingRequests: 500,
  /** A neighbour's requests that wait to be served; more are refused. */
  incomingRequests: 1000,
  /** `have` messages kept of one neighbour while the number of pieces is unknown. */
  earlyHaves: 4096,
  /** Bytes of pieces being assembled, verified or written; past it blocks go to disk one by one. */
  assemblyBytes: 32 * 1024 * 1024,
  /** Bytes of pieces kept in memory for those who ask for them. */
  readCacheBytes: 16 * 1024 * 1024,
  /** Reads from disk for uploads under way at once. */
  readsUnderWay: 8,
  /** Pieces that failed and whose blocks are remembered until it is known who spoilt them. */
  suspectPieces: 64,
  /** Neighbours of the past whose addresses are remembered, for a piece that fails after they have left. */
  rememberedSenders: 4096,
  /** Addresses banned for spoiling pieces or breaking the protocol; the oldest are forgiven first. */
  bannedAddresses: 4096,
  /** Blocks that nobody asked for, from one neighbour, before it is dropped. */
  unaskedBlocks: 2000,
  /** Allowed-fast pieces taken from one neighbour (BEP 6 sends 10). */
  allowedFastPieces: 64,
} as const;
