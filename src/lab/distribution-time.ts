/**
 * How long it takes to get a file of F bytes to N peers: the bounds of Kurose and Ross (Computer Networking, section 2.5),
 *
 *   client-server  D_cs  = max { N·F/u_s, F/d_min }
 *   peer-to-peer   D_p2p = max { F/u_s, F/d_min, N·F/(u_s + Σ u_i) }
 *
 * where u_s is the server's upload rate, u_i and d_i are the peers' upload and download rates, and d_min is the least d_i.
 * Both are fluid bounds: bits can be passed on as they come in, everybody is there from the start to the end, and only
 * access links have limits. Then both are also reached (Kumar and Ross 2006).
 *
 * What is passed on in whole chunks takes longer: see `chunkedOptimum`.
 *
 * Invariant: the time is the greatest of its terms, and each term is what one resource alone would need.
 */

/** Peers that are alike. */
export interface PeerClass {
  readonly name?: string;
  readonly count: number;
  /** Infinity: without limit. 0: they give nothing. */
  readonly upBytesPerSecond: number;
  /** Infinity: without limit. */
  readonly downBytesPerSecond: number;
}

/** A file to distribute, from whom and to whom. */
export interface Distribution {
  /** F. */
  readonly fileBytes: number;
  /** u_s. */
  readonly serverUpBytesPerSecond: number;
  /** At least one peer in all. */
  readonly peers: readonly PeerClass[];
}

/** What holds a distribution back: the uplink of the server, the slowest peer's downlink, or all the uplinks together. */
export type Resource = 'server uplink' | 'slowest downlink' | 'all uplinks';

export interface Term {
  readonly resource: Resource;
  /** As the textbook writes it, such as `N·F/u_s`. */
  readonly formula: string;
  readonly seconds: number;
}

export interface DistributionTime {
  readonly seconds: number;
  /** The term that sets the time; the first of equals. */
  readonly binding: Term;
  readonly terms: readonly Term[];
}

/** D_cs: the server sends every peer the whole file. */
export function clientServerTime(distribution: Distribution): DistributionTime {
  const { fileBytes, serverUpBytesPerSecond } = distribution;
  return greatest([
    { resource: 'server uplink', formula: 'N·F/u_s', seconds: (peerCount(distribution) * fileBytes) / serverUpBytesPerSecond },
    { resource: 'slowest downlink', formula: 'F/d_min', seconds: fileBytes / slowestDownlink(distribution) },
  ]);
}

/** D_p2p: each peer passes on what it has. */
export function peerToPeerTime(distribution: Distribution): DistributionTime {
  const { fileBytes, serverUpBytesPerSecond } = distribution;
  return greatest([
    { resource: 'server uplink', formula: 'F/u_s', seconds: fileBytes / serverUpBytesPerSecond },
    { resource: 'slowest downlink', formula: 'F/d_min', seconds: fileBytes / slowestDownlink(distribution) },
    {
      resource: 'all uplinks',
      formula: 'N·F/(u_s + Σu_i)',
      seconds: (peerCount(distribution) * fileBytes) / (serverUpBytesPerSecond + peersUplink(distribution)),
    },
  ]);
}

/** N. */
export function peerCount({ peers }: Pick<Distribution, 'peers'>): number {
  return peers.reduce((total, peer) => total + peer.count, 0);
}

/** Σ u_i in bytes a second. */
function peersUplink({ peers }: Pick<Distribution, 'peers'>): number {
  return peers.reduce((total, peer) => (peer.count === 0 ? total : total + peer.count * peer.upBytesPerSecond), 0);
}

/** d_min in bytes a second. */
export function slowestDownlink({ peers }: Pick<Distribution, 'peers'>): number {
  return peers.reduce((least, peer) => (peer.count === 0 ? least : Math.min(least, peer.downBytesPerSecond)), Number.POSITIVE_INFINITY);
}

function greatest(terms: readonly Term[]): DistributionTime {
  const binding = terms.reduce((most, term) => (term.seconds > most.seconds ? term : most));
  return { seconds: binding.seconds, binding, terms };
}

/** Either the least time, or which of the theorem's conditions does not hold. */
export type ChunkedOptimum =
  | { readonly seconds: number; readonly chunkCount: number }
  | { readonly unknownBecause: string };

/**
 * The least time when a chunk can be passed on only once it is whole: (1 + ⌊log2 N⌋/M)·F/u with M chunks. It is the fluid
 * bound and, on top of it, the ⌊log2 N⌋ rounds in which the swarm doubles before every uplink has something to send.
 *
 * Exact, and reached by a schedule, where
 *   - all uplinks are equal, the server's too (u_s = u_i = u), and no downlink is slower than u;
 *   - the chunks are equal, and there is no latency and no overhead;
 *   - everybody is there from the start and stays to the end, and may send to anybody.
 * Elsewhere the optimum is a hard scheduling problem, and none is given.
 *
 * Mundinger, Weber and Weiss, "Optimal scheduling of peer-to-peer file dissemination", J. Scheduling 11 (2008), for uplinks
 * that are shared; with N + 1 processors it equals M - 1 + ⌈log2(N + 1)⌉ rounds, the bound of Bar-Noy and Kipnis,
 * "Broadcasting multiple messages in simultaneous send/receive systems", Discrete Applied Mathematics 55 (1994).
 */
export function chunkedOptimum(distribution: Distribution, chunkBytes: number): ChunkedOptimum {
  const { fileBytes, serverUpBytesPerSecond: rate } = distribution;
  const present = distribution.peers.filter((peer) => peer.count > 0);
  if (rate === 0 || rate === Number.POSITIVE_INFINITY) return { unknownBecause: 'the server uplink has no finite rate' };
  if (present.some((peer) => peer.upBytesPerSecond !== rate)) return { unknownBecause: 'the uplinks are not all equal' };
  if (slowestDownlink(distribution) < rate) return { unknownBecause: 'a downlink is slower than the uplinks' };
  const chunkCount = Math.max(1, Math.ceil(fileBytes / chunkBytes));
  const doublings = 31 - Math.clz32(Math.round(peerCount(distribution)));
  return { seconds: ((chunkCount + doublings) * fileBytes) / (chunkCount * rate), chunkCount };
}
