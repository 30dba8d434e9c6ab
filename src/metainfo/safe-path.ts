/**
 * From the names that a torrent gives its files to paths that can be written. Nothing is trusted: a name may be `..`, hold
 * slashes, control characters or bytes that are no text, be too long, or stand twice.
 *
 * Invariant: whatever the names, each path stays below the torrent's folder, each component is safe as a file's name, and no
 * two files, nor a file and a folder, fall together, not even on a disk that does not tell `A` from `a` or one spelling of
 * `é` from another. The same names give the same paths everywhere. A name that is safe and free is kept as it is, also where
 * Windows could not hold it: that is the concern of a disk on Windows (`runtime/node/windows-names.ts`).
 */
import { LIMITS } from '../bytes/limits.ts';
import { MetainfoError } from './metainfo.ts';

/** A folder as a torrent spells it; the torrent's own is the one without a parent. Names are bytes, one character each (latin1). */
export class TorrentFolder {
  readonly name: string;
  readonly parent: TorrentFolder | undefined;
  readonly #depth: number;
  readonly #folders = new Map<string, TorrentFolder>();

  constructor(name = '', parent?: TorrentFolder) {
    this.name = name;
    this.parent = parent;
    this.#depth = parent === undefined ? 1 : parent.#depth + 1;
    if (this.#depth > LIMITS.pathDepth) throw new MetainfoError(`a file lies more than ${LIMITS.pathDepth} folders deep`);
  }

  /** The folder of that name in this one: the same each time. */
  folder(name: string): TorrentFolder {
    let folder = this.#folders.get(name);
    if (folder === undefined) {
      folder = new TorrentFolder(name, this);
      this.#folders.set(name, folder);
    }
    return folder;
  }
}

/** Where a torrent says that a file is. */
export interface TorrentPlace {
  readonly folder: TorrentFolder;
  readonly name: string;
  /** It will not be stored, so it is in nobody's way. */
  readonly isPadding: boolean;
}

/** The paths of files, in their order. Folders keep their names before files do, and the first of equals before the later ones. */
export function safePaths(places: readonly TorrentPlace[]): string[][] {
  const folders = new Map<TorrentFolder, SafeFolder>();
  const folderOf = (folder: TorrentFolder): SafeFolder => {
    let safe = folders.get(folder);
    if (safe === undefined) {
      safe = folder.parent === undefined ? { path: [], space: new NameSpace() } : subfolder(folderOf(folder.parent), folder.name);
      folders.set(folder, safe);
    }
    return safe;
  };
  for (const { folder } of places) folderOf(folder);
  const paths = places.map(({ folder, name, isPadding }) => {
    const { path, space } = folderOf(folder);
    const safeName = safeComponent(name);
    return isPadding || space.claim(safeName) ? [...path, safeName] : undefined;
  });
  return places.map(({ folder, name }, index) => {
    const path = paths[index];
    if (path !== undefined) return path;
    const { path: folderPath, space } = folderOf(folder);
    return [...folderPath, space.claimVariant(safeComponent(name))];
  });
}

/** A name as it can be written: text, without separators, control characters or marks that turn the direction of writing. */
export function safeComponent(name: string): string {
  const text = decodeName(name).replace(UNSAFE_CHARACTERS, '_');
  if (text === '' || text === '.' || text === '..') return '_'.repeat(Math.max(1, text.length));
  const { stem, extension } = split(text);
  return cut(stem, LIMITS.pathComponentBytes - Buffer.byteLength(extension)) + extension;
}

const UNSAFE_CHARACTERS = /[/\\\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const REPLACEMENT_CHARACTER = '\ufffd';

function decodeName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name;
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  const isText = !text.includes(REPLACEMENT_CHARACTER) || Buffer.from(text, 'utf8').equals(bytes);
  return isText ? text : text.replaceAll(REPLACEMENT_CHARACTER, '_');
}

/** What stands before the extension, which tells programs what a file is, and the extension with its dot. */
function split(name: string): { readonly stem: string; readonly extension: string } {
  const dot = /\.[^.\s]{1,16}$/.exec(name)?.index ?? 0;
  return dot === 0 ? { stem: name, extension: '' } : { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** The beginning of a text, in at most so many bytes of UTF-8. */
function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // A character that was cut through leaves marks for its remains, which go as well.
  return Buffer.from(text).toString('utf8', 0, maxBytes).replace(/\ufffd+$/, '');
}

interface SafeFolder {
  readonly path: readonly string[];
  readonly space: NameSpace;
}

function subfolder(parent: SafeFolder, name: string): SafeFolder {
  const safeName = safeComponent(name);
  return { path: [...parent.path, safeName], space: parent.space.folder(safeName) };
}

/** The names in use in one folder. Folders whose names differ in spelling only are one here, though not in their paths. */
class NameSpace {
  readonly #taken = new Set<string>();
  readonly #folders = new Map<string, NameSpace>();
  readonly #nextNumber = new Map<string, number>();

  folder(name: string): NameSpace {
    const key = foldName(name);
    let space = this.#folders.get(key);
    if (space === undefined) {
      space = new NameSpace();
      this.#folders.set(key, space);
      this.#taken.add(key);
    }
    return space;
  }

  /** Takes a name for a file, if it is free. */
  claim(name: string): boolean {
    const key = foldName(name);
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  /** Takes the first free one of `name (2).ext`, `name (3).ext`, … */
  claimVariant(name: string): string {
    const { stem, extension } = split(name);
    const shortStem = cut(stem, LIMITS.pathComponentBytes - Buffer.byteLength(extension) - NUMBER_BYTES);
    // Counting goes on where it stopped, or a thousand equal names would take half a million tries.
    const pattern = foldName(`${shortStem}/${extension}`);
    for (let number = this.#nextNumber.get(pattern) ?? 2; ; number++) {
      const variant = `${shortStem} (${number})${extension}`;
      if (!this.claim(variant)) continue;
      this.#nextNumber.set(pattern, number + 1);
      return variant;
    }
  }
}

/** Room for a number as large as there can be files. */
const NUMBER_BYTES = ` (${LIMITS.torrentFiles})`.length;

/** One text for all the names that some file system takes for the same. */
function foldName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '').toUpperCase().toLowerCase().normalize('NFKC');
}
