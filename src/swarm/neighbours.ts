/**
 * Who we are connected to: a random few of the swarm. Connects to candidates, several at once; takes those who come; shakes
 * hands; lets go of the useless where others wait; keeps out the banned.
 *
 * Invariant: never more than `maxNeighbours`, of one subscriber no more than `LIMITS.neighboursPerSubscriber`; one connection
 * a peer id, none to ourselves, none to a banned address.
 */
import { addressGroup, addressScope } from '../bytes/address-scope.ts';
import { compareBytes, equalBytes } from '../bytes/compare.ts';
import type { Endpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { keepNewest } from '../bytes/keep-newest.ts';
import { LIMITS } from '../bytes/limits.ts';
import { shortInfoHashes, type Metainfo } from '../metainfo/metainfo.ts';
import type { Channel } from '../runtime/channel.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Network } from '../runtime/network.ts';
import type { Random } from '../runtime/random.ts';
import type { Capabilities, Handshake, PeerMessage } from '../wire/messages.ts';
import { peerProtocol, WireError } from '../wire/peer-protocol.ts';
import { Candidates } from './candidates.ts';
import { Neighbour } from './neighbour.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Connections being made at once. */
const CONNECTING = 16;
/** A connection that ended well may be made again after this. */
const RECONNECT_PAUSE_MS = 30_000;
/** Neither side has wanted anything of the other for so long. */
const USELESS_MS = 60_000;
/** Nothing has come of it for so long, whatever both say that they want; such a one is let go once in so often. */
const FRUITLESS_MS = 5 * 60_000;
const TURNOVER_MS = 60_000;

export interface NeighboursHooks {
  joined(neighbour: Neighbour): void;
  message(neighbour: Neighbour, message: PeerMessage): void;
  drained(neighbour: Neighbour): void;
  left(neighbour: Neighbour, reason: Error | undefined): void;
}

export interface NeighboursOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** 20 bytes each, those that are known at first; the first is the one that we connect with. */
  readonly infoHashes: readonly Uint8Array[];
  readonly peerId: Uint8Array;
  readonly supports: Capabilities;
  readonly maxNeighbours: number;
  /** Whether we have all that we want. */
  weAreSeed(): boolean;
  /** Shared by all swarms of a session. */
  readonly bans: Bans;
  readonly localHost?: string;
  readonly hooks: NeighboursHooks;
}

/** Who has sent spoilt pieces, the latest last: an address of IPv4, or all of IPv6 that one subscriber has. */
export class Bans {
  readonly #groups = new Set<string>();

  add(host: string): void {
    this.#groups.add(addressGroup(host));
    keepNewest(this.#groups, LIMITS.bannedAddresses);
  }

  has(host: string): boolean {
    return this.#groups.has(addressGroup(host));
  }
}

export class Neighbours {
  readonly all = new Set<Neighbour>();
  readonly candidates: Candidates;
  readonly #options: NeighboursOptions;
  #infoHashes: readonly Uint8Array[];
  #supports: Capabilities;
  readonly #byPeerId = new Map<string, Neighbour>();
  #abort = new AbortController();
  /** Those we have connected to and who have not shaken hands yet. */
  readonly #greeting = new Set<Channel<PeerMessage>>();
  #connecting = 0;
  #nextSerial = 1;
  #turnoverMs: number;

  constructor(options: NeighboursOptions) {
    this.#options = options;
    this.#infoHashes = options.infoHashes;
    this.#supports = options.supports;
    this.candidates = new Candidates(options.random);
    this.#turnoverMs = options.clock.now();
  }

  /** A link may name one info-hash of a hybrid torrent, which has two: peers who know only the other are taken from now on. */
  knowTorrent(metainfo: Pick<Metainfo, 'infoHash' | 'infoHashV2'>): void {
    this.#infoHashes = shortInfoHashes(metainfo);
    this.#supports = { ...this.#supports, v2: metainfo.infoHashV2 !== undefined };
  }

