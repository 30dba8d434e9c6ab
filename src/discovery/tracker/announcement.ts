/**
 * What clients and trackers tell each other, whichever way it is written: over HTTP (BEP 3, 7, 23, 48) or UDP (BEP 15, 41).
 * Both codecs, the client's discovery and the tracker server speak in these terms.
 */
import type { AddressFamily, Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';

/** Why an announce comes now; `paused` is that of one who lacks pieces and wants none of them (BEP 21). */
export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'paused';

export interface AnnounceRequest {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes (BEP 20). */
  readonly peerId: Uint8Array;
  /** 1 to 65535: where the peer takes connections. */
  readonly port: number;
  /** Bytes. */
  readonly uploaded: number;
  /** Bytes. */
  readonly downloaded: number;
  /** Bytes still lacking: 0 makes a seed. */
  readonly left: number;
  /** Absent: the interval is over. */
  readonly event?: AnnounceEvent;
  /** 32 bits that stay the same while the client's address changes (BEP 7). */
  readonly key: number;
  /** Peers that the client would like to be told of; absent: as the tracker pleases. */
  readonly wanted?: number;
  /** The address to be told to others, where it is not the one that the request comes from. */
  readonly address?: string;
  /** False where the client asks for a list of dictionaries with peer ids (BEP 23). */
  readonly compact: boolean;
  /** What an earlier answer of the same tracker asked to be sent back. */
  readonly trackerId?: Uint8Array;
  /** The path and query of the tracker's URL, beginning with '/' or '?' (BEP 41); empty where there are none. */
  readonly url: string;
}

/** How many there are in a swarm. */
export interface SwarmCounts {
  /** They have everything. */
  readonly seeds: number;
  /** They lack something; partial seeds among them. */
  readonly leechers: number;
  /** Leechers that want no more (BEP 21). */
  readonly partialSeeds: number;
  /** Times that somebody has completed the download. */
  readonly downloads: number;
}

/** Some peers of one family, as a tracker hands them out. */
export interface PeerSample {
  /** 6 bytes a peer (BEP 23), or 18 (BEP 7). */
  readonly endpoints: Uint8Array;
  /** 20 bytes a peer; empty where nobody asked for them. */
  readonly peerIds: Uint8Array;
}

/** A tracker's answer, as the tracker gives it. */
export interface AnnounceAnswer {
  readonly intervalMs: number;
  readonly minIntervalMs: number;
  readonly counts: SwarmCounts;
  readonly peers: Readonly<Record<AddressFamily, PeerSample>>;
  /** 4 or 16 bytes: from where the request came (BEP 24). */
  readonly externalAddress?: Uint8Array;
}

/** A tracker's answer, as the client takes it. */
export interface AnnounceReply {
  /** When to announce again. */
  readonly intervalMs: number;
  /** No announce is welcome before. */
  readonly minIntervalMs?: number;
  readonly seeds?: number;
  readonly leechers?: number;
  readonly peers: readonly Endpoint[];
  /** Something for a person to read. */
  readonly warning?: string;
  /** To be sent along with the next announce. */
  readonly trackerId?: Uint8Array;
  /** The client's own address, as the tracker saw it (BEP 24). */
  readonly externalAddress?: string;
}

/** A tracker's no, as the tracker gives it. */
export interface Refusal {
  /** For a person. */
  readonly refusal: string;
  /** BEP 31; Infinity: never. */
  readonly retryInMs?: number;
}

/** A tracker said no, said nothing, or said what is not understood; the message is for a person and does not name the tracker. */
export class TrackerError extends ShoalError {
  /** When to try again, as the tracker wishes (BEP 31); Infinity: never. */
  readonly retryInMs: number | undefined;

  constructor(message: string, retryInMs?: number, options?: ErrorOptions) {
    super('TRACKER_FAILED', message, options);
    this.retryInMs = retryInMs;
  }
}
