/**
 * One torrent's life among its peers: a random few neighbours, the metadata from them where it is unknown, then pieces to
 * and from them, until it is stopped. The parent of everything in this room: it holds the control flow, its parts the state.
 *
 * Follows BEP 3, and BEP 5, 6, 9, 10, 11, 16, 21, 40, 52 and 54 where the files named after them say so.
 */
import { sha1, sha256 } from '../bytes/digest.ts';
import { equalBytes } from '../bytes/compare.ts';
import type { Endpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import type { Channel } from '../runtime/channel.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Network } from '../runtime/network.ts';
import type { Random } from '../runtime/random.ts';
import type { Handshake, PeerMessage } from '../wire/messages.ts';
import type { ChokingPolicyName } from './choking-policies.ts';
import { CHOKING_INTERVAL_MS, type ChokingPolicy } from './choking-policy.ts';
import type { Contents } from './contents.ts';
import { ExtendedMessages } from './extended-messages.ts';
import { MetadataExchange } from './metadata-exchange.ts';
import type { Neighbour } from './neighbour.ts';
import { Neighbours, type Bans } from './neighbours.ts';
import type { PickingPolicy } from './picking-policies.ts';
import type { PiecePriority } from './piece-picker.ts';
import type { RateLimit } from './rate.ts';
import { Transfer } from './transfer.ts';

const TICK_MS = 1000;
/** Neighbours are told that we are still there (BEP 3 has two minutes). */
const KEEP_ALIVE_MS = 100_000;
const SILENT_MS = 180_000;
/** No neighbour is left behind in what it knows of our progress for longer than this. */
const TELL_WAITING_MS = 30_000;

export interface SwarmHooks {
  /** The info dictionary has come from peers; `begin` is to be called with what it describes. */
  metadata(infoBytes: Uint8Array): void;
  pieceCompleted(piece: number): void;
  /** Every wanted piece is had. May come again after more has been wanted. */
  finished(): void;
  /** The disk has failed; the swarm has stopped asking. */
  failed(error: Error): void;
  /** A neighbour has told its DHT port (BEP 5). */
  dhtNode(endpoint: Endpoint): void;
  /** Something that a curious person would want to know: who was banned, and why. */
  note(line: string): void;
}

export interface SwarmOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** 20 bytes each: v1's, v2's cut short, or both. The first is the one that we connect with. */
  readonly infoHashes: readonly Uint8Array[];
  readonly peerId: Uint8Array;
  /** The torrent is known to have a v2 half (BEP 52). */
  readonly speaksV2: boolean;
  /** Where we take connections; undefined where we do not. */
  readonly listenPort: number | undefined;
  /** The DHT node's port, where there is one (BEP 5). */
  readonly dhtPort: number | undefined;
  readonly localHost?: string;
  readonly maxNeighbours: number;
  readonly bans: Bans;
  /** A name, or a policy for this swarm alone. */
  readonly choking: ChokingPolicyName | ChokingPolicy;
  readonly picking: PickingPolicy;
  readonly downLimit: RateLimit;
  readonly upLimit: RateLimit;
  /** BEP 11; never in private torrents, once they are known to be (BEP 27). */
  readonly exchangePeers: boolean;
  readonly superSeeding: boolean;
  /** For people on the other side, such as `Shoal 0.1.0`. */
  readonly client: string;
  readonly hooks: SwarmHooks;
}

/** What stands at a moment, for the screen. Rates in bytes per second, averaged over 20 seconds. */
export interface NeighbourStatus {
  readonly endpoint: Endpoint;
  readonly client: string;
  readonly incoming: boolean;
  /** 0 to 1. */
  readonly progress: number;
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly snubbed: boolean;
}

