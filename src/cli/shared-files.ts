/**
 * A disk on which the files of a share stand where their torrent says, wherever they really are: under another name, or
 * scattered over several folders. Nothing is copied, linked or moved.
 *
 * Invariant: what is shared is only ever read.
 */
import type { CreatedTorrent } from '../metainfo/create.ts';
import { DiskError, type Disk, type DiskFile, type FileStatus } from '../runtime/disk.ts';

/** @param directory where the torrent is to seem to be, without a slash at its end */
export function sharedFiles(disk: Disk, { metainfo, sources: places }: Pick<CreatedTorrent, 'metainfo' | 'sources'>, directory: string): Disk {
  const folder = metainfo.isSingleFile ? directory : `${directory}/${metainfo.name}`;
  const sources = new Map<string, string>(metainfo.files.flatMap(({ path }, index) => {
    const source = places[index];
    return source === undefined ? [] : [[`${folder}/${path.join('/')}`, source] as const];
  }));
  const folders = new Set([...sources.keys()].flatMap(foldersAbove));
  return {
    ...disk,
    async open(path, mode): Promise<DiskFile> {
      const source = sources.get(path);
      if (source === undefined) return disk.open(path, mode);
      if (mode !== 'read') throw new DiskError('NOT_PERMITTED', source, 'what is shared is never written to');
      return disk.open(source, 'read');
    },
    async status(path): Promise<FileStatus | undefined> {
      const source = sources.get(path);
      if (source === undefined) return folders.has(path) ? { kind: 'directory', length: 0, modifiedMs: 0 } : disk.status(path);
      return disk.status(source);
    },
    async makeDirectory(path): Promise<void> {
      if (!folders.has(path)) await disk.makeDirectory(path);
    },
  };
}

/** Every folder on the way to a path, from its own up to the topmost. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) folders.push(path.slice(0, end));
  return folders;
}
