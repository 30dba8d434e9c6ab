/**
 * What peers say to each other: the messages of BEP 3, 5, 6, 10 and 52, as values.
 *
 * Invariant: a message that the decoder gave has passed every check that needs no knowledge of the torrent; indices and
 * lengths are unsigned 32-bit numbers, yet to be held against the torrent.
 */

/** The first thing said in each direction. */
export interface Handshake {
  readonly type: 'handshake';
  /** 20 bytes: the v1 info-hash, or the v2 one cut short. */
  readonly infoHash: Uint8Array;
  /** 20 bytes (BEP 20). */
  readonly peerId: Uint8Array;
  readonly supports: Capabilities;
}

/** What the reserved bytes of the handshake tell. */
export interface Capabilities {
  /** BEP 10. */
  readonly extensions: boolean;
  /** BEP 6. */
  readonly fast: boolean;
  /** BEP 5: there is a DHT node, whose port a `port` message will tell. */
  readonly dht: boolean;
  /** BEP 52: the peer can go on in v2 though the info-hash is v1's. */
  readonly v2: boolean;
}

/** 16 KiB or less, within one piece. */
export interface BlockRequest {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** A run of one layer of a file's Merkle tree, and the proof that it belongs there (BEP 52). */
export interface HashRequest {
  /** 32 bytes: which file. */
  readonly piecesRoot: Uint8Array;
  /** 0 for the leaves. */
  readonly baseLayer: number;
  readonly index: number;
  readonly length: number;
  readonly proofLayers: number;
}

export interface HaveMessage {
  readonly type: 'have';
  readonly piece: number;
}

export type PeerMessage =
  | Handshake
  | { readonly type: 'keep-alive' | 'choke' | 'unchoke' | 'interested' | 'not-interested' | 'have-all' | 'have-none' }
  | HaveMessage
  | { readonly type: 'suggest' | 'allowed-fast'; readonly piece: number }
  | { readonly type: 'bitfield'; readonly bytes: Uint8Array }
  | (BlockRequest & { readonly type: 'request' | 'cancel' | 'reject' })
  /** `length` bytes of payload; in a simulation without payload `data` is empty all the same. */
  | (BlockRequest & { readonly type: 'piece'; readonly data: Uint8Array })
  | { readonly type: 'port'; readonly port: number }
  /** `id` 0 is the extension handshake, any other one that the receiver named in its own (BEP 10). */
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  | (HashRequest & { readonly type: 'hash-request' | 'hash-reject' })
  /** 32 bytes a hash: the run asked for, then the uncles from the bottom up. */
  | (HashRequest & { readonly type: 'hashes'; readonly hashes: Uint8Array });
