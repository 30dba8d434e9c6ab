/**
 * Files, as everything above the seam sees them: real ones in `node/`, ones in memory (with faults on demand) in
 * `simulated/`. Every call rejects with a `DiskError` that names the path.
 */
import { ShoalError } from '../bytes/errors.ts';

export interface Disk {
  /**
   * Opens a regular file for reading, or for reading and writing; `create` makes it, and the folders above it, where absent.
   * One that is opened for writing must not itself be a symbolic link.
   */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>;
  /** What is at `path`; undefined where nothing is. Links are not followed. */
  status(path: string): Promise<FileStatus | undefined>;
  /** The names in a folder, sorted. */
  list(path: string): Promise<string[]>;
  /** A whole small file; rejects with 'TOO_LARGE' past `maxBytes`. */
  readWhole(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Replaces a whole small file so that, whatever happens, either the old or the new one is there. Makes the folders above it. */
  writeWhole(path: string, bytes: Uint8Array): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or an empty folder; nothing happens where nothing is. */
  remove(path: string): Promise<void>;
}

export interface DiskFile {
  /** Fills `target` from `position` on; resolves to the bytes read, fewer only at the file's end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `chunks`, one after the other, from `position` on. They must not change until it settles. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Sets the length; what is added reads as zeros and takes no room where the file system can do that. */
  truncate(length: number): Promise<void>;
  /** Reaches the medium. */
  sync(): Promise<void>;
  /** Ends once all calls under way have; later ones reject. */
  close(): Promise<void>;
}

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  readonly length: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

export type DiskErrorCode = 'DISK_FULL' | 'NOT_FOUND' | 'NOT_PERMITTED' | 'TOO_LARGE' | 'DISK_FAILED';

/** Why a file could not be used. */
export class DiskError extends ShoalError {
  readonly path: string;
  constructor(code: DiskErrorCode, path: string, what: string, options?: ErrorOptions) {
    super(code, `${path}: ${what}`, options);
    this.path = path;
  }
}
