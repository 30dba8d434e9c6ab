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

  /** Bytes of metadata gathered at once, where different sizes are claimed or different neighbours mistrusted. */
  metadataGatheredBytes: 128 * 1024 * 1024,
  /** A neighbour with more than this queued gets no metadata, and no Merkle hashes, on top. */
  sideAnswersQueuedBytes: 512 * 1024,
  /** How often one neighbour is given the metadata, or all Merkle hashes; it may also begin anew a few times. */
  sideAnswersEach: 4,
  /**
   * Messages of one neighbour that tell nothing new and carry nothing asked for: so many at once, and so many a second on
   * average. What a choke crosses on its way, and what an endgame cancels, is a few hundred.
   */
  idleMessages: 5000,
  idleMessagesPerSecond: 100,
  /** Peers that have connected and not shaken hands yet, in one session; past it the longest waiting goes. And of one subscriber. */
  waitingHandshakes: 200,
  waitingHandshakesPerSubscriber: 8,
  /** Lines kept of what goes on with one torrent. */
  statusMessages: 50,
  /** Requests for Merkle hashes under way at once in one swarm (BEP 52). */
  hashRequestsUnderWay: 16,
  /** Addresses of a swarm's peers that are remembered, and of one subscriber. */
  candidates: 2000,
  candidatesPerSubscriber: 16,
  /** Neighbours of one torrent that one subscriber may be: an IPv4 address, or an IPv6 /64. */
  neighboursPerSubscriber: 8,
  /** Requests under way with one neighbour. */
  outgoingRequests: 500,
  /** A neighbour's requests that wait to be served; more are refused. */
  incomingRequests: 1000,
  /** `have` messages kept of one neighbour while the number of pieces is unknown. */
  earlyHaves: 4096,
  /** Bytes of pieces being assembled, verified or written; past it blocks go to disk one by one. */
  assemblyBytes: 16 * 1024 * 1024,
  /** Bytes of pieces kept in memory for those who ask for them. */
  readCacheBytes: 16 * 1024 * 1024,
  /** Reads from disk for uploads under way at once. */
  readsUnderWay: 8,
  /** Pieces that failed and whose blocks are remembered until it is known who spoilt them. */
  suspectPieces: 64,
  /** Neighbours of the past whose addresses are remembered, for a piece that fails after they have left. */
  rememberedSenders: 4096,
  /** Addresses banned for spoiling pieces; the oldest are forgiven first. */
  bannedAddresses: 4096,
  /** Blocks that nobody wants, from one neighbour, before it is dropped: what an endgame brings twice is a few hundred. */
  uselessBlocks: 2000,
  /** Web seeds of one torrent that are asked at a time, and bytes asked of one in a row. */
  webSeedsAtOnce: 4,
  webSeedRunBytes: 64 * 1024 * 1024,
  /** Allowed-fast pieces taken from one neighbour (BEP 6 sends 10), and bytes that one subscriber is sent while choked. */
  allowedFastPieces: 64,
  allowedFastBytes: 4 * 1024 * 1024,

  /* Storage. */

  /** Files of one torrent that are open at a time. */
  openFilesPerTorrent: 40,
  /** Folders of one torrent that need not be looked at again before something is written into them. */
  knownFolders: 1000,
  /** Bytes of pieces read and hashed at a time when what is on disk is checked; two pieces at least, 16 at most. */
  checkBytes: 16 * 1024 * 1024,

  /* Torrent files and magnet links. */

  /** A torrent file, or an info dictionary. */
  torrentBytes: 64 * 1024 * 1024,
  /** Files of one torrent, padding included. */
  torrentFiles: 500_000,
  /** Pieces of one torrent: 4 TiB in pieces of 1 MiB. */
  torrentPieces: 4 * 1024 * 1024,
  /** The largest pieces that are made anywhere. */
  pieceBytes: 256 * 1024 * 1024,
  /** Folders that a file lies in, one within the other, and its own name. */
  pathDepth: 50,
  /** Bytes of one component of a path: what file systems have room for. */
  pathComponentBytes: 255,
  /** Trackers, and web seeds, of one torrent or magnet link; further ones are passed over. */
  trackers: 200,
  webSeeds: 100,
  /** Characters of a tracker's or web seed's address. */
  urlLength: 2048,
  /** Characters kept of a comment, or of the name of the program that made a torrent. */
  commentLength: 4096,
  /** Characters of a magnet link. */
  magnetLength: 64 * 1024,
  /** Peers in a magnet link, and runs of files that it selects; further ones are passed over. */
  magnetPeers: 100,
  magnetSelections: 1000,
  /** Bytes of the salt of a mutable item (BEP 44). */
  saltBytes: 64,
  /** Hashes in one run of a Merkle tree's layer (BEP 52). */
  hashesPerRequest: 512,

  /* Local discovery (BEP 14). */

  /** Info-hashes in one announcement, sent or read: what goes into 1400 bytes. */
  localInfoHashes: 24,
  /** Peers of one torrent that are known not to be newcomers. */
  localPeers: 256,
  /** Senders of announcements that are told apart, and announcements of one that are read a second on average, and at once. */
  localSenders: 1024,
  localAnnouncementsPerSecond: 1,
  localAnnouncementsAtOnce: 20,

  /* The Kademlia DHT. */

  /** Places in a routing table for one subscriber (an IPv4 address, an IPv6 /64), and for one block (a /24, a /48). */
  dhtNodesPerSubscriber: 1,
  dhtNodesPerBlock: 4,
  /** … and for one block in one lookup, where each subscriber has one. */
  dhtNodesPerBlockInLookup: 3,
  /** Nodes read from one answer, by family (BEP 5 sends 8). */
  dhtNodesPerAnswer: 16,
  /** Nodes read from a saved routing table, by family. */
  dhtSavedNodes: 2000,
  /** Bytes of the file that keeps them. */
  dhtTablesBytes: 256 * 1024,
  /** Peers read from one answer, and found in one lookup. */
  dhtPeersReadPerAnswer: 200,
  dhtPeersPerLookup: 2000,
  /** Lookups under way at a time, and in line. */
  dhtLookups: 32,
  dhtLookupsWaiting: 4096,
  /** Queries that one lookup may take. */
  dhtQueriesPerLookup: 200,
  /** Queries of one subscriber that are answered in ten seconds. */
  dhtQueriesPerSubscriber: 500,
  /** Torrents of which peers are held; peers of one torrent (past 6,000 BEP 33 cannot count them), and in all. */
  dhtTorrents: 20_000,
  dhtPeersPerTorrent: 2000,
  dhtPeers: 100_000,
  /** Peers held that one subscriber announced, and one block. */
  dhtAnnouncementsPerSubscriber: 1000,
  dhtAnnouncementsPerBlock: 4000,
  /** Bytes of one answer, about: a datagram that no link has to split. */
  dhtAnswerBytes: 1400,
  /** Peers named in one answer. */
  dhtPeersPerAnswer: 100,
  /** Queries of one node that wait to be sent or answered. */
  dhtQueriesUnderWay: 4096,
  /** Info-hashes in one answer (BEP 51). */
  dhtSamplesPerAnswer: 20,
  /** Items held (BEP 44), in all, of one subscriber, and of one block. */
  dhtItems: 10_000,
  dhtItemsPerSubscriber: 100,
  dhtItemsPerBlock: 400,
  /** Bytes of an item's value, and of its salt (BEP 44). */
  dhtItemBytes: 1000,
  dhtSaltBytes: 64,

  /* Trackers that we ask. */

  /** The body of an answer over HTTP. */
  trackerAnswerBytes: 512 * 1024,
  /** Peers taken from one answer, of each family. */
  trackerPeers: 1000,
  /** Characters of what a tracker has to say to a person. */
  trackerTextLength: 200,
  /** The id that a tracker wants sent back to it. */
  trackerIdBytes: 256,
  /** How long an HTTP tracker may take to answer. */
  trackerHttpMs: 30_000,
  /** Times that a datagram is sent to a tracker that stays silent: at once and after 15 s; 30 s later it is given up (BEP 15). */
  trackerDatagrams: 2,
  /** Whatever a tracker wishes, it is not asked more often than this … */
  shortestAnnounceMs: 10_000,
  /** … nor less often than this. */
  longestAnnounceMs: 24 * 3_600_000,
  /** How long stopping may take for the sake of those to whom one says goodbye; and of those who have never answered yet. */
  goodbyeMs: 3000,
  goodbyeToSilentMs: 500,

  /* The tracker that we are. */

  /** Peers remembered, 80 to 100 bytes each; whoever announced longest ago makes room. */
  trackedPeers: 2_000_000,
  /** Swarms remembered, a few hundred bytes each. */
  trackedSwarms: 1_000_000,
  /** Peers of one swarm at one address, or in one /64 of IPv6; the newest are kept. */
  trackedPeersPerAddress: 64,
  /** Peers told in one answer, of each family. */
  peersPerAnswer: 200,
  /** Bytes of an answer by UDP: what passes any network in one piece. */
  trackerDatagramBytes: 1400,
  /** Swarms counted in one scrape: what BEP 15 has room for in a datagram. */
  scrapedSwarms: 74,
  /** Bytes of the path and query that come with an announce by UDP (BEP 41). */
  announceUrlBytes: 1024,
  /** Announces of one address in a second, in the long run … */
  announcesPerSecond: 50,
  /** … and at once. */
  announceBurst: 1000,
  /** Addresses whose announces are counted. */
  announcingAddresses: 50_000,

  /* The ring. */

  /** Bytes of one datagram of the ring: what passes every path whole. Longer answers come in pages. */
  ringDatagramBytes: 1200,
  /** Successors that a peer keeps, and replicas of a record. */
  ringSuccessors: 24,
  /** Contacts read from one list of one datagram. */
  ringContactsPerList: 64,
  /** Contacts whose ids are remembered rather than worked out again. */
  ringKnownContacts: 32_768,
  /** Queries waiting for their answers at a time; more fail at once. */
  ringQueries: 4096,
  /** Tokens kept that others have issued us. */
  ringTokens: 2048,
  /** Hearsay peers being asked whether they are there, at a time. */
  ringProbes: 32,
  /** Peers known to be silent, so that hearsay does not have us ask them again and again. */
  ringSilentPeers: 512,
  /** Former neighbours kept, to find the other half of a ring after a partition. */
  ringRememberedPeers: 64,
  /** The file in which peers are remembered between runs. */
  ringPeersBytes: 16 * 1024,
  /** Routed queries waiting for their owner's word. */
  ringRoutedQueries: 256,
  /** Peers that hand a routed query on, one after the other. */
  ringHops: 128,
  /** Strangers whose queries are counted. */
  ringStrangers: 4096,
  /** UTF-8 bytes of a file's name. */
  ringNameBytes: 255,
  /** Words of a name that are keys, or of a query. */
  ringWords: 16,
  /** Different files under one key. */
  ringRecordsPerKey: 256,
  /** Peers who hold one file, by one key. */
  ringHoldersPerRecord: 64,
  /** Announcements that one peer keeps: pairs of record and holder. */
  ringAnnouncements: 100_000,
  /** … and those by one address (a /64 of IPv6; on local addresses, one port). */
  ringAnnouncementsPerAddress: 10_000,
  /** Announcements remembered that their holders have taken back. */
  ringTakenBack: 4096,
  /** Announcements gathered before they are copied to the successors. */
  ringFreshAnnouncements: 512,
  /** Pages fetched of one answer. */
  ringPages: 4096,
  /** What a peer gives to be asked for its next page. */
  ringCursorBytes: 80,
  /** Records read from one datagram. */
  ringRecordsPerPage: 64,
  /** Peers that a walk around the circle visits. */
  ringMapPeers: 65_536,
} as const;
