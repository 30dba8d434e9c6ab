/**
 * A disk on which the files of a share stand where their torrent says, wherever they really are: under another name, or
 * scattered over several folders. Nothing is copied, linked or moved.
 *
 * Invariant: what is shared is only ever read.
 */
import path from 'node:path';
import type { CreatedTorrent } from '../metainfo/create.ts';
import { DiskError, type Disk, type DiskFile, type FileStatus } from '../runtime/disk.ts';

export class SharedFiles implements Disk {
  readonly #disk: Disk;
  /** Where each file really is, by the path at which the torrent has it. */
  readonly #sources = new Map<string, string>();
  /** The folders above those paths. */
  readonly #folders = new Set<string>();

  /** @param directory where the torrent is to seem to be */
  constructor(disk: Disk, { metainfo, sources }: Pick<CreatedTorrent, 'metainfo' | 'sources'>, directory: string) {
    this.#disk = disk;
    for (const [index, { path: components }] of metainfo.files.entries()) {
      const source = sources[index];
      if (source === undefined) continue;
      const place = path.posix.join(directory, ...(metainfo.isSingleFile ? [] : [metainfo.name]), ...components);
      this.#sources.set(place, source);
      for (let folder = path.posix.dirname(place); folder !== directory; folder = path.posix.dirname(folder)) this.#folders.add(folder);
    }
  }

  async open(place: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    const source = this.#sources.get(place);
    if (source === undefined) return this.#disk.open(place, mode);
    if (mode !== 'read') throw new DiskError('NOT_PERMITTED', source, 'what is shared is never written to');
    return this.#disk.open(source, 'read');
  }

  async status(place: string): Promise<FileStatus | undefined> {
    if (this.#folders.has(place)) return { kind: 'directory', length: 0, modifiedMs: 0 };
    return this.#disk.status(this.#sources.get(place) ?? place);
  }

  async makeDirectory(place: string): Promise<void> {
    if (!this.#folders.has(place)) await this.#disk.makeDirectory(place);
  }

  list(place: string): Promise<string[]> {
    return this.#disk.list(place);
  }

  readWhole(place: string, maxBytes: number): Promise<Uint8Array> {
    return this.#disk.readWhole(place, maxBytes);
  }

  writeWhole(place: string, bytes: Uint8Array): Promise<void> {
    return this.#disk.writeWhole(place, bytes);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  remove(place: string): Promise<void> {
    return this.#disk.remove(place);
  }
}
