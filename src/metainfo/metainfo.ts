/**
 * What a torrent says of itself: its files, laid end to end in one space of pieces, and the hashes that prove each piece.
 * One shape serves v1 (BEP 3), v2 (BEP 52) and hybrid torrents.
 *
 * Invariant: a `Metainfo` has been checked in full. Sizes add up, paths are safe, unique and inside the torrent's folder,
 * there is a hash for every piece or a Merkle root for every file, and a hybrid's two halves describe the same files.
 */
import { ShoalError } from '../bytes/errors.ts';

/** Bytes that are no torrent, or one that cannot be right. One sentence; the caller puts the file's name before it. */
export class MetainfoError extends ShoalError {
  constructor(reason: string) {
    super('BAD_TORRENT', reason);
  }
}

export type MetainfoFormat = 'v1' | 'v2' | 'hybrid';

export interface Metainfo {
  readonly format: MetainfoFormat;
  /** The name of the single file, or of the folder that holds the files; safe as one path component. */
  readonly name: string;
  /** SHA-1 of the info dictionary, 20 bytes; absent in v2. */
  readonly infoHash: Uint8Array | undefined;
  /** SHA-256 of the info dictionary, 32 bytes; absent in v1. */
  readonly infoHashV2: Uint8Array | undefined;
  /** The info dictionary as it was given, byte for byte: what peers are sent (BEP 9). */
  readonly infoBytes: Uint8Array;
  /** Bytes. */
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** Bytes of all files together, padding left out. */
  readonly length: number;
  /** In the order of the piece space, padding files included but links left out (BEP 47). */
  readonly files: readonly FileEntry[];
  /** Whether it is one file without a folder around it. */
  readonly isSingleFile: boolean;
  /** v1 and hybrid: 20 bytes a piece. */
  readonly pieceHashes: Uint8Array | undefined;
  /**
   * v2 and hybrid: by the hexadecimal Merkle root of a file longer than one piece, 32 bytes for each of its pieces. Roots
   * may be missing where the metadata came from peers (BEP 9), which sends no layers; they are then asked for (BEP 52).
   */
  readonly pieceLayers: ReadonlyMap<string, Uint8Array>;
  /** By tier (BEP 12). */
  readonly trackers: readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds: readonly string[];
  /** BEP 27. */
  readonly isPrivate: boolean;
  readonly comment: string | undefined;
  readonly createdBy: string | undefined;
  /** Seconds since 1970. */
  readonly creationDate: number | undefined;
}

export interface FileEntry {
  /** Below the torrent's folder; each component is safe as a file's name. A single file's path is its name. */
  readonly path: readonly string[];
  /** Bytes. */
  readonly length: number;
  /**
   * Where it begins in the piece space, in bytes: in v2 and hybrid torrents a multiple of the piece length, else where the
   * file before it ends. An empty file lies where the one before it ends in all of them.
   */
  readonly offset: number;
  /** Zeros that only align the next file (BEP 47): never stored, nor asked of anyone. */
  readonly isPadding: boolean;
  /** v2 and hybrid: the root of its Merkle tree, 32 bytes; absent where the file is empty. */
  readonly piecesRoot: Uint8Array | undefined;
}

/** By which peers, trackers and DHTs know a torrent: 20 bytes each, the v1 info-hash and the beginning of the v2 one (BEP 52). */
export function shortInfoHashes({ infoHash, infoHashV2 }: Pick<Metainfo, 'infoHash' | 'infoHashV2'>): Uint8Array[] {
  return [infoHash, infoHashV2?.subarray(0, 20)].filter((hash) => hash !== undefined);
}

/** The end of the piece space, in bytes: where the last file ends. */
export function spaceLength({ files }: Pick<Metainfo, 'files'>): number {
  const last = files.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

/** Bytes of a piece: the piece length, but for the last one, and in v2-only torrents the last one of each file. */
export function pieceSize(metainfo: Metainfo, piece: number): number {
  if (metainfo.format === 'v2') return pieceSizeInFile(metainfo, piece);
  return Math.min(metainfo.pieceLength, spaceLength(metainfo) - piece * metainfo.pieceLength);
}

/** Bytes of a piece of a v2 or hybrid torrent that belong to its file: the rest, if any, is padding. */
export function pieceSizeInFile(metainfo: Metainfo, piece: number): number {
  const file = fileOfPiece(metainfo, piece);
  return Math.min(metainfo.pieceLength, file.offset + file.length - piece * metainfo.pieceLength);
}

/** The pieces that hold bytes of a file: from `first` up to, not including, `end`. None where it is empty. */
export function piecesOf({ offset, length }: Pick<FileEntry, 'offset' | 'length'>, pieceLength: number): { readonly first: number; readonly end: number } {
  const first = Math.floor(offset / pieceLength);
  return { first, end: length === 0 ? first : Math.ceil((offset + length) / pieceLength) };
}

/** Bytes of a file that lie in the pieces that are had. */
export function heldBytes(file: Pick<FileEntry, 'offset' | 'length'>, pieceLength: number, have: { has(piece: number): boolean }): number {
  const { first, end } = piecesOf(file, pieceLength);
  let bytes = 0;
  for (let piece = first; piece < end; piece++) {
    if (have.has(piece)) bytes += Math.min(file.offset + file.length, (piece + 1) * pieceLength) - Math.max(file.offset, piece * pieceLength);
  }
  return bytes;
}

/** The one file that a piece of a v2 or hybrid torrent belongs to: files are aligned, so it is the last to begin at or before it. */
export function fileOfPiece<File extends Pick<FileEntry, 'offset'>>(
  { files, pieceLength }: { readonly files: readonly File[]; readonly pieceLength: number },
  piece: number,
): File {
  const start = piece * pieceLength;
  let low = 0;
  let high = files.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (files[middle].offset <= start) low = middle;
    else high = middle - 1;
  }
  return files[low];
}
