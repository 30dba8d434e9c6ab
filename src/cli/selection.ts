/** Which files of a torrent a person wants (`--select`). */
import path from 'node:path';
import { ShoalError } from '../bytes/errors.ts';
import type { FileEntry, Metainfo } from '../metainfo/metainfo.ts';

/**
 * Whether a file fits one of the globs. They are held against its path below the torrent's folder; one without a slash is
 * held against its name alone, wherever it lies. Names that begin with a dot are names like others.
 */
export function isSelected(file: FileEntry, globs: readonly string[]): boolean {
  const place = withoutLeadingDots(file.path.join('/'));
  const name = withoutLeadingDots(file.path.at(-1) ?? '');
  return globs.some((glob) => path.posix.matchesGlob(glob.includes('/') ? place : name, withoutLeadingDots(glob)));
}

/** Another character in their place: wildcards as shells have them pass over names that begin with a dot. */
function withoutLeadingDots(text: string): string {
  return text.replaceAll(/(?<=^|[/{,])\./g, '\u{f8ff}');
}

const NAMED_FILES = 3;

/** Throws `ShoalError` 'NOTHING_SELECTED' where no file fits. */
export function checkSelection({ name, files }: Metainfo, globs: readonly string[]): void {
  const own = files.filter(({ isPadding }) => !isPadding);
  if (own.some((file) => isSelected(file, globs))) return;
  const some = own.slice(0, NAMED_FILES).map((file) => file.path.join('/'));
  const more = own.length > some.length ? ` and ${own.length - some.length} more` : '';
  throw new ShoalError('NOTHING_SELECTED', `no file of ${name} fits ${globs.join(', ')}; it holds ${some.join(', ')}${more}`);
}
