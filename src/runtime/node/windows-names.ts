/**
 * Names that are good elsewhere but not on Windows: those of its devices, with its special characters, or ending in a dot
 * or a blank. There they are written with full-width forms of the same characters, which look alike and mean nothing.
 *
 * Invariant: no two names that a torrent tells apart become one, for `metainfo/safe-path.ts` holds full-width forms to be
 * the plain ones when it looks for names that could fall together.
 */
import type { Disk } from '../disk.ts';

const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\s*(?:\.|$))/i;
/** A full-width character is this far from the plain one. */
const FULL_WIDTH = 0xfee0;
const IDEOGRAPHIC_SPACE = '\u3000';

/** One component of a path, as Windows can hold it. */
export function windowsName(name: string): string {
  if (name === '.' || name === '..') return name;
  return name
    .replace(/[<>:"|?*]|\.$/g, widen)
    .replace(/ $/, IDEOGRAPHIC_SPACE)
    .replace(DEVICE, (device) => widen(device) + device.slice(1));
}

/** `disk`, with names that Windows can hold. What stands before the first `/` of a path, such as a drive, is left as it is. */
export function withWindowsNames(disk: Disk): Disk {
  const translate = (path: string): string => path.split('/').map((name, index) => (index === 0 ? name : windowsName(name))).join('/');
  return {
    open: (path, mode) => disk.open(translate(path), mode),
    status: (path) => disk.status(translate(path)),
    list: (path) => disk.list(translate(path)),
    readWhole: (path, maxBytes) => disk.readWhole(translate(path), maxBytes),
    writeWhole: (path, bytes) => disk.writeWhole(translate(path), bytes),
    makeDirectory: (path) => disk.makeDirectory(translate(path)),
    rename: (from, to) => disk.rename(translate(from), translate(to)),
    remove: (path) => disk.remove(translate(path)),
  };
}

/** The first character of a text in ASCII, in full width. */
function widen(text: string): string {
  return String.fromCharCode(text.charCodeAt(0) + FULL_WIDTH);
}
