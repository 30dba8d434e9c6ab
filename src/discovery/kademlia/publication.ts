/**
 * Keeping something in the DHT under a key of one's own (BEP 44): each version gets a number above the last one's, and is put
 * again every hour, or nodes forget it.
 *
 * Invariant: the same value keeps its number; another value never gets one that has been used.
 */
import { equalBytes } from '../../bytes/compare.ts';
import { ShoalError } from '../../bytes/errors.ts';
import type { KeyPair } from '../../bytes/signature.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { HIGHEST_SEQUENCE, isMutable, type Item, type MutableItem, signItem, targetOf } from './item.ts';
import type { KademliaNode } from './kademlia.ts';
import { ERROR_CODES } from './krpc.ts';

/** How often an item that is to stay is put again (BEP 44): nodes keep it for two hours. */
export const PUT_AGAIN_MS = 60 * 60_000;
/** … and how soon where nobody has taken it. */
const RETRY_MS = 5 * 60_000;

export interface PublishOptions {
  readonly keyPair: KeyPair;
  /** At most 64 bytes; empty where the key signs one item only. */
  readonly salt: Uint8Array;
  /** Bencoded. */
  readonly value: Uint8Array;
  /** The version's number; by default above those of the version that is there and of all before. */
  readonly sequence?: number | bigint;
  readonly signal?: AbortSignal;
}

export interface Published {
  readonly item: MutableItem;
  /** Nodes that hold it. */
  readonly stored: number;
}

/** Stores a version. Rejects with `ShoalError` 'DHT_NOT_STORED' where no node takes it, 'DHT_SUPERSEDED' where its number is used. */
export async function publishItem(node: KademliaNode, clock: Pick<Clock, 'unixTimeMs'>, options: PublishOptions): Promise<Published> {
  const { keyPair, salt, value, signal } = options;
  await unlessAborted(node.joined, signal);
  const { item: last } = await node.get(targetOf({ publicKey: keyPair.publicKey, salt }), { salt, ...(signal === undefined ? {} : { signal }) });
  const sequence = options.sequence ?? nextSequence(last, value, clock);
  if (last !== undefined && isMutable(last) && sequence <= last.sequence && !(sequence === last.sequence && equalBytes(last.value, value))) {
    throw new ShoalError('DHT_SUPERSEDED', `version ${last.sequence} is there already: another one needs a higher number`);
  }
  const item = signItem(keyPair, { value, salt, sequence });
  return { item, stored: await storeItem(node, item, signal) };
}

/** Stores an item as it is, and counts the nodes that hold it then. Rejects with `ShoalError` 'DHT_NOT_STORED' where there are none. */
export async function storeItem(node: KademliaNode, item: Item, signal?: AbortSignal): Promise<number> {
  const { stored, refusals } = await node.put(item, signal === undefined ? {} : { signal });
  if (stored > 0) return stored;
  throw new ShoalError('DHT_NOT_STORED', `no node of the DHT has taken the item: ${refusals[0]?.text ?? 'none answers'}`);
}

/**
 * Puts an item again every hour, for as long as it is to stay. Ends only by rejecting: with the signal's reason, or with
 * `ShoalError` 'DHT_SUPERSEDED' where another version is there that is not older.
 */
export async function keepPublished(node: KademliaNode, clock: Pick<Clock, 'after'>, item: MutableItem, signal: AbortSignal): Promise<never> {
  for (let delayMs = PUT_AGAIN_MS; ;) {
    await sleep(clock, delayMs, signal);
    if (node.isAlone) await unlessAborted(node.join(), signal);
    const { stored, refusals } = await node.put(item, { signal });
    if (refusals.some(({ code }) => code === ERROR_CODES.oldSequence)) {
      throw new ShoalError('DHT_SUPERSEDED', 'another version has been published with this key in the meantime, from elsewhere');
    }
    delayMs = stored > 0 ? PUT_AGAIN_MS : RETRY_MS;
  }
}

/**
 * The time in seconds, so that versions rise even when every node has forgotten the last one; where that is not enough, the
 * next number.
 */
function nextSequence(last: Item | undefined, value: Uint8Array, clock: Pick<Clock, 'unixTimeMs'>): number | bigint {
  const seconds = Math.floor(clock.unixTimeMs() / 1000);
  if (last === undefined || !isMutable(last)) return seconds;
  if (equalBytes(last.value, value)) return last.sequence;
  if (last.sequence < seconds) return seconds;
  const above = BigInt(last.sequence) + 1n;
  if (above > HIGHEST_SEQUENCE) throw new ShoalError('DHT_BAD_ITEM', 'the version that is there has the highest number there is: none can follow it');
  return above <= Number.MAX_SAFE_INTEGER ? Number(above) : above;
}
