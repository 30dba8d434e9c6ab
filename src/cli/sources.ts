/** What a person names as a torrent: a file, a URL, a magnet link or an info-hash. */
import type { Magnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { isMetainfo, resolveSource } from '../session/source.ts';
import type { Display } from './display.ts';
import { UsageError } from './failure.ts';
import { resolvePath } from './invocation.ts';
import { showWaiting } from './waiting.ts';

export interface SourceOptions {
  readonly signal?: AbortSignal;
  /** Where it is shown that a server is waited for. */
  readonly display?: Display;
}

/** Rejects with `ShoalError`, whose message names the source, or the signal's reason. */
export async function openSource(runtime: Runtime, source: string, { signal, display }: SourceOptions = {}): Promise<Metainfo | Magnet> {
  const opening = resolveSource(runtime, meant(source), signal);
  return display !== undefined && isUrl(source) ? showWaiting(display, runtime.clock, `fetching ${source}`, opening) : opening;
}

/** As `openSource`, where a link alone is of no use. */
export async function openTorrentFile(runtime: Runtime, source: string, options?: SourceOptions): Promise<Metainfo> {
  const found = await openSource(runtime, source, options);
  if (!isMetainfo(found)) throw new UsageError('a torrent file is needed here, for a magnet link does not say what the torrent holds');
  return found;
}

function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** As a session takes it: a path is absolute, and an info-hash that is not a v1 one in hexadecimal stands in a link. */
function meant(source: string): string {
  if (source.trim() === '') throw new UsageError('no torrent is named: what stands there is empty');
  if (/^[0-9a-f]{64}$/i.test(source)) return `magnet:?xt=urn:btmh:1220${source}`;
  if (/^[a-z2-7]{32}$/i.test(source)) return `magnet:?xt=urn:btih:${source}`;
  if (isUrl(source) || /^(magnet:|[0-9a-f]{40}$)/i.test(source)) return source;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) throw new UsageError(`${source}: torrent files are fetched over http and https alone`);
  return resolvePath(source);
}
