/**
 * Kademlia's metric (Maymounkov and Mazières 2002): the distance of two ids of 160 bits is their exclusive or, read as a
 * number. Ids of nodes, info-hashes and items' targets share one space.
 */

/** Bytes of an id. */
export const ID_BYTES = 20;
export const ID_BITS = ID_BYTES * 8;

/** How many leading bits two ids share: 0 to 160. The distance is below 2^(160 - that), and at least half of it unless 0. */
export function commonPrefixLength(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < ID_BYTES; index++) {
    const difference = a[index] ^ b[index];
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return ID_BITS;
}

/** Negative where `a` is nearer to `target` than `b`, positive where it is farther, 0 where they are the same: as sorting wants it. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < ID_BYTES; index++) {
    if (a[index] !== b[index]) return (a[index] ^ target[index]) - (b[index] ^ target[index]);
  }
  return 0;
}

/** An id that shares exactly `prefixLength` (below 160) leading bits with `id`; the bits behind them are taken from `random`, 20 bytes. */
export function idAtPrefix(id: Uint8Array, prefixLength: number, random: Uint8Array): Uint8Array {
  const result = Uint8Array.from(random);
  const at = prefixLength >>> 3;
  for (let index = 0; index < at; index++) result[index] = id[index];
  const flipped = 0x80 >>> (prefixLength & 7);
  const kept = ~(flipped * 2 - 1) & 0xff;
  result[at] = (id[at] & kept) | (~id[at] & flipped) | (result[at] & (flipped - 1));
  return result;
}
