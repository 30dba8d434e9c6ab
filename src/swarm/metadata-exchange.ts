/**
 * The info dictionary from peers (BEP 9), for those who come with a magnet link; and to peers, for those who have it.
 *
 * Invariant: what is taken for the info dictionary has the torrent's hash. Memory grows with what has arrived, not with the
 * size that a peer claims, and has a bound. False metadata costs those who sent it, and nobody else; those who claim other
 * sizes, or do not answer, keep nobody from getting it of others.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { MetadataMessage } from '../wire/extensions.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { Backoff } from './backoff.ts';
import { Generosity } from './generosity.ts';
import type { Neighbour } from './neighbour.ts';

const REQUESTS_EACH = 4;
const REQUEST_TIMEOUT_MS = 10_000;
/** Neighbours asked for the same piece, once all pieces are under way: the first may be one that never answers. */
const ASKERS = 3;

export interface MetadataHooks {
  send(neighbour: Neighbour, message: MetadataMessage): void;
  /** Whether the bytes have one of the torrent's info-hashes. */
  isRight(infoBytes: Uint8Array): boolean;
  complete(infoBytes: Uint8Array): void;
  /** These have sent metadata that is not the torrent's. */
  guilty(neighbours: readonly Neighbour[]): void;
}

/** Somebody who says that it has the metadata. */
interface Source {
  /** How long it says that it is. */
  readonly totalBytes: number;
  /** Pieces that it is asked for, and since when. The longest asked first. */
  readonly requests: Map<number, number>;
}

/** Metadata of one claimed size, gathered from those who claim it. */
interface Gathering {
  readonly totalBytes: number;
  /** Set once a gathering from several has failed: then each must send all of it. */
  readonly onlyFrom: Neighbour | undefined;
  readonly pieces: Map<number, { readonly data: Uint8Array; readonly sender: Neighbour }>;
  /** Pieces under way: how many are asked for each. */
  readonly askers: Map<number, number>;
  /** Pieces that were under way, and have not come. */
  readonly free: Set<number>;
  /** From here on no piece has been asked for. */
  next: number;
}

export class MetadataExchange {
  readonly #hooks: MetadataHooks;
  #infoBytes: Uint8Array | undefined;
  readonly #gatherings = new Map<string, Gathering>();
  readonly #sources = new Map<Neighbour, Source>();
  readonly #backoff = new Backoff<Neighbour>();
  /** Sizes for which a gathering from several has failed, as long as somebody claims them. */
  readonly #mistrusted = new Set<number>();
  #gatheredBytes = 0;
  readonly #generosity = new Generosity();

  constructor(hooks: MetadataHooks) {
    this.#hooks = hooks;
  }

