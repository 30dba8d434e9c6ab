/**
 * Where a session keeps what it must remember of a torrent besides its files.
 *
 * Invariant: the same torrent in two folders is remembered twice; neither gets in the way of the other.
 */
import { sha1 } from '../bytes/digest.ts';
import { toHex } from '../bytes/hex.ts';

export interface StateFiles {
  /** The part file (`storage/parts-layout.ts`). */
  readonly parts: string;
  /** The resume record; undefined where none is kept. */
  readonly resume: string | undefined;
}

/** Of the folder's digest: enough that those of one machine differ. */
const FOLDER_DIGITS = 8;

/**
 * @param infoHash the first of those of 20 bytes by which peers know the torrent
 * @param directory where the torrent's files are; its state is put there too where it has no folder of its own
 */
export function stateFiles(infoHash: Uint8Array, directory: string, stateDirectory: string | undefined): StateFiles {
  const hash = toHex(infoHash);
  if (stateDirectory === undefined) return { parts: `${directory}/.${hash}.parts`, resume: undefined };
  const name = `${stateDirectory}/${hash}-${toHex(sha1(Buffer.from(directory))).slice(0, FOLDER_DIGITS)}`;
  return { parts: `${name}.parts`, resume: `${name}.resume` };
}
