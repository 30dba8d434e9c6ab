/** An ordinary HTTP server of files in memory, that can be had to misbehave. */
import type { HttpHandler, HttpQuery, HttpReply } from '../../src/runtime/network.ts';

export interface FileRequest {
  readonly path: string;
  /** As sent; undefined for a whole file. */
  readonly range: string | undefined;
}

export class FileServer {
  /** What has been asked. */
  readonly requests: FileRequest[] = [];
  /** Bytes of files that have been answered with. */
  sentBytes = 0;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #knowsRanges: boolean;
  /** What becomes of an answer; may be changed while it runs. */
  twist: (reply: HttpReply, query: HttpQuery) => HttpReply | Promise<HttpReply> = (reply) => reply;

  /** `files` by their paths, unescaped, such as `/folder/file name`. */
  constructor(files: Readonly<Record<string, Uint8Array>>, options: { readonly knowsRanges?: boolean } = {}) {
    this.#files = new Map(Object.entries(files));
    this.#knowsRanges = options.knowsRanges ?? true;
  }

  readonly handler: HttpHandler = async (query) => {
    this.requests.push({ path: query.path, range: query.headers['range'] });
    const reply = await this.twist(this.#answer(query), query);
    this.sentBytes += reply.status < 300 ? reply.body.length : 0;
    return reply;
  };

  #answer({ path, headers }: HttpQuery): HttpReply {
    const file = this.#files.get(decodeURIComponent(path));
    if (file === undefined) return { status: 404, body: 'no such file' };
    const range = this.#knowsRanges ? /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? '') : null;
    if (range === null) return { status: 200, body: file };
    const [first, last] = [Number(range[1]), Math.min(Number(range[2]), file.length - 1)];
    if (first > last) return { status: 416, headers: { 'content-range': `bytes */${file.length}` }, body: '' };
    return { status: 206, headers: { 'content-range': `bytes ${first}-${last}/${file.length}` }, body: file.subarray(first, last + 1) };
  }
}
