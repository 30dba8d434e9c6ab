/**
 * The part of a swarm that exchanges pieces, from when it is known what the pieces are: picking, requesting, serving,
 * choking, and telling everyone what has been had.
 *
 * Invariant: it changes a neighbour only in answer to that neighbour's message, to a completed piece, or at a tick.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { LIMITS } from '../bytes/limits.ts';
import { piecesOf, type FileEntry } from '../metainfo/metainfo.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Network } from '../runtime/network.ts';
import type { Random } from '../runtime/random.ts';
import type { BlockRequest, PeerMessage } from '../wire/messages.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { AllowedFast } from './allowed-fast.ts';
import { Choker } from './choker.ts';
import { CHOKING_POLICIES, type ChokingPolicyName } from './choking-policies.ts';
import type { ChokingPolicy } from './choking-policy.ts';
import type { Contents } from './contents.ts';
import { Download, type DownloadHooks } from './download.ts';
import { HashExchange } from './hash-exchange.ts';
import type { Neighbour } from './neighbour.ts';
import type { PiecePriority } from './piece-picker.ts';
import { PICKING_POLICIES, type PickingPolicy } from './picking-policies.ts';
import type { RateLimit } from './rate.ts';
import { SuperSeeding } from './super-seeding.ts';
import { Upload } from './upload.ts';
import { WebSeeds } from './web-seeds.ts';

/** A neighbour that has fewer pieces than this is helped to its first ones (BEP 6). */
const NEWCOMER_PIECES = 10;

/** How often to look for requests that have taken too long, which is a matter of a minute. */
const REQUEST_CHECK_MS = 5000;

/** A rate limit lets through what has gathered in this time at once: finer is only more work. */
const LEAST_THROTTLE_MS = 20;

export interface TransferOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** For people on the other side, such as `Shoal 0.1.0`. */
  readonly client: string;
  readonly neighbours: ReadonlySet<Neighbour>;
  readonly choking: ChokingPolicyName | ChokingPolicy;
  readonly picking: PickingPolicy;
  readonly downLimit: RateLimit;
  readonly upLimit: RateLimit;
  /** BEP 16; only has an effect while every piece is had. */
  readonly superSeeding: boolean;
  /** 20 bytes: what BEP 6 derives its sets from. */
  readonly infoHash: Uint8Array;
  /** What each piece is wanted for. */
  readonly priorityOf: (piece: number) => PiecePriority;
  readonly hooks: Pick<DownloadHooks, 'pieceCompleted' | 'finished' | 'failed'> & {
    /** This host has been found out; `why` reads on from "banned for". */
    ban(host: string, why: string): void;
  };
}

export class Transfer {
  readonly contents: Contents;
  readonly download: Download;
  readonly upload: Upload;
  readonly choker: Choker;
  readonly webSeeds: WebSeeds;
  readonly #options: TransferOptions;
  readonly #hashes: HashExchange;
  readonly #superSeeding: SuperSeeding | undefined;
  #priorityOf: (piece: number) => PiecePriority;
  readonly #allowedFast: AllowedFast;
  #checkAgainAtMs = 0;
  /** When limits have us try again. */
  readonly #againAtMs = { ask: Number.POSITIVE_INFINITY, serve: Number.POSITIVE_INFINITY };

  constructor(contents: Contents, options: TransferOptions) {
    const { clock, random, neighbours, downLimit, upLimit, hooks } = options;
    this.contents = contents;
    this.#options = options;
    const { pieceCount } = contents.metainfo;
    this.#allowedFast = new AllowedFast(options.infoHash, contents.metainfo);
    this.download = new Download(contents, PICKING_POLICIES[options.picking](pieceCount, random), {
      clock,
      limit: downLimit,
      neighbours,
      hooks: {
        ...hooks,
        pieceCompleted: (piece) => this.#pieceCompleted(piece),
        finished: () => { if (this.#hashes.canVerifyAll) hooks.finished(); },
        guilty: (names, piece) => {
          for (const name of names) if (!this.webSeeds.blame(name, piece)) hooks.ban(name, `spoiling piece ${piece}`);
        },
        throttled: (waitMs) => this.#allAgain('ask', waitMs),
      },
    });
    this.upload = new Upload(contents, {
      clock,
      limit: upLimit,
      hooks: {
        failed: hooks.failed,
        throttled: (waitMs) => this.#allAgain('serve', waitMs),
        isAllowedFast: (neighbour, request) => this.#allowedFast.serves(neighbour, request),
        endTurn: (neighbour) => this.isSeeding && this.choker.endTurn(neighbour, clock.now()),
      },
    });
    const policy = typeof options.choking === 'string' ? CHOKING_POLICIES[options.choking]() : options.choking;
    this.choker = new Choker(policy, random, this.upload, neighbours);
    this.#hashes = new HashExchange(contents.metainfo, {
      send: (neighbour, message) => neighbour.send(message, clock.now()),
      learnt: (files, layer) => this.#learnt(files, layer),
      guilty: (neighbour) => hooks.ban(neighbour.endpoint.host, 'false hashes'),
    });
    this.#priorityOf = options.priorityOf;
    this.#setPriorities(0, pieceCount);
    this.#superSeeding = options.superSeeding && contents.have.isFull ? new SuperSeeding(pieceCount) : undefined;
    this.webSeeds = new WebSeeds({
      ...options, contents,
      download: this.download,
      limit: downLimit,
      userAgent: options.client.replaceAll(' ', '/'),
      sequential: options.picking === 'sequential',
    });
  }