  /** Bytes that have arrived, and how many there are said to be. */
  get progress(): { readonly receivedBytes: number; readonly totalBytes: number } {
    let best = { receivedBytes: 0, totalBytes: 0 };
    for (const { pieces, totalBytes } of this.#gatherings.values()) {
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
    this.#gatherings.clear();
    this.#gatheredBytes = 0;
    this.#sources.clear();
    this.#mistrusted.clear();
  }

  /** A neighbour says that it has metadata of so many bytes. Throws `WireError` where it has said something else before. */
  offered(neighbour: Neighbour, totalBytes: number, nowMs: number): void {
    if (this.#infoBytes !== undefined) return;
    const known = this.#sources.get(neighbour);
    if (known !== undefined && known.totalBytes !== totalBytes) throw new WireError('it names two sizes of the metadata');
    if (known === undefined) this.#sources.set(neighbour, { totalBytes, requests: new Map() });
    this.#ask(neighbour, nowMs);
  }

  /** Throws `WireError` where it goes on for too long to no purpose. */
  received(neighbour: Neighbour, message: MetadataMessage, nowMs: number): void {
    if (message.type === 'request') this.#serve(neighbour, message.piece, nowMs);
    else this.#take(neighbour, message, nowMs);
  }

  left(neighbour: Neighbour): void {
    this.#forget(neighbour);
  }

  /** Once a second: what has not come is asked of others. */
  tick(nowMs: number): void {
    for (const [neighbour, { requests }] of this.#sources) {
      for (const [piece, sentMs] of requests) {
        if (nowMs - sentMs <= REQUEST_TIMEOUT_MS) break;
        this.#release(neighbour, piece);
        this.#backoff.failed(neighbour, nowMs);
      }
    }
    for (const neighbour of this.#backoff.inTurn(this.#sources.keys(), nowMs)) this.#ask(neighbour, nowMs);
  }

  #serve(neighbour: Neighbour, piece: number, nowMs: number): void {
    const infoBytes = this.#infoBytes;
    const begin = piece * LIMITS.blockBytes;
    const data = infoBytes?.subarray(begin, begin + LIMITS.blockBytes);
    if (infoBytes === undefined || data === undefined || data.length === 0 || !this.#generosity.gives(neighbour, data.length, infoBytes.length)) {
      neighbour.saidNothing(nowMs);
      return this.#hooks.send(neighbour, { type: 'reject', piece });
    }
    return this.#hooks.send(neighbour, { type: 'data', piece, totalBytes: infoBytes.length, data });
  }

  #take(neighbour: Neighbour, message: MetadataMessage, nowMs: number): void {
    if (!this.#release(neighbour, message.piece)) return neighbour.saidNothing(nowMs);
    // It has not got it yet, or has had enough: others are asked first.
    if (message.type === 'reject') return this.#backoff.failed(neighbour, nowMs);
    const gathering = this.#gatheringFor(neighbour);
    if (gathering === undefined || gathering.pieces.has(message.piece)) return this.#ask(neighbour, nowMs);
    if (message.type !== 'data' || message.data.length !== pieceBytes(gathering, message.piece)) return this.#accuse([neighbour]);
    this.#backoff.succeeded(neighbour);
    gathering.askers.delete(message.piece);
    gathering.free.delete(message.piece);
    gathering.pieces.set(message.piece, { data: message.data.slice(), sender: neighbour });
    this.#gatheredBytes += message.data.length;
    if (gathering.pieces.size === pieceCount(gathering)) this.#finish(gathering);
    else this.#ask(neighbour, nowMs);
    if (this.#gatheredBytes > LIMITS.metadataGatheredBytes) this.#dropLargest(nowMs);
    return undefined;
  }

  #finish(gathering: Gathering): void {
    const pieces = Array.from({ length: pieceCount(gathering) }, (_, piece) => gathering.pieces.get(piece));
    const infoBytes = Buffer.concat(pieces.flatMap((piece) => piece?.data ?? []));
    if (this.#hooks.isRight(infoBytes)) {
      this.has(infoBytes);
      return this.#hooks.complete(infoBytes);
    }
    this.#drop(gathering);
    const senders = [...new Set(pieces.flatMap((piece) => piece?.sender ?? []))];
    if (senders.length === 1) return this.#accuse(senders);
    this.#mistrusted.add(gathering.totalBytes);
    return undefined;
  }

  #accuse(neighbours: readonly Neighbour[]): void {
    for (const neighbour of neighbours) this.#forget(neighbour);
    this.#hooks.guilty(neighbours);
  }

  /** The larger a claim, the likelier it is false; and whoever made it is asked last from now on. */
  #dropLargest(nowMs: number): void {
    const [largest] = [...this.#gatherings.values()].sort((a, b) => b.totalBytes - a.totalBytes);
    this.#drop(largest);
    for (const [neighbour, { totalBytes }] of this.#sources) if (totalBytes === largest.totalBytes) this.#backoff.failed(neighbour, nowMs);
  }

  #drop(gathering: Gathering): void {
    if (!this.#gatherings.delete(keyOf(gathering.totalBytes, gathering.onlyFrom))) return;
    for (const { data } of gathering.pieces.values()) this.#gatheredBytes -= data.length;
    for (const [neighbour, { totalBytes, requests }] of this.#sources) {
      if (totalBytes === gathering.totalBytes && (gathering.onlyFrom ?? neighbour) === neighbour) requests.clear();
    }
  }

  /** It is no source any more; a gathering that has none left goes with it. */
  #forget(neighbour: Neighbour): void {
    const source = this.#sources.get(neighbour);
    if (source === undefined) return;
    for (const piece of source.requests.keys()) this.#release(neighbour, piece);
    const gathering = this.#gatherings.get(this.#keyFor(neighbour, source.totalBytes));
    this.#sources.delete(neighbour);
    const isClaimed = [...this.#sources.values()].some(({ totalBytes }) => totalBytes === source.totalBytes);
    if (gathering !== undefined && (gathering.onlyFrom === neighbour || !isClaimed)) this.#drop(gathering);
    if (!isClaimed) this.#mistrusted.delete(source.totalBytes);
  }

  /** The neighbour is not asked for the piece any more; tells whether it was. */
  #release(neighbour: Neighbour, piece: number): boolean {
    const source = this.#sources.get(neighbour);
    if (source?.requests.delete(piece) !== true) return false;
    const gathering = this.#gatherings.get(this.#keyFor(neighbour, source.totalBytes));
    const askers = gathering?.askers.get(piece);
    if (gathering === undefined || askers === undefined) return true;
    if (askers > 1) gathering.askers.set(piece, askers - 1);
    else if (gathering.askers.delete(piece)) gathering.free.add(piece);
    return true;
  }

  #ask(neighbour: Neighbour, nowMs: number): void {
    const source = this.#sources.get(neighbour);
    const gathering = this.#gatheringFor(neighbour);
    if (source === undefined || gathering === undefined || !this.#backoff.isReady(neighbour, nowMs)) return;
    while (source.requests.size < REQUESTS_EACH) {
      const piece = pieceToAsk(gathering, source);
      if (piece === undefined) return;
      gathering.free.delete(piece);
      gathering.askers.set(piece, (gathering.askers.get(piece) ?? 0) + 1);
      source.requests.set(piece, nowMs);
      this.#hooks.send(neighbour, { type: 'request', piece });
    }
  }

  #gatheringFor(neighbour: Neighbour): Gathering | undefined {
    const source = this.#sources.get(neighbour);
    if (source === undefined) return undefined;
    const { totalBytes } = source;
    const key = this.#keyFor(neighbour, totalBytes);
    let gathering = this.#gatherings.get(key);
    if (gathering === undefined) {
      gathering = { totalBytes, onlyFrom: this.#mistrusted.has(totalBytes) ? neighbour : undefined, pieces: new Map(), askers: new Map(), free: new Set(), next: 0 };
      this.#gatherings.set(key, gathering);
    }
    return gathering;
  }

  #keyFor(neighbour: Neighbour, totalBytes: number): string {
    return keyOf(totalBytes, this.#mistrusted.has(totalBytes) ? neighbour : undefined);
  }
}

/** One that nobody is asked for; where there is none, one that fewest are. */
function pieceToAsk(gathering: Gathering, { requests }: Source): number | undefined {
  for (const piece of gathering.free) return piece;
  if (gathering.next < pieceCount(gathering)) return gathering.next++;
  let best: number | undefined;
  let fewest = ASKERS;
  for (const [piece, askers] of gathering.askers) {
    if (askers >= fewest || requests.has(piece)) continue;
    best = piece;
    fewest = askers;
  }
  return best;
}

function keyOf(totalBytes: number, onlyFrom: Neighbour | undefined): string {
  return `${totalBytes}/${onlyFrom?.serial ?? 'all'}`;
}

function pieceCount({ totalBytes }: Gathering): number {
  return Math.ceil(totalBytes / LIMITS.blockBytes);
}

function pieceBytes({ totalBytes }: Gathering, piece: number): number {
  return Math.min(LIMITS.blockBytes, totalBytes - piece * LIMITS.blockBytes);
}
