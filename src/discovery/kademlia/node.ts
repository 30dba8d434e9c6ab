/**
 * A node of one of the two DHTs, the IPv4 or the IPv6 one (BEP 5, BEP 32): it answers queries, keeps its routing table in
 * order, and carries lookups.
 *
 * Invariant: only nodes that have answered enter the routing table; a node that merely asks, or is heard of, is pinged
 * first, and never more than a few of those a second. All that it holds for others is bounded (`LIMITS`) and lapses.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { type Encodable, field } from '../../bytes/bencode.ts';
import { type AddressFamily, type Endpoint, endpointToCompact, formatEndpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { TokenIssuer } from '../../bytes/token.ts';
import { TokenBucket } from '../../bytes/token-bucket.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import type { Random } from '../../runtime/random.ts';
import { AddressVote } from './address-vote.ts';
import { isCredible } from './addresses.ts';
import { BUCKET_SIZE } from './bucket.ts';
import { Contact, formatContacts, parseContacts } from './contact.ts';
import { commonPrefixLength, ID_BITS, ID_BYTES, idAtPrefix } from './distance.ts';
import { ItemStore } from './item-store.ts';
import { type Answer, encodeAnswer, encodeError, ERROR_CODES, type KrpcError, type Query } from './krpc.ts';
import { Lookup, type LookupOptions, type LookupOutcome } from './lookup.ts';
import { isBoundTo, nodeIdFor, type NodeIdPolicy } from './node-id.ts';
import { PeerStore } from './peer-store.ts';
import { QueryGate } from './query-gate.ts';
import { Responder } from './responder.ts';
import { RoutingTable } from './routing-table.ts';
import { type Asker, Rpc } from './rpc.ts';
import { Traffic } from './traffic.ts';

/** How often the node looks after its table: a neighbour asked, or a bucket looked up. */
const UPKEEP_MS = 5000;
const EXPIRY_MS = 60_000;
/** A write token is good for this long at least, and for twice as long at most (BEP 5). */
const TOKEN_ROTATION_MS = 5 * 60_000;
const TOKEN_SECRET_BYTES = 16;
/** A node that knows nobody tries to join again after this, and one that knows only a few, who may be cut off like it. */
const REJOIN_ALONE_MS = 30_000;
const REJOIN_MS = 5 * 60_000;
/** Times that it asks until somebody answers. */
const JOIN_ATTEMPTS = 3;
/** Nodes only heard of that are pinged, a second. */
const CHECKS_PER_SECOND = 10;

export interface NodeOptions {
  readonly family: AddressFamily;
  readonly socket: DatagramSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: NodeIdPolicy;
  /** It asks, and answers nobody (BEP 43). */
  readonly isReadOnly: boolean;
  /** 20 bytes: the id to begin with; without it, one that fits the socket's address, or any. */
  readonly id?: Uint8Array | undefined;
  readonly queriesPerSecond: number;
  readonly answersPerSecond: number;
  /** Is told when it is time to `join` again, for too few are known. */
  readonly rejoin: () => void;
}

export interface LookupRequest extends Pick<LookupOptions, 'target' | 'heard' | 'done'> {
  readonly method: string;
  readonly args: Readonly<Record<string, Encodable>>;
}

export class Node {
  readonly family: AddressFamily;
  readonly endpoint: Endpoint;
  readonly peers: PeerStore;
  readonly items = new ItemStore();
  readonly traffic = new Traffic();
  /** Our node in the other DHT, where it has one. */
  sibling: Node | undefined;
  readonly #options: NodeOptions;
  readonly #rpc: Rpc;
  readonly #responder: Responder;
  readonly #gate: QueryGate;
  readonly #vote = new AddressVote();
  readonly #checks: TokenBucket;
  /** Endpoints of nodes that are being pinged to see whether they are there. */
  readonly #checking = new Set<string>();
  readonly #timers: Timer[] = [];
  #table: RoutingTable;
  /** 4 or 16 bytes: where others say we are (BEP 42). */
  #externalAddress: Uint8Array | undefined;
  #entryPoints: readonly Endpoint[] = [];
  #upkeepLookup: Lookup | undefined;
  #lastJoinMs: number;

