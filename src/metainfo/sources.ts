/**
 * The files on disk that a new torrent is to hold, in the one order that v1 and v2 agree on: folder by folder, names sorted
 * as raw bytes, as the keys of a v2 file tree are (BEP 52).
 *
 * Invariant: nothing is left out in silence. What cannot be shared is refused by name, but for empty folders, which are told.
 */
import { compareBytes } from '../bytes/compare.ts';
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Disk, FileStatus } from '../runtime/disk.ts';

/** Why a torrent could not be made; names the path that it is about. */
export class CreateError extends ShoalError {
  constructor(reason: string) {
    super('CANNOT_CREATE', reason);
  }
}

export interface SourceFile {
  /** Where it is on disk. */
  readonly source: string;
  /** Below the torrent's folder. A single file's path is its name. */
  readonly path: readonly string[];
  /** Bytes. */
  readonly length: number;
  /** As it was when it was found: milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface Sources {
  readonly name: string;
  readonly files: readonly SourceFile[];
  /** One file, without a folder around it. */
  readonly isSingleFile: boolean;
  /** Paths on disk of folders without a file in them, for which torrents have no place. */
  readonly emptyFolders: readonly string[];
}

/**
 * Finds the files of one file, of one folder with all that is in it, or of several of both put into one folder.
 *
 * @param paths with `/` between the components
 * @param name of the torrent; by default the file's, the folder's, or that of the folder which the first of several is in
 * @throws CreateError, DiskError, the signal's reason
 */
export async function findSources(disk: Disk, paths: readonly string[], name?: string, signal?: AbortSignal): Promise<Sources> {
  const [first, ...others] = paths.map(withoutTrailingSlash);
  if (first === undefined) throw new CreateError('no file or folder was named to make a torrent of');
  if (name !== undefined && /^\.{0,2}$|\//.test(name)) throw new CreateError(`"${name}" cannot be the name of a torrent, which is a file's or folder's`);
  const search = new Search(disk, signal);
  if (others.length === 0) {
    const ownName = name ?? nameOfPath(first);
    const status = await search.look(first);
    await search.add(first, status, status.kind === 'file' ? [ownName] : []);
    return search.result(ownName, status.kind === 'file', first);
  }
  const named = [first, ...others].map((path) => ({ path, name: nameOfPath(path) })).sort((a, b) => compareNames(a.name, b.name));
  for (const [index, entry] of named.entries()) {
    const next = named[index + 1];
    if (next?.name === entry.name) throw new CreateError(`${entry.path} and ${next.path} have the same name; rename one of them`);
    await search.add(entry.path, await search.look(entry.path), [entry.name]);
  }
  return search.result(name ?? nameOfPath(parentOf(first)), false, [first, ...others].join(', '));
}

class Search {
  readonly #disk: Disk;
  readonly #signal: AbortSignal | undefined;
  readonly #files: SourceFile[] = [];
  readonly #emptyFolders: string[] = [];

  constructor(disk: Disk, signal: AbortSignal | undefined) {
    this.#disk = disk;
    this.#signal = signal;
  }

  async look(source: string): Promise<FileStatus> {
    this.#signal?.throwIfAborted();
    const status = await this.#disk.status(source);
    if (status === undefined) {
      // A system lists names that are not UTF-8 with this in them.
      throw new CreateError(`${source}: ${source.includes('\u{fffd}') ? 'its name is not UTF-8; rename it' : 'there is no such file or folder'}`);
    }
    return status;
  }

  /** Takes up a file, or all that is in a folder, as what `path` is in the torrent. */
  async add(source: string, { kind, length, modifiedMs }: FileStatus, path: readonly string[]): Promise<void> {
    if (kind === 'file') {
      if (this.#files.length >= LIMITS.torrentFiles) throw new CreateError(`${source}: a torrent holds ${LIMITS.torrentFiles} files at most`);
      this.#files.push({ source, path, length, modifiedMs });
    } else if (kind === 'directory') {
      if (path.length >= LIMITS.pathDepth) throw new CreateError(`${source}: it lies more than ${LIMITS.pathDepth} folders deep`);
      const names = await this.#disk.list(source);
      if (names.length === 0) this.#emptyFolders.push(source);
      for (const name of names.sort(compareNames)) {
        const child = `${source}/${name}`;
        await this.add(child, await this.look(child), [...path, name]);
      }
    } else if (kind === 'link') {
      // Following it could lead out of the folder, or round in circles, and share what was not meant.
      throw new CreateError(`${source}: it is a symbolic link; share what it leads to, or move it away`);
    } else {
      throw new CreateError(`${source}: it is neither a file nor a folder, so it cannot be shared`);
    }
  }

  result(name: string, isSingleFile: boolean, what: string): Sources {
    if (this.#files.length === 0) throw new CreateError(`${what}: there are no files in it`);
    return { name, files: this.#files, isSingleFile, emptyFolders: this.#emptyFolders };
  }
}

function compareNames(a: string, b: string): number {
  return compareBytes(Buffer.from(a), Buffer.from(b));
}

function nameOfPath(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '' || name === '.' || name === '..') throw new CreateError(`"${path}" has no name of its own; give the torrent one`);
  return name;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function withoutTrailingSlash(path: string): string {
  return path.replace(/(?<=[^/])\/+$/, '');
}
