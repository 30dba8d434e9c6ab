/**
 * The v1 half of an info dictionary (BEP 3, padding by BEP 47): a list of files laid end to end, and SHA-1 of every piece.
 *
 * Invariant: what is returned adds up. Lengths are whole numbers, their sum is one too, and there are 20 bytes for each piece.
 */
import { type BencodeDictionary, type BencodeValue, field } from '../bytes/bencode.ts';
import { LIMITS } from '../bytes/limits.ts';
import { MetainfoError } from './metainfo.ts';
import type { TorrentFolder } from './safe-path.ts';
import { countPieces, isLink, readLength, type TorrentFile } from './torrent-file.ts';

export interface Version1 {
  readonly files: readonly TorrentFile[];
  readonly isSingleFile: boolean;
  readonly pieceHashes: Uint8Array;
  readonly pieceCount: number;
}

const SHA1_BYTES = 20;
const PADDING = 'p';

export function readVersion1(info: BencodeDictionary, pieceLength: number, folder: TorrentFolder): Version1 {
  const isSingleFile = info.has('length');
  if (isSingleFile === info.has('files')) {
    throw new MetainfoError(isSingleFile ? 'it has both a length and a list of files' : 'it says nothing of its files');
  }
  const files = isSingleFile ? [readSingleFile(info, folder)] : readFiles(info.get('files'), folder);
  const last = files[files.length - 1];
  const pieceCount = countPieces(last.offset + last.length, pieceLength);
  const pieceHashes = field.bytes(info, 'pieces');
  if (pieceHashes === undefined) throw new MetainfoError('it has no piece hashes');
  if (pieceHashes.length !== pieceCount * SHA1_BYTES) {
    const has = pieceHashes.length % SHA1_BYTES === 0 ? `hashes for ${pieceHashes.length / SHA1_BYTES}` : `${pieceHashes.length} bytes of hashes`;
    throw new MetainfoError(`its files make ${pieceCount} pieces, but it has ${has}`);
  }
  return { files, isSingleFile, pieceHashes, pieceCount };
}

/** A torrent's name as it stands there, or ''. The UTF-8 one, where there are two, was added beside one of some other encoding. */
export function nameOf(info: BencodeDictionary): string {
  const name = field.bytes(info, 'name.utf-8') ?? field.bytes(info, 'name');
  return name === undefined ? '' : latin1(name);
}

function readSingleFile(info: BencodeDictionary, folder: TorrentFolder): TorrentFile {
  return { folder, name: nameOf(info), isPadding: false, length: readLength(info, 0, 'its file'), offset: 0, piecesRoot: undefined };
}

function readFiles(list: BencodeValue | undefined, root: TorrentFolder): TorrentFile[] {
  if (!Array.isArray(list) || list.length === 0) throw new MetainfoError('its list of files is empty, or no list');
  if (list.length > LIMITS.torrentFiles) throw new MetainfoError(`it has more than ${LIMITS.torrentFiles} files`);
  const files: TorrentFile[] = [];
  let offset = 0;
  for (const [index, entry] of list.entries()) {
    const which = `file ${index + 1}`;
    if (!(entry instanceof Map)) throw new MetainfoError(`${which} is not a dictionary`);
    if (isLink(entry)) continue;
    const length = readLength(entry, offset, which);
    const isPadding = (field.text(entry, 'attr') ?? '').includes(PADDING);
    files.push({ ...readPath(entry, root, which), isPadding, length, offset, piecesRoot: undefined });
    offset += length;
  }
  if (files.length === 0) throw new MetainfoError('its list of files has nothing but links');
  return files;
}

function readPath(entry: BencodeDictionary, root: TorrentFolder, which: string): { folder: TorrentFolder; name: string } {
  const path = field.list(entry, 'path.utf-8') ?? field.list(entry, 'path') ?? [];
  const components: string[] = [];
  for (const component of path) {
    if (!(component instanceof Uint8Array)) throw new MetainfoError(`the path of ${which} is not made of names`);
    if (component.length > 0) components.push(latin1(component));
  }
  const name = components.pop();
  if (name === undefined) throw new MetainfoError(`${which} has no name`);
  return { folder: components.reduce((folder, component) => folder.folder(component), root), name };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
