/**
 * A torrent that is v1 and v2 in one (BEP 52, "Upgrade Path"): two descriptions, which must be of the same files.
 *
 * Invariant: names, order, lengths and places agree, so that a piece is the same bytes in both, and neither half can be used
 * to pass off one content as the other.
 */
import { type FileEntry, MetainfoError } from './metainfo.ts';
import type { TorrentFile } from './torrent-file.ts';
import type { Version1 } from './version-1.ts';
import type { Version2 } from './version-2.ts';

/** The hashes of the two halves cannot both be right: the torrent is of one content in v1 and of another in v2. */
export function halvesDiffer({ path }: Pick<FileEntry, 'path'>): MetainfoError {
  return new MetainfoError(`its v1 and v2 halves describe different contents of ${path.join('/')}: whoever made it has made it wrong`);
}

/** The v1 half's files, padding included, with the v2 half's roots. */
export function mergeHalves(version1: Version1, version2: Version2): TorrentFile[] {
  let next = 0;
  const merged = version1.files.map((file) => {
    if (file.isPadding) return file;
    const twin = version2.files[next++];
    if (twin === undefined || twin.folder !== file.folder || twin.name !== file.name || twin.length !== file.length) {
      throw new MetainfoError(`its v1 and v2 halves differ at file ${next}`);
    }
    if (file.length > 0 && twin.offset !== file.offset) {
      throw new MetainfoError(`file ${next} begins at byte ${file.offset} in v1 and at ${twin.offset} in v2: padding is missing or wrong`);
    }
    return { ...file, piecesRoot: twin.piecesRoot };
  });
  if (next !== version2.files.length) throw new MetainfoError(`it has ${next} files in v1 and ${version2.files.length} in v2`);
  if (version1.pieceCount !== version2.pieceCount) {
    throw new MetainfoError(`it has ${version1.pieceCount} pieces in v1 and ${version2.pieceCount} in v2`);
  }
  return merged;
}
