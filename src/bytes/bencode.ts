/**
 * Bencoding: the notation of torrent files, tracker answers, extension messages and DHT datagrams (BEP 3).
 *
 * Invariant: what `decode` accepts, `encode` writes back byte for byte, unless the caller asked for leniency. Every input,
 * however hostile, ends in a value or a `BencodeError`, in time and memory linear in the bytes given.
 */
import { ShoalError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** Keys are byte strings, one character a byte (latin1), so any key survives a round trip. */
export type BencodeDictionary = Map<string, BencodeValue>;
/** Integers are numbers where a double holds them exactly, else bigints. */
export type BencodeValue = number | bigint | Uint8Array | BencodeValue[] | BencodeDictionary;
/** What `encode` takes: strings are written as UTF-8, plain objects as dictionaries; `undefined` entries are left out. */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | Encoded
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [key: string]: Encodable | undefined };

/** A value that is bencoding already, to be put into another just as it stands: an info dictionary, whose hash is its name. */
export class Encoded {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Input that is not bencoding; `offset` is the byte at which that showed. */
export class BencodeError extends ShoalError {
  readonly offset: number;
  constructor(reason: string, offset: number) {
    super('BAD_BENCODING', `not valid bencoding: ${reason} at byte ${offset}`);
    this.offset = offset;
  }
}

export interface DecodeOptions {
  /** Tolerate dictionary keys out of order, as many old torrent files have them. Default false. */
  readonly anyKeyOrder?: boolean;
}

/** Decodes one value that takes up all of `bytes`. Byte strings are views into `bytes`, not copies. Throws `BencodeError`. */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): BencodeValue {
  const { value, end } = decodePrefix(bytes, 0, options);
  if (end !== bytes.length) throw new BencodeError('bytes follow the value', end);
  return value;
}

/** As `decode`, for bytes that may well be none of ours: undefined where they are not bencoding. */
export function tryDecode(bytes: Uint8Array, options: DecodeOptions = {}): BencodeValue | undefined {
  try {
    return decode(bytes, options);
  } catch (error) {
    if (error instanceof BencodeError) return undefined;
    throw error;
  }
}

/** Decodes the value that begins at `start` and tells where it ends. For messages with a payload behind a dictionary (BEP 9). */
export function decodePrefix(
  bytes: Uint8Array,
  start = 0,
  options: DecodeOptions = {},
): { value: BencodeValue; end: number } {
  const reader = new Reader(bytes, start, options.anyKeyOrder === true);
  const value = reader.value(0);
  return { value, end: reader.offset };
}

/** The bytes of the value under `key` in the dictionary that `bytes` holds, exactly as they stand there; undefined if absent. */
export function rawValue(bytes: Uint8Array, key: string, options: DecodeOptions = {}): Uint8Array | undefined {
  const reader = new Reader(bytes, 0, options.anyKeyOrder === true);
  reader.expectDictionary();
  while (!reader.atEnd()) {
    const name = reader.key();
    const start = reader.offset;
    reader.skip(1);
    if (name === key) return bytes.subarray(start, reader.offset);
  }
  return undefined;
}

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const MINUS = 0x2d;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;

class Reader {
  offset: number;
  private readonly bytes: Uint8Array;
  /** The same bytes, for what is read as text. */
  private readonly buffer: Buffer;
  private readonly anyKeyOrder: boolean;
  private count = 0;

  constructor(bytes: Uint8Array, start: number, anyKeyOrder: boolean) {
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.offset = start;
    this.anyKeyOrder = anyKeyOrder;
  }

