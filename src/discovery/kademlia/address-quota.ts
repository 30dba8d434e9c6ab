/**
 * How many places one holder of addresses may have in a store, so that a stranger cannot fill it from one address or one
 * block of addresses. Local addresses are not counted: any number of nodes may share one, and no stranger comes from there.
 *
 * Invariant: nothing is remembered of a subscriber or a block that has no place.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { blockKey, subscriberKey } from './addresses.ts';

export class AddressQuota {
  readonly #perSubscriber: number;
  readonly #perBlock: number;
  /** Places by subscriber and by block; the lengths of their keys keep them apart within a family. */
  readonly #places = new Map<string, number>();

  constructor(limits: { readonly perSubscriber: number; readonly perBlock: number }) {
    this.#perSubscriber = limits.perSubscriber;
    this.#perBlock = limits.perBlock;
  }

  /** Whether one more place is left for `address`. */
  hasRoom(address: Uint8Array): boolean {
    if (scopeOf(address) === 'local') return true;
    return (this.#places.get(subscriberKey(address)) ?? 0) < this.#perSubscriber && (this.#places.get(blockKey(address)) ?? 0) < this.#perBlock;
  }

  /** Takes a place for `address`; false where none is left. */
  take(address: Uint8Array): boolean {
    if (!this.hasRoom(address)) return false;
    this.#add(address, 1);
    return true;
  }

  /** Gives back a place that was taken. */
  release(address: Uint8Array): void {
    this.#add(address, -1);
  }

  #add(address: Uint8Array, change: number): void {
    if (scopeOf(address) === 'local') return;
    for (const key of [subscriberKey(address), blockKey(address)]) {
      const places = (this.#places.get(key) ?? 0) + change;
      if (places === 0) this.#places.delete(key);
      else this.#places.set(key, places);
    }
  }
}
