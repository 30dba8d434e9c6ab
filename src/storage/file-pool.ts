/**
 * The files of one torrent that are open: those used last, so that a torrent of a million files needs few of the system's.
 *
 * Invariant: a file is opened once for all that use it at the same time, and more than the pool's capacity are open only
 * while that many are being opened or used.
 */
import type { DiskFile } from '../runtime/disk.ts';

interface OpenFile {
  readonly isWritable: boolean;
  readonly opening: Promise<DiskFile>;
  /** Undefined while it is being opened. */
  file: DiskFile | undefined;
}

export class FilePool {
  readonly #capacity: number;
  readonly #open: (index: number, isWritable: boolean) => Promise<DiskFile>;
  /** By the file's index; the one used last stands last. */
  readonly #files = new Map<number, OpenFile>();
  readonly #closing = new Set<Promise<void>>();
  #failure: unknown;

  constructor(capacity: number, open: (index: number, isWritable: boolean) => Promise<DiskFile>) {
    this.#capacity = capacity;
    this.#open = open;
  }

  /** Runs `action` on the open file. It must make its calls to the file at once, for the file may be closed behind them. */
  use<Result>(index: number, isWritable: boolean, action: (file: DiskFile) => Promise<Result>): Promise<Result> {
    let open = this.#files.get(index);
    if (open === undefined || (isWritable && !open.isWritable)) {
      if (open !== undefined) void this.#letGo(open);
      open = this.#enter(index, isWritable);
    }
    this.#files.delete(index);
    this.#files.set(index, open);
    this.#shrink();
    return open.file === undefined ? open.opening.then(action) : action(open.file);
  }

  /** Closes a file, if it is open. */
  async release(index: number): Promise<void> {
    const open = this.#files.get(index);
    this.#files.delete(index);
    if (open !== undefined) await this.#letGo(open);
  }

  /** Closes every file. Rejects with what has gone wrong in closing one, now or before. */
  async close(): Promise<void> {
    for (const open of this.#files.values()) void this.#letGo(open);
    this.#files.clear();
    await Promise.all(this.#closing);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #enter(index: number, isWritable: boolean): OpenFile {
    const open: OpenFile = { isWritable, opening: this.#open(index, isWritable), file: undefined };
    open.opening.then(
      (file) => { open.file = file; },
      () => { if (this.#files.get(index) === open) this.#files.delete(index); },
    );
    return open;
  }

  #shrink(): void {
    if (this.#files.size <= this.#capacity) return;
    for (const [index, open] of this.#files) {
      if (open.file === undefined) continue;
      this.#files.delete(index);
      void this.#letGo(open);
      if (this.#files.size <= this.#capacity) return;
    }
  }

  async #letGo(open: OpenFile): Promise<void> {
    // A file that cannot be opened has been reported to whoever wanted to use it.
    const closing = open.opening.then((file) => file.close().catch((error: unknown) => { this.#failure ??= error; }), () => undefined);
    this.#closing.add(closing);
    await closing;
    this.#closing.delete(closing);
  }
}
