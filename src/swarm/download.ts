/**
 * What we ask whom for: each neighbour that lets us is kept busy with requests, for blocks of pieces already begun first,
 * then of a new piece that the picker names; at the very end blocks under way are asked of others too. Suppliers, who are no
 * neighbours, bring pieces in a row: they claim them, and begin one after the other.
 *
 * Invariant: every wanted piece that is not had is in exactly one state: on offer to the picker, claimed, in progress (with
 * free blocks or not), or complete and being verified. A neighbour's `requests`, a supply's `blocks` and the pieces' counts
 * of askers agree.
 */
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BlockRequest } from '../wire/messages.ts';
import { Assembly } from './assembly.ts';
import type { Contents } from './contents.ts';
import { Demand } from './demand.ts';
import { blocksToJoin, endgameBlock } from './endgame.ts';
import type { Neighbour } from './neighbour.ts';
import type { PieceInProgress } from './piece-in-progress.ts';
import type { PiecePicker, PiecePriority } from './piece-picker.ts';
import type { RateLimit } from './rate.ts';
import type { Claims, Supplier, Supply } from './supply.ts';
import { Suspects } from './suspects.ts';

/** A request that has brought nothing for this long is made elsewhere; a neighbour that brought nothing at all is snubbed. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Requests made at a time where a pipeline is long. */
const LARGEST_HANDFUL = 32;

/** With these something can be traded. */
const FIRST_PIECES = 4;

export interface DownloadHooks {
  /** Verified, written, and in `have`. */
  pieceCompleted(piece: number): void;
  /** The last wanted piece has been completed. */
  finished(): void;
  /** The disk has failed: nothing more can be done. */
  failed(error: Error): void;
  /** These addresses and suppliers have sent bytes that were not the torrent's. */
  guilty(names: readonly string[], piece: number): void;
  /** The rate limit holds requests back; `ask` should be called for everyone in so many milliseconds. */
  throttled(waitMs: number): void;
}

export class Download {
  /** Payload that came, and how much of it was of no use: had already, or spoilt. Bytes. */
  receivedBytes = 0;
  wastedBytes = 0;
  /** Of the payload that came: what suppliers brought. */
  suppliedBytes = 0;
  /** Nothing is asked for meanwhile. */
  isPaused = false;
  readonly demand: Demand;
  readonly suspects = new Suspects();
  readonly #contents: Contents;
  readonly #clock: Clock;
  readonly #limit: RateLimit;
  readonly #hooks: DownloadHooks;
  readonly #neighbours: ReadonlySet<Neighbour>;
  readonly #assembly: Assembly;
  readonly #inProgress = new Map<number, PieceInProgress>();
  /** Those in progress that have free blocks, the longest begun first. */
  readonly #open = new Set<PieceInProgress>();
  readonly #verifying = new Set<number>();
  readonly #blocksPerPiece: number;
  /** Resolves when the next piece has been verified and written, or found spoilt; then anew. */
  #pieceEnded = Promise.withResolvers<void>();
  #stopped = false;

  constructor(
    contents: Contents,
    picker: PiecePicker,
    world: { readonly clock: Clock; readonly limit: RateLimit; readonly neighbours: ReadonlySet<Neighbour>; readonly hooks: DownloadHooks },
  ) {
    this.#contents = contents;
    this.demand = new Demand(contents.have, picker, world.neighbours);
    this.#clock = world.clock;
    this.#limit = world.limit;
    this.#neighbours = world.neighbours;
    this.#hooks = world.hooks;
    this.#assembly = new Assembly(contents, (error) => this.#hooks.failed(error));
    this.#blocksPerPiece = Math.ceil(contents.metainfo.pieceLength / LIMITS.blockBytes);
  }

  get claims(): Claims {
    return this.demand.claims;
  }

