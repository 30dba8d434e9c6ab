/**
 * The info dictionary from peers (BEP 9), for those who come with a magnet link; and to peers, for those who have it.
 *
 * Invariant: what is taken for the info dictionary has the torrent's hash. Memory grows with what has arrived, not with the
 * size that a peer claims. False metadata costs those who sent it, and nobody else.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { MetadataMessage } from '../wire/extensions.ts';
import type { Neighbour } from './neighbour.ts';

const REQUESTS_EACH = 4;
const REQUEST_TIMEOUT_MS = 10_000;

export interface MetadataHooks {
  send(neighbour: Neighbour, message: MetadataMessage): void;
  /** Whether the bytes have one of the torrent's info-hashes. */
  isRight(infoBytes: Uint8Array): boolean;
  complete(infoBytes: Uint8Array): void;
  /** These have sent metadata that is not the torrent's. */
  guilty(neighbours: readonly Neighbour[]): void;
}

/** Metadata of one claimed size, gathered from those who claim it. */
interface Attempt {
  readonly totalBytes: number;
  /** Set once a gathering from several has failed: then each must send all of it. */
  readonly onlyFrom: Neighbour | undefined;
  readonly pieces: Map<number, { readonly data: Uint8Array; readonly sender: Neighbour }>;
  /** By piece: who is asked for it, and when. */
  readonly asked: Map<number, { readonly neighbour: Neighbour; readonly atMs: number }>;
}

export class MetadataExchange {
  readonly #hooks: MetadataHooks;
  #infoBytes: Uint8Array | undefined;
  readonly #attempts = new Map<string, Attempt>();
  /** Those who have it, and how long they say that it is. */
  readonly #sources = new Map<Neighbour, number>();
  /** Sizes for which a gathering from several has failed. */
  readonly #mistrusted = new Set<number>();

  constructor(hooks: MetadataHooks) {
    this.#hooks = hooks;
  }

  /** Bytes that have arrived, and how many there are said to be. */
  get progress(): { readonly receivedBytes: number; readonly totalBytes: number } {
    let best = { receivedBytes: 0, totalBytes: 0 };
    for (const { pieces, totalBytes } of this.#attempts.values()) {
      const receivedBytes = Math.min(totalBytes, pieces.size * LIMITS.blockBytes);
      if (receivedBytes >= best.receivedBytes) best = { receivedBytes, totalBytes };
    }
    return best;
  }

  /** How long it is, once it is known. */
  get knownBytes(): number | undefined {
    return this.#infoBytes?.length;
  }

  /** It is known now, from wherever: from here on it is given, not taken. */
  has(infoBytes: Uint8Array): void {
    this.#infoBytes = infoBytes;
    this.#attempts.clear();
    this.#sources.clear();
    this.#mistrusted.clear();
  }

