/**
 * Asking trackers over UDP (BEP 15): connection ids, and datagrams sent again until they are answered.
 *
 * Invariant: an answer counts only if it comes from where the question went, with the question's random number. Each
 * exchange ends: with an answer, after `LIMITS.trackerDatagrams` datagrams without one, or when it is cancelled.
 */
import { addressFamily, formatEndpoint, type AddressFamily, type Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { printable } from '../../bytes/printable.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { TrackerError, type AnnounceReply, type AnnounceRequest, type SwarmCounts } from './announcement.ts';
import { decodeReply, encodeAnnounceRequest, encodeConnectRequest, encodeScrapeRequest, type UdpReply } from './udp-protocol.ts';

/** How long a datagram's answer is waited for; each time that it is sent again, twice as long. */
const FIRST_TIMEOUT_MS = 15_000;
/** How long a connection id is used. */
const CONNECTION_MS = 60_000;

interface Exchange {
  readonly to: Endpoint;
  readonly action: UdpReply['action'];
  readonly datagram: Uint8Array;
  readonly socket: DatagramSocket;
  readonly finish: (outcome: UdpReply | Error) => void;
  sent: number;
  timer: Timer | undefined;
}

interface Connection {
  readonly id: Promise<Uint8Array>;
  readonly sinceMs: number;
}

export class UdpTrackerClient {
  readonly #runtime: Pick<Runtime, 'network' | 'clock' | 'random'>;
  /** By family; bound when first needed. */
  readonly #sockets = new Map<AddressFamily, Promise<DatagramSocket>>();
  /** By the transaction's number. */
  readonly #exchanges = new Map<number, Exchange>();
  /** By tracker. */
  readonly #connections = new Map<string, Connection>();

  constructor(runtime: Pick<Runtime, 'network' | 'clock' | 'random'>) {
    this.#runtime = runtime;
  }

  /** `to.host` is an address. Rejects with `TrackerError`, or the signal's reason. */
  async announce(to: Endpoint, request: AnnounceRequest, signal?: AbortSignal): Promise<AnnounceReply> {
    const reply = await this.#ask(to, 'announce', (id, transaction) => encodeAnnounceRequest(id, transaction, request), signal);
    return reply.announce;
  }

  /** At most `LIMITS.scrapedSwarms` info-hashes. Rejects with `TrackerError`, or the signal's reason. */
  async scrape(to: Endpoint, infoHashes: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly SwarmCounts[]> {
    const reply = await this.#ask(to, 'scrape', (id, transaction) => encodeScrapeRequest(id, transaction, infoHashes), signal);
    return reply.counts;
  }

  /** Gives up what is under way and lets go of the sockets. A later question binds new ones. */
  close(): void {
    for (const exchange of this.#exchanges.values()) exchange.finish(new TrackerError('it is not asked any more'));
    for (const socket of this.#sockets.values()) socket.then((bound) => bound.close(), () => undefined);
    this.#sockets.clear();
    this.#connections.clear();
  }

  async #ask<Action extends 'announce' | 'scrape'>(
    to: Endpoint,
    action: Action,
    encode: (connectionId: Uint8Array, transaction: number) => Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Extract<UdpReply, { action: Action }>> {
    const key = formatEndpoint(to);
    const isNew = this.#usable(key) === undefined;
    const connectionId = await unlessAborted(this.#connect(to, key), signal);
    const reply = await this.#exchange(to, action, (transaction) => encode(connectionId, transaction), signal);
    if (reply.action === action) return reply as Extract<UdpReply, { action: Action }>;
    this.#connections.delete(key);
    // A tracker that has been restarted does not know the id that it gave; with a new one it may be content.
    if (!isNew) return this.#ask(to, action, encode, signal);
    const reason = reply.action === 'error' ? printable(reply.reason, LIMITS.trackerTextLength) : '';
    throw new TrackerError(reason === '' ? 'it refuses, and gives no reason' : reason);
  }

  #usable(key: string): Connection | undefined {
    const connection = this.#connections.get(key);
    return connection !== undefined && this.#runtime.clock.now() - connection.sinceMs < CONNECTION_MS ? connection : undefined;
  }

  /** The tracker's connection id, asked for once by however many want it. */
  #connect(to: Endpoint, key: string): Promise<Uint8Array> {
    const usable = this.#usable(key);
    if (usable !== undefined) return usable.id;
    for (const old of this.#connections.keys()) if (this.#usable(old) === undefined) this.#connections.delete(old);
    const id = this.#exchange(to, 'connect', encodeConnectRequest, undefined).then((reply) => {
      if (reply.action === 'connect') return reply.connectionId;
      throw new TrackerError(reply.action === 'error' ? printable(reply.reason, LIMITS.trackerTextLength) : 'it refuses');
    });
    id.catch(() => {
      if (this.#connections.get(key)?.id === id) this.#connections.delete(key);
    });
    this.#connections.set(key, { id, sinceMs: this.#runtime.clock.now() });
    return id;
  }

  async #exchange(
    to: Endpoint,
    action: UdpReply['action'],
    encode: (transaction: number) => Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<UdpReply> {
    const socket = await unlessAborted(this.#socketFor(to), signal);
    const transaction = Buffer.from(this.#runtime.random.bytes(4)).readUInt32BE(0);
    return new Promise((resolve, reject) => {
      const abort = (): void => exchange.finish(signal?.reason as Error);
      const exchange: Exchange = {
        to,
        action,
        socket,
        datagram: encode(transaction),
        sent: 0,
        timer: undefined,
        finish: (outcome) => {
          exchange.timer?.cancel();
          signal?.removeEventListener('abort', abort);
          this.#exchanges.delete(transaction);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#exchanges.set(transaction, exchange);
      this.#send(exchange);
    });
  }

  #send(exchange: Exchange): void {
    exchange.socket.send(exchange.datagram, exchange.to);
    exchange.timer = this.#runtime.clock.after(FIRST_TIMEOUT_MS * 2 ** exchange.sent, () => {
      exchange.sent += 1;
      if (exchange.sent < LIMITS.trackerDatagrams) this.#send(exchange);
      else exchange.finish(new TrackerError('it does not answer'));
    });
  }

  #socketFor(to: Endpoint): Promise<DatagramSocket> {
    const family = addressFamily(to.host) ?? 4;
    const bound = this.#sockets.get(family);
    if (bound !== undefined) return bound;
    const socket = this.#runtime.network.bindDatagrams({ family, port: 0 }).then((open) => {
      open.receive((bytes, from) => this.#received(decodeReply(bytes, family), from));
      return open;
    });
    socket.catch(() => this.#sockets.delete(family));
    this.#sockets.set(family, socket);
    return socket;
  }

  #received(reply: UdpReply | undefined, from: Endpoint): void {
    if (reply === undefined) return;
    const exchange = this.#exchanges.get(reply.transaction);
    if (exchange === undefined || from.host !== exchange.to.host || from.port !== exchange.to.port) return;
    if (reply.action === exchange.action || reply.action === 'error') exchange.finish(reply);
  }
}
