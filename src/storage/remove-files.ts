/**
 * Takes a torrent's files off the disk.
 *
 * Invariant: nothing goes but the torrent's own files and those of its folders that are empty then. What a symbolic link leads
 * to is left alone, as are the link itself and whatever else lies in the folders.
 */
import type { Metainfo } from '../metainfo/metainfo.ts';
import type { Disk } from '../runtime/disk.ts';
import { Folders } from './folders.ts';

/**
 * The store must have been closed. Rejects with `DiskError`.
 * @param directory where the file, or the torrent's folder, is
 */
export async function removeFiles(disk: Disk, torrent: Pick<Metainfo, 'files' | 'isSingleFile' | 'name'>, directory: string): Promise<void> {
  const { files, isSingleFile, name } = torrent;
  const folders = new Folders(disk, directory);
  /** Whether it is a real folder, and those on the way to it are: by its path. */
  const known = new Map<string, boolean>([['', true]]);
  const isReal = async (components: readonly string[]): Promise<boolean> => {
    const key = components.join('/');
    const found = known.get(key) ?? ((await isReal(components.slice(0, -1))) && (await disk.status(folders.path(components)))?.kind === 'directory');
    known.set(key, found);
    return found;
  };
  for (const { path, isPadding } of files) {
    const components = isSingleFile ? path : [name, ...path];
    if (isPadding || !(await isReal(components.slice(0, -1)))) continue;
    const place = folders.path(components);
    if ((await disk.status(place))?.kind === 'file') await disk.remove(place);
  }
  // The innermost first: a path is longer than those of the folders around it.
  for (const [key, isThere] of [...known].toSorted(([a], [b]) => b.length - a.length)) {
    if (!isThere || key === '') continue;
    const folder = folders.path(key.split('/'));
    if ((await disk.list(folder)).length === 0) await disk.remove(folder);
  }
}
