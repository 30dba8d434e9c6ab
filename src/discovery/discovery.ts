/**
 * A way of finding the peers of a swarm: a tracker, a DHT, the local network, or the peers one has. Each is an
 * implementation of `Discovery`; which of them a session uses is configuration.
 *
 * Invariant: what a discovery reports is hearsay. Nothing is believed of a peer but that somebody may answer there.
 */
import type { Endpoint } from '../bytes/endpoint.ts';

/** The names that a person gives with `--discovery`. */
export type DiscoveryName = 'tracker' | 'kademlia' | 'ring' | 'exchange' | 'local';

/** What is to be found, and what may be told about oneself meanwhile. */
export interface SwarmIdentity {
  /** 20 bytes each: the v1 info-hash, the v2 one cut to 20 bytes, or both of a hybrid (BEP 52). */
  readonly infoHashes: readonly Uint8Array[];
  /** 20 bytes (BEP 20). */
  readonly peerId: Uint8Array;
  /** The TCP port on which this session takes connections. */
  readonly port: number;
  /** Only the torrent's own trackers may be asked (BEP 27). */
  readonly isPrivate: boolean;
  /** The torrent's trackers by tier (BEP 12). May grow later, so it is asked for each time. */
  trackers(): readonly (readonly string[])[];
  /** Totals in bytes for this run of the torrent; `left` is undefined while the metadata is unknown. */
  totals(): { readonly uploaded: number; readonly downloaded: number; readonly left: number | undefined };
  /** The download has ended with some files left out on purpose (BEP 21). */
  isPartialSeed(): boolean;
  /**
   * What others may look for it by, for those ways of finding that know names; undefined while the metadata is unknown. The
   * length is in bytes, the info-hash has 20, or 32 where there is no v1.
   */
  description?(): { readonly name: string; readonly length: number; readonly infoHash: Uint8Array } | undefined;
}

export interface DiscoveryReports {
  /** Peers that somebody has named; may hold doubles, oneself, and lies. */
  found(endpoints: readonly Endpoint[]): void;
  /** What goes on, for a person: one line, such as `tracker.example: 12 peers, next in 30 min`. */
  status(line: string, isError: boolean): void;
  /** What others say our own address is (BEP 24), as hearsay too. */
  ownAddress?(address: string): void;
}

export interface Discovery {
  readonly name: DiscoveryName;
  /** Begins to announce and to look for peers. Never throws; what fails is retried, and told through `reports.status`. */
  search(identity: SwarmIdentity, reports: DiscoveryReports): Search;
}

/** Who has fewer neighbours than this and wants something says so to his searches, so often. */
export const ENOUGH_NEIGHBOURS = 20;
export const WANT_MORE_INTERVAL_MS = 5_000;

/** One torrent's search under way. */
export interface Search {
  /** More peers would be welcome before the usual time. May be called often; it is the search that holds back. */
  wantMore(): void;
  /** The last wanted byte has just arrived. */
  completed(): void;
  /** Says goodbye where that is the custom, waiting for no answer longer than `LIMITS.goodbyeMs`, and ends. */
  stop(): Promise<void>;
}

/** Of what is not to be looked for. */
export const NO_SEARCH: Search = { wantMore: () => undefined, completed: () => undefined, stop: async () => undefined };
