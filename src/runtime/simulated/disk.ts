/**
 * A disk in memory, with faults on demand: it can be full or slow, lose its power, and have files that fail, vanish (`remove`)
 * or are links.
 *
 * Invariant: like a real one, it never changes a file except as asked, and a failed write changes nothing.
 */
import { chunksLength } from '../../bytes/chunks.ts';
import { DiskError, type Disk, type DiskErrorCode, type DiskFile, type FileStatus } from '../disk.ts';

export interface MemoryDiskOptions {
  /** What all files together may hold, in bytes. */
  readonly capacityBytes?: number;
  /** Awaited before each call does its work, so that calls overtake one another. */
  readonly delay?: () => Promise<void>;
  /** Remember what was synced, which takes as much memory again, so that `losePower` may be called. */
  readonly canLosePower?: boolean;
}

interface StoredFile {
  bytes: Uint8Array;
  length: number;
  modifiedMs: number;
  /** What has reached the medium. */
  synced: Uint8Array;
}

export class MemoryDisk implements Disk {
  /** May be changed at any time. */
  capacityBytes: number;
  readonly #delay: (() => Promise<void>) | undefined;
  readonly #canLosePower: boolean;
  readonly #files = new Map<string, StoredFile>();
  readonly #folders = new Set<string>(['/']);
  readonly #links = new Map<string, string>();
  readonly #failures = new Map<string, DiskErrorCode>();
  #changes = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.#delay = options.delay;
    this.#canLosePower = options.canLosePower ?? false;
  }

  /** From now on reading and writing at `path` fails with `code`; undefined: no longer. */
  fail(path: string, code: DiskErrorCode | undefined): void {
    if (code === undefined) this.#failures.delete(path);
    else this.#failures.set(path, code);
  }

  /** Puts a symbolic link at `path`. */
  link(path: string, target: string): void {
    this.#addFolders(parent(path));
    this.#links.set(path, target);
  }

  /** All that was written and not synced reads as zeros; lengths and times stay, as they may on a real disk. */
  losePower(): void {
    if (!this.#canLosePower) throw new Error('this disk was made without canLosePower');
    for (const file of this.#files.values()) {
      file.bytes = new Uint8Array(file.length);
      file.bytes.set(file.synced.subarray(0, file.length));
    }
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    await this.#begin(path);
    if (mode !== 'read' && this.#links.has(path)) throw new DiskError('NOT_PERMITTED', path, 'it is a symbolic link');
    const place = this.#resolve(path);
    if (this.#folders.has(place)) throw new DiskError('DISK_FAILED', path, 'a folder stands where a file is needed');
    if (!this.#files.has(place)) {
      if (mode !== 'create') throw new DiskError('NOT_FOUND', path, 'there is no such file');
      this.#addFolders(parent(place));
      this.#files.set(place, { bytes: new Uint8Array(0), length: 0, modifiedMs: ++this.#changes, synced: new Uint8Array(0) });
    }
    return this.#handle(place, mode !== 'read');
  }

  async status(path: string): Promise<FileStatus | undefined> {
    await this.#delay?.();
    if (this.#links.has(path)) return { kind: 'link', length: 0, modifiedMs: 0 };
    const place = this.#resolve(path);
    const file = this.#files.get(place);
    if (file !== undefined) return { kind: 'file', length: file.length, modifiedMs: file.modifiedMs };
    return this.#folders.has(place) ? { kind: 'directory', length: 0, modifiedMs: 0 } : undefined;
  }

  async list(path: string): Promise<string[]> {
    await this.#delay?.();
    if (!this.#folders.has(path)) throw new DiskError('NOT_FOUND', path, 'there is no such folder');
    return this.#namesIn(path);
  }

  async readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
    await this.#begin(path);
    const file = this.#file(this.#resolve(path));
    if (file.length > maxBytes) throw new DiskError('TOO_LARGE', path, `it is larger than the ${maxBytes} bytes that it may have`);
    return file.bytes.slice(0, file.length);
  }

  async writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    await this.#begin(path);
    this.#reserve(path, bytes.length - (this.#files.get(path)?.length ?? 0));
    this.#addFolders(parent(path));
    const synced = this.#canLosePower ? bytes.slice() : new Uint8Array(0);
    this.#files.set(path, { bytes: bytes.slice(), length: bytes.length, modifiedMs: ++this.#changes, synced });
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#delay?.();
    this.#addFolders(this.#resolve(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#begin(from);
    const file = this.#file(from);
    this.#addFolders(parent(to));
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async remove(path: string): Promise<void> {
    await this.#delay?.();
    if (this.#folders.has(path) && this.#namesIn(path).length > 0) throw new DiskError('DISK_FAILED', path, 'the folder is not empty');
    this.#links.delete(path);
    this.#files.delete(path);
    this.#folders.delete(path);
  }

  #handle(path: string, isWritable: boolean): DiskFile {
    const underWay = new Set<Promise<unknown>>();
    let isClosed = false;
    const perform = <Result>(operation: (file: StoredFile) => Result): Promise<Result> => {
      const running = (async () => {
        if (isClosed) throw new DiskError('DISK_FAILED', path, 'it has been closed');
        await this.#begin(path);
        return operation(this.#file(path));
      })();
      underWay.add(running);
      const ended = (): unknown => underWay.delete(running);
      running.then(ended, ended);
      return running;
    };
    return {
      read: (target, position) => perform((file) => {
        const count = Math.max(0, Math.min(target.length, file.length - position));
        target.set(file.bytes.subarray(position, position + count));
        return count;
      }),
      write: (chunks, position) => perform((file) => {
        if (!isWritable) throw new DiskError('NOT_PERMITTED', path, 'it is open for reading only');
        const total = chunksLength(chunks);
        if (total === 0) return;
        this.#resize(path, file, Math.max(file.length, position + total));
        let offset = position;
        for (const chunk of chunks) {
          file.bytes.set(chunk, offset);
          offset += chunk.length;
        }
        file.modifiedMs = ++this.#changes;
      }),
      truncate: (length) => perform((file) => {
        this.#resize(path, file, length);
        file.modifiedMs = ++this.#changes;
      }),
      sync: () => perform((file) => {
        if (this.#canLosePower) file.synced = file.bytes.slice(0, file.length);
      }),
      close: async () => {
        isClosed = true;
        await Promise.allSettled(underWay);
      },
    };
  }

  async #begin(path: string): Promise<void> {
    await this.#delay?.();
    const code = this.#failures.get(path);
    if (code !== undefined) throw new DiskError(code, path, 'it fails because a test wants it to');
  }

  #resize(path: string, file: StoredFile, length: number): void {
    this.#reserve(path, length - file.length);
    if (length > file.bytes.length) {
      const grown = new Uint8Array(Math.max(length, file.bytes.length * 2));
      grown.set(file.bytes.subarray(0, file.length));
      file.bytes = grown;
    } else if (length < file.length) {
      file.bytes.fill(0, length, file.length);
    }
    file.length = length;
  }

  #reserve(path: string, moreBytes: number): void {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return;
    let used = 0;
    for (const file of this.#files.values()) used += file.length;
    if (used + moreBytes > this.capacityBytes) throw new DiskError('DISK_FULL', path, 'the disk is full; make room and start again');
  }

  #file(path: string): StoredFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new DiskError('NOT_FOUND', path, 'there is no such file');
    return file;
  }

  /** Where a path leads, links on the way and at its end followed. */
  #resolve(path: string): string {
    for (const [link, target] of this.#links) {
      if (path === link || path.startsWith(`${link}/`)) return target + path.slice(link.length);
    }
    return path;
  }

  #namesIn(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const names = new Set<string>();
    for (const known of [...this.#files.keys(), ...this.#folders, ...this.#links.keys()]) {
      if (known.startsWith(prefix) && known !== folder) names.add(known.slice(prefix.length).split('/')[0]);
    }
    return [...names].sort();
  }

  #addFolders(path: string): void {
    for (let folder = path; folder !== '/' && folder !== ''; folder = parent(folder)) {
      if (this.#files.has(folder)) throw new DiskError('DISK_FAILED', folder, 'a file stands where a folder is needed');
      this.#folders.add(folder);
    }
  }
}

function parent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
