/**
 * A file of a torrent as a Web stream, also while it is still being downloaded: what the reader needs next is fetched before
 * everything else.
 *
 * Invariant: only verified bytes come out, in order, and no more is read ahead of the reader than one chunk. A stream ends with
 * its torrent; one that is given up leaves nothing behind.
 */
import { ShoalError } from '../bytes/errors.ts';
import { pieceSize, piecesOf, type FileEntry } from '../metainfo/metainfo.ts';
import type { Transfer } from '../swarm/transfer.ts';

const CHUNK_BYTES = 256 * 1024;
/** Fetched with priority ahead of where the reader is. */
const AHEAD_BYTES = 8 * 1024 * 1024;

export interface Progressing {
  /** Calls `action` at every change; gives what ends that. */
  watch(action: () => void): () => void;
  /** Why nothing more will come; undefined as long as something may. */
  endedBy(): Error | undefined;
}

export class FileReader {
  readonly #transfer: Transfer;
  readonly #file: FileEntry;
  readonly #torrent: Progressing;

  constructor(transfer: Transfer, file: FileEntry, torrent: Progressing) {
    this.#transfer = transfer;
    this.#file = file;
    this.#torrent = torrent;
  }

  /** From byte `start` up to, not including, `end`; what is past the file's end is left out. Throws `ShoalError` 'BAD_RANGE'. */
  stream(start: number, end: number): ReadableStream<Uint8Array> {
    if (![start, end].every((place) => place === Number.POSITIVE_INFINITY || (Number.isInteger(place) && place >= 0))) {
      throw new ShoalError('BAD_RANGE', `${start} to ${end} are no bytes of a file: they are counted from 0 in whole numbers`);
    }
    const givenUp = new AbortController();
    let position = start;
    const last = Math.min(end, this.#file.length);
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (position >= last) return controller.close();
        const chunk = await this.#read(position, last, givenUp.signal);
        position += chunk.length;
        return controller.enqueue(chunk);
      },
      cancel: (reason) => givenUp.abort(reason),
    }, { highWaterMark: 0 });
  }

  /** Bytes from `position` of the file on, to the end of the piece at most. */
  async #read(position: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
    const { metainfo, store } = this.#transfer.contents;
    const place = this.#file.offset + position;
    const piece = Math.floor(place / metainfo.pieceLength);
    const begin = place % metainfo.pieceLength;
    await this.#arrival(piece, signal);
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - position, pieceSize(metainfo, piece) - begin));
    await store.read(piece, begin, chunk);
    return chunk;
  }

  /** Resolves once the piece is had; rejects where that will not be, or when `signal` aborts. */
  #arrival(piece: number, signal: AbortSignal): Promise<void> {
    const { have } = this.#transfer.contents;
    this.#hurry(piece);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const reason = signal.aborted ? signal.reason : this.#torrent.endedBy();
        if (have.has(piece)) resolve();
        else if (signal.aborted || reason !== undefined) reject(reason);
        else return;
        unwatch();
        signal.removeEventListener('abort', look);
      };
      const unwatch = this.#torrent.watch(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  #hurry(piece: number): void {
    const { metainfo, have } = this.#transfer.contents;
    const { end } = piecesOf(this.#file, metainfo.pieceLength);
    const ahead = Math.min(end, piece + Math.max(1, Math.ceil(AHEAD_BYTES / metainfo.pieceLength)));
    const missing: number[] = [];
    for (let next = piece; next < ahead; next++) if (!have.has(next)) missing.push(next);
    if (missing.length > 0) this.#transfer.hurry(missing);
  }
}
