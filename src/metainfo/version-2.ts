/**
 * The v2 half of an info dictionary (BEP 52): a tree of files, each with the root of its own Merkle tree and beginning at a
 * piece of its own.
 *
 * Invariant: every file that is not empty has a root, and the piece space that they make up is within bounds.
 */
import { type BencodeDictionary, field } from '../bytes/bencode.ts';
import { LIMITS } from '../bytes/limits.ts';
import { HASH_BYTES } from './merkle.ts';
import { MetainfoError } from './metainfo.ts';
import type { TorrentFolder } from './safe-path.ts';
import { countPieces, isLink, readLength, type TorrentFile } from './torrent-file.ts';

export interface Version2 {
  /** Padding is left out: where the next file begins says how much there would be. */
  readonly files: readonly TorrentFile[];
  /** Whether the tree is one file, without a folder around it. */
  readonly isSingleFile: boolean;
  readonly pieceCount: number;
}

/** The key under which a file's properties stand, where a folder would have names. */
const PROPERTIES = '';

export function readVersion2(info: BencodeDictionary, pieceLength: number, folder: TorrentFolder): Version2 {
  if (pieceLength < LIMITS.blockBytes || !Number.isInteger(Math.log2(pieceLength))) {
    throw new MetainfoError(`its piece length is ${pieceLength} bytes; a v2 torrent takes a power of two, 16 KiB or more`);
  }
  const tree = field.dictionary(info, 'file tree');
  if (tree === undefined) throw new MetainfoError('it has no file tree');
  if (tree.has(PROPERTIES)) throw new MetainfoError('the root of its file tree is a file');
  const files: TorrentFile[] = [];
  readFolder(tree, folder, pieceLength, files);
  const last = files.at(-1);
  if (last === undefined) throw new MetainfoError('its file tree has no files');
  const pieceCount = countPieces(last.offset + last.length, pieceLength);
  return { files, isSingleFile: tree.size === 1 && last.folder === folder, pieceCount };
}

/** Appends the files below `tree`, in its order. No deeper than decoding went. */
function readFolder(tree: BencodeDictionary, folder: TorrentFolder, pieceLength: number, files: TorrentFile[]): void {
  for (const [name, entry] of tree) {
    if (!(entry instanceof Map)) throw new MetainfoError('its file tree holds something that is neither file nor folder');
    const properties = entry.get(PROPERTIES);
    if (properties === undefined) {
      readFolder(entry, folder.folder(name), pieceLength, files);
      continue;
    }
    if (!(properties instanceof Map) || entry.size > 1) throw new MetainfoError('its file tree has an entry that is file and folder at once');
    if (files.length >= LIMITS.torrentFiles) throw new MetainfoError(`it has more than ${LIMITS.torrentFiles} files`);
    if (!isLink(properties)) files.push(readFile(properties, folder, name, pieceLength, files));
  }
}

function readFile(
  properties: BencodeDictionary,
  folder: TorrentFolder,
  name: string,
  pieceLength: number,
  before: readonly TorrentFile[],
): TorrentFile {
  const which = `file ${before.length + 1}`;
  const previous = before.at(-1);
  const end = previous === undefined ? 0 : previous.offset + previous.length;
  const aligned = Math.ceil(end / pieceLength) * pieceLength;
  const length = readLength(properties, aligned, which);
  if (length === 0) return { folder, name, isPadding: false, length, offset: end, piecesRoot: undefined };
  const piecesRoot = field.bytes(properties, 'pieces root');
  if (piecesRoot?.length !== HASH_BYTES) throw new MetainfoError(`the Merkle root of ${which} is missing or not ${HASH_BYTES} bytes long`);
  return { folder, name, isPadding: false, length, offset: aligned, piecesRoot };
}
