/**
 * The pieces of one torrent in its files.
 *
 * Invariant: bytes of a file lie in that file if it has been wanted since the store was opened, or was there already; else,
 * if they came along with a wanted file's, in the part file. No file is made that was never wanted. One that has been seen is
 * never made anew: if it vanishes, those who need it are told, and nothing of it is taken for there.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { chunksLength, splitChunks } from '../bytes/chunks.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import { DiskError, type Disk, type DiskFile } from '../runtime/disk.ts';
import { atOnce } from './at-once.ts';
import { FilePool } from './file-pool.ts';
import { FileStamps } from './file-stamps.ts';
import { Folders } from './folders.ts';
import { Layout, type Span } from './layout.ts';
import { PartsLayout } from './parts-layout.ts';
import type { PieceStore } from './piece-store.ts';
import { SharedLock } from './shared-lock.ts';

export interface FileStoreOptions {
  readonly disk: Disk;
  readonly metainfo: Metainfo;
  /** Where the single file, or the torrent's folder, is put. */
  readonly directory: string;
  /** Where to keep what must be kept of files that are not wanted. */
  readonly partsPath: string;
  /** Whether files take their room as they grow (the default), or all of it before the download begins. */
  readonly allocation?: 'sparse' | 'full';
}

/**
 * Looks at what is there of a torrent's files, and touches nothing. What is there can be read at once; before anything is
 * written, `select` must say what is wanted. Rejects with `DiskError`.
 */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const store = new FileStore(options);
  await store.look();
  return store;
}

/** Files looked at, and files brought to the medium, at the same time. */
const LOOKS_AT_ONCE = 32;
const SYNCS_AT_ONCE = 4;

