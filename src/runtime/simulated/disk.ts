/**
 * A disk in memory, with faults on demand: it can be full, and files can vanish or fail.
 *
 * Invariant: like a real one, it never changes a file except as asked, and a failed write changes nothing.
 */
import { DiskError, type Disk, type DiskFile, type FileStatus } from '../disk.ts';

interface StoredFile {
  bytes: Uint8Array;
  length: number;
  modifiedMs: number;
}

export class MemoryDisk implements Disk {
  /** What all files together may hold, in bytes. May be changed at any time. */
  capacityBytes: number;
  readonly #files = new Map<string, StoredFile>();
  readonly #folders = new Set<string>(['/']);
  #changes = 0;

  constructor(options: { readonly capacityBytes?: number } = {}) {
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    if (this.#folders.has(path)) throw new DiskError('DISK_FAILED', path, 'is a folder');
    if (!this.#files.has(path)) {
      if (mode !== 'create') throw new DiskError('NOT_FOUND', path, 'no such file');
      this.#addFolders(parent(path));
      this.#files.set(path, { bytes: new Uint8Array(0), length: 0, modifiedMs: ++this.#changes });
    }
    return this.#handle(path, mode !== 'read');
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const file = this.#files.get(path);
    if (file !== undefined) return { kind: 'file', length: file.length, modifiedMs: file.modifiedMs };
    return this.#folders.has(path) ? { kind: 'directory', length: 0, modifiedMs: 0 } : undefined;
  }

  async list(path: string): Promise<string[]> {
    if (!this.#folders.has(path)) throw new DiskError('NOT_FOUND', path, 'no such folder');
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    for (const known of [...this.#files.keys(), ...this.#folders]) {
      if (known.startsWith(prefix) && known !== path) names.add(known.slice(prefix.length).split('/')[0]);
    }
    return [...names].sort();
  }

  async readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
    const file = this.#file(path);
    if (file.length > maxBytes) throw new DiskError('TOO_LARGE', path, `larger than ${maxBytes} bytes`);
    return file.bytes.slice(0, file.length);
  }

  async writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    this.#reserve(path, bytes.length - (this.#files.get(path)?.length ?? 0));
    this.#addFolders(parent(path));
    this.#files.set(path, { bytes: bytes.slice(), length: bytes.length, modifiedMs: ++this.#changes });
  }

  async makeDirectory(path: string): Promise<void> {
    this.#addFolders(path);
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#file(from);
    this.#addFolders(parent(to));
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
    this.#folders.delete(path);
  }

  #handle(path: string, writable: boolean): DiskFile {
    return {
      read: async (target, position) => {
        const file = this.#file(path);
        const count = Math.max(0, Math.min(target.length, file.length - position));
        target.set(file.bytes.subarray(position, position + count));
        return count;
      },
      write: async (chunks, position) => {
        const file = this.#file(path);
        if (!writable) throw new DiskError('NOT_PERMITTED', path, 'open for reading only');
        const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        this.#resize(path, file, Math.max(file.length, position + total));
        let offset = position;
        for (const chunk of chunks) {
          file.bytes.set(chunk, offset);
          offset += chunk.length;
        }
        file.modifiedMs = ++this.#changes;
      },
      truncate: async (length) => this.#resize(path, this.#file(path), length),
      sync: async () => undefined,
      close: async () => undefined,
    };
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
    if (used + moreBytes > this.capacityBytes) throw new DiskError('DISK_FULL', path, 'the disk is full');
  }

  #file(path: string): StoredFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new DiskError('NOT_FOUND', path, 'no such file');
    return file;
  }

  #addFolders(path: string): void {
    for (let folder = path; folder !== '/' && folder !== ''; folder = parent(folder)) this.#folders.add(folder);
  }
}

function parent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
