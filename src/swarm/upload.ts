/**
 * Serving neighbours' requests: queued, read from disk ahead of need, and sent no faster than the link takes them, so that a
 * choke can still throw out what has not been sent.
 *
 * Invariant: a block is sent only of a piece that is had, to a neighbour that is unchoked or allowed it, and at most once a
 * request. What waits in a channel is about half a second of what flows.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BlockRequest } from '../wire/messages.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { BlockReader } from './block-reader.ts';
import type { Contents } from './contents.ts';
import type { Neighbour } from './neighbour.ts';
import type { RateLimit } from './rate.ts';

const SEND_AHEAD_SECONDS = 0.5;
const LEAST_AHEAD_BYTES = 32 * 1024;
const MOST_AHEAD_BYTES = 512 * 1024;
/** A choke may take so long to arrive; what is asked for until then is nobody's fault. */
const CROSSING_MS = 10_000;

export interface UploadHooks {
  /** The disk has failed. */
  failed(error: Error): void;
  /** The rate limit holds blocks back; `serve` should be called for everyone in so many milliseconds. */
  throttled(waitMs: number): void;
  /** Whether a neighbour may have this block though it is choked (BEP 6). It is counted if so. */
  isAllowedFast(neighbour: Neighbour, request: BlockRequest): boolean;
  /** Another piece is about to be begun with a neighbour. Tells whether it has been choked instead, for its turn was over. */
  endTurn(neighbour: Neighbour): boolean;
}

export class Upload {
  /** Payload sent. Bytes. */
  sentBytes = 0;
  readonly #contents: Contents;
  readonly #clock: Clock;
  readonly #limit: RateLimit;
  readonly #hooks: UploadHooks;
  readonly #reader: BlockReader;
  /** Those for whom the head of their queue is being read. */
  readonly #awaiting = new Set<Neighbour>();

  constructor(contents: Contents, world: { readonly clock: Clock; readonly limit: RateLimit; readonly hooks: UploadHooks }) {
    this.#contents = contents;
    this.#clock = world.clock;
    this.#limit = world.limit;
    this.#hooks = world.hooks;
    this.#reader = new BlockReader(contents);
  }

  /** What there is to serve. */
  get have(): Bitfield {
    return this.#contents.have;
  }

  get pieceLength(): number {
    return this.#contents.metainfo.pieceLength;
  }

  /** A neighbour asks for a block. Throws `WireError` where no such block exists, or it goes on asking for what it cannot have. */
  requested(neighbour: Neighbour, request: BlockRequest): void {
    const { metainfo, have } = this.#contents;
    const { piece, begin, length } = request;
    if (piece >= metainfo.pieceCount || length === 0 || length > LIMITS.blockBytes || begin + length > this.#endOf(piece, begin)) {
      throw new WireError(`it asked for ${length} bytes at ${begin} of piece ${piece}, which do not exist`);
    }
    const isServed = have.has(piece) && !neighbour.uploadQueue.isFull && (!neighbour.amChoking || this.#hooks.isAllowedFast(neighbour, request));
    const nowMs = this.#clock.now();
    if (!isServed) {
      const crossedChoke = neighbour.amChoking && nowMs - neighbour.chokedMs < CROSSING_MS;
      if (!crossedChoke) neighbour.saidNothing(nowMs);
      return this.#reject(neighbour, request);
    }
    if (!neighbour.uploadQueue.add(request)) return neighbour.saidNothing(nowMs);
    const block = this.#inFile(request);
    if (this.#reader.isIdle && this.#reader.get(block) === undefined) this.#reader.load(block).catch((error: Error) => this.#hooks.failed(error));
    if (neighbour.uploadQueue.length === 1) this.serve(neighbour);
    return undefined;
  }

  cancelled(neighbour: Neighbour, request: BlockRequest): void {
    if (neighbour.uploadQueue.delete(request)) this.#reject(neighbour, request);
    else neighbour.saidNothing(this.#clock.now());
  }

  /** We choke the neighbour: its requests are thrown out, and told so where it can be (BEP 6). */
  choke(neighbour: Neighbour): void {
    neighbour.choke(this.#clock.now());
    for (const request of neighbour.uploadQueue.clear()) {
      if (this.#hooks.isAllowedFast(neighbour, request)) neighbour.uploadQueue.add(request);
      else this.#reject(neighbour, request);
    }
  }

  /** Sends a neighbour as much of what it asked for as its channel takes now. */
  serve(neighbour: Neighbour): void {
    const { channel, uploadQueue } = neighbour;
    const nowMs = this.#clock.now();
    const aheadBytes = sendAhead(neighbour, nowMs);
    channel.lowWaterBytes = aheadBytes / 2;
    for (let request = uploadQueue.first; request !== undefined && channel.queuedBytes < aheadBytes; request = uploadQueue.first) {
      if (request.piece !== neighbour.sendingPiece && this.#hooks.endTurn(neighbour)) continue;
      const block = this.#inFile(request);
      const data = this.#reader.get(block);
      if (data === undefined) return this.#serveOnceRead(neighbour, block);
      const waitMs = this.#limit.waitMs(nowMs);
      if (waitMs > 0) return this.#hooks.throttled(waitMs);
      this.#limit.take(request.length, nowMs);
      uploadQueue.delete(request);
      neighbour.sendingPiece = request.piece;
      neighbour.upload.add(request.length, nowMs);
      this.sentBytes += request.length;
      neighbour.send({ ...request, type: 'piece', data: block === request ? data : padded(data, request.length) }, nowMs);
    }
  }

  /**
   * How far a request may reach in a piece. Where a v2 file ends within a piece, libtorrent asks for the block in which it
   * ends as if it went on with zeros, as a hybrid torrent's padding does.
   */
  #endOf(piece: number, begin: number): number {
    const { metainfo } = this.#contents;
    const end = pieceSize(metainfo, piece);
    return metainfo.format === 'v2' && begin < end ? metainfo.pieceLength : end;
  }

  /** What is asked for without the zeros behind the file's end; the request itself where there are none. */
  #inFile(request: BlockRequest): BlockRequest {
    const { metainfo } = this.#contents;
    if (metainfo.format !== 'v2') return request;
    const left = pieceSize(metainfo, request.piece) - request.begin;
    return request.length <= left ? request : { piece: request.piece, begin: request.begin, length: left };
  }

  /** The head of the queue must be read first: the neighbour is served on when it has been, once however often it is asked for. */
  #serveOnceRead(neighbour: Neighbour, block: BlockRequest): void {
    if (this.#awaiting.has(neighbour)) return;
    this.#awaiting.add(neighbour);
    this.#reader.load(block).then(() => {
      this.#awaiting.delete(neighbour);
      this.serve(neighbour);
    }, (error: Error) => this.#hooks.failed(error));
  }

  #reject(neighbour: Neighbour, { piece, begin, length }: BlockRequest): void {
    if (neighbour.supports.fast) neighbour.send({ type: 'reject', piece, begin, length }, this.#clock.now());
  }
}

/** The bytes with zeros after them. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

function sendAhead(neighbour: Neighbour, nowMs: number): number {
  const half = neighbour.upload.bytesPerSecond(nowMs) * SEND_AHEAD_SECONDS;
  return Math.max(LEAST_AHEAD_BYTES, Math.min(half, MOST_AHEAD_BYTES));
}
