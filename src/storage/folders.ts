/**
 * The folders of one torrent, below the folder that a person has chosen.
 *
 * Invariant: every folder that is made or written into is a real one inside the chosen folder: no component of a path leads
 * out of it, be it by its name or by being a symbolic link that somebody put there. (The chosen folder itself may be one.)
 */
import { LIMITS } from '../bytes/limits.ts';
import { DiskError, type Disk } from '../runtime/disk.ts';

export class Folders {
  readonly #disk: Disk;
  readonly #root: string;
  /** Folders found sound. */
  readonly #sound = new Set<string>();

  constructor(disk: Disk, root: string) {
    this.#disk = disk;
    this.#root = root.length > 1 ? root.replace(/\/+$/, '') : root;
  }

  /** The path of what lies at `components` below the chosen folder. Throws `DiskError` where one of them is not a plain name. */
  path(components: readonly string[]): string {
    const path = `${this.#root === '/' ? '' : this.#root}/${components.join('/')}`;
    if (!components.every(isPlainName)) throw new DiskError('NOT_PERMITTED', path, 'this path could lead out of the download folder');
    return path;
  }

  /** Makes the folder at `components` below the chosen folder, and those on the way to it, where they are absent. */
  async make(components: readonly string[]): Promise<void> {
    if (this.#sound.has(this.path(components))) return;
    await this.#disk.makeDirectory(this.#root);
    for (let depth = 1; depth <= components.length; depth++) {
      const folder = this.path(components.slice(0, depth));
      if (this.#sound.has(folder)) continue;
      const kind = (await this.#disk.status(folder))?.kind;
      if (kind === 'link') throw new DiskError('NOT_PERMITTED', folder, 'it is a symbolic link, which could lead out of the download folder');
      if (kind === undefined) await this.#disk.makeDirectory(folder);
      else if (kind !== 'directory') throw new DiskError('DISK_FAILED', folder, 'a file stands where a folder is needed');
      if (this.#sound.size >= LIMITS.knownFolders) this.#sound.clear();
      this.#sound.add(folder);
    }
  }
}

function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}
