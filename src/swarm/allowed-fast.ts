/** The pieces that a neighbour may have although it is choked, so that a newcomer gets something to trade (BEP 6). */
import { addressToBytes } from '../bytes/endpoint.ts';
import { sha1 } from '../bytes/digest.ts';

const SET_SIZE = 10;

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
