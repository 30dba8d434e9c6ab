/**
 * Keeps a torrent's resume record up to date while it runs, and finds out at its start what the record is still worth.
 *
 * Invariant: a record is written only after the pieces that it names have reached the medium; one at a time. What goes wrong
 * with it is told, and costs a check of the files, nothing else.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { describeError } from '../bytes/errors.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { pieceRoot } from '../metainfo/piece-layers.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { checkPieces } from '../storage/check.ts';
import type { FileStore } from '../storage/file-store.ts';
import { loadResume, saveResume, trustedPieces, type ResumeRecord } from '../storage/resume.ts';

/** Bytes over all runs. */
export interface Totals {
  readonly downloaded: number;
  readonly uploaded: number;
}

export interface PiecesOnDisk {
  /** Those that need not be downloaded. */
  readonly have: Bitfield;
  /** Those that may be there, which nobody can tell before their Merkle layer has come (BEP 52). */
  readonly unknown: Bitfield;
  /** There is a record: an earlier run has begun these files. */
  readonly hasRecord: boolean;
}

export interface ResumeKeeperOptions {
  readonly runtime: Pick<Runtime, 'disk' | 'hasher'>;
  readonly metainfo: Metainfo;
  readonly store: FileStore;
  /** Undefined: no record is kept. */
  readonly path: string | undefined;
  /** Told in one line what went wrong. */
  tell(line: string): void;
}

export class ResumeKeeper {
  readonly #options: ResumeKeeperOptions;
  #earlier: Totals = { downloaded: 0, uploaded: 0 };
  #saving: Promise<void> = Promise.resolve();

  constructor(options: ResumeKeeperOptions) {
    this.#options = options;
  }

  /** What is on disk. What the record does not vouch for is hashed; without `useRecord`, everything is. */
  async piecesOnDisk(useRecord: boolean, onProgress: (share: number) => void, signal: AbortSignal): Promise<PiecesOnDisk> {
    const { runtime, metainfo, store } = this.#options;
    const record = useRecord ? await this.#load() : undefined;
    if (record !== undefined) this.#earlier = record;
    const { have, suspect } = trustedPieces(record, store.stamps, metainfo);
    const unknown = new Bitfield(metainfo.pieceCount);
    for (const piece of suspect) if (metainfo.format === 'v2' && pieceRoot(metainfo, piece) === undefined) unknown.set(piece);
    const found = { have, unknown, hasRecord: record !== undefined };
    if (suspect.count === unknown.count) return found;
    const good = await checkPieces({
      hasher: runtime.hasher, metainfo, store, pieces: suspect, signal,
      onProgress: (checked) => onProgress(checked / suspect.count),
    });
    for (const piece of good) have.set(piece);
    return found;
  }

  /** Writes the record as of now; after one that is being written. Never rejects. */
  save(have: Bitfield, wanted: Bitfield, thisRun: Totals): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const { runtime, metainfo, store, path } = this.#options;
      if (path === undefined) return;
      const pieces = have.copy();
      try {
        await store.sync();
        await saveResume(runtime.disk, path, metainfo, {
          pieces,
          wanted,
          stamps: store.stamps,
          downloaded: this.#earlier.downloaded + thisRun.downloaded,
          uploaded: this.#earlier.uploaded + thisRun.uploaded,
        });
      } catch (error) {
        this.#options.tell(`! the resume record could not be written: ${describeError(error)}`);
      }
    });
    return this.#saving;
  }

  async #load(): Promise<ResumeRecord | undefined> {
    const { runtime, path, metainfo } = this.#options;
    if (path === undefined) return undefined;
    try {
      return await loadResume(runtime.disk, path, metainfo);
    } catch (error) {
      this.#options.tell(`! ${describeError(error)}`);
      return undefined;
    }
  }
}
