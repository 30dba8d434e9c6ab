/** What every client can be asked for in a case, whoever made it: one small file a client implements this. */
import type { Endpoint } from '../../src/bytes/endpoint.ts';
import type { Host } from './network-namespace.ts';

export interface Client {
  readonly name: string;
  /** It leaves files of no bytes out. */
  readonly omitsEmptyFiles?: true;
  /** Resolves once the client runs; it may still be checking its files. */
  start(part: Part): Promise<RunningClient>;
}

/** The part that a client plays. */
export interface Part {
  readonly host: Host;
  /** A torrent file's path, or a magnet link. */
  readonly source: string;
  /** Where its files are, or are to be. */
  readonly directory: string;
  /** A seed has its files already. */
  readonly role: 'seed' | 'leecher';
  /** Absent: as fast as can be. */
  readonly uploadBytesPerSecond?: number;
  /** How peers are found; absent: through trackers and other peers. */
  readonly way?: Way;
}

/** One way alone to find peers: the DHT, joined through this node, or the local network. */
export type Way = { readonly bootstrap: Endpoint } | 'local';

/** The node to join the DHT through, where it is the DHT. */
export function bootstrapOf(way: Way | undefined): Endpoint | undefined {
  return typeof way === 'object' ? way.bootstrap : undefined;
}

export interface RunningClient {
  readonly name: string;
  readonly directory: string;
  /** Where it takes connections. */
  readonly endpoint: Endpoint;
  /** Resolves once it has everything, by its own word, and seeds. */
  whenWhole(patienceMs?: number): Promise<void>;
  totals(): Promise<Totals>;
  stop(): Promise<void>;
}

/** Begins a DHT with one node, which belongs to no torrent; resolves to where it is once it runs. */
export type StartDhtNode = (host: Host) => Promise<Endpoint>;

/** Bytes of payload. */
export interface Totals {
  readonly downloaded: number;
  readonly uploaded: number;
}

/** The custom of BitTorrent, and the same for all, so that a case knows where to find them. */
export const PEER_PORT = 6881;
