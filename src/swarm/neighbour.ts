/**
 * One peer that we are connected to: what each side has told the other, and what is under way between the two.
 *
 * Invariant: what this end believes the other to know of it (choked, interested) is what it has sent; the setters send a
 * message exactly when something changes. A neighbour decides nothing: `Download`, `Upload` and `Choker` do.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Channel } from '../runtime/channel.ts';
import type { Capabilities, Handshake, HaveMessage, PeerMessage } from '../wire/messages.ts';
import { EXTENSION_HANDSHAKE_ID, type ExtensionName } from '../wire/extensions.ts';
import { clientName } from '../wire/peer-id.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { Pipeline } from './pipeline.ts';
import { QueueMap } from './queue-map.ts';
import { RateMeter } from './rate.ts';
import { RequestQueue } from './request-queue.ts';

/** Tit for tat looks at this many seconds (BEP 3). */
export const RATE_WINDOW_SECONDS = 20;

export class Neighbour {
  /** Its number in this swarm; never given twice. */
  readonly serial: number;
  readonly channel: Channel<PeerMessage>;
  /** Where it is connected from or to; for one that came in, its port is not the one on which it listens. */
  readonly endpoint: Endpoint;
  /** Where others can reach it; for one that came in, known only once it has said so (BEP 10). */
  listenEndpoint: Endpoint | undefined;
  readonly peerId: Uint8Array;
  readonly supports: Capabilities;
  readonly connectedMs: number;
  /** For people. */
  client: string;

  /** The extensions that it takes, by its numbers (BEP 10). */
  extensionIds: Partial<Record<ExtensionName, number>> = {};
  /** How many requests it will queue, as it says. */
  requestQueueLength: number = LIMITS.outgoingRequests;
  /** Where its DHT node is, once it has told (BEP 5). */
  dhtPort: number | undefined;
  /** It says that it will not download (BEP 21). */
  uploadOnly = false;
  /** It is being let go of, for neither of us wants anything. */
  partsAsSeed = false;

  /** What it has. Empty until the piece count is known; what it says before that waits in `#early`. */
  pieces = new Bitfield(0);
  /** It has said which pieces it has, were it none. */
  hasTold = false;
  /** It has said of pieces that it has them no more (BEP 54). */
  hasTakenBack = false;
  /** How many of its pieces we want and lack ... */
  interesting = 0;
  /** ... how many of those are on offer to be begun ... */
  onOffer = 0;
  /** ... and how many a supplier has claimed. */
  claimed = 0;
  /** Whether its pieces count in the picker's availability, piece by piece; those of a seed do not. */
  countedByPiece = false;
  peerChoking = true;
  peerInterested = false;
  /** Pieces that it lets us request though we are choked (BEP 6). */
  readonly allowedFast = new Set<number>();

  /** Our requests under way: by block key, when they were sent. Oldest first. */
  readonly requests = new QueueMap<number>();
  readonly pipeline = new Pipeline();
  /** The piece in which it is asked for blocks, so that it goes on there. */
  currentPiece: number | undefined;
  /** When a block last came from it, or when we first had reason to expect one. */
  lastBlockMs: number;
  /** Nothing has come for a minute though it was asked: it gets one request at a time, and no regular unchoke. */
  snubbed = false;
  /** Blocks it sent that nobody wanted of it, or that were not as long as they should be. */
  uselessBlocks = 0;

  /** Its requests that we have not served yet. */
  readonly uploadQueue = new RequestQueue();
  /** The piece of which it was sent a block last. */
  sendingPiece: number | undefined;
  readonly download: RateMeter;
  readonly upload: RateMeter;
  /** When it was last unchoked by us; -Infinity for never. */
  unchokedMs = Number.NEGATIVE_INFINITY;
  /** Since when it waits for its turn: when it was last choked by us, or came. */
  chokedMs: number;
  /** What had been sent to it by then. */
  unchokedAtBytes = 0;
  lastSentMs: number;
  lastReceivedMs: number;
  /** Since when it has been neither interested nor interesting. */
  uselessSinceMs: number;
  /** Since when nothing has come from it or gone to it. */
  fruitlessSinceMs: number;

  /** Messages that told nothing new, of which some are forgotten each second. */
  #idleMessages = 0;
  #idleMessagesMs: number;
  /** What it is yet to be told that we have; it has these pieces itself. */
  readonly #untold: HaveMessage[] = [];
  #amChoking = true;
  #amInterested = false;
  #early: { everything: boolean; nothing: boolean; bitfield: Uint8Array | undefined; pieces: Set<number> } | undefined
    = { everything: false, nothing: false, bitfield: undefined, pieces: new Set() };

