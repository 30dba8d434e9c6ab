/**
 * A file of a torrent as a Web stream, also while it is still being downloaded: what the reader needs next is fetched before
 * everything else.
 *
 * Invariant: only verified bytes come out, in order, and no more is read ahead of the reader than one chunk.
 */
import { ShoalError } from '../bytes/errors.ts';
import { pieceSize, type FileEntry } from '../metainfo/metainfo.ts';
import type { Transfer } from '../swarm/transfer.ts';

const CHUNK_BYTES = 256 * 1024;
/** Fetched with priority ahead of where the reader is. */
const AHEAD_BYTES = 8 * 1024 * 1024;

export interface Progressing {
  /** Calls `action` at every change; gives what ends that. */
  watch(action: () => void): () => void;
  hasEnded(): boolean;
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

  stream({ start = 0, end = this.#file.length }: { readonly start?: number; readonly end?: number }): ReadableStream<Uint8Array> {
    let position = Math.max(0, start);
    const last = Math.min(end, this.#file.length);
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (position >= last) return controller.close();
        const chunk = await this.#read(position, last);
        position += chunk.length;
        return controller.enqueue(chunk);
      },
    }, { highWaterMark: 0 });
  }

  /** Bytes from `position` of the file on, to the end of the piece at most. */
  async #read(position: number, end: number): Promise<Uint8Array> {
    const { metainfo, store } = this.#transfer.contents;
    const place = this.#file.offset + position;
    const piece = Math.floor(place / metainfo.pieceLength);
    const begin = place % metainfo.pieceLength;
    await this.#arrival(piece);
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - position, pieceSize(metainfo, piece) - begin));
    await store.read(piece, begin, chunk);
    return chunk;
  }

  /** Resolves once the piece is had. */
  #arrival(piece: number): Promise<void> {
    const { have } = this.#transfer.contents;
    this.#hurry(piece);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (have.has(piece)) resolve();
        else if (this.#torrent.hasEnded()) reject(new ShoalError('STOPPED', 'the torrent has been stopped before the file was whole'));
        else return;
        unwatch();
      };
      const unwatch = this.#torrent.watch(look);
      look();
    });
  }

  #hurry(piece: number): void {
    const { metainfo, have } = this.#transfer.contents;
    const end = Math.ceil((this.#file.offset + this.#file.length) / metainfo.pieceLength);
    const ahead = Math.min(end, piece + Math.max(1, Math.ceil(AHEAD_BYTES / metainfo.pieceLength)));
    const missing: number[] = [];
    for (let next = piece; next < ahead; next++) if (!have.has(next)) missing.push(next);
    if (missing.length > 0) this.#transfer.hurry(missing);
  }
}