export class FileStore implements PieceStore {
  /** How the files were when last looked at; behind the torrent's own comes the part file. */
  readonly stamps: FileStamps;
  readonly #disk: Disk;
  readonly #metainfo: Metainfo;
  readonly #partsPath: string;
  readonly #allocation: 'sparse' | 'full';
  readonly #folders: Folders;
  readonly #layout: Layout;
  readonly #partsLayout: PartsLayout;
  /** The index of the part file among the files. */
  readonly #parts: number;
  readonly #pool: FilePool;
  /** Reading and writing share the files; choosing them does not. */
  readonly #lock = new SharedLock();
  readonly #unsynced = new Set<number>();
  /** Files that are, or have been, wanted: choosing less never moves what is there. */
  readonly #claimed: Bitfield;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor({ disk, metainfo, directory, partsPath, allocation = 'sparse' }: FileStoreOptions) {
    this.#disk = disk;
    this.#metainfo = metainfo;
    this.#partsPath = partsPath;
    this.#allocation = allocation;
    this.#folders = new Folders(disk, directory);
    this.#layout = new Layout(metainfo);
    this.#partsLayout = new PartsLayout(metainfo, this.#layout);
    this.#parts = metainfo.files.length;
    this.#claimed = new Bitfield(metainfo.files.length);
    this.stamps = new FileStamps(metainfo.files.length + 1);
    this.#pool = new FilePool(LIMITS.openFilesPerTorrent, (index, isWritable) => this.#open(index, isWritable));
  }

  read(piece: number, begin: number, target: Uint8Array): Promise<void> {
    return this.#shared(async () => {
      let filled = 0;
      for (const span of this.#layout.spans(piece, begin, target.length)) {
        await this.#readSpan(piece, begin + filled, span, target.subarray(filled, filled + span.length));
        filled += span.length;
      }
    });
  }

  write(piece: number, begin: number, chunks: readonly Uint8Array[]): Promise<void> {
    return this.#shared(async () => {
      let rest = chunks;
      let offset = begin;
      for (const span of this.#layout.spans(piece, begin, chunksLength(chunks))) {
        const [head, tail] = splitChunks(rest, span.length);
        await this.#writeSpan(piece, offset, span, head);
        offset += span.length;
        rest = tail;
      }
    });
  }

  /** Whether all bytes of a piece may be there, as far as the files' lengths tell. */
  mayHold(piece: number): boolean {
    let begin = 0;
    for (const span of this.#layout.spans(piece, 0, pieceSize(this.#metainfo, piece))) {
      if (!this.#metainfo.files[span.file].isPadding) {
        const { index, position } = this.#locate(piece, begin, span);
        if (this.stamps.lengths[index] < position + span.length) return false;
      }
      begin += span.length;
    }
    return true;
  }

  /**
   * These of the torrent's files are wanted. Makes empty files and folders, gives a file that has become wanted what the
   * part file has of it, and, if so asked, takes the room for all. Nothing is read or written meanwhile. Rejects with
   * `DiskError` or the signal's reason.
   */
  select(wanted: Bitfield, signal?: AbortSignal): Promise<void> {
    return this.#exclusive(async () => {
      const { isSingleFile, name, files } = this.#metainfo;
      await this.#folders.make(isSingleFile ? [] : [name]);
      for (const file of wanted) {
        if (files[file].isPadding) continue;
        signal?.throwIfAborted();
        if (this.#claimed.set(file) && !this.stamps.isPresent(file)) await this.#begin(file);
        if (this.#allocation === 'full') await this.#takeRoom(file, signal);
      }
      if (this.stamps.isPresent(this.#parts) && !this.#needsParts()) await this.#removeParts();
    });
  }

  /** Looks at all files anew, in case somebody else has touched them. */
  look(): Promise<void> {
    return this.#exclusive(async () => {
      const { files, isSingleFile, name } = this.#metainfo;
      const isAllAbsent = !isSingleFile && (await this.#disk.status(this.#folders.path([name]))) === undefined;
      await atOnce(LOOKS_AT_ONCE, files.keys(), async (file) => {
        if (files[file].isPadding) return;
        this.stamps.set(file, isAllAbsent ? undefined : await this.#disk.status(this.path(file)));
      });
      this.stamps.set(this.#parts, await this.#disk.status(this.#partsPath));
    });
  }

  /** Brings to the medium all that was written before this was called, and renews those files' stamps. Rejects with `DiskError`. */
  sync(): Promise<void> {
    return this.#shared(() => this.#sync());
  }

  /** As `PieceStore` says. Waits for what is under way. */
  close(): Promise<void> {
    this.#closing ??= this.#exclusive(async () => {
      this.#isClosed = true;
      try {
        await this.#sync();
      } finally {
        await this.#pool.close();
      }
    });
    return this.#closing;
  }

  /** Where a file is, or would be. */
  path(file: number): string {
    return file === this.#parts ? this.#partsPath : this.#folders.path(this.#components(file));
  }

  #components(file: number): readonly string[] {
    const { files, isSingleFile, name } = this.#metainfo;
    return isSingleFile ? files[file].path : [name, ...files[file].path];
  }

  /** Which file has a span of a piece, and where in it. */
  #locate(piece: number, begin: number, { file, position }: Span): { readonly index: number; readonly position: number } {
    if (this.#claimed.has(file) || this.stamps.isPresent(file)) return { index: file, position };
    const inParts = this.#partsLayout.position(piece, begin);
    return inParts === undefined ? { index: file, position } : { index: this.#parts, position: inParts };
  }

  async #readSpan(piece: number, begin: number, span: Span, target: Uint8Array): Promise<void> {
    if (this.#metainfo.files[span.file].isPadding) {
      target.fill(0);
      return;
    }
    const { index, position } = this.#locate(piece, begin, span);
    if (!this.stamps.isPresent(index)) throw new DiskError('NOT_FOUND', this.path(index), 'there is no such file');
    const count = await this.#pool.use(index, false, (file) => file.read(target, position));
    if (count < target.length) {
      throw new DiskError('NOT_FOUND', this.path(index), `the file ends at byte ${position + count}, where more of it was expected`);
    }
  }

  async #writeSpan(piece: number, begin: number, span: Span, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#metainfo.files[span.file].isPadding) return;
    const { index, position } = this.#locate(piece, begin, span);
    await this.#writeAt(index, position, chunks, span.length);
  }

  async #writeAt(index: number, position: number, chunks: readonly Uint8Array[], length: number): Promise<void> {
    await this.#pool.use(index, true, (file) => file.write(chunks, position));
    this.stamps.written(index, position + length);
    this.#unsynced.add(index);
  }

  async #open(index: number, isWritable: boolean): Promise<DiskFile> {
    const path = this.path(index);
    if (!isWritable) return this.#disk.open(path, 'read');
    if (index !== this.#parts) {
      if (!this.#claimed.has(index) && !this.stamps.isPresent(index)) throw new DiskError('NOT_FOUND', path, 'this file is not wanted, so it is not made');
      await this.#folders.make(this.#components(index).slice(0, -1));
    }
    const file = await this.#disk.open(path, this.stamps.isPresent(index) ? 'write' : 'create');
    this.#unsynced.add(index);
    this.stamps.written(index, 0);
    if (index !== this.#parts) await this.#cutToLength(index, file);
    return file;
  }

  /** What stands behind the torrent's bytes is not the torrent's file. */
  async #cutToLength(index: number, file: DiskFile): Promise<void> {
    const { length } = this.#metainfo.files[index];
    if (this.stamps.lengths[index] <= length) return;
    try {
      await file.truncate(length);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.stamps.cut(index, length);
  }

  /** A file has become wanted that is not there: makes it if it is empty, or with what the part file has of it, or leaves it. */
  async #begin(index: number): Promise<void> {
    const partsLength = this.stamps.lengths[this.#parts];
    const shares = this.#partsLayout.shares(index).filter(({ piece, begin }) => (this.#partsLayout.position(piece, begin) ?? 0) < partsLength);
    if (shares.length === 0 && this.#metainfo.files[index].length > 0) return;
    this.stamps.set(index, await this.#disk.status(this.path(index)));
    if (this.stamps.isPresent(index)) return;
    const file = await this.#open(index, true);
    try {
      for (const { piece, begin, position, length } of shares) {
        const bytes = new Uint8Array(length);
        await this.#pool.use(this.#parts, false, (parts) => parts.read(bytes, this.#partsLayout.position(piece, begin) ?? 0));
        await file.write([bytes], position);
        this.stamps.written(index, position + length);
      }
      await file.close();
    } catch (error) {
      // As if it had not been tried: what the part file has is still there.
      await file.close().catch(() => undefined);
      await this.#disk.remove(this.path(index)).catch(() => undefined);
      this.stamps.set(index, undefined);
      this.#unsynced.delete(index);
      this.#claimed.clear(index);
      throw error;
    }
  }

  async #takeRoom(file: number, signal: AbortSignal | undefined): Promise<void> {
    const { length } = this.#metainfo.files[file];
    for (let position = Math.max(0, this.stamps.lengths[file]); position < length; position += ZEROS.length) {
      signal?.throwIfAborted();
      const zeros = ZEROS.subarray(0, Math.min(ZEROS.length, length - position));
      await this.#writeAt(file, position, [zeros], zeros.length);
    }
  }

  /** Whether anything may have to be kept of a file that is not there. */
  #needsParts(): boolean {
    return this.#metainfo.files.some(({ length, isPadding }, file) =>
      length > 0 && !isPadding && !this.#claimed.has(file) && !this.stamps.isPresent(file));
  }

  /** What the part file had is in the files now. */
  async #removeParts(): Promise<void> {
    await this.#sync();
    await this.#pool.release(this.#parts);
    await this.#disk.remove(this.#partsPath);
    this.stamps.set(this.#parts, undefined);
  }

  async #sync(): Promise<void> {
    const indices = [...this.#unsynced];
    this.#unsynced.clear();
    try {
      await atOnce(SYNCS_AT_ONCE, indices, async (index) => {
        await this.#pool.use(index, true, (file) => file.sync());
        this.stamps.set(index, await this.#disk.status(this.path(index)));
      });
    } catch (error) {
      for (const index of indices) this.#unsynced.add(index);
      throw error;
    }
  }

  #shared<Result>(operation: () => Promise<Result>): Promise<Result> {
    return this.#lock.shared(() => this.#unlessClosed(operation));
  }

  #exclusive<Result>(operation: () => Promise<Result>): Promise<Result> {
    return this.#lock.exclusive(() => this.#unlessClosed(operation));
  }

  async #unlessClosed<Result>(operation: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new DiskError('DISK_FAILED', this.#folders.path([this.#metainfo.name]), 'this torrent has been closed');
    return operation();
  }
}

/** What room is taken with. */
const ZEROS = new Uint8Array(1024 * 1024);
