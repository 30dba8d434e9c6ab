/** What a program may say of a torrent when it adds it to a session. */
import type { Endpoint } from '../bytes/endpoint.ts';
import type { Select } from './selection.ts';

export interface AddOptions {
  /** Where the file, or the torrent's folder, is put. */
  readonly directory: string;
  /** How much each file is wanted; absent: all as normal, or as the magnet link selects. */
  readonly select?: Select;
  /** Pieces in order, for those who look at the file while it comes. */
  readonly sequential?: boolean;
  /** Peers that are known already. */
  readonly peers?: readonly Endpoint[];
  /** Begins paused: the files are looked at, and nobody is met before `Torrent.resume`. */
  readonly paused?: boolean;
  /** BEP 16. */
  readonly superSeeding?: boolean;
  /**
   * What is taken for had: `resume` (the default) believes the resume record as far as the files fit it; `full` hashes
   * everything that is on disk; `trust` believes that all is there, for files that have just been hashed.
   */
  readonly check?: 'resume' | 'full' | 'trust';
  /**
   * Whether files that are there already are written over where nothing in them is of this torrent, and no earlier run has
   * begun it. Without, the torrent fails with `ShoalError` 'FILE_IN_THE_WAY'. Files that are empty are in nobody's way.
   */
  readonly overwrite?: boolean;
  /** Whether files take all their room at the start. */
  readonly allocation?: 'sparse' | 'full';
}
