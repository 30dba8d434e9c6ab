/**
 * The files of a real machine.
 *
 * Invariant: nothing is ever written through a symbolic link in a path's last component, nor to anything but a regular file
 * (the folders above it are for `storage/` to check). Calls under way end before a file is closed, so a number that the system
 * has given to another file meanwhile is never used.
 *
 * Reading and writing use the callback API, for they happen for every piece and for many a block: one GiB in calls of 16 KiB
 * takes the main thread 0.14 CPU seconds, against 0.19 with `FileHandle`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { splitChunks } from '../../bytes/chunks.ts';
import { DiskError, type Disk, type DiskErrorCode, type DiskFile, type FileStatus } from '../disk.ts';
import { withWindowsNames } from './windows-names.ts';

const disk: Disk = {
  open: (file, mode) => named(file, openFile(file, mode)),
  status: (entry) => named(entry, status(entry)),
  list: (folder) => named(folder, fs.promises.readdir(folder).then((names) => names.sort())),
  readWhole: (file, maxBytes) => named(file, readWhole(file, maxBytes)),
  writeWhole: (file, bytes) => named(file, writeWhole(file, bytes)),
  makeDirectory: (folder) => named(folder, makeFolders(folder)),
  rename: (from, to) => named(from, rename(from, to)),
  remove: (entry) => named(entry, remove(entry)),
};

export const nodeDisk: Disk = process.platform === 'win32' ? withWindowsNames(disk) : disk;

const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants;
/** Windows has neither. Without O_NONBLOCK, opening a pipe that nobody reads would take a thread of the pool for ever. */
const SAFELY = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
const FLAGS = {
  read: O_RDONLY | (fs.constants.O_NONBLOCK ?? 0),
  write: O_RDWR | SAFELY,
  create: O_RDWR | O_CREAT | SAFELY,
} as const;

async function openFile(file: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
  try {
    return (await openRegular(file, FLAGS[mode])).file;
  } catch (error) {
    if (mode !== 'create' || codeOf(error) !== 'ENOENT') throw error;
    await makeFolders(path.dirname(file));
    return (await openRegular(file, FLAGS[mode])).file;
  }
}

/** Opens a regular file, and nothing else; tells its length in bytes. */
async function openRegular(file: string, flags: number): Promise<{ file: NodeFile; length: number }> {
  const descriptor = await new Promise<number>((resolve, reject) => {
    fs.open(file, flags, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const stats = await new Promise<fs.Stats>((resolve, reject) => {
    fs.fstat(descriptor, (error, found) => (error ? reject(error) : resolve(found)));
  });
  const opened = new NodeFile(file, descriptor);
  if (stats.isFile()) return { file: opened, length: stats.size };
  await opened.close();
  throw new DiskError('DISK_FAILED', file, stats.isDirectory() ? 'a folder stands where a file is needed' : 'it is not a regular file');
}

class NodeFile implements DiskFile {
  readonly #path: string;
  readonly #descriptor: number;
  #underWay = 0;
  #closed: Promise<void> | undefined;
  #allSettled = (): void => undefined;

  constructor(file: string, descriptor: number) {
    this.#path = file;
    this.#descriptor = descriptor;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#perform((done) => {
      let filled = 0;
      const next = (): void => {
        fs.read(this.#descriptor, target, filled, target.length - filled, position + filled, (error, count) => {
          if (error) return done(error, 0);
          filled += count;
          if (filled === target.length || count === 0) done(null, filled);
          else next();
        });
      };
      next();
    });
  }

  write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    return this.#perform((done) => {
      let rest = chunks;
      let at = position;
      const next = (): void => {
        if (rest.length === 1) fs.write(this.#descriptor, rest[0], 0, rest[0].length, at, written);
        else fs.writev(this.#descriptor, rest, at, written);
      };
      const written = (error: Error | null, count: number): void => {
        if (error) return done(error);
        at += count;
        rest = splitChunks(rest, count)[1];
        if (rest.length === 0) done(null);
        else if (count === 0) done(new DiskError('DISK_FAILED', this.#path, 'it takes no more bytes'));
        else next();
      };
      next();
    });
  }

  truncate(length: number): Promise<void> {
    return this.#perform((done) => fs.ftruncate(this.#descriptor, length, done));
  }

  sync(): Promise<void> {
    return this.#perform((done) => fs.fsync(this.#descriptor, done));
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve, reject) => {
      this.#allSettled = () => fs.close(this.#descriptor, (error) => (error ? reject(asDiskError(error, this.#path)) : resolve()));
      if (this.#underWay === 0) this.#allSettled();
    });
    return this.#closed;
  }

  #perform<Result>(operation: (done: (error: Error | null, result: Result) => void) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(new DiskError('DISK_FAILED', this.#path, 'it has been closed'));
      this.#underWay += 1;
      operation((error, result) => {
        if (error) reject(asDiskError(error, this.#path));
        else resolve(result);
        this.#underWay -= 1;
        if (this.#underWay === 0) this.#allSettled();
      });
    });
  }
}

