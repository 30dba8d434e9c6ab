/**
 * The pieces that a neighbour may have although it is choked, so that a newcomer gets something to trade (BEP 6).
 *
 * Invariant: what one subscriber is sent while choked is no more than these pieces once, and `LIMITS.allowedFastBytes` or one
 * piece, however often he connects.
 */
import { addressGroup } from '../bytes/address-scope.ts';
import { addressToBytes } from '../bytes/endpoint.ts';
import { sha1 } from '../bytes/digest.ts';
import { keepNewest } from '../bytes/keep-newest.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { BlockRequest } from '../wire/messages.ts';
import type { Neighbour } from './neighbour.ts';

const SET_SIZE = 10;

export class AllowedFast {
  readonly #infoHash: Uint8Array;
  readonly #torrent: { readonly pieceCount: number; readonly pieceLength: number };
  readonly #pieces = new Map<Neighbour, ReadonlySet<number>>();
  /** By subscriber: what he may still be sent. */
  readonly #leftBytes = new Map<string, number>();

  constructor(infoHash: Uint8Array, torrent: { readonly pieceCount: number; readonly pieceLength: number }) {
    this.#infoHash = infoHash;
    this.#torrent = torrent;
  }

  /** Allows a neighbour its pieces, and names them; none where it has been allowed them before. */
  allow(neighbour: Neighbour): Iterable<number> {
    if (this.#pieces.has(neighbour)) return [];
    const { pieceCount, pieceLength } = this.#torrent;
    const pieces = allowedFastSet(neighbour.endpoint.host, this.#infoHash, pieceCount);
    this.#pieces.set(neighbour, pieces);
    const group = addressGroup(neighbour.endpoint.host);
    if (!this.#leftBytes.has(group)) {
      this.#leftBytes.set(group, Math.max(pieceLength, Math.min(pieces.size * pieceLength, LIMITS.allowedFastBytes)));
      keepNewest(this.#leftBytes, LIMITS.rememberedSenders);
    }
    return pieces;
  }

  /** Whether the neighbour may have this block while it is choked. It is counted if so. */
  serves(neighbour: Neighbour, { piece, length }: BlockRequest): boolean {
    if (this.#pieces.get(neighbour)?.has(piece) !== true) return false;
    const group = addressGroup(neighbour.endpoint.host);
    const leftBytes = (this.#leftBytes.get(group) ?? 0) - length;
    if (leftBytes < 0) return false;
    this.#leftBytes.set(group, leftBytes);
    return true;
  }

  left(neighbour: Neighbour): void {
    this.#pieces.delete(neighbour);
  }
}

/** At most ten pieces, always the same for one IPv4 address and torrent; none for IPv6, for which BEP 6 names no rule. */
export function allowedFastSet(host: string, infoHash: Uint8Array, pieceCount: number): Set<number> {
  const address = addressToBytes(host);
  const pieces = new Set<number>();
  if (address?.length !== 4) return pieces;
  const size = Math.min(SET_SIZE, pieceCount);
  // Neighbours in one /24 get the same set, or one host with many addresses would get many.
  let digest: Uint8Array = Buffer.concat([address.subarray(0, 3), Uint8Array.of(0), infoHash]);
  while (pieces.size < size) {
    digest = sha1(digest);
    for (let offset = 0; offset < digest.length && pieces.size < size; offset += 4) {
      pieces.add(Buffer.from(digest).readUInt32BE(offset) % pieceCount);
    }
  }
  return pieces;
}
