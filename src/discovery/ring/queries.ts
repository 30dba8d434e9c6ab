/**
 * Asking: sends queries, waits as long as round trips have been taking, sends again, and matches answers to what was asked.
 *
 * Invariant: every query ends in exactly one outcome. An answer counts only if it comes from the very endpoint that was
 * asked, with the transaction that only that endpoint was told, and, where a contact was asked, from the place on the circle
 * that the contact stands on; anything else is as if it had not come.
 */
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { toHex } from '../../bytes/hex.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import {
  ERROR, TRANSACTION_BYTES, type Answer, type AnswerMessage, type ErrorMessage, type Query, type QueryMessage, type QueryType,
} from './messages.ts';
import { contactAt, type Contact } from './ring-id.ts';
import { RoundTrips } from './round-trips.ts';
import type { RingSettings } from './settings.ts';

export type QueryOutcome =
  /** `contact` is absent where the one that answers is not on the circle. */
  | { readonly kind: 'answer'; readonly answer: Answer; readonly contact: Contact | undefined; readonly roundTripMs: number }
  | { readonly kind: 'error'; readonly code: number; readonly text: string }
  | { readonly kind: 'silence' };

/** Those that store something or have large answers: they must show that they come from where they say. */
const NEED_TOKEN: ReadonlySet<QueryType> = new Set(['announce', 'find', 'store', 'compare', 'records', 'leave', 'describe', 'join', 'route']);

export function needsToken(type: QueryType): boolean {
  return NEED_TOKEN.has(type);
}

interface Pending {
  readonly endpoint: Endpoint;
  /** Whom the asker expects there; undefined where it is open who it is. */
  readonly contact: Contact | undefined;
  readonly query: Query;
  readonly transaction: Uint8Array;
  readonly done: (outcome: QueryOutcome) => void;
  attemptsLeft: number;
  hasFreshToken: boolean;
  sentAtMs: number;
  sentTimes: number;
  timer: Timer | undefined;
}

export interface QueriesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: RingSettings;
  readonly send: (message: QueryMessage, to: Endpoint) => void;
  /** Told of each peer on the circle that has just answered, before the query's own outcome. */
  readonly answered: (contact: Contact) => void;
}

export class Queries {
  readonly roundTrips: RoundTrips;
  readonly #options: QueriesOptions;
  /** By transaction, in hexadecimal. */
  readonly #pending = new Map<string, Pending>();
  /** What others have issued us, by endpoint, the oldest first. */
  readonly #tokens = new Map<string, Uint8Array>();
  #closed = false;

  constructor(options: QueriesOptions) {
    this.#options = options;
    this.roundTrips = new RoundTrips(options.settings);
  }

  /**
   * Asks a contact, or whoever is at an endpoint. `done` is called once, later.
   * @param attempts how often it is sent before the other side counts as silent
   */
  ask(to: Contact | Endpoint, query: Query, attempts: number, done: (outcome: QueryOutcome) => void): void {
    const { clock, random } = this.#options;
    const transaction = random.bytes(TRANSACTION_BYTES);
    const key = toHex(transaction);
    if (this.#closed || this.#pending.size >= LIMITS.ringQueries || this.#pending.has(key)) {
      clock.after(0, () => done({ kind: 'silence' }));
      return;
    }
    const contact = 'slot' in to ? to : undefined;
    const pending: Pending = {
      endpoint: 'slot' in to ? to.endpoint : to, contact, query, transaction, done,
      attemptsLeft: attempts, hasFreshToken: false, sentAtMs: 0, sentTimes: 0, timer: undefined,
    };
    this.#pending.set(key, pending);
    this.#send(pending);
  }

  /** Takes what came as an answer or an error; true where it answers what was asked. */
  receive(message: AnswerMessage | ErrorMessage, from: Endpoint): boolean {
    const pending = this.#pending.get(toHex(message.transaction));
    if (pending === undefined || formatEndpoint(pending.endpoint) !== formatEndpoint(from)) return false;
    if (message.token !== undefined) this.#keepToken(from, message.token);
    if (message.kind === 'error' && message.code === ERROR.badToken && message.token !== undefined && !pending.hasFreshToken) {
      pending.hasFreshToken = true;
      pending.attemptsLeft += 1;
      pending.timer?.cancel();
      this.#send(pending);
      return true;
    }
    const contact = message.slot === undefined ? undefined : contactAt(from, message.slot);
    const roundTripMs = this.#options.clock.now() - pending.sentAtMs;
    // Of a query that was sent twice nobody knows which one was answered (Karn and Partridge 1987).
    if (pending.sentTimes === 1) this.roundTrips.measured(roundTripMs);
    if (contact !== undefined && message.kind === 'answer') this.#options.answered(contact);
    if (message.kind === 'error') this.#end(pending, { kind: 'error', code: message.code, text: message.text });
    // Somebody is there, but not on the place where the one that was asked is said to stand.
    else if (pending.contact !== undefined && contact?.key !== pending.contact.key) this.#end(pending, { kind: 'silence' });
    else this.#end(pending, { kind: 'answer', answer: message.answer, contact, roundTripMs });
    return true;
  }

  /** Ends everything under way as if nobody had answered, and asks no more. */
  close(): void {
    this.#closed = true;
    for (const pending of this.#pending.values()) this.#end(pending, { kind: 'silence' });
  }

  #send(pending: Pending): void {
    const { clock, send } = this.#options;
    pending.attemptsLeft -= 1;
    pending.sentTimes += 1;
    pending.sentAtMs = clock.now();
    const token = needsToken(pending.query.type) ? this.#tokens.get(formatEndpoint(pending.endpoint)) : undefined;
    const timeoutMs = this.roundTrips.timeoutMs(pending.sentTimes);
    pending.timer = clock.after(timeoutMs, () => {
      if (pending.attemptsLeft > 0) this.#send(pending);
      else this.#end(pending, { kind: 'silence' });
    });
    send({ kind: 'query', transaction: pending.transaction, query: pending.query, ...(token && { token }) }, pending.endpoint);
  }

  #end(pending: Pending, outcome: QueryOutcome): void {
    pending.timer?.cancel();
    if (this.#pending.delete(toHex(pending.transaction))) pending.done(outcome);
  }

  #keepToken(from: Endpoint, token: Uint8Array): void {
    const name = formatEndpoint(from);
    this.#tokens.delete(name);
    this.#tokens.set(name, token);
    if (this.#tokens.size <= LIMITS.ringTokens) return;
    for (const oldest of this.#tokens.keys()) {
      this.#tokens.delete(oldest);
      return;
    }
  }
}