async function status(entry: string): Promise<FileStatus | undefined> {
  try {
    const stats = await fs.promises.lstat(entry);
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'other';
    return { kind, length: stats.size, modifiedMs: stats.mtimeMs };
  } catch (error) {
    // A path through a file leads to nothing, as one through a folder that is not there.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function readWhole(entry: string, maxBytes: number): Promise<Uint8Array> {
  const { file, length } = await openRegular(entry, FLAGS.read);
  try {
    if (length > maxBytes) throw new DiskError('TOO_LARGE', entry, `it is larger than the ${maxBytes} bytes that it may have`);
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

let temporaryCount = 0;

/** Written beside its place, brought to the medium, then put in place in one step, which is brought there too. */
async function writeWhole(entry: string, bytes: Uint8Array): Promise<void> {
  const folder = path.dirname(entry);
  await makeFolders(folder);
  const temporary = `${entry}.${process.pid}-${temporaryCount++}.new`;
  try {
    const { file } = await openRegular(temporary, FLAGS.create | fs.constants.O_TRUNC);
    try {
      await file.write([bytes], 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.promises.rename(temporary, entry);
  } catch (error) {
    await fs.promises.rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** So that a new name in it outlives a power failure. Windows keeps names safe by itself, and opens no folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.promises.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function rename(from: string, to: string): Promise<void> {
  await makeFolders(path.dirname(to));
  await fs.promises.rename(from, to);
}

/**
 * Makes a folder and those above it. Not by `recursive: true`, which tries for ever where a file system refuses new folders
 * by saying that there is no such place, as /proc does.
 */
async function makeFolders(folder: string, isRetry = false): Promise<void> {
  try {
    await fs.promises.mkdir(folder);
  } catch (error) {
    const above = path.dirname(folder);
    if (codeOf(error) === 'ENOENT' && !isRetry && above !== folder) {
      await makeFolders(above);
      return makeFolders(folder, true);
    }
    const isThere = await fs.promises.stat(folder).then((stats) => stats.isDirectory(), () => false);
    if (!isThere) throw error;
  }
  return undefined;
}

async function remove(entry: string): Promise<void> {
  const found = await status(entry);
  if (found?.kind === 'directory') await fs.promises.rmdir(entry);
  else await fs.promises.rm(entry, { force: true });
}

async function named<Value>(place: string, promise: Promise<Value>): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    throw asDiskError(error, place);
  }
}

const REASONS: Readonly<Record<string, readonly [code: DiskErrorCode, what: string]>> = {
  ENOSPC: ['DISK_FULL', 'the disk is full; make room and start again'],
  EDQUOT: ['DISK_FULL', 'the quota on this disk is used up; make room and start again'],
  ENOENT: ['NOT_FOUND', 'there is no such file or folder'],
  EACCES: ['NOT_PERMITTED', 'permission denied; see who owns it and its folder'],
  EPERM: ['NOT_PERMITTED', 'the system does not permit this'],
  EROFS: ['NOT_PERMITTED', 'it is on a file system that can only be read'],
  ELOOP: ['NOT_PERMITTED', 'it is a symbolic link, and nothing is written through those'],
  ENOTDIR: ['DISK_FAILED', 'a file stands where a folder is needed'],
  EEXIST: ['DISK_FAILED', 'a file stands where a folder is needed'],
  EISDIR: ['DISK_FAILED', 'a folder stands where a file is needed'],
  ENOTEMPTY: ['DISK_FAILED', 'the folder is not empty'],
  ENAMETOOLONG: ['DISK_FAILED', 'the name is longer than this file system permits'],
  EFBIG: ['DISK_FAILED', 'the file is larger than this file system permits'],
  EMFILE: ['DISK_FAILED', 'too many files are open; raise the limit (ulimit -n)'],
  ENFILE: ['DISK_FAILED', 'too many files are open on this machine'],
  EIO: ['DISK_FAILED', 'the disk failed to read or write it'],
  EXDEV: ['DISK_FAILED', 'it cannot be moved to another file system'],
};

/** What a system's error means, as a `DiskError` that names the place; what is no error of the system's stays what it is. */
export function asDiskError(error: unknown, place: string): unknown {
  if (error instanceof DiskError || !(error instanceof Error)) return error;
  const [code, what]: readonly [DiskErrorCode, string] = REASONS[codeOf(error) ?? ''] ?? ['DISK_FAILED', error.message];
  return new DiskError(code, place, what, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
