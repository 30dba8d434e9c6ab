/** What a person names as a torrent: a file, a URL, a magnet link or an info-hash. */
import type { Magnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { isMetainfo, resolveSource } from '../session/source.ts';
import { UsageError } from './failure.ts';
import { resolvePath } from './invocation.ts';

/** Rejects with `ShoalError`, whose message names the source, or the signal's reason. */
export function openSource(runtime: Runtime, source: string, signal?: AbortSignal): Promise<Metainfo | Magnet> {
  const isPath = !/^(magnet:|https?:\/\/|[0-9a-f]{40}$)/i.test(source);
  return resolveSource(runtime, isPath ? resolvePath(source) : source, signal);
}

/** As `openSource`, where a link alone is of no use. */
export async function openTorrentFile(runtime: Runtime, source: string, signal?: AbortSignal): Promise<Metainfo> {
  const found = await openSource(runtime, source, signal);
  if (!isMetainfo(found)) throw new UsageError('a torrent file is needed here, for a magnet link does not say what the torrent holds');
  return found;
}
