/**
 * Mutable torrents (BEP 46): a publisher, known by a public key (and a salt), points to the torrent that is the newest, and
 * everybody who follows finds it. The pointer is a mutable item of the DHT (BEP 44) whose value is `{ih: info-hash}`.
 *
 * Invariant: a pointer is believed only if the publisher has signed it; who follows never goes back to an older one.
 */
import { encode, field, tryDecode } from '../../bytes/bencode.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { toHex } from '../../bytes/hex.ts';
import type { Publisher } from '../../metainfo/magnet.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { BUCKET_SIZE } from './bucket.ts';
import { ID_BYTES } from './distance.ts';
import { isMutable, type MutableItem, targetOf } from './item.ts';
import type { KademliaNode } from './kademlia.ts';
import { type Published, publishItem, type PublishOptions, PUT_AGAIN_MS } from './publication.ts';

/** After a look that found nothing; doubled each time, up to the usual interval. */
const FIRST_RETRY_MS = 5000;

export interface Pointer {
  /** 20 bytes: of a v2 torrent the beginning of its info-hash, as everywhere in the DHT (BEP 52). */
  readonly infoHash: Uint8Array;
  /** As signed by the publisher: whoever wants the pointer to stay may put it again. */
  readonly item: MutableItem;
}

export interface FollowOptions {
  /** How often to look for a newer version. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/** Points to a torrent, given by its info-hash of 20 bytes, as the newest. Rejects with `ShoalError` 'DHT_NOT_STORED'. */
export function publishTorrent(
  node: KademliaNode, clock: Pick<Clock, 'unixTimeMs'>, { infoHash, ...options }: Omit<PublishOptions, 'value'> & { readonly infoHash: Uint8Array },
): Promise<Published> {
  return publishItem(node, clock, { ...options, value: encode({ ih: infoHash }) });
}

/**
 * What the publisher points to now. Rejects with `ShoalError`: 'NOT_PUBLISHED' where nothing is found, 'BAD_POINTER' where it
 * is no torrent.
 */
export async function resolveTorrent(node: KademliaNode, publisher: Publisher, signal?: AbortSignal): Promise<Pointer> {
  await unlessAborted(node.joined, signal);
  const { item } = await find(node, publisher, signal);
  if (item === undefined) throw new ShoalError('NOT_PUBLISHED', `the DHT holds nothing of the publisher ${toHex(publisher.publicKey)}: it has published nothing, or has been away for hours`);
  return pointerIn(item);
}

/**
 * What the publisher points to, and then each newer version as it appears; looks again and again, from the start on where
 * nothing is there yet. Meanwhile it helps to keep the pointer in the DHT, as all who follow should. Ends only by throwing:
 * the signal's reason, or `ShoalError` 'BAD_POINTER' where the first version is no torrent.
 */
export async function* followTorrent(
  node: KademliaNode, clock: Pick<Clock, 'after' | 'now'>, publisher: Publisher, { intervalMs, signal }: FollowOptions,
): AsyncGenerator<Pointer, never, undefined> {
  await unlessAborted(node.joined, signal);
  let newest: MutableItem | undefined;
  let putMs = clock.now();
  for (let retryMs = FIRST_RETRY_MS; ; retryMs *= 2) {
    if (node.isAlone) await unlessAborted(node.join(), signal);
    const { item, copies } = await find(node, publisher, signal);
    const isNews = item !== undefined && (newest === undefined || item.sequence > newest.sequence);
    // Who is followed for long may stumble once.
    if (isNews && (newest === undefined || infoHashIn(item) !== undefined)) {
      newest = item;
      yield pointerIn(item);
    }
    if (newest !== undefined && clock.now() - putMs >= PUT_AGAIN_MS) {
      putMs = clock.now();
      // More copies than there are nearest nodes: others see to it (BEP 44).
      const isKept = item?.sequence === newest.sequence && copies > BUCKET_SIZE;
      if (!isKept) await node.put(newest, { signal });
    }
    await sleep(clock, newest === undefined ? Math.min(retryMs, intervalMs) : intervalMs, signal);
  }
}

async function find(node: KademliaNode, { publicKey, salt }: Publisher, signal: AbortSignal | undefined): Promise<{ item: MutableItem | undefined; copies: number }> {
  const { item, copies } = await node.get(targetOf({ publicKey, salt }), { salt, ...(signal === undefined ? {} : { signal }) });
  return { item: item !== undefined && isMutable(item) ? item : undefined, copies };
}

function pointerIn(item: MutableItem): Pointer {
  const infoHash = infoHashIn(item);
  if (infoHash === undefined) throw new ShoalError('BAD_POINTER', `what ${toHex(item.publicKey)} has published is no torrent`);
  return { infoHash, item };
}

function infoHashIn({ value }: MutableItem): Uint8Array | undefined {
  const pointer = tryDecode(value);
  const infoHash = pointer instanceof Map ? field.bytes(pointer, 'ih') : undefined;
  return infoHash?.length === ID_BYTES ? Uint8Array.from(infoHash) : undefined;
}
