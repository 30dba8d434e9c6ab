/**
 * Who is in which swarm: what a tracker remembers. In memory for one process (`memory-swarm-store.ts`); a store that many
 * trackers share has the same shape, and answers later.
 *
 * Invariant: a peer is one endpoint in one swarm. It is there from its announce until it says goodbye, or has not been heard
 * of for longer than the store's expiry, or makes room for others.
 */
import type { AddressFamily } from '../bytes/endpoint.ts';
import type { PeerSample, SwarmCounts } from '../discovery/tracker/announcement.ts';

/** A store at hand answers at once, without the cost of a promise. */
export type Eventual<Value> = Value | Promise<Value>;

/** A partial seed lacks pieces and wants none of them (BEP 21); one who is gone has said goodbye. */
export type PeerState = 'downloader' | 'partial seed' | 'seed' | 'gone';

export interface Announcement {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. Nobody is told of a peer with his own. */
  readonly peerId: Uint8Array;
  /** 6 bytes (BEP 23) or 18 (BEP 7): where others reach the peer. */
  readonly endpoint: Uint8Array;
  readonly state: PeerState;
  /** The download has just ended: counts, once for each time that the peer was no seed before. */
  readonly completed: boolean;
  /** Whether those who only give (seeds and partial seeds) are of use to it: they are not to each other. */
  readonly wantsGivers: boolean;
  /** Peers wanted of each family. */
  readonly wanted: Readonly<Record<AddressFamily, number>>;
  readonly withPeerIds: boolean;
}

export interface SwarmView {
  readonly counts: SwarmCounts;
  /** Each subset of the swarm as likely as any other of its size: of the whole swarm, or of those who want something. */
  readonly peers: Readonly<Record<AddressFamily, PeerSample>>;
}

export interface StoreTotals {
  readonly swarms: number;
  readonly peers: number;
  readonly seeds: number;
}

export interface SwarmStore {
  /** Takes in what a peer says of itself, and gives it others. */
  announce(announcement: Announcement): Eventual<SwarmView>;
  /** Zeros for a swarm that is not known. */
  count(infoHash: Uint8Array): Eventual<SwarmCounts>;
  totals(): Eventual<StoreTotals>;
}

/** Hands a value on as soon as it is there. */
export function whenReady<Value, Result>(value: Eventual<Value>, use: (value: Value) => Result): Eventual<Result> {
  return value instanceof Promise ? value.then(use) : use(value);
}