export class Swarm {
  readonly neighbours: Neighbours;
  readonly #options: SwarmOptions;
  readonly #metadata: MetadataExchange;
  readonly #extended: ExtendedMessages;
  #timers: Timer[] = [];
  #transfer: Transfer | undefined;
  #isPaused = false;
  #stopped = false;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.neighbours = new Neighbours({
      ...options,
      supports: { extensions: true, fast: true, dht: options.dhtPort !== undefined, v2: options.speaksV2 },
      weAreSeed: () => this.#transfer?.isSeeding === true,
      hooks: {
        joined: (neighbour) => this.#joined(neighbour),
        message: (neighbour, message) => this.#message(neighbour, message),
        drained: (neighbour) => this.#transfer?.upload.serve(neighbour),
        left: (neighbour) => this.#left(neighbour),
      },
    });
    this.#metadata = new MetadataExchange({
      send: (neighbour, message) => this.#extended.sendMetadata(neighbour, message),
      isRight: (infoBytes) => this.#isRightMetadata(infoBytes),
      complete: (infoBytes) => options.hooks.metadata(infoBytes),
      guilty: (neighbours) => { for (const neighbour of neighbours) this.#ban(neighbour.endpoint.host, 'false metadata'); },
    });
    this.#extended = new ExtendedMessages({
      ...options,
      all: this.neighbours.all,
      metadata: this.#metadata,
      exchangesPeers: () => options.exchangePeers && this.#transfer?.contents.metainfo.isPrivate !== true,
      isUploadOnly: () => this.#transfer?.isSeeding === true,
      found: (endpoints) => this.addPeers(endpoints),
      lost: (neighbour, piece) => this.#transfer?.lost(neighbour, piece),
      listening: (endpoint) => this.neighbours.candidates.use(endpoint, options.clock.now()),
    });
    this.#startTimers();
  }

  /** The transfer, once the metadata is known. */
  get transfer(): Transfer | undefined {
    return this.#transfer;
  }

  get metadataProgress(): { readonly receivedBytes: number; readonly totalBytes: number } {
    return this.#metadata.progress;
  }

  /** Addresses that somebody has named. */
  addPeers(endpoints: readonly Endpoint[]): void {
    const nowMs = this.#options.clock.now();
    for (const endpoint of endpoints) this.neighbours.candidates.add(endpoint, nowMs);
    this.neighbours.connectMore();
  }

  /** A peer has come and shaken hands for one of the info-hashes. */
  accept(channel: Channel<PeerMessage>, handshake: Handshake): void {
    this.neighbours.accept(channel, handshake);
  }

  /** It is known what the pieces are, where they are kept and which are had; `priorityOf` says what is wanted. */
  begin(contents: Contents, priorityOf: (piece: number) => PiecePriority): void {
    const { hooks } = this.#options;
    this.#metadata.has(contents.metainfo.infoBytes);
    this.neighbours.knowTorrent(contents.metainfo);
    const transfer = new Transfer(contents, {
      ...this.#options,
      neighbours: this.neighbours.all,
      infoHash: this.#options.infoHashes[0],
      priorityOf,
      hooks: {
        pieceCompleted: hooks.pieceCompleted,
        finished: () => this.#finished(),
        failed: (error) => this.#failed(error),
        ban: (host, why) => this.#ban(host, why),
      },
    });
    this.#transfer = transfer;
    if (!this.#isPaused) transfer.start();
    const nowMs = this.#options.clock.now();
    for (const neighbour of this.neighbours.all) {
      // They have been told that we have nothing; what was there already is told piece by piece.
      for (const piece of contents.have) neighbour.send({ type: 'have', piece }, nowMs);
      this.#orClose(neighbour, () => transfer.join(neighbour));
    }
  }

  /** What each piece is wanted for now; may lead to `finished` once more. */
  setPriorities(priorityOf: (piece: number) => PiecePriority): void {
    const wasSeeding = this.#transfer?.isSeeding === true;
    this.#transfer?.setPriorities(priorityOf);
    const isSeeding = this.#transfer?.isSeeding === true;
    if (isSeeding && !wasSeeding) this.#finished();
    if (isSeeding || !wasSeeding) return;
    this.#extended.tellUploadOnly();
    this.neighbours.connectMore();
  }

  neighbourStatus(): NeighbourStatus[] {
    const nowMs = this.#options.clock.now();
    return [...this.neighbours.all].map((neighbour) => ({
      endpoint: neighbour.listenEndpoint ?? neighbour.endpoint,
      client: neighbour.client,
      incoming: neighbour.channel.incoming,
      progress: neighbour.pieces.length === 0 ? 0 : neighbour.pieces.count / neighbour.pieces.length,
      downBytesPerSecond: neighbour.download.bytesPerSecond(nowMs),
      upBytesPerSecond: neighbour.upload.bytesPerSecond(nowMs),
      amChoking: neighbour.amChoking,
      amInterested: neighbour.amInterested,
      peerChoking: neighbour.peerChoking,
      peerInterested: neighbour.peerInterested,
      snubbed: neighbour.snubbed,
    }));
  }

  /** Lets go of everybody and takes nobody, until `resume`. What has come is kept. */
  pause(): void {
    if (this.#stopped || this.#isPaused) return;
    this.#isPaused = true;
    this.#stopTimers();
    this.#transfer?.pause();
    this.neighbours.stop();
  }

  resume(): void {
    if (this.#stopped || !this.#isPaused) return;
    this.#isPaused = false;
    this.#startTimers();
    this.#transfer?.start();
    this.neighbours.resume();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopTimers();
    this.#transfer?.stop();
    this.neighbours.stop();
  }

  #startTimers(): void {
    const { clock } = this.#options;
    this.#timers = [clock.every(TICK_MS, () => this.#tick()), clock.every(CHOKING_INTERVAL_MS, () => this.#round())];
  }

  #stopTimers(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }

  #joined(neighbour: Neighbour): void {
    const nowMs = this.#options.clock.now();
    if (this.#transfer !== undefined) this.#transfer.greet(neighbour);
    else if (neighbour.supports.fast) neighbour.send({ type: 'have-none' }, nowMs);
    this.#extended.greet(neighbour);
    if (neighbour.supports.dht && this.#options.dhtPort !== undefined) neighbour.send({ type: 'port', port: this.#options.dhtPort }, nowMs);
    this.#transfer?.join(neighbour);
  }

  #message(neighbour: Neighbour, message: PeerMessage): void {
    if (message.type === 'extended') this.#extended.received(neighbour, message.id, message.payload);
    else if (message.type === 'port') this.#dhtNode(neighbour, message.port);
    else if (this.#transfer !== undefined) this.#transfer.message(neighbour, message);
    else this.#earlyMessage(neighbour, message);
  }

  /** Before the metadata is known: what cannot be understood yet is kept, the rest answered when it can be. */
  #earlyMessage(neighbour: Neighbour, message: PeerMessage): void {
    if (message.type !== 'have') neighbour.saidNothing(this.#options.clock.now());
    if (message.type === 'interested') neighbour.peerInterested = true;
    else if (message.type === 'not-interested') neighbour.peerInterested = false;
    else if (message.type === 'unchoke') neighbour.peerChoking = false;
    else if (message.type === 'choke') neighbour.peerChoking = true;
    else neighbour.hasEarly(message);
  }

  #dhtNode(neighbour: Neighbour, port: number): void {
    if (neighbour.dhtPort !== undefined) return neighbour.saidNothing(this.#options.clock.now());
    neighbour.dhtPort = port;
    return this.#options.hooks.dhtNode({ host: neighbour.endpoint.host, port });
  }

  #left(neighbour: Neighbour): void {
    this.#metadata.left(neighbour);
    this.#extended.left(neighbour);
    if (!this.#stopped) this.#transfer?.left(neighbour);
  }

  #tick(): void {
    const nowMs = this.#options.clock.now();
    this.#metadata.tick(nowMs);
    this.#transfer?.tick(nowMs);
    this.neighbours.connectMore();
  }

  #round(): void {
    const nowMs = this.#options.clock.now();
    const isSeed = this.#transfer?.isSeeding === true;
    for (const neighbour of this.neighbours.all) {
      if (nowMs - neighbour.lastReceivedMs > SILENT_MS) neighbour.channel.close(new ShoalError('PEER_SILENT', 'it has said nothing for three minutes'));
      else if (nowMs - neighbour.lastSentMs > KEEP_ALIVE_MS) neighbour.send({ type: 'keep-alive' }, nowMs);
      else neighbour.tellWaiting(nowMs - TELL_WAITING_MS, nowMs);
    }
    this.neighbours.dropUseless(nowMs);
    this.#transfer?.choker.runRound(nowMs, isSeed);
    this.#extended.exchangePeers(nowMs);
  }

  #finished(): void {
    const nowMs = this.#options.clock.now();
    this.#extended.tellUploadOnly();
    for (const neighbour of this.neighbours.all) neighbour.tellWaiting(nowMs, nowMs);
    this.neighbours.dropUseless(nowMs);
    this.#options.hooks.finished();
  }

  #failed(error: Error): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.hooks.failed(error);
  }

  #isRightMetadata(infoBytes: Uint8Array): boolean {
    const digests = [sha1(infoBytes), sha256(infoBytes).subarray(0, 20)];
    return digests.some((digest) => this.#options.infoHashes.some((infoHash) => equalBytes(digest, infoHash)));
  }

  #ban(host: string, why: string): void {
    this.#options.hooks.note(`${host} is banned for ${why}`);
    this.neighbours.ban(host, new ShoalError('PEER_BANNED', `banned for ${why}`));
  }

  #orClose(neighbour: Neighbour, action: () => void): void {
    try {
      action();
    } catch (error) {
      neighbour.channel.close(error as Error);
    }
  }
}