  /** Resolves once no piece is being verified or written: after `stop`, for good. */
  async settled(): Promise<void> {
    while (this.#verifying.size > 0) await this.#pieceEnded.promise;
  }

  setPriority(piece: number, priority: PiecePriority): void {
    this.demand.setPriority(piece, priority);
    if (!this.demand.isWanted(piece)) this.claims.delete(piece);
    if (!this.#contents.have.has(piece) && !this.claims.has(piece) && !this.#inProgress.has(piece) && !this.#verifying.has(piece)) this.demand.offer(piece);
  }

  /** A neighbour's pieces have become known, all at once. */
  joined(neighbour: Neighbour): void {
    this.suspects.remember(neighbour.serial, neighbour.endpoint.host);
    this.demand.joined(neighbour);
  }

  left(neighbour: Neighbour): void {
    this.releaseAll(neighbour);
    this.demand.left(neighbour);
  }

  /** Fills a neighbour's pipeline. */
  ask(neighbour: Neighbour): void {
    if (this.#stopped || this.isPaused || neighbour.interesting === 0) return;
    if (neighbour.peerChoking && neighbour.allowedFast.size === 0) return;
    const nowMs = this.#clock.now();
    const depth = neighbour.pipeline.depth(neighbour.requestQueueLength, neighbour.snubbed);
    // By the handful: one write here, and one wake-up there, for many blocks.
    if (neighbour.requests.size > depth - Math.min(LARGEST_HANDFUL, depth >> 2)) return;
    while (neighbour.requests.size < depth) {
      const waitMs = this.#limit.waitMs(nowMs);
      if (waitMs > 0) return this.#hooks.throttled(waitMs);
      const block = this.#nextBlock(neighbour, nowMs);
      if (block === undefined) return;
      this.#limit.take(block.length, nowMs);
      this.#request(neighbour, block, nowMs);
    }
  }

  /** A piece that could not be wanted yet is on disk already, and has been verified. */
  found(piece: number): void {
    this.#had(piece);
  }

  /** A block has come from a neighbour, asked for or not. */
  received(neighbour: Neighbour, message: BlockRequest & { readonly data: Uint8Array }): void {
    const nowMs = this.#clock.now();
    const block = message.begin / LIMITS.blockBytes;
    const key = message.piece * this.#blocksPerPiece + block;
    const wasAsked = neighbour.requests.delete(key);
    this.receivedBytes += message.length;
    const piece = this.#inProgress.get(message.piece);
    if (
      piece === undefined || !Number.isInteger(block) || block >= piece.blockCount || piece.isReceived(block)
      || message.length !== piece.blockLength(block) || (piece.onlyFrom !== undefined && piece.onlyFrom !== neighbour.serial)
    ) {
      // It earns nothing: else anything at all could be sent, to be sent to in return. Nor is it asked anew at once for what
      // it was asked for and has sent in another length.
      this.wastedBytes += message.length;
      neighbour.uselessBlocks += 1;
      if (wasAsked) this.#release(key);
      return;
    }
    neighbour.download.add(message.length, nowMs);
    neighbour.lastBlockMs = nowMs;
    if (wasAsked) neighbour.pipeline.received(message.length, nowMs);
    neighbour.snubbed = false;
    const others = piece.askers(block) - (wasAsked ? 1 : 0);
    this.#take(piece, block, message.data, { sender: neighbour.serial, others, nowMs });
    this.ask(neighbour);
  }

  /** The neighbour will not send this block (BEP 6). Tells whether it was asked for it. */
  rejected(neighbour: Neighbour, { piece, begin }: BlockRequest): boolean {
    const key = piece * this.#blocksPerPiece + begin / LIMITS.blockBytes;
    if (!neighbour.requests.delete(key)) return false;
    this.#release(key);
    // It has said no to a piece that it had allowed us: asking again would go on for ever.
    if (neighbour.peerChoking) neighbour.allowedFast.delete(piece);
    return true;
  }

  /** The neighbour has choked us, and keeps no requests of those who are choked (without BEP 6), or has gone. */
  releaseAll(neighbour: Neighbour): void {
    for (const key of neighbour.requests.takeWhile(() => true)) this.#release(key);
    neighbour.currentPiece = undefined;
  }

  /** Every few seconds: what has taken too long is asked of others, and of the neighbour itself only what they leave. */
  tick(neighbour: Neighbour, nowMs: number): void {
    const late = neighbour.requests.takeWhile((sentMs) => nowMs - sentMs >= REQUEST_TIMEOUT_MS);
    for (const key of late) {
      this.#release(key);
      neighbour.send({ type: 'cancel', ...this.#blockOf(key) }, nowMs);
      if (nowMs - neighbour.lastBlockMs >= REQUEST_TIMEOUT_MS) neighbour.snubbed = true;
    }
    if (late.length > 0) {
      neighbour.currentPiece = undefined;
      this.askIdle(neighbour);
    }
    this.ask(neighbour);
  }

  /**
   * Those who had to wait, for memory or for something to begin, can go on; but for one who has just failed us, and the snubbed
   * last. Of these each has its turn: else two who are silent could hand a piece that only one may be asked for to and fro.
   */
  askIdle(except?: Neighbour): void {
    const snubbed: Neighbour[] = [];
    for (const neighbour of this.#neighbours) {
      if (neighbour.requests.size > 0 || neighbour === except) continue;
      if (neighbour.snubbed) snubbed.push(neighbour);
      else this.ask(neighbour);
    }
    for (const neighbour of snubbed.sort((a, b) => a.lastBlockMs - b.lastBlockMs)) this.ask(neighbour);
  }

  /** The pieces that have been begun and are not whole. */
  get begun(): Iterable<PieceInProgress> {
    return this.#inProgress.values();
  }

  /**
   * A piece that is on offer, or claimed by another, is the supplier's to begin. A neighbour leaves it alone as long as there
   * is anything else that it could begin.
   */
  claim(supplier: Supplier, piece: number): void {
    this.demand.withdraw(piece);
    this.claims.set(piece, supplier);
  }

  /** What the supplier has claimed and not begun is on offer again. */
  disclaim(supplier: Supplier): void {
    for (const piece of this.claims.of(supplier)) {
      this.claims.delete(piece);
      this.demand.offer(piece);
    }
    this.askIdle();
  }

  /** Undefined where there is memory for one more piece; else resolves when it is worth looking again. */
  whenRoom(piece: number): Promise<void> | undefined {
    if (this.#assembly.hasRoomFor(pieceSize(this.#contents.metainfo, piece))) return undefined;
    if (this.#assembly.isCompleting) return this.#pieceEnded.promise;
    this.#makeRoom();
    return undefined;
  }

  /** The supplier begins a piece, all of whose blocks are asked of it. Undefined where its claim is no longer good. */
  begin(supplier: Supplier, piece: number): Supply | undefined {
    return this.claims.isOf(supplier, piece) ? this.#supply(supplier, this.#begin(piece, supplier.serial, this.#clock.now())) : undefined;
  }

  /** The supplier joins in a piece that others have begun, with blocks in a row. Undefined where nothing is left to bring. */
  join(supplier: Supplier, piece: PieceInProgress): Supply | undefined {
    return blocksToJoin(piece).length === 0 ? undefined : this.#supply(supplier, piece);
  }

  /** A block has come from a supplier. */
  supplied({ supplier, piece, blocks }: Supply, block: number, data: Uint8Array): void {
    const length = piece.blockLength(block);
    this.receivedBytes += length;
    this.suppliedBytes += length;
    const wasAsked = blocks.delete(block);
    const isHere = this.#inProgress.get(piece.piece) === piece;
    if (!isHere || piece.isReceived(block) || (piece.onlyFrom !== undefined && piece.onlyFrom !== supplier.serial)) {
      this.wastedBytes += length;
      return;
    }
    const others = piece.askers(block) - (wasAsked ? 1 : 0);
    this.#take(piece, block, data, { sender: supplier.serial, others, nowMs: this.#clock.now() });
  }

  /** Bytes have come from a supplier that nobody wanted. */
  wasted(bytes: number): void {
    this.receivedBytes += bytes;
    this.suppliedBytes += bytes;
    this.wastedBytes += bytes;
  }

  /** The supplier brings no more of a piece. */
  release({ piece, blocks }: Supply): void {
    for (const block of blocks) this.#releaseBlock(piece, block);
    blocks.clear();
    this.askIdle();
  }

  /** Nothing is asked for any more; what is being written is left to finish. */
  stop(): void {
    this.#stopped = true;
    for (const neighbour of this.#neighbours) this.releaseAll(neighbour);
    for (const piece of this.#inProgress.values()) this.#assembly.abandon(piece);
    this.claims.clear();
    this.#inProgress.clear();
    this.#open.clear();
  }

  #nextBlock(neighbour: Neighbour, nowMs: number): BlockRequest | undefined {
    const piece = this.#pieceFor(neighbour, nowMs) ?? this.#claimedPieceFor(neighbour, nowMs);
    if (piece !== undefined) {
      neighbour.currentPiece = piece.piece;
      const block = piece.takeFree();
      if (piece.free === 0) this.#open.delete(piece);
      return { piece: piece.piece, begin: block * LIMITS.blockBytes, length: piece.blockLength(block) };
    }
    // Only when nothing is left to begin, and no free block is left anywhere.
    if (this.demand.isAnyOnOffer || this.#open.size > 0) return undefined;
    return endgameBlock(neighbour, this.#inProgress.values());
  }

  /**
   * The piece that the neighbour is at; else a new one, so that what it has and others lack is had of it, and what others send
   * anyway is not; else one that others are at. With fewer than `FIRST_PIECES` a whole one is wanted soon, to have something
   * to trade, and where memory is short pieces are to be ended: then begun ones go first.
   */
  #pieceFor(neighbour: Neighbour, nowMs: number): PieceInProgress | undefined {
    const current = neighbour.currentPiece === undefined ? undefined : this.#inProgress.get(neighbour.currentPiece);
    if (current !== undefined && current.free > 0 && this.#mayAsk(neighbour, current)) return current;
    const { have, metainfo } = this.#contents;
    return have.count >= FIRST_PIECES && this.#assembly.hasRoomFor(metainfo.pieceLength)
      ? this.#beginPieceWith(neighbour, nowMs) ?? this.#openPieceFor(neighbour)
      : this.#openPieceFor(neighbour) ?? this.#beginPieceWith(neighbour, nowMs);
  }

  /** The longest begun piece with a free block that the neighbour may be asked for. */
  #openPieceFor(neighbour: Neighbour): PieceInProgress | undefined {
    if (neighbour.peerChoking) return this.#allowedOpenPiece(neighbour);
    for (const piece of this.#open) if (this.#mayAsk(neighbour, piece)) return piece;
    return undefined;
  }

  /** Of one that chokes us: there are few pieces that it allows, and may be many that are open. */
  #allowedOpenPiece(neighbour: Neighbour): PieceInProgress | undefined {
    for (const index of neighbour.allowedFast) {
      const piece = this.#inProgress.get(index);
      if (piece !== undefined && piece.free > 0 && this.#mayAsk(neighbour, piece)) return piece;
    }
    return undefined;
  }

  #mayAsk(neighbour: Neighbour, piece: PieceInProgress): boolean {
    return neighbour.pieces.has(piece.piece)
      && (!neighbour.peerChoking || neighbour.allowedFast.has(piece.piece))
      && (piece.onlyFrom === undefined || piece.onlyFrom === neighbour.serial);
  }

  #beginPieceWith(neighbour: Neighbour, nowMs: number): PieceInProgress | undefined {
    const index = neighbour.peerChoking ? this.#allowedPiece(neighbour) : this.demand.pick(neighbour);
    return index === undefined ? undefined : this.#tryToBegin(index, neighbour, nowMs);
  }

  /** Where there is nothing else for a neighbour, it begins what a supplier has claimed. */
  #claimedPieceFor(neighbour: Neighbour, nowMs: number): PieceInProgress | undefined {
    const index = neighbour.peerChoking ? undefined : this.claims.lastOf(neighbour);
    return index === undefined ? undefined : this.#tryToBegin(index, neighbour, nowMs);
  }

  /** Undefined where there is no memory for one more piece. */
  #tryToBegin(index: number, neighbour: Neighbour, nowMs: number): PieceInProgress | undefined {
    const size = pieceSize(this.#contents.metainfo, index);
    if (!this.#assembly.hasRoomFor(size)) {
      // A neighbour with nothing to do is worth the detour over the disk, but not while room is being made anyway.
      if (neighbour.requests.size > 0 || this.#assembly.isCompleting) return undefined;
      this.#makeRoom();
    }
    return this.#begin(index, neighbour.serial, nowMs);
  }

  #begin(index: number, serial: number, nowMs: number): PieceInProgress {
    const piece = this.#assembly.begin(index, pieceSize(this.#contents.metainfo, index), nowMs);
    if (this.suspects.isSuspect(index)) piece.onlyFrom = serial;
    this.demand.withdraw(index);
    this.claims.delete(index);
    this.#inProgress.set(index, piece);
    this.#open.add(piece);
    return piece;
  }

  #supply(supplier: Supplier, piece: PieceInProgress): Supply {
    this.suspects.remember(supplier.serial, supplier.name);
    const blocks = new Set(blocksToJoin(piece));
    for (const block of blocks) piece.ask(block);
    if (piece.free === 0) this.#open.delete(piece);
    return { supplier, piece, blocks };
  }

  #allowedPiece(neighbour: Neighbour): number | undefined {
    for (const piece of neighbour.allowedFast) {
      if (this.demand.isWanted(piece) && neighbour.pieces.has(piece) && !this.#inProgress.has(piece) && !this.#verifying.has(piece)) return piece;
    }
    return undefined;
  }

  /** Moves the piece that has waited longest for a block out of memory. */
  #makeRoom(): void {
    let idlest: PieceInProgress | undefined;
    for (const piece of this.#inProgress.values()) {
      if (piece.buffer !== undefined && piece.touchedMs < (idlest?.touchedMs ?? Number.POSITIVE_INFINITY)) idlest = piece;
    }
    if (idlest !== undefined) this.#assembly.spill(idlest);
  }

  #request(neighbour: Neighbour, block: BlockRequest, nowMs: number): void {
    // Silence is counted from when there was something to wait for.
    if (neighbour.requests.size === 0) neighbour.lastBlockMs = Math.max(neighbour.lastBlockMs, nowMs);
    neighbour.requests.add(block.piece * this.#blocksPerPiece + block.begin / LIMITS.blockBytes, nowMs);
    neighbour.send({ type: 'request', ...block }, nowMs);
  }

  #release(key: number): void {
    const piece = this.#inProgress.get(Math.floor(key / this.#blocksPerPiece));
    if (piece !== undefined) this.#releaseBlock(piece, key % this.#blocksPerPiece);
  }

  #releaseBlock(piece: PieceInProgress, block: number): void {
    if (this.#inProgress.get(piece.piece) !== piece || !piece.release(block)) return;
    if (piece.onlyFrom !== undefined || piece.free === piece.blockCount) return this.#giveUp(piece);
    this.#open.add(piece);
  }

  /** A piece of which nothing is here or under way, or whose only source has failed us, is on offer again. */
  #giveUp(piece: PieceInProgress): void {
    this.#assembly.abandon(piece);
    this.#inProgress.delete(piece.piece);
    this.#open.delete(piece);
    this.demand.offer(piece.piece);
    // Whoever was its only source may be asked for more of it still: that must not count for the next attempt.
    if (piece.onlyFrom === undefined) return;
    const firstKey = piece.piece * this.#blocksPerPiece;
    for (const neighbour of this.#neighbours) {
      if (neighbour.serial !== piece.onlyFrom) continue;
      for (let key = firstKey; key < firstKey + piece.blockCount; key++) neighbour.requests.delete(key);
    }
  }

  /** Takes in a block that was missing; `others` are still asked for it. */
  #take(piece: PieceInProgress, block: number, data: Uint8Array, from: { readonly sender: number; readonly others: number; readonly nowMs: number }): void {
    piece.receive(block, from.sender, from.nowMs);
    if (piece.free === 0) this.#open.delete(piece);
    if (from.others > 0) this.#cancelElsewhere(piece.piece * this.#blocksPerPiece + block, from.nowMs);
    this.#assembly.add(piece, block, data);
    if (piece.missing === 0) void this.#complete(piece);
  }

  #cancelElsewhere(key: number, nowMs: number): void {
    for (const other of this.#neighbours) {
      if (other.requests.delete(key)) other.send({ type: 'cancel', ...this.#blockOf(key) }, nowMs);
    }
  }

  async #complete(piece: PieceInProgress): Promise<void> {
    this.#inProgress.delete(piece.piece);
    this.#verifying.add(piece.piece);
    try {
      const isGood = await this.#assembly.complete(piece, (good, bytes) => {
        const guilty = good ? this.suspects.verified(piece, bytes) : this.suspects.failed(piece, bytes);
        if (guilty.length > 0) this.#hooks.guilty(guilty, piece.piece);
      });
      this.#verifying.delete(piece.piece);
      if (isGood) this.#had(piece.piece);
      else this.#spoilt(piece);
      this.askIdle();
    } catch (error) {
      this.#verifying.delete(piece.piece);
      this.#hooks.failed(error as Error);
    } finally {
      this.#pieceEnded.resolve();
      this.#pieceEnded = Promise.withResolvers();
    }
  }

  #had(piece: number): void {
    const wasWanted = this.demand.had(piece);
    this.#hooks.pieceCompleted(piece);
    if (wasWanted && this.demand.missing === 0 && !this.#stopped) this.#hooks.finished();
  }

  #spoilt(piece: PieceInProgress): void {
    this.wastedBytes += piece.size;
    if (this.#stopped) return;
    this.demand.offer(piece.piece);
  }

  #blockOf(key: number): BlockRequest {
    const piece = Math.floor(key / this.#blocksPerPiece);
    const begin = (key % this.#blocksPerPiece) * LIMITS.blockBytes;
    const size = pieceSize(this.#contents.metainfo, piece);
    return { piece, begin, length: Math.min(LIMITS.blockBytes, size - begin) };
  }
}
