/** Who may announce what: an open tracker serves everybody, a closed one only some torrents. */
import { toHex } from '../bytes/hex.ts';
import type { AnnounceRequest } from '../discovery/tracker/announcement.ts';

/**
 * The reason for which an announce is refused, or undefined. Policies of one's own may go by the path and query in
 * `request.url`, which come over UDP too (BEP 41).
 */
export type Admission = (request: AnnounceRequest) => string | undefined;

export const everybody: Admission = () => undefined;

/** Only these: info-hashes in lower-case hexadecimal, of a v2 torrent its first 40 digits. The set may change at any time. */
export function onlyTorrents(infoHashes: ReadonlySet<string>): Admission {
  return ({ infoHash }) => (infoHashes.has(toHex(infoHash)) ? undefined : 'this torrent is not tracked here');
}
