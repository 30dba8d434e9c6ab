/**
 * What both versions of torrents say of a file in the same way, and of the space of pieces that files make up.
 *
 * Invariant: no length, and no sum of lengths, is beyond what a number holds exactly; no space has more pieces than is bounded.
 */
import { type BencodeDictionary, field } from '../bytes/bencode.ts';
import { LIMITS } from '../bytes/limits.ts';
import { MetainfoError } from './metainfo.ts';
import type { TorrentPlace } from './safe-path.ts';

/** A file as a torrent has it, before its path is made safe. */
export interface TorrentFile extends TorrentPlace {
  readonly length: number;
  readonly offset: number;
  readonly piecesRoot: Uint8Array | undefined;
}

const LINK = 'l';

/** The number of pieces in a space of `length` bytes. */
export function countPieces(length: number, pieceLength: number): number {
  const count = Math.ceil(length / pieceLength);
  if (count > LIMITS.torrentPieces) throw new MetainfoError(`it has ${count} pieces; ${LIMITS.torrentPieces} is the most`);
  return count;
}

/**
 * A link to another file (BEP 47). Shoal makes none, for a link could lead anywhere; it holds no bytes, and may go without a
 * length, so nothing is lost by leaving it out.
 */
export function isLink(file: BencodeDictionary): boolean {
  return (field.text(file, 'attr') ?? '').includes(LINK) && (file.get('length') ?? 0) === 0;
}

/** A file's length in bytes; throws where it is none, or too large for `end`, where the file begins, to be added. */
export function readLength(file: BencodeDictionary, end: number, which: string): number {
  const length = field.integer(file, 'length');
  if (length === undefined || length < 0) throw new MetainfoError(`the length of ${which} is not a whole number from 0 to 2^53`);
  if (!Number.isSafeInteger(end + length)) throw new MetainfoError('its files are longer than 2^53 bytes together');
  return length;
}