  value(depth: number): BencodeValue {
    // A value of two bytes costs a hundred in memory, so it takes more than a bound on the bytes.
    if (++this.count > LIMITS.bencodeValues) throw this.error(`more than ${LIMITS.bencodeValues} values`);
    const first = this.bytes[this.offset];
    if (first === LETTER_I) {
      this.offset += 1;
      return this.integer(LETTER_E);
    }
    if (first >= ZERO && first <= NINE) return this.string();
    if (first === LETTER_L || first === LETTER_D) {
      if (depth >= LIMITS.bencodeDepth) throw this.error(`nested deeper than ${LIMITS.bencodeDepth}`);
      return first === LETTER_L ? this.list(depth) : this.dictionary(depth);
    }
    throw this.error(first === undefined ? 'the input ends early' : 'a value cannot begin so');
  }

  private list(depth: number): BencodeValue[] {
    this.offset += 1;
    const items: BencodeValue[] = [];
    while (!this.atEnd()) items.push(this.value(depth + 1));
    this.offset += 1;
    return items;
  }

  private dictionary(depth: number): BencodeDictionary {
    this.offset += 1;
    const entries: BencodeDictionary = new Map();
    let previous: string | undefined;
    let isOrdered = true;
    while (!this.atEnd()) {
      const start = this.offset;
      const key = this.key();
      if (previous !== undefined && key <= previous) isOrdered = false;
      if (!isOrdered) {
        if (entries.has(key)) throw new BencodeError('a key stands twice', start);
        if (!this.anyKeyOrder) throw new BencodeError('keys are out of order', start);
      }
      entries.set(key, this.value(depth + 1));
      previous = key;
    }
    this.offset += 1;
    return entries;
  }

  /** Passes over a value. It is checked as far as finding its end takes. */
  skip(depth: number): void {
    const first = this.bytes[this.offset];
    if (first >= ZERO && first <= NINE) {
      const length = this.stringLength();
      this.offset += length;
    } else if (first === LETTER_L || first === LETTER_D) {
      if (depth >= LIMITS.bencodeDepth) throw this.error(`nested deeper than ${LIMITS.bencodeDepth}`);
      this.offset += 1;
      while (!this.atEnd()) this.skip(depth + 1);
      this.offset += 1;
    } else {
      this.value(depth);
    }
  }

  expectDictionary(): void {
    if (this.bytes[this.offset] !== LETTER_D) throw this.error('a dictionary was expected');
    this.offset += 1;
  }

  atEnd(): boolean {
    if (this.offset >= this.bytes.length) throw this.error('the input ends early');
    return this.bytes[this.offset] === LETTER_E;
  }

  key(): string {
    const first = this.bytes[this.offset];
    if (!(first >= ZERO && first <= NINE)) throw this.error('a key must be a string');
    const length = this.stringLength();
    this.offset += length;
    return this.buffer.toString('latin1', this.offset - length, this.offset);
  }

  private string(): Uint8Array {
    const length = this.stringLength();
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  /** Reads what stands before a string's bytes. A claimed length is compared with what is there before anything is made of it. */
  private stringLength(): number {
    const start = this.offset;
    const length = this.integer(COLON);
    if (typeof length !== 'number' || length > this.bytes.length - this.offset) {
      throw new BencodeError('a string is longer than the input', start);
    }
    return length;
  }

  /** Digits up to `terminator`, which is passed over. Strings' lengths and integers differ only in that. */
  private integer(terminator: number): number | bigint {
    const { bytes } = this;
    const start = this.offset;
    let offset = start;
    const negative = terminator === LETTER_E && bytes[offset] === MINUS;
    if (negative) offset += 1;
    const firstDigit = offset;
    let value = 0;
    while (bytes[offset] >= ZERO && bytes[offset] <= NINE) {
      value = value * 10 + (bytes[offset] - ZERO);
      offset += 1;
    }
    const digits = offset - firstDigit;
    if (digits === 0) throw new BencodeError('a number has no digits', offset);
    if (digits > LIMITS.bencodeDigits) throw new BencodeError('a number is too long', start);
    if (bytes[firstDigit] === ZERO && (digits > 1 || negative)) {
      throw new BencodeError(negative ? 'minus zero' : 'a leading zero', start);
    }
    if (bytes[offset] !== terminator) throw new BencodeError('a number does not end', offset);
    this.offset = offset + 1;
    if (Number.isSafeInteger(value)) return negative ? -value : value;
    return BigInt(this.buffer.toString('latin1', start, offset));
  }

  private error(reason: string): BencodeError {
    return new BencodeError(reason, this.offset);
  }
}

/** Encodes canonically: keys sorted as raw byte strings. Throws `TypeError` on a fraction, a number beyond 2^53 or a key beyond latin1. */
export function encode(value: Encodable): Uint8Array {
  const writer = new Writer();
  writer.value(value);
  return writer.finish();
}

/** Where encodings are put together; kept between calls, for most are a datagram's size, and making room costs more than writing. */
let keptRoom = Buffer.allocUnsafeSlow(4096);

const BEYOND_LATIN1 = /[^\0-\xff]/;

class Writer {
  private room = keptRoom;
  private length = 0;

