/**
 * The item that a lookup's answers hold (BEP 44).
 *
 * Invariant: an item is believed only if its hash, or its key and signature, fit the target; among versions the highest
 * sequence number counts.
 */
import { field } from '../../bytes/bencode.ts';
import { equalBytes } from '../../bytes/compare.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { isGenuine, isMutable, type Item, type MutableItem, targetOf } from './item.ts';
import { type Answer, rawItemValue } from './krpc.ts';

export class FoundItem {
  readonly #target: Uint8Array;
  readonly #salt: Uint8Array;
  #item: Item | undefined;
  #copies = 0;

  constructor(target: Uint8Array, salt: Uint8Array) {
    this.#target = target;
    this.#salt = salt;
  }

  get item(): Item | undefined {
    return this.#item;
  }

  /** Nodes that gave the item, in the version that counts. */
  get copies(): number {
    return this.#copies;
  }

  /** Takes in an answer; `bytes` is its whole datagram. True where nothing better can come: an immutable item is what it is. */
  read({ results }: Answer, bytes: Uint8Array): boolean {
    const value = results.has('v') ? rawItemValue(bytes, 'r') : undefined;
    if (value === undefined || value.length > LIMITS.dhtItemBytes) return false;
    const item = this.#check(Uint8Array.from(value), results);
    if (item === undefined) return false;
    if (this.#item !== undefined && isMutable(this.#item) && isMutable(item)) {
      if (item.sequence < this.#item.sequence) return false;
      if (item.sequence > this.#item.sequence) this.#copies = 0;
    }
    this.#item = item;
    this.#copies += 1;
    return !isMutable(item);
  }

  /** The item, if it is the one looked for. */
  #check(value: Uint8Array, results: Answer['results']): Item | undefined {
    if (equalBytes(targetOf({ value }), this.#target)) return { value };
    const publicKey = field.bytes(results, 'k');
    const signature = field.bytes(results, 'sig');
    const sequence = results.get('seq');
    if (publicKey === undefined || signature === undefined || (typeof sequence !== 'number' && typeof sequence !== 'bigint')) return undefined;
    const item: MutableItem = { value, publicKey: Uint8Array.from(publicKey), salt: this.#salt, sequence, signature: Uint8Array.from(signature) };
    return equalBytes(targetOf(item), this.#target) && this.#isNews(item) && isGenuine(item) ? item : undefined;
  }

  /** Whether the signature need be looked at, which costs more than all else. */
  #isNews(item: MutableItem): boolean {
    return this.#item === undefined || !isMutable(this.#item) || item.sequence >= this.#item.sequence;
  }
}
