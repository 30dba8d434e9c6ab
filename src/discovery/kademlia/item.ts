/**
 * What can be stored in the DHT besides peers (BEP 44): immutable items, found by the hash of their value, and mutable ones,
 * found by the public key of whoever signs them (and a salt, so that one key may sign many) and replaced by rising sequence
 * numbers.
 *
 * Values are bencoded bytes throughout: it is the bytes that are hashed and signed.
 */
import { encode } from '../../bytes/bencode.ts';
import { sha1 } from '../../bytes/digest.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { type KeyPair, sign, verify } from '../../bytes/signature.ts';

export interface ImmutableItem {
  /** Bencoded. */
  readonly value: Uint8Array;
}

export interface MutableItem {
  /** Bencoded. */
  readonly value: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** At most 64 bytes; empty where there is none. */
  readonly salt: Uint8Array;
  /** 0 to 2^63 - 1; each version's is higher than the last one's. */
  readonly sequence: number | bigint;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

export type Item = ImmutableItem | MutableItem;

/** Where a mutable item is found. */
export interface MutableKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly salt: Uint8Array;
}

export const HIGHEST_SEQUENCE = 2n ** 63n - 1n;

export function isMutable(item: Item): item is MutableItem {
  return 'publicKey' in item;
}

/** The key under which an item is found, 20 bytes. */
export function targetOf(item: ImmutableItem | MutableKey): Uint8Array {
  return 'publicKey' in item ? sha1(Buffer.concat([item.publicKey, item.salt])) : sha1(item.value);
}

/** Signs a version of a mutable item. Throws `RangeError` where the value, the salt or the sequence number is beyond what nodes store. */
export function signItem(keyPair: KeyPair, version: Pick<MutableItem, 'value' | 'salt' | 'sequence'>): MutableItem {
  const { value, salt, sequence } = version;
  if (value.length > LIMITS.dhtItemBytes) throw new RangeError(`an item's value may have ${LIMITS.dhtItemBytes} bytes, not ${value.length}`);
  if (salt.length > LIMITS.dhtSaltBytes) throw new RangeError(`a salt may have ${LIMITS.dhtSaltBytes} bytes, not ${salt.length}`);
  if (sequence < 0 || sequence > HIGHEST_SEQUENCE) throw new RangeError(`a sequence number is 0 to 2^63 - 1, not ${sequence}`);
  return { value, salt, sequence, publicKey: keyPair.publicKey, signature: sign(signedBytes(version), keyPair) };
}

/** Whether the item is signed by the key that it is found under. */
export function isGenuine(item: MutableItem): boolean {
  return verify(signedBytes(item), item.signature, item.publicKey);
}

/** What a signature covers: salt, sequence number and value as they stand in a dictionary, put together anew. */
function signedBytes({ salt, sequence, value }: Pick<MutableItem, 'salt' | 'sequence' | 'value'>): Uint8Array {
  const saltPart = salt.length === 0 ? [] : [Buffer.from('4:salt'), encode(salt)];
  return Buffer.concat([...saltPart, Buffer.from('3:seq'), encode(sequence), Buffer.from('1:v'), value]);
}
