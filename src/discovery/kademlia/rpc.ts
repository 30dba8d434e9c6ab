/**
 * Queries and their answers over one datagram socket: which answer belongs to which query, which query has had none for too
 * long, and how many go out a second (BEP 5).
 *
 * Invariant: every query that is accepted ends in exactly one call of its asker, `answered` or `failed`, and never within
 * the call that made it; an answer counts only if it comes from where the query went.
 */
import type { Encodable } from '../../bytes/bencode.ts';
import type { Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { TokenBucket } from '../../bytes/token-bucket.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import type { Random } from '../../runtime/random.ts';
import { type Answer, decodeMessage, encodeQuery, type KrpcError, type Query } from './krpc.ts';
import { RoundTrips } from './round-trips.ts';
import type { Traffic } from './traffic.ts';

/** Who has heard somebody within this before asking was not offline. */
const OF_LATE_MS = 10_000;
/** How often it is looked whether queries that wait may go out. */
const WAIT_MS = 50;
/** An alarm may ring a hair before its moment, for times are fractions. */
const ROUNDING_MS = 0.01;
const TRANSACTION_BYTES = 4;

/**
 * Why there is no answer. `silent`: none came, though others have been heard of late. `offline`: none came, and nothing else
 * did, so the fault may well be ours. `stopped`: the node has stopped.
 */
export type QueryFailure = 'silent' | 'offline' | 'stopped' | KrpcError;

export interface Asker {
  /** `bytes` is the whole datagram. */
  answered(answer: Answer, bytes: Uint8Array): void;
  failed(failure: QueryFailure): void;
  /** There is no answer yet, later than most would come. */
  slow?(): void;
}

interface Pending {
  readonly to: Endpoint;
  readonly asker: Asker;
  readonly sentMs: number;
  readonly slowAtMs: number;
  readonly timeoutAtMs: number;
  isSlow: boolean;
}

interface Waiting {
  readonly to: Endpoint;
  readonly method: string;
  readonly args: Encodable;
  readonly asker: Asker;
}

export interface RpcOptions {
  readonly socket: DatagramSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly traffic: Traffic;
  /** Tells others not to count on this node (BEP 43). */
  readonly isReadOnly: boolean;
  readonly queriesPerSecond: number;
  /** Takes the queries that come in. `bytes` is the whole datagram. */
  readonly receive: (query: Query, from: Endpoint, bytes: Uint8Array) => void;
}

export class Rpc {
  readonly #options: RpcOptions;
  /** By transaction. */
  readonly #pending = new Map<number, Pending>();
  #waiting: Waiting[] = [];
  readonly #rate: TokenBucket;
  readonly #roundTrips = new RoundTrips();
  #lastHeardMs = Number.NEGATIVE_INFINITY;
  #alarm: { readonly atMs: number; readonly timer: Timer } | undefined;
  #isStopped = false;

  constructor(options: RpcOptions) {
    this.#options = options;
    this.#rate = new TokenBucket({ perSecond: options.queriesPerSecond, burst: options.queriesPerSecond }, options.clock.now());
    options.socket.receive((bytes, from) => this.#receive(bytes, from));
  }

  /** Sends a query, at once or as soon as the rate allows. False, with no call of the asker to follow, where too many wait already. */
  query(to: Endpoint, method: string, args: Encodable, asker: Asker): boolean {
    if (this.#isStopped || this.#waiting.length + this.#pending.size >= LIMITS.dhtQueriesUnderWay) return false;
    const nowMs = this.#options.clock.now();
    if (this.#waiting.length === 0 && this.#rate.take(nowMs)) {
      this.#setAlarm(this.#sendQuery({ to, method, args, asker }).slowAtMs);
    } else {
      this.#waiting.push({ to, method, args, asker });
      this.#setAlarm(nowMs + WAIT_MS);
    }
    return true;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    this.#options.traffic.sent(bytes);
    this.#options.socket.send(bytes, to);
  }

  /** Closes the socket. Whoever still waits for an answer is told, in calls that come later. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#alarm?.timer.cancel();
    this.#options.socket.close();
    const askers = [...this.#pending.values(), ...this.#waiting].map(({ asker }) => asker);
    this.#pending.clear();
    this.#waiting = [];
    this.#options.clock.after(0, () => { for (const asker of askers) asker.failed('stopped'); });
  }

  #sendQuery({ to, method, args, asker }: Waiting): Pending {
    const { random, clock, isReadOnly, traffic } = this.#options;
    let transaction = random.bytes(TRANSACTION_BYTES);
    while (this.#pending.has(numberOf(transaction))) transaction = random.bytes(TRANSACTION_BYTES);
    const sentMs = clock.now();
    const { slowMs, timeoutMs } = this.#roundTrips.patience;
    const pending = { to, asker, sentMs, slowAtMs: sentMs + slowMs, timeoutAtMs: sentMs + timeoutMs, isSlow: false };
    this.#pending.set(numberOf(transaction), pending);
    traffic.asked(method);
    this.send(encodeQuery(transaction, method, args, isReadOnly), to);
    return pending;
  }

  #receive(bytes: Uint8Array, from: Endpoint): void {
    const { traffic, clock, receive } = this.#options;
    if (this.#isStopped) return;
    traffic.received(bytes);
    if (bytes.length > LIMITS.datagramBytes) return traffic.dropped('oversized');
    const message = decodeMessage(bytes);
    if (message === undefined) return traffic.dropped('malformed');
    this.#lastHeardMs = clock.now();
    if (message.kind === 'query') return receive(message, from, bytes);
    const transaction = message.transaction.length === TRANSACTION_BYTES ? numberOf(message.transaction) : -1;
    const pending = this.#pending.get(transaction);
    if (pending === undefined || pending.to.port !== from.port || pending.to.host !== from.host) return traffic.dropped('unexpected');
    this.#pending.delete(transaction);
    this.#roundTrips.measured(this.#lastHeardMs - pending.sentMs);
    if (message.kind === 'answer') pending.asker.answered(message, bytes);
    else pending.asker.failed(message.error);
  }

  /** Looks after what is under way at `atMs`, or sooner if that was planned already. */
  #setAlarm(atMs: number): void {
    if (this.#alarm !== undefined && this.#alarm.atMs <= atMs) return;
    const { clock } = this.#options;
    this.#alarm?.timer.cancel();
    this.#alarm = { atMs, timer: clock.after(atMs - clock.now(), () => this.#tick()) };
  }

  /** Sends what waits, gives up on what has waited too long, and sets the next alarm. */
  #tick(): void {
    const nowMs = this.#options.clock.now();
    this.#alarm = undefined;
    let sendable = 0;
    while (sendable < this.#waiting.length && this.#rate.take(nowMs)) sendable += 1;
    for (const waiting of this.#waiting.splice(0, sendable)) this.#sendQuery(waiting);
    const late: (() => void)[] = [];
    let nextMs = this.#waiting.length > 0 ? nowMs + WAIT_MS : Number.POSITIVE_INFINITY;
    const soonMs = nowMs + ROUNDING_MS;
    for (const [transaction, pending] of this.#pending) {
      const { asker, sentMs, slowAtMs, timeoutAtMs } = pending;
      if (timeoutAtMs <= soonMs) {
        this.#pending.delete(transaction);
        const failure = this.#lastHeardMs >= sentMs - OF_LATE_MS ? 'silent' : 'offline';
        late.push(() => asker.failed(failure));
        continue;
      }
      if (slowAtMs <= soonMs && !pending.isSlow) {
        pending.isSlow = true;
        late.push(() => asker.slow?.());
      }
      nextMs = Math.min(nextMs, pending.isSlow ? timeoutAtMs : slowAtMs);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#setAlarm(nextMs);
    // Askers may ask again at once, so they are told when everything here is in order.
    for (const tell of late) tell();
  }
}

function numberOf(transaction: Uint8Array): number {
  return ((transaction[0] << 24) | (transaction[1] << 16) | (transaction[2] << 8) | transaction[3]) >>> 0;
}
