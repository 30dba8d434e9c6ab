/** A torrent as the DHT knows it: by 20 bytes. */
import { ShoalError } from '../../bytes/errors.ts';
import { shortInfoHashes } from '../../metainfo/metainfo.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { isMetainfo } from '../../session/source.ts';
import { UsageError } from '../failure.ts';
import { openSource } from '../sources.ts';

export interface Named {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly name: string | undefined;
}

/**
 * What a person names: an info-hash of either version, a magnet link, a torrent file or its URL. Rejects with `ShoalError`:
 * as `openSource` does, or 'PRIVATE_TORRENT', for such a torrent's peers are its trackers' business (BEP 27).
 */
export async function readInfoHash(runtime: Runtime, source: string, signal: AbortSignal): Promise<Named> {
  const found = await openSource(runtime, source, { signal });
  if (isMetainfo(found) && found.isPrivate) throw new ShoalError('PRIVATE_TORRENT', `${found.name} is private: its peers are told by its trackers alone, and the DHT is not to know of it`);
  const [infoHash] = shortInfoHashes(found);
  if (infoHash === undefined) throw new UsageError('the link names a publisher, not a torrent: shoal get follows it, and shoal dht get shows where it points');
  return { infoHash, name: found.name };
}
