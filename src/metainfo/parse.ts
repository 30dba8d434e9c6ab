/**
 * From bytes to a `Metainfo`: a whole torrent file, or the info dictionary alone as peers send it (BEP 9). Version 1 (BEP 3),
 * version 2 (BEP 52), and hybrids of both.
 *
 * Invariant: any bytes end in a `Metainfo` that keeps its promises, or in one error that says what is wrong, in time and
 * memory linear in the bytes given, whatever numbers they claim.
 */
import { type BencodeDictionary, decode, field, rawValue } from '../bytes/bencode.ts';
import { sha1, sha256 } from '../bytes/digest.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { mergeHalves } from './hybrid.ts';
import { type FileEntry, type Metainfo, MetainfoError } from './metainfo.ts';
import { NO_OUTER, type Outer, readOuter } from './outer.ts';
import { readPieceLayers } from './piece-layers.ts';
import { safeComponent, safePaths, TorrentFolder } from './safe-path.ts';
import type { TorrentFile } from './torrent-file.ts';
import { nameOf, readVersion1 } from './version-1.ts';
import { readVersion2 } from './version-2.ts';

/** What torrents of all versions suffer from: keys that are not sorted. The info dictionary's bytes are kept as they are. */
const LENIENT = { anyKeyOrder: true };
/** Only the file tree of this version is known; a later one would be another format. */
const META_VERSION = 2;
const LETTER_D = 0x64;

/** Reads a torrent file. `bytes` are kept, not copied, and must not change. Throws `MetainfoError` or `BencodeError`. */
export function parseTorrent(bytes: Uint8Array): Metainfo {
  const outer = decodeDictionary(bytes, 'torrent file');
  const infoBytes = rawValue(bytes, 'info', LENIENT);
  const info = field.dictionary(outer, 'info');
  if (info === undefined || infoBytes === undefined) throw new MetainfoError('it has no info dictionary, so it is no torrent file');
  const metainfo = describe(info, infoBytes, readOuter(outer));
  return { ...metainfo, pieceLayers: readPieceLayers(field.dictionary(outer, 'piece layers'), metainfo) };
}

/**
 * Reads an info dictionary that came without a torrent file around it; `outer` is what is known from elsewhere, such as a
 * magnet link's trackers. Its piece layers are still to be got (`filesWithoutLayer`). `bytes` are kept, and must not change;
 * whether they are the ones that an info-hash asked for is the caller's to compare. Throws as `parseTorrent` does.
 */
export function parseInfo(bytes: Uint8Array, outer: Partial<Outer> = {}): Metainfo {
  return describe(decodeDictionary(bytes, 'info dictionary'), bytes, { ...NO_OUTER, ...outer });
}

function decodeDictionary(bytes: Uint8Array, what: string): BencodeDictionary {
  if (bytes.length > LIMITS.torrentBytes) throw new MetainfoError(`it has ${bytes.length} bytes; ${LIMITS.torrentBytes} is the most for a ${what}`);
  if (bytes[0] !== LETTER_D) throw new MetainfoError(`it is no ${what}`);
  const value = decode(bytes, LENIENT);
  if (!(value instanceof Map)) throw new MetainfoError(`it is no ${what}`);
  return value;
}

function describe(info: BencodeDictionary, infoBytes: Uint8Array, outer: Outer): Metainfo {
  const metaVersion = info.get('meta version');
  const hasVersion2 = metaVersion === META_VERSION;
  if (metaVersion !== undefined && !hasVersion2) throw new MetainfoError('its meta version is not 2: it was made for newer programs, or is broken');
  const hasVersion1 = !hasVersion2 || info.has('pieces');
  const pieceLength = readPieceLength(info);
  const layout = readLayout(info, pieceLength, hasVersion1, hasVersion2);
  const infoHash = hasVersion1 ? sha1(infoBytes) : undefined;
  const infoHashV2 = hasVersion2 ? sha256(infoBytes) : undefined;
  const ownName = layout.isSingleFile ? layout.files[0].name : nameOf(info);
  // A torrent without a name gets the one name that is surely its own.
  const name = ownName === '' ? toHex(infoHashV2 ?? sha1(infoBytes)) : safeComponent(ownName);
  const paths = layout.isSingleFile ? [[name]] : safePaths(layout.files);
  return {
    format: infoHash === undefined ? 'v2' : infoHashV2 === undefined ? 'v1' : 'hybrid',
    name,
    infoHash,
    infoHashV2,
    infoBytes,
    pieceLength,
    pieceCount: layout.pieceCount,
    length: layout.files.reduce((sum, file) => (file.isPadding ? sum : sum + file.length), 0),
    files: layout.files.map((file, index) => fileEntry(file, paths[index])),
    isSingleFile: layout.isSingleFile,
    pieceHashes: layout.pieceHashes,
    pieceLayers: new Map(),
    isPrivate: (field.integer(info, 'private') ?? 0) !== 0,
    ...outer,
  };
}

interface Layout {
  readonly files: readonly TorrentFile[];
  readonly isSingleFile: boolean;
  readonly pieceCount: number;
  readonly pieceHashes: Uint8Array | undefined;
}

function readLayout(info: BencodeDictionary, pieceLength: number, hasVersion1: boolean, hasVersion2: boolean): Layout {
  const folder = new TorrentFolder();
  if (!hasVersion2) return readVersion1(info, pieceLength, folder);
  const version2 = readVersion2(info, pieceLength, folder);
  if (!hasVersion1) return { ...version2, pieceHashes: undefined };
  const version1 = readVersion1(info, pieceLength, folder);
  return { ...version1, files: mergeHalves(version1, version2) };
}

function readPieceLength(info: BencodeDictionary): number {
  const pieceLength = field.integer(info, 'piece length');
  if (pieceLength === undefined || pieceLength < 1 || pieceLength > LIMITS.pieceBytes) {
    throw new MetainfoError(`its piece length is not a number from 1 to ${LIMITS.pieceBytes}`);
  }
  return pieceLength;
}

function fileEntry({ length, offset, isPadding, piecesRoot }: TorrentFile, path: readonly string[]): FileEntry {
  return { path, length, offset, isPadding, piecesRoot };
}
