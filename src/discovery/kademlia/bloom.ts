/**
 * The Bloom filters by which nodes tell how many peers they know without naming them, so that a swarm's size can be
 * estimated over several nodes' answers (BEP 33): 2048 bits, two of them for each IP address.
 */
import { sha1 } from '../../bytes/digest.ts';

export const BLOOM_BYTES = 256;
const BITS = BLOOM_BYTES * 8;
const BITS_PER_ADDRESS = 2;

export class BloomFilter {
  readonly bytes: Uint8Array;

  /** A copy of `bytes` (256), or an empty filter. */
  constructor(bytes?: Uint8Array) {
    this.bytes = bytes === undefined ? new Uint8Array(BLOOM_BYTES) : Uint8Array.from(bytes);
  }

  /** `address`: 4 or 16 bytes. */
  insert(address: Uint8Array): void {
    this.insertBits(bloomBits(address));
  }

  /** As `insert`, for bits worked out before. */
  insertBits(bits: number): void {
    this.#setBit(bits & 0xffff);
    this.#setBit(bits >>> 16);
  }

  /** Whether `address` may have been inserted; false only where it has not. */
  mayHold(address: Uint8Array): boolean {
    const bits = bloomBits(address);
    return this.#hasBit(bits & 0xffff) && this.#hasBit(bits >>> 16);
  }

  /** Inserts all that `other` holds. */
  unite(other: BloomFilter): void {
    for (let index = 0; index < BLOOM_BYTES; index++) this.bytes[index] |= other.bytes[index];
  }

  /** About how many addresses it holds; sinks below the truth past some 6,000. */
  estimate(): number {
    let zeros = 0;
    for (let bit = 0; bit < BITS; bit++) if (!this.#hasBit(bit)) zeros += 1;
    const counted = Math.max(1, Math.min(BITS, zeros));
    return Math.log(counted / BITS) / (BITS_PER_ADDRESS * Math.log(1 - 1 / BITS));
  }

  #setBit(bit: number): void {
    this.bytes[bit >>> 3] |= 1 << (bit & 7);
  }

  #hasBit(bit: number): boolean {
    return (this.bytes[bit >>> 3] & (1 << (bit & 7))) !== 0;
  }
}

/** The two bits of an address, 16 bits of the number each: from the low 11 bits of its digest's first two words, little-endian. */
export function bloomBits(address: Uint8Array): number {
  const digest = sha1(address);
  const first = (digest[0] | (digest[1] << 8)) % BITS;
  const second = (digest[2] | (digest[3] << 8)) % BITS;
  return first | (second << 16);
}
