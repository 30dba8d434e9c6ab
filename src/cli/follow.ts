/**
 * Links that name a publisher (BEP 46): getting the torrent that the publisher points to now, and following it from version
 * to version.
 *
 * Invariant: one version is under way at a time; it is stopped in an orderly way before the next one begins. All go into one
 * folder: what is there of a new version, because the last one had it too, is checked and not downloaded again; files that
 * the new one no longer has are left alone.
 */
import { equalBytes } from '../bytes/compare.ts';
import { ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import type { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import { followTorrent, type Pointer } from '../discovery/kademlia/mutable-torrent.ts';
import type { Magnet, Publisher } from '../metainfo/magnet.ts';
import { versionFields } from './dht/item-values.ts';
import type { Display } from './display.ts';
import { UsageError } from './failure.ts';
import { transfer, type Surroundings, type Transfer } from './transfer.ts';
import { showWaiting } from './waiting.ts';

export type PublisherLink = Magnet & { readonly publisher: Publisher };

export interface Following extends Transfer {
  readonly source: PublisherLink;
  /** How often to look for a newer version. */
  readonly intervalMs: number;
}

/** A version's transfer ends because there is a newer one. */
class Superseded extends ShoalError {
  constructor() {
    super('SUPERSEDED', 'a newer version is there');
  }
}

const RESOLVING = 'resolving the link in the DHT';

/** The link to what the publisher points to now, as soon as anything is found. Rejects with `ShoalError`, or the signal's reason. */
export async function newestVersion(surroundings: Surroundings, { source: link, intervalMs, signal }: Following): Promise<Magnet> {
  const { display, runtime: { clock } } = surroundings;
  const versions = followTorrent(dhtOf(surroundings), clock, link.publisher, { intervalMs, signal });
  const { value: pointer } = await showWaiting(display, clock, RESOLVING, versions.next());
  tellVersion(display, pointer);
  return pointTo(link, pointer);
}

/** Gets version after version. Rejects with `ShoalError`; with the signal's reason, where the newest was not whole when that aborted. */
export async function follow(surroundings: Surroundings, following: Following): Promise<void> {
  const { source: link, intervalMs, signal } = following;
  const { display, runtime: { clock } } = surroundings;
  const failing = new AbortController();
  const versions = followTorrent(dhtOf(surroundings), clock, link.publisher, { intervalMs, signal: AbortSignal.any([signal, failing.signal]) });
  let current: Version | undefined;
  try {
    for (let next = showWaiting(display, clock, RESOLVING, versions.next()); ; next = versions.next()) {
      const { value: pointer } = await next;
      if (current !== undefined && equalBytes(current.infoHash, pointer.infoHash)) continue;
      await current?.stop(new Superseded());
      tellVersion(display, pointer);
      current = new Version(pointer.infoHash, signal, (versionSignal) => transfer(surroundings, { ...following, source: pointTo(link, pointer), signal: versionSignal }));
      current.ended.catch((error: unknown) => failing.abort(error));
    }
  } catch (error) {
    // However it ends, the version under way is stopped in order; if it was whole, to be told to stop is a good end.
    await current?.stop(error);
    if (current === undefined || !signal.aborted) throw error;
  }
}

/** The transfer of one version, under way. */
class Version {
  readonly infoHash: Uint8Array;
  readonly ended: Promise<void>;
  readonly #stopping = new AbortController();

  constructor(infoHash: Uint8Array, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<void>) {
    this.infoHash = infoHash;
    this.ended = begin(AbortSignal.any([signal, this.#stopping.signal])).catch((error: unknown) => {
      if (!(error instanceof Superseded)) throw error;
    });
  }

  /** Rejects where it has not come to a good end. */
  stop(reason: unknown): Promise<void> {
    this.#stopping.abort(reason);
    return this.ended;
  }
}

function dhtOf({ session: { dht } }: Surroundings): KademliaNode {
  if (dht === undefined) throw new UsageError('the link names a publisher, whom only the DHT knows: it cannot be got without it');
  return dht;
}

function pointTo(link: PublisherLink, { infoHash }: Pointer): Magnet {
  return { ...link, infoHash, infoHashV2: undefined };
}

function tellVersion(display: Display, { infoHash, item }: Pointer): void {
  display.tell({ event: 'resolved', infoHash: toHex(infoHash), ...versionFields(item) }, `Version ${item.sequence} is torrent ${toHex(infoHash)}`);
}
