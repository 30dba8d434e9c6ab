/**
 * The items that others have put on this node (BEP 44): soft state that lapses unless it is put again.
 *
 * Invariant: a mutable item is signed by the key it is stored under, and its sequence number never falls; items in all, of
 * one subscriber and of one block stay within `LIMITS`.
 */
import { equalBytes } from '../../bytes/compare.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { AddressQuota } from './address-quota.ts';
import { isGenuine, isMutable, type Item, type MutableItem, targetOf } from './item.ts';
import { ERROR_CODES, type KrpcError } from './krpc.ts';

/** How long an item is kept. Who wants it to stay puts it again every hour. */
export const ITEM_LIFE_MS = 2 * 60 * 60_000;

interface StoredItem {
  readonly item: Item;
  /** Who put it there first, whose place it takes. */
  readonly address: Uint8Array;
  readonly putMs: number;
}

export class ItemStore {
  /** By target in hexadecimal, those put longest ago first. */
  readonly #items = new Map<string, StoredItem>();
  readonly #quota = new AddressQuota({ perSubscriber: LIMITS.dhtItemsPerSubscriber, perBlock: LIMITS.dhtItemsPerBlock });

  get size(): number {
    return this.#items.size;
  }

  get(target: Uint8Array, nowMs: number): Item | undefined {
    const stored = this.#items.get(toHex(target));
    return stored !== undefined && nowMs - stored.putMs < ITEM_LIFE_MS ? stored.item : undefined;
  }

  /**
   * Stores an item for whoever is at `address` (4 or 16 bytes), or says why not. `expected`: the sequence number that the
   * version to be replaced must have.
   */
  put(item: Item, expected: number | bigint | undefined, address: Uint8Array, nowMs: number): KrpcError | undefined {
    this.expire(nowMs);
    if (item.value.length > LIMITS.dhtItemBytes) return { code: ERROR_CODES.tooBig, text: `the value has more than ${LIMITS.dhtItemBytes} bytes` };
    const key = toHex(targetOf(item));
    const stored = this.#items.get(key);
    if (isMutable(item)) {
      const refusal = refuseVersion(item, stored?.item, expected);
      if (refusal !== undefined) return refusal;
    }
    if (stored === undefined && (this.#items.size >= LIMITS.dhtItems || !this.#quota.take(address))) {
      return { code: ERROR_CODES.server, text: 'no room for more items' };
    }
    // Put in again rather than changed, so that those put longest ago always stand first.
    this.#items.delete(key);
    this.#items.set(key, { item, address: stored?.address ?? Uint8Array.from(address), putMs: nowMs });
    return undefined;
  }

  /** Forgets all that has lapsed. To be called now and then. */
  expire(nowMs: number): void {
    for (const [key, { putMs, address }] of this.#items) {
      if (nowMs - putMs < ITEM_LIFE_MS) break;
      this.#items.delete(key);
      this.#quota.release(address);
    }
  }
}

/** Why a version may not be stored; the costly look at the signature comes last. */
function refuseVersion(item: MutableItem, stored: Item | undefined, expected: number | bigint | undefined): KrpcError | undefined {
  if (item.salt.length > LIMITS.dhtSaltBytes) return { code: ERROR_CODES.saltTooBig, text: `the salt has more than ${LIMITS.dhtSaltBytes} bytes` };
  if (stored !== undefined && isMutable(stored)) {
    if (expected !== undefined && expected !== stored.sequence) {
      return { code: ERROR_CODES.casMismatch, text: `the sequence number is ${stored.sequence}: read the value again` };
    }
    const isSame = item.sequence === stored.sequence && equalBytes(item.value, stored.value);
    if (item.sequence <= stored.sequence && !isSame) {
      return { code: ERROR_CODES.oldSequence, text: `the sequence number is ${stored.sequence} already` };
    }
  }
  return isGenuine(item) ? undefined : { code: ERROR_CODES.badSignature, text: 'the signature is not valid' };
}
