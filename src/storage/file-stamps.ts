/**
 * How each file of a torrent was when it was last looked at: what tells whether somebody has touched it since.
 *
 * Invariant: stamps fit each other only if both are of regular files with the same length and time, or both say that nothing
 * is there. Anything else (a link, a file just written) fits nothing, itself included.
 */
import type { FileStatus } from '../runtime/disk.ts';

const ABSENT = -1;

export class FileStamps {
  /** Bytes; -1 where nothing is, infinite where that cannot be told. */
  readonly lengths: Float64Array;
  /** Milliseconds since 1970; not a number where that is not known. */
  readonly modifiedMs: Float64Array;

  /** Stamps of `count` files, all absent. */
  constructor(count: number) {
    this.lengths = new Float64Array(count).fill(ABSENT);
    this.modifiedMs = new Float64Array(count);
  }

  isPresent(index: number): boolean {
    return this.lengths[index] !== ABSENT;
  }

  /** What a look has found. */
  set(index: number, status: FileStatus | undefined): void {
    const isFile = status?.kind === 'file';
    this.lengths[index] = status === undefined ? ABSENT : isFile ? status.length : Number.POSITIVE_INFINITY;
    this.modifiedMs[index] = status === undefined ? 0 : isFile ? status.modifiedMs : Number.NaN;
  }

  /** A file has been made, or written up to `end`. */
  written(index: number, end: number): void {
    this.lengths[index] = Math.max(this.lengths[index], end);
    this.modifiedMs[index] = Number.NaN;
  }

  /** A file has been cut to `length`. */
  cut(index: number, length: number): void {
    this.lengths[index] = length;
    this.modifiedMs[index] = Number.NaN;
  }

  fits(other: FileStamps, index: number): boolean {
    return this.lengths[index] === other.lengths[index] && this.modifiedMs[index] === other.modifiedMs[index];
  }
}