  value(value: Encodable): void {
    if (typeof value === 'number' || typeof value === 'bigint') {
      if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError(`cannot bencode the number ${value}`);
      this.ascii(`i${value}e`);
    } else if (typeof value === 'string') {
      this.string(Buffer.from(value, 'utf8'));
    } else if (value instanceof Uint8Array) {
      this.string(value);
    } else if (value instanceof Encoded) {
      this.raw(value.bytes);
    } else if (Array.isArray(value)) {
      this.ascii('l');
      for (const item of value) this.value(item);
      this.ascii('e');
    } else if (value instanceof Map) {
      this.dictionary(value.keys(), (key) => value.get(key));
    } else {
      const entries = value as { readonly [key: string]: Encodable | undefined };
      this.dictionary(Object.keys(entries), (key) => entries[key]);
    }
  }

  finish(): Uint8Array {
    if (this.room.length <= LIMITS.datagramBytes * 32) keptRoom = this.room;
    const bytes = Buffer.allocUnsafe(this.length);
    bytes.set(this.room.subarray(0, this.length));
    return bytes;
  }

  private dictionary(keys: Iterable<string>, valueOf: (key: string) => Encodable | undefined): void {
    this.ascii('d');
    for (const key of Array.from(keys).sort()) {
      const value = valueOf(key);
      if (value === undefined) continue;
      if (BEYOND_LATIN1.test(key)) throw new TypeError(`cannot bencode the key ${key}`);
      this.ascii(`${key.length}:`);
      this.ascii(key);
      this.value(value);
    }
    this.ascii('e');
  }

  private string(bytes: Uint8Array): void {
    this.ascii(`${bytes.length}:`);
    this.raw(bytes);
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.room.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** One byte a character: keys, lengths and digits are short, and quicker written so than through a text encoder. */
  private ascii(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.room[this.length++] = text.charCodeAt(index);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.room.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.room.length * 2, this.length + bytes));
    larger.set(this.room.subarray(0, this.length));
    this.room = larger;
  }
}

/** Typed looks into a decoded dictionary: the value under `key` if it is there and of that kind, else undefined. */
export const field = {
  bytes(dictionary: BencodeDictionary, key: string): Uint8Array | undefined {
    const value = dictionary.get(key);
    return value instanceof Uint8Array ? value : undefined;
  },
  /** A string read as UTF-8; bytes that are not become U+FFFD. */
  text(dictionary: BencodeDictionary, key: string): string | undefined {
    const value = dictionary.get(key);
    return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
  },
  integer(dictionary: BencodeDictionary, key: string): number | undefined {
    const value = dictionary.get(key);
    return typeof value === 'number' ? value : undefined;
  },
  list(dictionary: BencodeDictionary, key: string): BencodeValue[] | undefined {
    const value = dictionary.get(key);
    return Array.isArray(value) ? value : undefined;
  },
  dictionary(dictionary: BencodeDictionary, key: string): BencodeDictionary | undefined {
    const value = dictionary.get(key);
    return value instanceof Map ? value : undefined;
  },
};
