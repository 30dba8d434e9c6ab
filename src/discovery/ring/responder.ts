/**
 * Answering: what each query gets.
 *
 * Invariant: whoever asks gets at most one datagram for one, of a size like the query's unless it has shown with a token
 * that it hears us; and no more of them than `settings.queriesPerSecond` unless it is a neighbour.
 */
import { Allowance } from '../../bytes/allowance.ts';
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { TokenIssuer } from '../../bytes/token.ts';
import { sample } from '../../runtime/random.ts';
import type { RingContext } from './context.ts';
import { isWithin } from './circle.ts';
import { ERROR, type Query, type QueryMessage, type QueryType, type Unreadable } from './messages.ts';
import { needsToken } from './queries.ts';
import { pages, type RecordPage } from './record-codec.ts';
import { isInBuckets, type FileRecord } from './records.ts';
import { answer, refusal, type Reply } from './reply.ts';
import type { Replicator } from './replicator.ts';
import { contactAt, strangerAt, type Contact } from './ring-id.ts';
import type { Router } from './router.ts';

/** What also a peer that is not on the circle answers. */
const OUTSIDE_QUERIES: ReadonlySet<QueryType> = new Set(['ping', 'join-ack', 'route-ack']);
/** Holders of one file that one `find` tells of, a random choice of them. */
const HOLDERS_PER_ANSWER = 24;
/** Shortcuts that `describe` tells of: as many as surely fit in a datagram beside the neighbours. */
const DESCRIBED_CONTACTS = 54;

export class Responder {
  readonly #context: RingContext;
  readonly #tokens: TokenIssuer;
  readonly #router: Router;
  readonly #replicator: Replicator;
  readonly #allowance: Allowance;

  constructor(context: RingContext, tokens: TokenIssuer, router: Router, replicator: Replicator) {
    const { queriesPerSecond: perSecond, queryBurst: burst } = context.settings;
    this.#context = context;
    this.#tokens = tokens;
    this.#router = router;
    this.#replicator = replicator;
    this.#allowance = new Allowance({ perSecond, burst, strangers: LIMITS.ringStrangers });
  }

  /** Undefined where no answer is due. */
  reply(message: QueryMessage | Unreadable, from: Endpoint): Reply | undefined {
    const { table, clock } = this.#context;
    const sender = message.kind === 'unreadable' || message.slot === undefined ? undefined : contactAt(from, message.slot);
    const isNeighbour = sender !== undefined && table.isNeighbour(sender);
    if (!isNeighbour && !this.#allowance.take(strangerAt(from), clock.now())) return undefined;
    if (message.kind === 'unreadable') return refusal(message.code, message.text);
    if (!this.#context.isMember && !OUTSIDE_QUERIES.has(message.query.type)) return refusal(ERROR.gone, 'this peer is not on the circle');
    if (needsToken(message.query.type) && !this.#tokens.accepts(message.token ?? new Uint8Array(), formatEndpoint(from))) {
      return refusal(ERROR.badToken, 'this needs a token that was issued to this address; here is one');
    }
    return this.#answer(message.query, from, sender, isNeighbour);
  }

  #answer(query: Query, from: Endpoint, sender: Contact | undefined, isNeighbour: boolean): Reply {
    const { table, records } = this.#context;
    switch (query.type) {
      case 'ping':
        return answer({});
      case 'closest': {
        const view = table.view(query.target);
        return answer({ closer: view.closer, successors: view.owners, predecessors: view.predecessors });
      }
      case 'stabilise':
        this.#context.hear([...query.successors, ...query.predecessors], isNeighbour);
        return answer({ successors: table.successors.all, predecessors: table.predecessors.all });
      case 'join':
      case 'route':
        return this.#router.forward(query, from, sender);
      case 'join-ack':
      case 'route-ack':
        this.#router.arrived(query, sender);
        return answer({});
      case 'leave':
        if (sender !== undefined) table.silent(sender);
        this.#context.hear([...query.successors, ...query.predecessors], isNeighbour);
        return answer({});
      case 'announce':
        return this.#announce(query, from);
      case 'find':
        return this.#find(query);
      case 'store':
        if (!isNeighbour) return refusal(ERROR.notResponsible, 'copies are taken from neighbours only');
        return answer({ kept: this.#replicator.take(query.records) });
      case 'compare':
        return answer({ digests: records.digests(query.after, query.upTo, this.#context.clock.now()) });
      case 'records': {
        const { after, upTo, buckets } = query;
        const selected = records.select((key) => isInBuckets(key, buckets) && isWithin(key, after, upTo), this.#context.clock.now());
        return answer(this.#page(selected, query.cursor));
      }
      case 'describe': {
        const neighbours = table.successors.all.length + table.predecessors.all.length;
        return answer({
          successors: table.successors.all,
          predecessors: table.predecessors.all,
          shortcuts: table.shortcuts.all.slice(0, Math.max(0, DESCRIBED_CONTACTS - neighbours)),
          keys: records.keyCount,
        });
      }
    }
  }

  #announce(query: Query & { readonly type: 'announce' }, from: Endpoint): Reply {
    const { table, isMember } = this.#context;
    if (!isMember || !table.keeps(query.key)) return refusal(ERROR.notResponsible, 'the key is not kept here; look it up again');
    // Who announces is who the datagram comes from: nobody announces another.
    const holder = { host: from.host, port: query.port };
    const outcome = this.#replicator.announced(query, holder, query.lifetimeSeconds * 1000);
    if (outcome === 'full') return refusal(ERROR.full, 'no more is kept under this key, or from this address');
    if (outcome === 'invalid') return refusal(ERROR.malformed, 'the key is not one of the name\'s');
    return answer({});
  }

  #find(query: Query & { readonly type: 'find' }): Reply {
    const { records, random, clock } = this.#context;
    const found = records.find(query.key, query.words, clock.now())
      .map((record) => ({ ...record, holders: sample(random, record.holders, HOLDERS_PER_ANSWER) }));
    return answer(this.#page(found, query.cursor));
  }

  /** The page that a cursor names, which is its number in two bytes, and the next one's cursor. */
  #page(records: readonly FileRecord[], cursor: Uint8Array): { records: RecordPage; cursor?: Uint8Array } {
    const all = pages(records, this.#context.family);
    const number = cursor.length === 2 ? (cursor[0] << 8) | cursor[1] : 0;
    const next = number + 1;
    return {
      records: all[number] ?? [],
      ...(next < all.length && { cursor: Uint8Array.of(next >>> 8, next & 0xff) }),
    };
  }
}
