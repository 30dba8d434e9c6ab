/** A torrent's info-hashes as text. */
import { toHex } from '../bytes/hex.ts';
import { shortInfoHashes, type Metainfo } from '../metainfo/metainfo.ts';

type Hashed = Pick<Metainfo, 'infoHash' | 'infoHashV2'>;

/** For programs: in hexadecimal, null where the torrent has none of that version. */
export function infoHashFields({ infoHash, infoHashV2 }: Hashed): { infoHash: string | null; infoHashV2: string | null } {
  return { infoHash: infoHash === undefined ? null : toHex(infoHash), infoHashV2: infoHashV2 === undefined ? null : toHex(infoHashV2) };
}

/** By which peers know the torrent first: 20 bytes. */
export function shortInfoHash(torrent: Hashed): Uint8Array {
  return shortInfoHashes(torrent)[0] ?? new Uint8Array(0);
}
