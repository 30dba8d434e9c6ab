/**
 * A set of pieces, as the wire carries it: the first piece is the highest bit of the first byte (BEP 3).
 *
 * Invariant: `count` is the number of bits set, and the spare bits behind the last piece are zero.
 */
export class Bitfield {
  readonly length: number;
  readonly bytes: Uint8Array;
  #count = 0;

  /** An empty set of `length` pieces. */
  constructor(length: number) {
    this.length = length;
    this.bytes = new Uint8Array(Bitfield.byteLength(length));
  }

  static byteLength(length: number): number {
    return Math.ceil(length / 8);
  }

  static full(length: number): Bitfield {
    const bitfield = new Bitfield(length);
    bitfield.setAll();
    return bitfield;
  }

  /** Copies a peer's bitfield; undefined where its size is wrong or a spare bit is set, for which BEP 3 has the connection closed. */
  static from(bytes: Uint8Array, length: number): Bitfield | undefined {
    if (bytes.length !== Bitfield.byteLength(length)) return undefined;
    const spareBits = bytes.length * 8 - length;
    if (spareBits > 0 && (bytes[bytes.length - 1] & ((1 << spareBits) - 1)) !== 0) return undefined;
    const bitfield = new Bitfield(length);
    bitfield.bytes.set(bytes);
    for (const byte of bytes) bitfield.#count += BITS_SET[byte];
    return bitfield;
  }

  copy(): Bitfield {
    const copy = new Bitfield(this.length);
    copy.bytes.set(this.bytes);
    copy.#count = this.#count;
    return copy;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.length;
  }

  has(index: number): boolean {
    return (this.bytes[index >>> 3] & (0x80 >>> (index & 7))) !== 0;
  }

  /** Sets a bit; true if it was not set before. Throws `RangeError` where no piece has that number. */
  set(index: number): boolean {
    if (!(index >= 0 && index < this.length)) throw new RangeError(`there is no piece ${index} among ${this.length}`);
    const mask = 0x80 >>> (index & 7);
    if ((this.bytes[index >>> 3] & mask) !== 0) return false;
    this.bytes[index >>> 3] |= mask;
    this.#count += 1;
    return true;
  }

  /** Clears a bit; true if it was set before. */
  clear(index: number): boolean {
    const mask = 0x80 >>> (index & 7);
    if ((this.bytes[index >>> 3] & mask) === 0) return false;
    this.bytes[index >>> 3] &= ~mask;
    this.#count -= 1;
    return true;
  }

  setAll(): void {
    this.bytes.fill(0xff);
    const spareBits = this.bytes.length * 8 - this.length;
    if (spareBits > 0) this.bytes[this.bytes.length - 1] = (0xff << spareBits) & 0xff;
    this.#count = this.length;
  }

  /** The members in ascending order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let offset = 0; offset < this.bytes.length; offset++) {
      if (this.bytes[offset] === 0) continue;
      for (let index = offset * 8; index < offset * 8 + 8; index++) if (this.has(index)) yield index;
    }
  }

  /** The members that are not in `other`, which is as long, in ascending order. */
  *without(other: Bitfield): IterableIterator<number> {
    for (let offset = 0; offset < this.bytes.length; offset++) {
      if ((this.bytes[offset] & ~other.bytes[offset]) === 0) continue;
      for (let index = offset * 8; index < offset * 8 + 8; index++) if (this.has(index) && !other.has(index)) yield index;
    }
  }
}

const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
});