  constructor(options: NodeOptions) {
    const { clock, random, socket, family, policy } = options;
    this.#options = options;
    this.family = family;
    this.endpoint = socket.endpoint;
    this.peers = new PeerStore(random);
    this.#externalAddress = usableAddress(socket.endpoint);
    this.#table = new RoutingTable(this.#firstId(), policy);
    this.#gate = new QueryGate(options.answersPerSecond);
    this.#checks = new TokenBucket({ perSecond: CHECKS_PER_SECOND, burst: CHECKS_PER_SECOND }, clock.now());
    this.#lastJoinMs = clock.now();
    const tokens = new TokenIssuer(() => random.bytes(TOKEN_SECRET_BYTES));
    this.#responder = new Responder({
      ownId: () => this.id,
      nodes: (of, target, count) => (of === this.family ? this : this.sibling)?.nodesNear(target, count),
      tokens,
      peers: this.peers,
      items: this.items,
    });
    this.#rpc = new Rpc({
      socket, clock, random, traffic: this.traffic, isReadOnly: options.isReadOnly, queriesPerSecond: options.queriesPerSecond,
      receive: (query, from, bytes) => this.#receive(query, from, bytes),
    });
    // The first upkeep comes at a moment of its own, so that nodes started together do not keep step.
    this.#timers.push(
      clock.after(random.fraction() * UPKEEP_MS, () => {
        this.#upkeep();
        this.#timers.push(clock.every(UPKEEP_MS, () => this.#upkeep()));
      }),
      clock.every(EXPIRY_MS, () => this.#expire()),
      clock.every(TOKEN_ROTATION_MS, () => tokens.rotate()),
    );
  }

  /** 20 bytes. It changes when the node learns that its external address is another than it thought (BEP 42). */
  get id(): Uint8Array {
    return this.#table.ownId;
  }

  get table(): RoutingTable {
    return this.#table;
  }

  get externalAddress(): Uint8Array | undefined {
    return this.#externalAddress;
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#upkeepLookup?.stop();
    this.#rpc.stop();
  }

  /** Joins the DHT through `entryPoints`, and through `contacts` who may still be there; `done` is called when the nearest nodes are found, or nobody answers. */
  join(entryPoints: readonly Endpoint[], contacts: readonly Contact[], done: () => void): void {
    this.#entryPoints = entryPoints;
    this.#tryToJoin(contacts, JOIN_ATTEMPTS, done);
  }

  /** A lookup that asks each node for `method` with `args`. To be started by the caller. */
  lookup(request: LookupRequest): Lookup {
    const contacts = this.#table.closest(request.target, BUCKET_SIZE);
    return this.#look(request, contacts, this.#isLonely ? this.#entryPoints : []);
  }

  /** Asks one node, and learns from whether and what it answers. False, with no call of the asker to follow, where too many queries wait. */
  ask(to: Contact | Endpoint, method: string, args: Readonly<Record<string, Encodable>>, asker: Asker): boolean {
    const contact = to instanceof Contact ? to : undefined;
    const endpoint = to instanceof Contact ? to.endpoint : to;
    // A node whose sibling knows hardly anybody asks for nodes of both families (BEP 32).
    const want = 'target' in args || 'info_hash' in args ? this.#wantedFamilies() : undefined;
    return this.#rpc.query(endpoint, method, { ...args, id: this.id, want }, {
      answered: (answer, bytes) => {
        this.#learn(endpoint, contact, answer);
        asker.answered(answer, bytes);
      },
      failed: (failure) => {
        if (failure === 'silent' && contact !== undefined) this.#table.failed(contact);
        asker.failed(failure);
      },
      slow: () => asker.slow?.(),
    });
  }

  /** A node has been named by the one at `source`, if not by itself: it is pinged if it would be of use. */
  consider(contact: Contact, source?: Uint8Array): void {
    if (!isCredible(contact.address, source) || !this.#table.wants(contact)) return;
    const endpoint = contact.endpoint;
    const key = formatEndpoint(endpoint);
    if (this.#checking.has(key) || !this.#checks.take(this.#options.clock.now())) return;
    const end = (): void => { this.#checking.delete(key); };
    if (this.ask(contact, 'ping', {}, { answered: end, failed: end })) this.#checking.add(key);
  }

  /** The `nodes` of an answer. */
  nodesNear(target: Uint8Array, count: number): Uint8Array {
    return formatContacts(this.#table.closest(target, count), this.family);
  }

  /** Whether it knows so few that they may well be cut off from the others together with it. */
  get #isLonely(): boolean {
    return this.#table.size < BUCKET_SIZE;
  }

  /** Looks for the own id. Where nobody answers it asks again, for an entry point's one answer may have been lost. */
  #tryToJoin(contacts: readonly Contact[], attempts: number, done: () => void): void {
    this.#lastJoinMs = this.#options.clock.now();
    const known = [...this.#table.closest(this.id, BUCKET_SIZE), ...contacts];
    const ended = ({ queries, answers }: LookupOutcome): void => {
      this.#table.refreshed(this.#table.bucketSizes.length - 1, this.#options.clock.now());
      if (answers === 0 && queries > 0 && attempts > 1) this.#tryToJoin(contacts, attempts - 1, done);
      else done();
    };
    this.#look({ target: this.id, method: 'find_node', args: { target: this.id }, done: ended }, known, this.#entryPoints).start();
  }

  #look(request: LookupRequest, contacts: readonly Contact[], endpoints: readonly Endpoint[]): Lookup {
    return new Lookup({
      target: request.target,
      ownId: this.id,
      family: this.family,
      policy: this.#options.policy,
      contacts,
      endpoints,
      ask: (to, asker) => this.ask(to, request.method, request.args, asker),
      done: request.done,
      ...(request.heard === undefined ? {} : { heard: request.heard }),
    });
  }

  #receive(query: Query, from: Endpoint, bytes: Uint8Array): void {
    const { clock, isReadOnly, policy } = this.#options;
    const compact = endpointToCompact(from);
    if (isReadOnly || compact === undefined) return this.traffic.dropped('read-only');
    const nowMs = clock.now();
    const caller = { host: from.host, compact, address: compact.subarray(0, -2), family: this.family, nowMs };
    if (!this.#gate.admits(caller.address, nowMs)) return this.traffic.dropped('rate-limited');
    const id = field.bytes(query.args, 'id');
    if (policy === 'require' && id?.length === ID_BYTES && !isBoundTo(id, caller.address)) {
      return this.#refuse(query, { code: ERROR_CODES.protocol, text: 'the node id is not bound to your address (BEP 42)' }, from);
    }
    const reply = this.#responder.respond(query, caller, bytes);
    if (reply.error !== undefined) return this.#refuse(query, reply.error, from);
    this.traffic.answered(this.#responder.knows(query.method) ? query.method : 'unknown');
    this.#rpc.send(encodeAnswer(query.transaction, reply.results, compact), from);
    if (query.isReadOnly || id === undefined) return;
    const contact = Contact.at(id, compact);
    if (!this.#table.asked(contact, nowMs)) this.consider(contact);
  }

  #refuse(query: Query, error: KrpcError, to: Endpoint): void {
    this.traffic.refused(error.code);
    this.#rpc.send(encodeError(query.transaction, error), to);
  }

  #wantedFamilies(): string[] | undefined {
    return this.sibling !== undefined && this.sibling.table.size < BUCKET_SIZE ? ['n4', 'n6'] : undefined;
  }

  /** Takes from an answer who gave it, what it says of our address, and nodes for the sibling. */
  #learn(endpoint: Endpoint, asked: Contact | undefined, { results, ownEndpoint }: Answer): void {
    const id = field.bytes(results, 'id');
    const contact = id?.length === ID_BYTES ? Contact.of(id, endpoint) : undefined;
    if (contact === undefined) return;
    if (asked !== undefined && !asked.hasSameId(contact)) this.#table.failed(asked);
    this.#table.answered(contact, this.#options.clock.now());
    if (ownEndpoint?.length === (this.family === 4 ? 6 : 18)) this.#hearOwnAddress(contact.address, ownEndpoint.subarray(0, -2));
    const { sibling } = this;
    const nodes = sibling === undefined ? undefined : field.bytes(results, sibling.family === 4 ? 'nodes' : 'nodes6');
    if (sibling === undefined || nodes === undefined) return;
    for (const each of parseContacts(nodes, sibling.family, LIMITS.dhtNodesPerAnswer)) sibling.consider(each, contact.address);
  }

  /** Believes a clear majority about its own address, and moves to an id that is bound to it. */
  #hearOwnAddress(voter: Uint8Array, said: Uint8Array): void {
    if (!this.#vote.hear(voter, said)) return;
    this.#externalAddress = Uint8Array.from(said);
    if (isBoundTo(this.id, said)) return;
    const { policy, random, clock } = this.#options;
    const neighbours = [...this.#table];
    this.#table = new RoutingTable(nodeIdFor(said, random), policy);
    for (const contact of neighbours) this.#table.answered(contact, clock.now());
    this.#tryToJoin([], 1, () => {});
  }

  #firstId(): Uint8Array {
    const { id, random } = this.#options;
    const address = this.#externalAddress;
    if (id?.length === ID_BYTES && (address === undefined || isBoundTo(id, address))) return Uint8Array.from(id);
    return address === undefined ? random.bytes(ID_BYTES) : nodeIdFor(address, random);
  }

  /** Asks the neighbour that needs it most for nodes of its own bucket, which shows whether it is there; or looks a bucket up. */
  #upkeep(): void {
    const { clock, random } = this.#options;
    const nowMs = clock.now();
    if (this.#isLonely && nowMs - this.#lastJoinMs >= (this.#table.size === 0 ? REJOIN_ALONE_MS : REJOIN_MS)) {
      this.#lastJoinMs = nowMs;
      this.#options.rejoin();
      return;
    }
    const questionable = this.#table.nextToAsk(nowMs);
    if (questionable !== undefined) {
      const prefix = Math.min(commonPrefixLength(this.id, questionable.compact), ID_BITS - 1);
      this.#askForNodes(questionable, idAtPrefix(this.id, prefix, random.bytes(ID_BYTES)));
      return;
    }
    const bucket = this.#upkeepLookup === undefined ? this.#table.staleBucket(nowMs) : undefined;
    if (bucket === undefined) return;
    this.#table.refreshed(bucket, nowMs);
    const target = this.#table.isLast(bucket) ? this.id : idAtPrefix(this.id, bucket, random.bytes(ID_BYTES));
    this.#upkeepLookup = this.lookup({ target, method: 'find_node', args: { target }, done: () => { this.#upkeepLookup = undefined; } });
    this.#upkeepLookup.start();
  }

  #askForNodes(neighbour: Contact, target: Uint8Array): void {
    const key = this.family === 4 ? 'nodes' : 'nodes6';
    this.ask(neighbour, 'find_node', { target }, {
      answered: ({ results }) => {
        const nodes = parseContacts(field.bytes(results, key) ?? new Uint8Array(0), this.family, LIMITS.dhtNodesPerAnswer);
        for (const contact of nodes) this.consider(contact, neighbour.address);
      },
      failed: () => {},
    });
  }

  #expire(): void {
    const nowMs = this.#options.clock.now();
    this.peers.expire(nowMs);
    this.items.expire(nowMs);
  }
}

/** The address that a socket is bound to, where it is bound to one that others may reach. */
function usableAddress(endpoint: Endpoint): Uint8Array | undefined {
  const address = endpointToCompact(endpoint)?.subarray(0, -2);
  return address !== undefined && scopeOf(address) === 'global' ? address : undefined;
}