  /** Connects to candidates while there is room. */
  connectMore(): void {
    const nowMs = this.#options.clock.now();
    while (this.#connecting < CONNECTING && this.all.size + this.#connecting < this.#options.maxNeighbours && !this.#abort.signal.aborted) {
      const endpoint = this.candidates.take(nowMs, this.#options.weAreSeed());
      if (endpoint === undefined) return;
      if (this.#options.bans.has(endpoint.host)) this.candidates.forget(endpoint);
      else this.#connect(endpoint);
    }
  }

  /** A peer has come, and shaken hands for this swarm. */
  accept(channel: Channel<PeerMessage>, handshake: Handshake): void {
    const refusal = this.#refusal(channel, handshake);
    // The other end of a connection to ourselves learns by our own peer id whom it has called.
    if (refusal === undefined || this.#isOurselves(handshake)) this.#sendHandshake(channel, handshake.infoHash);
    if (refusal === undefined) this.#add(channel, handshake);
    else channel.close(new WireError(refusal));
  }

  ban(host: string, reason: Error): void {
    const { bans } = this.#options;
    bans.add(host);
    this.candidates.forgetHosts((other) => bans.has(other));
    for (const neighbour of this.all) if (bans.has(neighbour.endpoint.host)) neighbour.channel.close(reason);
  }

  /** Lets go of those that nobody gains by, where all that both want is had, or where others wait for their place. */
  dropUseless(nowMs: number): void {
    const weAreSeed = this.#options.weAreSeed();
    const isFull = this.all.size >= this.#options.maxNeighbours;
    for (const neighbour of this.all) {
      if (neighbour.peerInterested || neighbour.amInterested) neighbour.uselessSinceMs = nowMs;
      if (neighbour.download.bytesPerSecond(nowMs) > 0 || neighbour.upload.bytesPerSecond(nowMs) > 0) neighbour.fruitlessSinceMs = nowMs;
      neighbour.partsAsSeed = weAreSeed && (neighbour.isSeed || neighbour.uploadOnly);
      if (neighbour.partsAsSeed || (isFull && nowMs - neighbour.uselessSinceMs > USELESS_MS)) neighbour.channel.close();
    }
    if (isFull && nowMs - this.#turnoverMs >= TURNOVER_MS) this.#dropFruitless(nowMs);
  }

  /** Those who promise much and give nothing, and never take anything, must not hold all places for ever. */
  #dropFruitless(nowMs: number): void {
    let first: Neighbour | undefined;
    for (const neighbour of this.all) {
      if (neighbour.fruitlessSinceMs < (first?.fruitlessSinceMs ?? nowMs - FRUITLESS_MS)) first = neighbour;
    }
    if (first === undefined) return;
    this.#turnoverMs = nowMs;
    first.channel.close();
  }

  /** Lets go of everybody. Nobody is taken until `resume`, which meets them again. */
  stop(): void {
    this.#abort.abort(new Error('the torrent has been stopped'));
    for (const neighbour of this.all) {
      neighbour.channel.close();
      this.#remove(neighbour, undefined);
    }
    for (const channel of this.#greeting) channel.close();
  }

  resume(): void {
    this.#abort = new AbortController();
    this.connectMore();
  }

  #connect(endpoint: Endpoint): void {
    const { network, localHost, clock } = this.#options;
    const { signal } = this.#abort;
    this.#connecting += 1;
    const ended = (succeeded: boolean): void => {
      this.#connecting -= 1;
      // That somebody named does not answer, or talks of something else, is the ordinary course of things.
      if (signal.aborted) this.candidates.released(endpoint, clock.now(), { pauseMs: 0, isSeed: false });
      else if (!succeeded) this.candidates.failed(endpoint, clock.now());
      this.connectMore();
    };
    network.connect(endpoint, peerProtocol, {
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal,
      ...(localHost === undefined ? {} : { localHost }),
    }).then((channel) => {
      this.#greeting.add(channel);
      this.#sendHandshake(channel, this.#infoHashes[0]);
      expectHandshake(channel, clock, (result) => {
        this.#greeting.delete(channel);
        ended(this.#take(channel, result));
      });
    }, () => ended(false));
  }

  /** Whether the peer that we have connected to has become a neighbour. */
  #take(channel: Channel<PeerMessage>, result: Handshake | Error): boolean {
    if (result instanceof Error) return false;
    const refusal = this.#refusal(channel, result);
    if (refusal === undefined) this.#add(channel, result);
    else channel.close(new WireError(refusal));
    return refusal === undefined;
  }

  #sendHandshake(channel: Channel<PeerMessage>, infoHash: Uint8Array): void {
    channel.send({ type: 'handshake', infoHash, peerId: this.#options.peerId, supports: this.#supports });
  }

  /** Why a peer is not taken; undefined where it is. */
  #refusal(channel: Channel<PeerMessage>, handshake: Handshake): string | undefined {
    const { maxNeighbours, bans } = this.#options;
    if (this.#abort.signal.aborted) return 'the torrent has been stopped, or is paused';
    if (!this.#infoHashes.some((infoHash) => equalBytes(infoHash, handshake.infoHash))) return 'it speaks of another torrent';
    if (this.#isOurselves(handshake)) {
      if (!channel.incoming) this.candidates.avoid(channel.remote);
      return 'it is ourselves';
    }
    if (bans.has(channel.remote.host)) return 'its address is banned';
    if (this.#isCrowded(channel.remote.host)) return 'there are enough of its address';
    if (this.all.size >= maxNeighbours && !this.#makeRoom()) return 'there is no room';
    const twin = this.#byPeerId.get(toHex(handshake.peerId));
    if (twin === undefined) return undefined;
    // Both have connected to each other at once: both ends keep the connection that the greater peer id has opened.
    const weAreGreater = compareBytes(this.#options.peerId, handshake.peerId) > 0;
    const isCrossing = twin.channel.incoming !== channel.incoming && twin.endpoint.host === channel.remote.host;
    if (!isCrossing || channel.incoming === weAreGreater) return 'it is connected already';
    twin.channel.close();
    this.#remove(twin, undefined);
    return undefined;
  }

  #isOurselves({ peerId }: Handshake): boolean {
    return equalBytes(peerId, this.#options.peerId);
  }

  /** Whether one subscriber has as many places as he may have, so that nobody takes them all. On a local network all are welcome. */
  #isCrowded(host: string): boolean {
    if (addressScope(host) !== 'global') return false;
    const group = addressGroup(host);
    let count = 0;
    for (const { endpoint } of this.all) if (addressGroup(endpoint.host) === group) count += 1;
    return count >= LIMITS.neighboursPerSubscriber;
  }

  /** To a seed all are alike: whoever has had his turn, longest ago, makes room for somebody who comes. Tells whether there is room now. */
  #makeRoom(): boolean {
    if (!this.#options.weAreSeed()) return false;
    let first: Neighbour | undefined;
    for (const neighbour of this.all) {
      const hadTurn = neighbour.amChoking && neighbour.unchokedMs > Number.NEGATIVE_INFINITY;
      if (hadTurn && neighbour.unchokedMs < (first?.unchokedMs ?? Number.POSITIVE_INFINITY)) first = neighbour;
    }
    if (first === undefined) return false;
    first.channel.close();
    this.#remove(first, undefined);
    return true;
  }

  #add(channel: Channel<PeerMessage>, handshake: Handshake): void {
    const { hooks, clock } = this.#options;
    const { supports } = handshake;
    // Only what both have said that they speak may be spoken.
    const heard = { ...handshake, supports: { ...supports, v2: supports.v2 && this.#supports.v2 } };
    const neighbour = new Neighbour(this.#nextSerial++, channel, heard, clock.now());
    this.all.add(neighbour);
    this.#byPeerId.set(toHex(neighbour.peerId), neighbour);
    if (neighbour.listenEndpoint !== undefined) this.candidates.use(neighbour.listenEndpoint, neighbour.connectedMs);
    hooks.joined(neighbour);
    channel.handle({
      message: (message) => {
        neighbour.lastReceivedMs = clock.now();
        hooks.message(neighbour, message);
      },
      drained: () => hooks.drained(neighbour),
      closed: (reason) => this.#remove(neighbour, reason),
    });
  }

  #remove(neighbour: Neighbour, reason: Error | undefined): void {
    if (!this.all.delete(neighbour)) return;
    const key = toHex(neighbour.peerId);
    if (this.#byPeerId.get(key) === neighbour) this.#byPeerId.delete(key);
    const nowMs = this.#options.clock.now();
    if (neighbour.listenEndpoint !== undefined) {
      // One that broke the protocol, or does not keep up, will do so again; one that has left may be back.
      const isLeave = reason === undefined || (reason instanceof ShoalError && reason.code === 'CONNECTION_LOST');
      const isSeed = neighbour.isSeed || neighbour.uploadOnly;
      // Seeds part because neither wants anything: they may meet again as soon as one does.
      const mayReturn = this.#abort.signal.aborted || (isSeed && (neighbour.partsAsSeed || this.#options.weAreSeed()));
      const pauseMs = mayReturn ? 0 : RECONNECT_PAUSE_MS;
      if (!isLeave) this.candidates.failed(neighbour.listenEndpoint, nowMs);
      else this.candidates.released(neighbour.listenEndpoint, nowMs, { pauseMs, isSeed });
    }
    this.#options.hooks.left(neighbour, reason);
    this.connectMore();
  }
}

/**
 * Tells `decide`, once, the handshake with which the other end begins, or why there is none; the channel is closed then.
 * `decide` must hand the channel on or close it before it returns, for more messages may be right behind.
 */
export function expectHandshake(
  channel: Channel<PeerMessage>,
  clock: Clock,
  decide: (result: Handshake | Error) => void,
): void {
  let isDecided = false;
  const timer = clock.after(HANDSHAKE_TIMEOUT_MS, () => channel.close(new WireError('it has not shaken hands')));
  const end = (result: Handshake | Error): void => {
    if (isDecided) return;
    isDecided = true;
    timer.cancel();
    decide(result);
  };
  channel.handle({
    message: (message) => {
      if (message.type === 'handshake') end(message);
      else channel.close(new WireError('it did not begin with a handshake'));
    },
    drained: () => undefined,
    closed: (reason) => end(reason ?? new WireError('it has closed the connection')),
  });
}
