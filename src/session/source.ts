/**
 * What a person gives to say which torrent is meant: a magnet link or info-hash, a URL, or a file's path.
 *
 * Invariant: whatever stands there, the answer is a torrent, a magnet, or one sentence that names what was given.
 */
import { describeError, ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import { parseMagnet, type Magnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { parseTorrent } from '../metainfo/parse.ts';
import type { Runtime } from '../runtime/runtime.ts';

const FETCH_TIMEOUT_MS = 30_000;

/** A source that is no torrent, or cannot be had. */
export class SourceError extends ShoalError {
  constructor(source: string, cause: unknown) {
    super('BAD_SOURCE', `${source.length > 200 ? `${source.slice(0, 200)}…` : source}: ${withoutPrefix(describeError(cause), source)}`, { cause });
  }
}

/** Rejects with `SourceError`, or the signal's reason. */
export async function resolveSource(runtime: Pick<Runtime, 'disk' | 'network'>, text: string, signal?: AbortSignal): Promise<Metainfo | Magnet> {
  try {
    if (isMagnet(text)) return parseMagnet(text);
    if (/^https?:\/\//i.test(text)) return parseTorrent(await fetchTorrent(runtime, text, signal));
    return parseTorrent(await runtime.disk.readWhole(text, LIMITS.torrentBytes));
  } catch (error) {
    signal?.throwIfAborted();
    throw new SourceError(text, error);
  }
}

export function isMetainfo(source: Metainfo | Magnet): source is Metainfo {
  return 'pieceLength' in source;
}

function isMagnet(text: string): boolean {
  return /^magnet:/i.test(text.trim()) || /^[0-9a-f]{40}$/i.test(text.trim());
}

async function fetchTorrent({ network }: Pick<Runtime, 'network'>, url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await network.fetch({
    url, maxBodyBytes: LIMITS.torrentBytes, timeoutMs: FETCH_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }),
  });
  if (response.status !== 200) throw new ShoalError('HTTP_FAILED', `the server answers with status ${response.status}`);
  return response.body;
}

function withoutPrefix(text: string, source: string): string {
  return text.startsWith(`${source}: `) ? text.slice(source.length + 2) : text;
}