  /** A neighbour says that it has metadata of so many bytes. */
  offered(neighbour: Neighbour, totalBytes: number, nowMs: number): void {
    if (this.#infoBytes !== undefined) return;
    this.#sources.set(neighbour, totalBytes);
    this.#ask(neighbour, nowMs);
  }

  received(neighbour: Neighbour, message: MetadataMessage, nowMs: number): void {
    if (message.type === 'request') this.#serve(neighbour, message.piece);
    else if (this.#infoBytes === undefined) this.#take(neighbour, message, nowMs);
  }

  left(neighbour: Neighbour): void {
    this.#sources.delete(neighbour);
    for (const [key, attempt] of this.#attempts) {
      for (const [piece, { neighbour: asked }] of attempt.asked) if (asked === neighbour) attempt.asked.delete(piece);
      if (attempt.onlyFrom === neighbour) this.#attempts.delete(key);
    }
  }

  /** Once a second: what has not come is asked of others. */
  tick(nowMs: number): void {
    for (const { asked } of this.#attempts.values()) {
      for (const [piece, { atMs }] of asked) if (nowMs - atMs > REQUEST_TIMEOUT_MS) asked.delete(piece);
    }
    for (const neighbour of this.#sources.keys()) this.#ask(neighbour, nowMs);
  }

  #serve(neighbour: Neighbour, piece: number): void {
    const infoBytes = this.#infoBytes;
    const begin = piece * LIMITS.blockBytes;
    const isBusy = neighbour.channel.queuedBytes > LIMITS.metadataQueuedBytes;
    if (infoBytes === undefined || begin >= infoBytes.length || isBusy) return this.#hooks.send(neighbour, { type: 'reject', piece });
    const data = infoBytes.subarray(begin, begin + LIMITS.blockBytes);
    this.#hooks.send(neighbour, { type: 'data', piece, totalBytes: infoBytes.length, data });
  }

  #take(neighbour: Neighbour, message: MetadataMessage, nowMs: number): void {
    const attempt = this.#attemptFor(neighbour);
    if (attempt?.asked.get(message.piece)?.neighbour !== neighbour) return;
    attempt.asked.delete(message.piece);
    if (message.type === 'reject') {
      // It has not got it yet, or has had enough: others are asked first.
      this.#sources.delete(neighbour);
      return;
    }
    if (message.type !== 'data' || message.data.length !== pieceBytes(attempt, message.piece)) return this.#accuse([neighbour]);
    attempt.pieces.set(message.piece, { data: message.data.slice(), sender: neighbour });
    if (attempt.pieces.size === pieceCount(attempt)) this.#finish(attempt);
    else this.#ask(neighbour, nowMs);
  }

  #finish(attempt: Attempt): void {
    const pieces = Array.from({ length: pieceCount(attempt) }, (_, piece) => attempt.pieces.get(piece));
    const infoBytes = Buffer.concat(pieces.flatMap((piece) => piece?.data ?? []));
    if (this.#hooks.isRight(infoBytes)) {
      this.has(infoBytes);
      return this.#hooks.complete(infoBytes);
    }
    this.#attempts.delete(keyOf(attempt.totalBytes, attempt.onlyFrom));
    const senders = [...new Set(pieces.flatMap((piece) => piece?.sender ?? []))];
    if (senders.length === 1) this.#accuse(senders);
    else this.#mistrusted.add(attempt.totalBytes);
    return undefined;
  }

  #accuse(neighbours: readonly Neighbour[]): void {
    for (const neighbour of neighbours) this.#sources.delete(neighbour);
    this.#hooks.guilty(neighbours);
  }

  #ask(neighbour: Neighbour, nowMs: number): void {
    const attempt = this.#attemptFor(neighbour);
    if (attempt === undefined) return;
    let underWay = 0;
    for (const { neighbour: asked } of attempt.asked.values()) if (asked === neighbour) underWay += 1;
    for (let piece = 0; piece < pieceCount(attempt) && underWay < REQUESTS_EACH; piece++) {
      if (attempt.pieces.has(piece) || attempt.asked.has(piece)) continue;
      attempt.asked.set(piece, { neighbour, atMs: nowMs });
      this.#hooks.send(neighbour, { type: 'request', piece });
      underWay += 1;
    }
  }

  #attemptFor(neighbour: Neighbour): Attempt | undefined {
    const totalBytes = this.#sources.get(neighbour);
    if (totalBytes === undefined) return undefined;
    const onlyFrom = this.#mistrusted.has(totalBytes) ? neighbour : undefined;
    const key = keyOf(totalBytes, onlyFrom);
    let attempt = this.#attempts.get(key);
    if (attempt === undefined && this.#attempts.size < LIMITS.metadataAttempts) {
      attempt = { totalBytes, onlyFrom, pieces: new Map(), asked: new Map() };
      this.#attempts.set(key, attempt);
    }
    return attempt;
  }
}

function keyOf(totalBytes: number, onlyFrom: Neighbour | undefined): string {
  return `${totalBytes}/${onlyFrom?.serial ?? 'all'}`;
}

function pieceCount({ totalBytes }: Attempt): number {
  return Math.ceil(totalBytes / LIMITS.blockBytes);
}

function pieceBytes({ totalBytes }: Attempt, piece: number): number {
  return Math.min(LIMITS.blockBytes, totalBytes - piece * LIMITS.blockBytes);
}