  get isSeeding(): boolean {
    return this.download.demand.missing === 0 && this.#hashes.canVerifyAll;
  }

  /** What each piece is wanted for from now on. Interest is told anew, and requests go out. */
  setPriorities(priorityOf: (piece: number) => PiecePriority): void {
    this.#priorityOf = priorityOf;
    this.#setPriorities(0, this.contents.metainfo.pieceCount);
    this.#interestChanged();
  }

  /** The piece layer of a file has been made of the file itself, and leads to its root: it need not be asked for, and can be given. */
  layerMade(file: FileEntry, layer: Uint8Array): void {
    this.contents.learnLayer(file, layer);
    this.#hashes.made(file);
  }

  /** These pieces are wanted before all others, until priorities are set anew. */
  hurry(pieces: Iterable<number>): void {
    for (const piece of pieces) if (!this.#hashes.lacks(piece)) this.download.setPriority(piece, 'high');
    this.#interestChanged();
  }

  /** A neighbour is there: it is told what we have, as the first thing after the handshake. */
  greet(neighbour: Neighbour): void {
    const { have } = this.contents;
    const nowMs = this.#options.clock.now();
    if (this.#superSeeding !== undefined) {
      if (neighbour.supports.fast) neighbour.send({ type: 'have-none' }, nowMs);
    } else if (neighbour.supports.fast && (have.isFull || have.count === 0)) {
      neighbour.send({ type: have.isFull ? 'have-all' : 'have-none' }, nowMs);
    } else if (have.count > 0) {
      neighbour.send({ type: 'bitfield', bytes: have.bytes }, nowMs);
    }
  }

  /** A neighbour's first word on its pieces, if it has spoken already, counts from now on. Throws `WireError`. */
  join(neighbour: Neighbour): void {
    neighbour.learnPieceCount(this.contents.metainfo.pieceCount);
    this.#piecesTold(neighbour);
  }

  left(neighbour: Neighbour): void {
    neighbour.uploadQueue.clear();
    this.download.left(neighbour);
    this.#hashes.left(neighbour);
    for (const stuck of this.#superSeeding?.left(neighbour) ?? []) this.#showNext(stuck);
    this.#allowedFast.left(neighbour);
    const nowMs = this.#options.clock.now();
    this.choker.fillSlots(nowMs);
    // What it was asked for is free for others.
    for (const other of this.#options.neighbours) this.download.ask(other);
  }

  /** A message about pieces. Throws `WireError` where it makes no sense, or says nothing for the thousandth time. */
  message(neighbour: Neighbour, message: PeerMessage): void {
    const nowMs = this.#options.clock.now();
    switch (message.type) {
      case 'piece': return this.#block(neighbour, message);
      case 'request': return this.upload.requested(neighbour, message);
      case 'have': return this.#have(neighbour, message.piece, nowMs);
      case 'cancel': return this.upload.cancelled(neighbour, message);
      case 'choke': case 'unchoke': return this.#chokes(neighbour, message.type === 'choke', nowMs);
      case 'interested': case 'not-interested': return this.#wants(neighbour, message.type === 'interested', nowMs);
      case 'bitfield': return this.#hasPieces(neighbour, Bitfield.from(message.bytes, this.contents.metainfo.pieceCount), nowMs);
      case 'have-all': return neighbour.isSeed ? neighbour.saidNothing(nowMs) : this.#hasPieces(neighbour, Bitfield.full(this.contents.metainfo.pieceCount), nowMs);
      case 'have-none': return neighbour.hasTold ? neighbour.saidNothing(nowMs) : this.#hasPieces(neighbour, new Bitfield(this.contents.metainfo.pieceCount), nowMs);
      case 'reject': return this.#rejected(neighbour, message, nowMs);
      case 'allowed-fast': return this.#allowed(neighbour, message.piece, nowMs);
      case 'hash-request': return this.#hashes.serve(neighbour, message, nowMs);
      case 'hashes': return this.#hashes.received(neighbour, message, nowMs);
      case 'hash-reject': return this.#hashes.rejected(neighbour, message, nowMs);
      default: return neighbour.saidNothing(nowMs); // Suggestions are for those who seed from slow disks.
    }
  }

  /** BEP 54. */
  lost(neighbour: Neighbour, piece: number): void {
    neighbour.hasTakenBack = true;
    if (piece >= this.contents.metainfo.pieceCount || !neighbour.pieces.clear(piece)) return;
    const nowMs = this.#options.clock.now();
    this.download.demand.lost(neighbour, piece);
    // It may want of us now what it had no need to know.
    neighbour.tellWaiting(nowMs, nowMs);
    neighbour.updateInterest(nowMs);
  }

  /** Once a second. */
  tick(nowMs: number): void {
    this.#hashes.tick(this.#options.neighbours, nowMs);
    this.webSeeds.tick(nowMs);
    if (nowMs < this.#checkAgainAtMs) return;
    this.#checkAgainAtMs = nowMs + REQUEST_CHECK_MS;
    for (const neighbour of this.#options.neighbours) {
      if (neighbour.requests.size > 0 || (neighbour.interesting > 0 && !neighbour.peerChoking)) this.download.tick(neighbour, nowMs);
    }
  }

  /** Begins to ask web seeds; after a pause, goes on. */
  start(): void {
    this.download.isPaused = false;
    this.webSeeds.start();
  }

  /** Nothing is asked for until `start`. What has come is kept, also of pieces that are not whole. */
  pause(): void {
    this.download.isPaused = true;
    this.webSeeds.stop();
  }

  stop(): void {
    this.webSeeds.stop();
    this.download.stop();
  }

  /** What cannot be verified yet cannot be wanted yet. */
  #setPriorities(first: number, end: number): void {
    for (let piece = first; piece < end; piece++) this.download.setPriority(piece, this.#hashes.lacks(piece) ? 'none' : this.#priorityOf(piece));
  }

  /** The pieces of these files, which are alike, can be verified from now on, those on disk first; a hybrid's could be before. */
  #learnt(files: readonly FileEntry[], layer: Uint8Array): void {
    this.contents.learnLayer(files[0], layer);
    if (this.contents.metainfo.format === 'hybrid') return;
    const rechecked = this.contents.recheck?.(files);
    if (rechecked === undefined) return this.#canVerify(files);
    rechecked.then((found) => {
      for (const piece of found) this.download.found(piece);
      this.#canVerify(files);
    }).catch((error: Error) => this.#options.hooks.failed(error));
  }

  #canVerify(files: readonly FileEntry[]): void {
    for (const file of files) {
      this.#hashes.canVerify(file);
      const { first, end } = piecesOf(file, this.contents.metainfo.pieceLength);
      this.#setPriorities(first, end);
    }
    this.#interestChanged();
    // All that was wanted may have been had before the last layer came.
    if (this.isSeeding) this.#options.hooks.finished();
  }

  #interestChanged(): void {
    const nowMs = this.#options.clock.now();
    for (const neighbour of this.#options.neighbours) {
      neighbour.updateInterest(nowMs);
      this.download.ask(neighbour);
    }
    this.webSeeds.reconsider();
  }

  #piecesTold(neighbour: Neighbour): void {
    const nowMs = this.#options.clock.now();
    this.download.joined(neighbour);
    neighbour.updateInterest(nowMs);
    this.#hashes.tick([neighbour], nowMs);
    if (this.#superSeeding?.isBusy(neighbour) === false) this.#showNext(neighbour);
    // A seed gives everybody a turn anyway; what it gave newcomers besides would be the same pieces again and again.
    if (neighbour.supports.fast && neighbour.pieces.count < NEWCOMER_PIECES && !this.isSeeding) this.#allowFast(neighbour, nowMs);
    this.download.ask(neighbour);
  }

  /** The first word on its pieces, or a later one: aria2 tells of many new ones by another bitfield. */
  #hasPieces(neighbour: Neighbour, pieces: Bitfield | undefined, nowMs: number): void {
    if (pieces === undefined) throw new WireError('its bitfield does not fit the torrent');
    const isFirst = !neighbour.hasTold;
    neighbour.hasTold = true;
    if (neighbour.pieces.count === 0 && (isFirst || pieces.count > 0)) {
      neighbour.pieces = pieces;
      return this.#piecesTold(neighbour);
    }
    // So that five bytes cannot have us go over all pieces again and again.
    if (neighbour.hasTakenBack && pieces.count > 0) throw new WireError('it says anew which pieces it has after having taken some back');
    const { count } = neighbour.pieces;
    for (const piece of pieces.without(neighbour.pieces)) this.#have(neighbour, piece, nowMs);
    if (neighbour.pieces.count === count) neighbour.saidNothing(nowMs);
    return undefined;
  }

  #have(neighbour: Neighbour, piece: number, nowMs: number): void {
    if (piece >= this.contents.metainfo.pieceCount) throw new WireError(`it has piece ${piece} of ${this.contents.metainfo.pieceCount}`);
    if (!neighbour.pieces.set(piece)) return neighbour.saidNothing(nowMs);
    this.download.demand.gained(neighbour, piece);
    neighbour.updateInterest(nowMs);
    for (const passedOn of this.#superSeeding?.seen(neighbour, piece) ?? []) this.#showNext(passedOn);
    if (neighbour.requests.size === 0) this.download.ask(neighbour);
    return undefined;
  }

  #block(neighbour: Neighbour, message: BlockRequest & { readonly data: Uint8Array }): void {
    this.download.received(neighbour, message);
    if (neighbour.uselessBlocks > LIMITS.uselessBlocks) throw new WireError('it sends what nobody wants of it');
  }