  constructor(serial: number, channel: Channel<PeerMessage>, handshake: Handshake, nowMs: number) {
    this.serial = serial;
    this.channel = channel;
    this.endpoint = channel.remote;
    this.listenEndpoint = channel.incoming ? undefined : channel.remote;
    this.peerId = handshake.peerId;
    this.supports = handshake.supports;
    this.client = clientName(handshake.peerId);
    this.connectedMs = nowMs;
    this.chokedMs = nowMs;
    this.lastBlockMs = nowMs;
    this.lastSentMs = nowMs;
    this.lastReceivedMs = nowMs;
    this.uselessSinceMs = nowMs;
    this.fruitlessSinceMs = nowMs;
    this.#idleMessagesMs = nowMs;
    this.download = new RateMeter(RATE_WINDOW_SECONDS, nowMs);
    this.upload = new RateMeter(RATE_WINDOW_SECONDS, nowMs);
  }

  get name(): string {
    return `${formatEndpoint(this.endpoint)} (${this.client})`;
  }

  get isSeed(): boolean {
    return this.pieces.length > 0 && this.pieces.isFull;
  }

  get amChoking(): boolean {
    return this.#amChoking;
  }

  get amInterested(): boolean {
    return this.#amInterested;
  }

  choke(nowMs: number): void {
    if (this.#amChoking) return;
    this.#amChoking = true;
    this.chokedMs = nowMs;
    this.send({ type: 'choke' }, nowMs);
  }

  unchoke(nowMs: number): void {
    if (!this.#amChoking) return;
    this.#amChoking = false;
    this.unchokedMs = nowMs;
    this.unchokedAtBytes = this.upload.totalBytes;
    this.send({ type: 'unchoke' }, nowMs);
  }

  /** Tells it whether it has something that we want, where that has changed. */
  updateInterest(nowMs: number): void {
    const interested = this.interesting > 0;
    if (interested === this.#amInterested) return;
    this.#amInterested = interested;
    this.send({ type: interested ? 'interested' : 'not-interested' }, nowMs);
  }

  send(message: PeerMessage, nowMs: number): void {
    this.lastSentMs = nowMs;
    if (this.#untold.length > 0) this.#tellRest();
    this.channel.send(message);
  }

  /**
   * Tells it of a piece that we have now. Where it has that too, it can wait for the next message: it changes nothing but what
   * the neighbour knows of our progress, and is not worth a packet of its own.
   */
  tellHave(message: HaveMessage, nowMs: number): void {
    if (this.pieces.has(message.piece)) this.#untold.push(message);
    else this.send(message, nowMs);
  }

  /** Tells it of what has waited, if it has not heard from us since `sinceMs`. */
  tellWaiting(sinceMs: number, nowMs: number): void {
    if (this.#untold.length === 0 || this.lastSentMs > sinceMs) return;
    this.lastSentMs = nowMs;
    this.#tellRest();
  }

  #tellRest(): void {
    for (const message of this.#untold) this.channel.send(message);
    this.#untold.length = 0;
  }

  /** Sends an extended message, where it takes that extension. */
  sendExtended(name: ExtensionName, payload: Uint8Array, nowMs: number): void {
    const id = this.extensionIds[name];
    if (id !== undefined) this.send({ type: 'extended', id, payload }, nowMs);
  }

  sendExtensionHandshake(payload: Uint8Array, nowMs: number): void {
    this.send({ type: 'extended', id: EXTENSION_HANDSHAKE_ID, payload }, nowMs);
  }

  /** It has sent a message that tells nothing new, or asks for what it may not have. Throws `WireError` where it goes on and on. */
  saidNothing(nowMs: number): void {
    const forgotten = ((nowMs - this.#idleMessagesMs) / 1000) * LIMITS.idleMessagesPerSecond;
    this.#idleMessages = Math.max(0, this.#idleMessages - forgotten) + 1;
    this.#idleMessagesMs = nowMs;
    if (this.#idleMessages > LIMITS.idleMessages) throw new WireError('it goes on and on, and says nothing');
  }

  /** What it says it has while the number of pieces is unknown is kept, within bounds, until `learnPieceCount`. */
  hasEarly(message: PeerMessage): void {
    if (this.#early === undefined) return;
    if (message.type === 'have-all') this.#early.everything = true;
    if (message.type === 'have-none') this.#early.nothing = true;
    if (message.type === 'bitfield') this.#early.bitfield = message.bytes.slice();
    if (message.type === 'have' && this.#early.pieces.size < LIMITS.earlyHaves) this.#early.pieces.add(message.piece);
  }

  /** Now it is known how many pieces there are. Throws `WireError` where what it said does not fit. */
  learnPieceCount(pieceCount: number): void {
    const early = this.#early;
    this.#early = undefined;
    this.hasTold = early !== undefined && (early.everything || early.nothing || early.bitfield !== undefined);
    this.pieces = new Bitfield(pieceCount);
    if (early?.everything) this.pieces.setAll();
    if (early?.bitfield !== undefined) {
      const pieces = Bitfield.from(early.bitfield, pieceCount);
      if (pieces === undefined) throw new WireError('its bitfield does not fit the torrent');
      this.pieces = pieces;
    }
    for (const piece of early?.pieces ?? []) {
      if (piece >= pieceCount) throw new WireError(`it has piece ${piece} of ${pieceCount}`);
      this.pieces.set(piece);
    }
  }
}
