/**
 * Recursive lookups: a query that is handed on from peer to peer, each of which passes it to the peer nearest before the
 * target that it knows, until it reaches the one responsible; that one sends its word straight to whoever asked. JOIN travels
 * so, and JOIN-ACK comes back so, which also shows whether strangers can reach the newcomer.
 *
 * Invariant: a routed query only ever gets nearer to its target, in at most `LIMITS.ringHops` hops; each hop is acknowledged,
 * and goes to the next best peer where it is not. Who asked is what the first peer saw as the query's source.
 */
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { Timer } from '../../runtime/clock.ts';
import { isWithin } from './circle.ts';
import type { RingContext } from './context.ts';
import { ERROR, NONCE_BYTES, type Neighbours, type RoutedQuery } from './messages.ts';
import { answer, refusal, type Reply } from './reply.ts';
import { contactAt, type Contact } from './ring-id.ts';

/** The responsible peer's word. */
export interface RouteResult extends Neighbours {
  readonly owner: Contact;
  readonly hops: number;
  /** From asking to the word's arrival. */
  readonly tookMs: number;
}

/** What a routed query may take altogether, its retries on the way included. */
const ROUTE_TIMEOUT_MS = 12_000;

export class Router {
  readonly #context: RingContext;
  /** By nonce, in hexadecimal. */
  readonly #waiting = new Map<string, { readonly done: (result: RouteResult | undefined) => void; readonly timer: Timer; readonly sinceMs: number }>();

  constructor(context: RingContext) {
    this.#context = context;
  }

  /**
   * Sends a query on its way; `done` is called once, with undefined where no word came.
   * @param through peers that may take it, the best first
   */
  route(type: 'join' | 'route', target: Uint8Array, through: readonly (Contact | Endpoint)[], done: (result: RouteResult | undefined) => void): void {
    const { clock, random } = this.#context;
    const nonce = random.bytes(NONCE_BYTES);
    const key = toHex(nonce);
    const end = (): void => this.#end(key, undefined);
    if (this.#waiting.size >= LIMITS.ringRoutedQueries) {
      clock.after(0, () => done(undefined));
      return;
    }
    this.#waiting.set(key, { done, timer: clock.after(ROUTE_TIMEOUT_MS, end), sinceMs: clock.now() });
    this.#try({ type, target, nonce, hops: 0 }, through, end);
  }

  /** Takes a query that is on its way, and says to whoever handed it on that it is taken. */
  forward(query: RoutedQuery, from: Endpoint, sender: Contact | undefined): Reply {
    if (query.hops >= LIMITS.ringHops) return refusal(ERROR.malformed, 'the query has gone too far');
    const origin = query.hops === 0 ? from : query.origin;
    if (origin === undefined || contactAt(origin, 0) === undefined) return refusal(ERROR.malformed, 'nobody can be answered there');
    const onward = { ...query, origin, hops: query.hops + 1 };
    this.#pass(onward, query.hops === 0 ? undefined : sender);
    return answer({});
  }

  /** The responsible peer's word has come. */
  arrived(query: Neighbours & { readonly nonce: Uint8Array; readonly hops: number }, owner: Contact | undefined): void {
    const { clock } = this.#context;
    const waiting = this.#waiting.get(toHex(query.nonce));
    if (waiting === undefined || owner === undefined) return;
    const { hops, successors, predecessors } = query;
    this.#end(toHex(query.nonce), { owner, hops, successors, predecessors, tookMs: clock.now() - waiting.sinceMs });
  }

  /** Ends all that is under way. */
  close(): void {
    for (const key of this.#waiting.keys()) this.#end(key, undefined);
  }

  #end(key: string, result: RouteResult | undefined): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    waiting.timer.cancel();
    this.#waiting.delete(key);
    waiting.done(result);
  }

  #pass(query: RoutedQuery & { readonly origin: Endpoint }, askedBy: Contact | undefined): void {
    const { table } = this.#context;
    const { isOwn, owners, closer } = table.view(query.target, askedBy);
    if (isOwn) return this.#deliver(query);
    const isOrigin = ({ endpoint }: Contact): boolean => formatEndpoint(endpoint) === formatEndpoint(query.origin);
    // Who joins from a neighbour's address is that neighbour after a restart: it does not stand where it stood.
    if (query.type === 'join') this.#context.check(table.all.filter(isOrigin));
    const others = (contacts: readonly Contact[]): Contact[] => contacts.filter((contact) => !isOrigin(contact));
    this.#try(query, others(owners), () => {
      // Whoever asked takes us for the one responsible, and those who would come before us are all silent.
      if (askedBy !== undefined && isWithin(query.target, askedBy.id, table.own.id)) this.#deliver(query);
      else this.#try(query, others(closer), () => {});
    });
  }

  /** Hands the query to the first that takes it. */
  #try(query: RoutedQuery, [next, ...others]: readonly (Contact | Endpoint)[], nobody: () => void): void {
    const { queries, settings } = this.#context;
    if (next === undefined) return nobody();
    queries.ask(next, query, settings.lookupAttempts, (outcome) => {
      if (outcome.kind === 'answer') return;
      if ('slot' in next) this.#context.doubt(next);
      this.#try(query, others, nobody);
    });
  }

  #deliver({ type, nonce, hops, origin }: RoutedQuery & { readonly origin: Endpoint }): void {
    const { table } = this.#context;
    const neighbours = { successors: table.successors.all, predecessors: table.predecessors.all };
    const word = type === 'join' ? 'join-ack' : 'route-ack';
    this.#context.askAt(origin, { type: word, nonce, hops, ...neighbours }, () => {});
  }
}
