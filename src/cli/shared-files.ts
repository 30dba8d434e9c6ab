/**
 * A disk on which the files of a share stand where their torrent says, wherever they really are: under another name, or
 * scattered over several folders. Nothing is copied, linked or moved.
 *
 * Invariant: what is shared is only ever read.
 */
import type { CreatedTorrent } from '../metainfo/create.ts';
import { DiskError, type Disk, type DiskFile, type FileStatus } from '../runtime/disk.ts';

export class SharedFiles implements Disk {
  readonly #disk: Disk;
  /** Where each file really is, by the path at which the torrent has it. */
  readonly #sources = new Map<string, string>();
  /** The folders above those paths. */
  readonly #folders = new Set<string>();

  /** @param directory where the torrent is to seem to be, without a slash at its end */
  constructor(disk: Disk, { metainfo, sources }: Pick<CreatedTorrent, 'metainfo' | 'sources'>, directory: string) {
    this.#disk = disk;
    const folder = metainfo.isSingleFile ? directory : `${directory}/${metainfo.name}`;
    for (const [index, { path }] of metainfo.files.entries()) {
      const source = sources[index];
      if (source === undefined) continue;
      const place = `${folder}/${path.join('/')}`;
      this.#sources.set(place, source);
      for (let end = place.lastIndexOf('/'); end >= folder.length; end = place.lastIndexOf('/', end - 1)) this.#folders.add(place.slice(0, end));
    }
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    const source = this.#sources.get(path);
    if (source === undefined) return this.#disk.open(path, mode);
    if (mode !== 'read') throw new DiskError('NOT_PERMITTED', source, 'what is shared is never written to');
    return this.#disk.open(source, 'read');
  }

  async status(path: string): Promise<FileStatus | undefined> {
    if (this.#folders.has(path)) return { kind: 'directory', length: 0, modifiedMs: 0 };
    return this.#disk.status(this.#sources.get(path) ?? path);
  }

  async makeDirectory(path: string): Promise<void> {
    if (!this.#folders.has(path)) await this.#disk.makeDirectory(path);
  }

  list(path: string): Promise<string[]> {
    return this.#disk.list(path);
  }

  readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
    return this.#disk.readWhole(path, maxBytes);
  }

  writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    return this.#disk.writeWhole(path, bytes);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#disk.remove(path);
  }
}