  #chokes(neighbour: Neighbour, isChoke: boolean, nowMs: number): void {
    if (neighbour.peerChoking === isChoke) return neighbour.saidNothing(nowMs);
    neighbour.peerChoking = isChoke;
    if (!isChoke) return this.download.ask(neighbour);
    neighbour.pipeline.restart();
    // With BEP 6 each request that will not be served is refused by name.
    if (neighbour.supports.fast) return undefined;
    this.download.releaseAll(neighbour);
    return this.download.askIdle(neighbour);
  }

  #wants(neighbour: Neighbour, isInterested: boolean, nowMs: number): void {
    if (neighbour.peerInterested === isInterested) return neighbour.saidNothing(nowMs);
    neighbour.peerInterested = isInterested;
    return this.choker.fillSlots(nowMs);
  }

  /**
   * A neighbour will not send a block. It is asked for another when it has sent one, or when requests are looked at anyway:
   * one that refuses all it is asked for would be asked again and again.
   */
  #rejected(neighbour: Neighbour, request: BlockRequest, nowMs: number): void {
    if (!this.download.rejected(neighbour, request)) neighbour.saidNothing(nowMs);
    else if (neighbour.requests.size === 0) this.download.askIdle(neighbour);
  }

  #allowed(neighbour: Neighbour, piece: number, nowMs: number): void {
    const isKnown = neighbour.allowedFast.has(piece) || this.contents.have.has(piece);
    const isNew = piece < this.contents.metainfo.pieceCount && !isKnown && neighbour.allowedFast.size < LIMITS.allowedFastPieces;
    if (!isNew) return neighbour.saidNothing(nowMs);
    neighbour.allowedFast.add(piece);
    if (neighbour.peerChoking) this.download.ask(neighbour);
    return undefined;
  }

  #allowFast(neighbour: Neighbour, nowMs: number): void {
    for (const piece of this.#allowedFast.allow(neighbour)) {
      if (this.contents.have.has(piece)) neighbour.send({ type: 'allowed-fast', piece }, nowMs);
    }
  }

  #showNext(neighbour: Neighbour): void {
    const piece = this.#superSeeding?.show(neighbour);
    if (piece !== undefined) neighbour.send({ type: 'have', piece }, this.#options.clock.now());
  }

  #pieceCompleted(piece: number): void {
    const nowMs = this.#options.clock.now();
    const message = { type: 'have', piece } as const;
    for (const neighbour of this.#options.neighbours) {
      neighbour.tellHave(message, nowMs);
      // What is had need not be looked through each time that a neighbour who chokes us might be asked for something.
      neighbour.allowedFast.delete(piece);
      neighbour.updateInterest(nowMs);
    }
    this.#options.hooks.pieceCompleted(piece);
  }

  /** A limit has been reached: everyone gets another try when it lets something through again, in a different order. */
  #allAgain(what: 'ask' | 'serve', leastWaitMs: number): void {
    const { clock, neighbours } = this.#options;
    const waitMs = Math.max(leastWaitMs, LEAST_THROTTLE_MS);
    const atMs = clock.now() + waitMs;
    if (this.#againAtMs[what] <= atMs) return;
    this.#againAtMs[what] = atMs;
    clock.after(waitMs, () => {
      this.#againAtMs[what] = Number.POSITIVE_INFINITY;
      for (const neighbour of this.#inTurn(neighbours)) {
        if (what === 'ask') this.download.ask(neighbour);
        else this.upload.serve(neighbour);
      }
    });
  }

  /** Beginning somewhere at random, so that a limit does not always starve the same. */
  #inTurn(neighbours: ReadonlySet<Neighbour>): Neighbour[] {
    const all = [...neighbours];
    const first = Math.floor(this.#options.random.fraction() * all.length);
    return [...all.slice(first), ...all.slice(0, first)];
  }
}
