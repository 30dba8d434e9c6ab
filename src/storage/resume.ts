/**
 * What a torrent needs to go on where it stopped, as a record in a file: which pieces were verified, and how the files were
 * then. It is written whole or not at all, and any bytes in its place end in a record of this torrent or in a refusal.
 *
 * Invariant: a piece counts as had without being hashed again only if it was verified when the record was written and every
 * file that it lies in is as it was then. The others of those files' pieces are to be checked.
 *
 * The record is a bencoded dictionary (BEP 3):
 *   `format`      "shoal resume"
 *   `version`     1
 *   `info-hash`   of the torrent: 20 bytes, or 32 where it has v2 only
 *   `pieces`      the verified pieces, as a bitfield
 *   `wanted`      the wanted files, as a bitfield
 *   `lengths`     of each file in bytes, the part file last: 8 bytes each, IEEE 754, most significant first; -1: absent
 *   `modified`    times of the same files in milliseconds since 1970, likewise; not a number: unknown
 *   `downloaded`, `uploaded`   bytes, in all
 */
import { decode, encode, field, type BencodeDictionary } from '../bytes/bencode.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { equalBytes } from '../bytes/compare.ts';
import { describeError, ShoalError } from '../bytes/errors.ts';
import { pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import { DiskError, type Disk } from '../runtime/disk.ts';
import { FileStamps } from './file-stamps.ts';
import { Layout } from './layout.ts';

export interface ResumeRecord {
  readonly pieces: Bitfield;
  /** By index in `Metainfo.files`. */
  readonly wanted: Bitfield;
  readonly stamps: FileStamps;
  /** Bytes, over all runs. */
  readonly downloaded: number;
  readonly uploaded: number;
}

const FORMAT = 'shoal resume';
const VERSION = 1;

/** Bytes that are no resume record, or one of another torrent. Nothing is lost but the time to check the files. */
export class ResumeError extends ShoalError {
  constructor(reason: string, options?: ErrorOptions) {
    super('BAD_RESUME', reason, options);
  }
}

/** The record at `path`; undefined where nothing is. Rejects with `ResumeError`, which names the path, or `DiskError`. */
export async function loadResume(disk: Disk, path: string, metainfo: Metainfo): Promise<ResumeRecord | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await disk.readWhole(path, longestRecord(metainfo));
  } catch (error) {
    if (error instanceof DiskError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  try {
    return decodeResume(bytes, metainfo);
  } catch (error) {
    throw new ResumeError(`${path}: ${describeError(error)}; the files will be checked instead`, { cause: error });
  }
}

/**
 * Replaces the record at `path`. So that it holds even after a power failure, take `pieces` first, then `sync` the store,
 * then save. Rejects with `DiskError`.
 */
export async function saveResume(disk: Disk, path: string, metainfo: Metainfo, record: ResumeRecord): Promise<void> {
  await disk.writeWhole(path, encodeResume(record, metainfo));
}

export function encodeResume({ pieces, wanted, stamps, downloaded, uploaded }: ResumeRecord, metainfo: Metainfo): Uint8Array {
  return encode({
    format: FORMAT,
    version: VERSION,
    'info-hash': infoHashOf(metainfo),
    pieces: pieces.bytes,
    wanted: wanted.bytes,
    lengths: encodeDoubles(stamps.lengths),
    modified: encodeDoubles(stamps.modifiedMs),
    downloaded,
    uploaded,
  });
}

/** Throws `ShoalError` on anything but a record of this torrent. */
export function decodeResume(bytes: Uint8Array, metainfo: Metainfo): ResumeRecord {
  const record = decode(bytes);
  if (!(record instanceof Map) || field.text(record, 'format') !== FORMAT) throw new ResumeError('not a resume record');
  if (field.integer(record, 'version') !== VERSION) throw new ResumeError('a resume record of another version of Shoal');
  if (!equalBytes(field.bytes(record, 'info-hash') ?? new Uint8Array(0), infoHashOf(metainfo))) {
    throw new ResumeError('a resume record of another torrent');
  }
  const fileCount = metainfo.files.length;
  const stamps = new FileStamps(fileCount + 1);
  decodeDoubles(record, 'lengths', stamps.lengths);
  decodeDoubles(record, 'modified', stamps.modifiedMs);
  return {
    pieces: decodeBits(record, 'pieces', metainfo.pieceCount),
    wanted: decodeBits(record, 'wanted', fileCount),
    stamps,
    downloaded: decodeCount(record, 'downloaded'),
    uploaded: decodeCount(record, 'uploaded'),
  };
}

/**
 * What a record is worth now that the files have been looked at again: the pieces that can be taken as had, and those that
 * must be checked because a file of theirs has changed, or because there is no record.
 */
export function trustedPieces(
  record: ResumeRecord | undefined,
  stamps: FileStamps,
  metainfo: Metainfo,
): { readonly have: Bitfield; readonly suspect: Bitfield } {
  if (record === undefined) return { have: new Bitfield(metainfo.pieceCount), suspect: Bitfield.full(metainfo.pieceCount) };
  const have = record.pieces.copy();
  const suspect = new Bitfield(metainfo.pieceCount);
  const layout = new Layout(metainfo);
  const distrust = (piece: number): void => {
    have.clear(piece);
    suspect.set(piece);
  };
  for (let file = 0; file < metainfo.files.length; file++) {
    if (metainfo.files[file].isPadding || record.stamps.fits(stamps, file)) continue;
    const { first, end } = layout.piecesOf(file);
    for (let piece = first; piece < end; piece++) distrust(piece);
  }
  // What lies in no file must lie in the part file.
  if (!record.stamps.fits(stamps, metainfo.files.length)) {
    for (const piece of record.pieces) {
      const spans = layout.spans(piece, 0, pieceSize(metainfo, piece));
      if (spans.some(({ file }) => !metainfo.files[file].isPadding && !stamps.isPresent(file))) distrust(piece);
    }
  }
  return { have, suspect };
}

function infoHashOf({ infoHash, infoHashV2 }: Metainfo): Uint8Array {
  return infoHash ?? infoHashV2 ?? new Uint8Array(0);
}

/** Bytes; generous, and in proportion to the torrent. */
function longestRecord({ pieceCount, files }: Metainfo): number {
  return 1024 + Bitfield.byteLength(pieceCount) + Bitfield.byteLength(files.length) + (files.length + 1) * 16;
}

function decodeBits(record: BencodeDictionary, key: string, length: number): Bitfield {
  const bytes = field.bytes(record, key);
  const bits = bytes === undefined ? undefined : Bitfield.from(bytes, length);
  if (bits === undefined) throw new ResumeError(`a broken resume record: its '${key}' are not ${length} bits`);
  return bits;
}

function decodeCount(record: BencodeDictionary, key: string): number {
  const count = field.integer(record, key);
  if (count === undefined || count < 0) throw new ResumeError(`a broken resume record: its '${key}' is no number of bytes`);
  return count;
}

function encodeDoubles(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) view.setFloat64(index * 8, values[index]);
  return bytes;
}

function decodeDoubles(record: BencodeDictionary, key: string, values: Float64Array): void {
  const bytes = field.bytes(record, key);
  if (bytes?.length !== values.length * 8) throw new ResumeError(`a broken resume record: its '${key}' are not of ${values.length} files`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let index = 0; index < values.length; index++) values[index] = view.getFloat64(index * 8);
}
