/**
 * One peer of the ring: its socket, its place on the circle, and what a program may ask of it. How the circle works is in the
 * files beside this one; here they are put together, and datagrams find their way to them.
 *
 * Invariant: a datagram, whatever is in it, is answered, dropped, or answered with an error; it never throws.
 */
import { addressScope } from '../../bytes/address-scope.ts';
import { equalBytes } from '../../bytes/compare.ts';
import { addressFamily, formatEndpoint, type AddressFamily, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { TokenIssuer } from '../../bytes/token.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import { integerBelow, type Random } from '../../runtime/random.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { RingContext } from './context.ts';
import { FingerKeeper } from './fingers.ts';
import { Hearsay } from './hearsay.ts';
import { Joiner } from './joiner.ts';
import { Leaver } from './leaver.ts';
import { Lookup, type LookupOptions, type LookupResult } from './lookup.ts';
import { Merger } from './merger.ts';
import { decodeMessage, encodeMessage, ERROR, type Answer, type Message } from './messages.ts';
import { OwnAddress } from './own-address.ts';
import { Publisher, type FoundFile, type Publication, type PublishResult } from './publisher.ts';
import { Queries, type QueryOutcome } from './queries.ts';
import { RecordStore, type FileRecord } from './records.ts';
import { Replicator } from './replicator.ts';
import { Responder } from './responder.ts';
import { contactAt, SLOTS, type Contact } from './ring-id.ts';
import { Router, type RouteResult } from './router.ts';
import { RoutingTable } from './routing-table.ts';
import { DEFAULT_SETTINGS, type RingSettings } from './settings.ts';
import { Stabiliser } from './stabiliser.ts';

/**
 * `outside`: not on the circle, but able to ask those who are. `member`: on it, perhaps all alone. `leaving` ends in `closed`.
 */
export type RingState = 'outside' | 'member' | 'leaving' | 'closed';

export interface RingNodeOptions {
  /** Default 4. A ring's addresses are all of one family. */
  readonly family?: AddressFamily;
  /** The local address to bind; absent: all. */
  readonly host?: string;
  /** UDP; 0 or absent: any free one. */
  readonly port?: number;
  readonly settings?: Partial<RingSettings>;
}

export interface RingStatus {
  readonly state: RingState;
  readonly id: Uint8Array;
  /** Where others see this peer. */
  readonly endpoint: Endpoint;
  readonly predecessor: Contact | undefined;
  readonly successors: readonly Contact[];
  readonly predecessors: readonly Contact[];
  readonly shortcuts: readonly Contact[];
  /** Keys of which records are kept here, and announcements in them. */
  readonly keys: number;
  readonly announcements: number;
  /** Peers on the circle, judged by how close the neighbours stand. */
  readonly estimatedPeers: number;
  /** Smoothed over all peers; a guess at first. */
  readonly roundTripMs: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
}

/** What only the peer itself may change. */
type OwnContext = RingContext & { table: RoutingTable; isMember: boolean };

export class RingNode {
  readonly settings: RingSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #network: Runtime['network'];
  readonly #socket: DatagramSocket;
  readonly #ownAddress: OwnAddress;
  readonly #tokens: TokenIssuer;
  readonly #context: OwnContext;
  readonly #queries: Queries;
  readonly #records = new RecordStore();
  readonly #hearsay: Hearsay;
  readonly #router: Router;
  readonly #replicator: Replicator;
  readonly #responder: Responder;
  readonly #stabiliser: Stabiliser;
  readonly #fingers: FingerKeeper;
  readonly #merger: Merger;
  readonly #joiner: Joiner;
  readonly #publisher: Publisher;
  readonly #housekeeping: readonly Timer[];
  #rejoinTimer: Timer | undefined;
  #slot: number;
  #state: RingState = 'outside';
  #datagramsSent = 0;
  #datagramsReceived = 0;

  /** Opens a peer that is outside still. Rejects with 'LISTEN_FAILED'. */
  static async open(runtime: Pick<Runtime, 'clock' | 'random' | 'network'>, options: RingNodeOptions = {}): Promise<RingNode> {
    const { family = 4, host, port = 0 } = options;
    const socket = await runtime.network.bindDatagrams({ family, port, ...(host !== undefined && { host }) });
    return new RingNode(runtime, socket, family, { ...DEFAULT_SETTINGS, ...options.settings });
  }

  private constructor(
    { clock, random, network }: Pick<Runtime, 'clock' | 'random' | 'network'>, socket: DatagramSocket, family: AddressFamily, settings: RingSettings,
  ) {
    this.settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#network = network;
    this.#socket = socket;
    this.#ownAddress = new OwnAddress(guessOwnEndpoint(socket.endpoint, network.localAddresses(), family));
    this.#tokens = new TokenIssuer(() => random.bytes(16));
    this.#slot = integerBelow(random, SLOTS);
    this.#queries = new Queries({
      clock, random, settings,
      send: (message, to) => this.#send(message, to),
      answered: (contact) => this.#context.table.answered(contact),
    });
    this.#context = this.#makeContext(family, this.#tableAt(this.#ownAddress.endpoint));
    this.#hearsay = new Hearsay(this.#context);
    this.#router = new Router(this.#context);
    this.#replicator = new Replicator(this.#context);
    this.#responder = new Responder(this.#context, this.#tokens, this.#router, this.#replicator);
    this.#stabiliser = new Stabiliser(this.#context);
    this.#fingers = new FingerKeeper(this.#context);
    this.#merger = new Merger(this.#context);
    this.#joiner = new Joiner(this.#context, this.#router, this.#replicator, {
      moveToSlot: (slot) => this.#moveTo(this.#ownAddress.endpoint, slot),
      becomeMember: () => this.#becomeMember(),
    });
    this.#publisher = new Publisher(this.#context, this.#replicator);
    this.#housekeeping = [
      clock.every(settings.tokenIntervalMs, () => this.#tokens.rotate()),
      clock.every(settings.repairIntervalMs, () => this.#records.expire(clock.now())),
    ];
    socket.receive((bytes, from) => this.#receive(bytes, from, family));
  }

  get state(): RingState {
    return this.#state;
  }

  /** The local socket; where others see this peer, `status` says. */
  get localEndpoint(): Endpoint {
    return this.#socket.endpoint;
  }

  /** Begins a circle of its own, which others may join. */
  begin(): void {
    if (this.#state === 'outside') this.#becomeMember();
  }

  /**
   * Gets to know peers without going on the circle: enough to look up, find and publish. Resolves as soon as one has answered.
   * @param wellKnown peers of the ring, by address or by name
   * @throws ShoalError 'RING_UNREACHABLE' where none of them answers
   */
  async connect(wellKnown: readonly Endpoint[]): Promise<void> {
    const endpoints = await this.#resolve(wellKnown);
    const meetings = endpoints.map(async (endpoint) => {
      if ((await this.meet(endpoint)) === undefined) throw nobodyAnswers([endpoint]);
    });
    await Promise.any(meetings).catch(() => { throw nobodyAnswers(wellKnown); });
  }

  /** Who stands on the circle at an endpoint; undefined where nobody answers, or not from the circle. */
  meet(endpoint: Endpoint): Promise<Contact | undefined> {
    return new Promise((resolve) => this.#context.askAt(endpoint, { type: 'ping' }, (outcome) => {
      resolve(outcome.kind === 'answer' ? outcome.contact : undefined);
    }));
  }

  /**
   * Joins the ring that any of the well-known peers is on. Where none of them answers, it begins a circle of its own, which
   * merges with theirs when they do; where they answer but strangers cannot reach this peer, it stays outside and tries again.
   * @param wellKnown peers of the ring, by address or by name
   * @throws ShoalError 'RING_UNREACHABLE' in both cases, 'RING_ADDRESS_FULL' where the address has its share of peers already
   */
  async join(wellKnown: readonly Endpoint[]): Promise<void> {
    const endpoints = await this.#resolve(wellKnown);
    this.#merger.setWellKnown(endpoints);
    if (this.#state !== 'outside') return;
    const outcome = await new Promise<'joined' | 'unreachable' | 'silent' | 'taken'>((resolve) => this.#joiner.join(endpoints, resolve));
    if (outcome === 'joined') return;
    if (outcome === 'silent') this.begin();
    else this.#joinLater(endpoints);
    if (outcome === 'silent') throw nobodyAnswers(wellKnown);
    if (outcome === 'unreachable') throw unreachable(wellKnown, 'they answer, but others on the ring cannot reach this peer: open its UDP port');
    throw new ShoalError('RING_ADDRESS_FULL', `${this.#ownAddress.endpoint.host} has ${SLOTS} peers on the ring already, and no more are let on it`);
  }

  /** Hands its records on, says goodbye and closes; waits for nobody longer than `LIMITS.goodbyeMs`. */
  async leave(): Promise<void> {
    // Who knows nobody has nobody to tell.
    if (this.#state !== 'member' || this.#context.table.isAlone) return this.close();
    this.#stopKeeping();
    const leaver = new Leaver(this.#context, this.#replicator);
    await this.#within(LIMITS.goodbyeMs, (done) => leaver.handOver(done));
    this.#enter('leaving');
    await this.#within(LIMITS.goodbyeMs, (done) => leaver.sayGoodbye(done));
    // Those who were on their way here are told that nobody is here, rather than left waiting.
    await this.#within(2 * this.#queries.roundTrips.timeoutMs(1), () => {});
    this.close();
  }

  /** Is gone at once, without a word. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#enter('closed');
    this.#stopKeeping();
    for (const timer of this.#housekeeping) timer.cancel();
    this.#queries.close();
    this.#router.close();
    this.#socket.close();
  }

  /** Finds who is responsible for a key (20 bytes), asking one peer after the other. */
  lookup(key: Uint8Array, options: LookupOptions = {}): Promise<LookupResult> {
    return new Promise((resolve) => Lookup.start(this.#context, key, options, resolve));
  }

  /** The same recursively: the peers hand the question on among themselves. Undefined where no word comes back. */
  async route(key: Uint8Array): Promise<RouteResult | undefined> {
    const { table } = this.#context;
    const view = table.view(key);
    if (this.#state === 'member' && view.isOwn) {
      return { owner: table.own, hops: 0, tookMs: 0, successors: table.successors.all, predecessors: table.predecessors.all };
    }
    const through = [...view.owners, ...view.closer, ...table.all];
    return new Promise((resolve) => this.#router.route('route', key, through, resolve));
  }

  /** Announces oneself as a holder of a file, for `settings.recordLifetimeMs`. */
  publish(publication: Publication): Promise<PublishResult> {
    return new Promise((resolve) => this.#publisher.publish(publication, this.settings.recordLifetimeMs, resolve));
  }

  /** Takes the announcement back. */
  withdraw(publication: Publication): Promise<PublishResult> {
    return new Promise((resolve) => this.#publisher.publish(publication, 0, resolve));
  }

  /** Files that have all words of `text` in their names. */
  find(text: string): Promise<readonly FoundFile[]> {
    return new Promise((resolve) => this.#publisher.find(text, resolve));
  }

  /** What is known by one key: an info-hash, cut to 20 bytes, or a name's. */
  findByKey(key: Uint8Array): Promise<readonly FileRecord[]> {
    return new Promise((resolve) => this.#publisher.findByKey(key, [], resolve));
  }

  /** Asks a peer for its neighbours, shortcuts and number of keys; undefined where it is silent. */
  describe(contact: Contact): Promise<Answer | undefined> {
    if (contact.key === this.#context.table.own.key) {
      const { successors, predecessors, shortcuts } = this.#context.table;
      return Promise.resolve({
        successors: successors.all, predecessors: predecessors.all, shortcuts: shortcuts.all, keys: this.#records.keyCount,
      });
    }
    return new Promise((resolve) => this.#context.ask(contact, { type: 'describe' }, (outcome) => {
      resolve(outcome.kind === 'answer' ? outcome.answer : undefined);
    }));
  }

  status(): RingStatus {
    const { own, predecessor, successors, predecessors, shortcuts, meanGap } = this.#context.table;
    return {
      state: this.#state,
      id: own.id,
      endpoint: own.endpoint,
      predecessor,
      successors: successors.all,
      predecessors: predecessors.all,
      shortcuts: shortcuts.all,
      keys: this.#records.keyCount,
      announcements: this.#records.announcementCount,
      estimatedPeers: meanGap === undefined ? 1 : Math.round(1 / meanGap),
      roundTripMs: this.#queries.roundTrips.smoothedMs,
      datagramsSent: this.#datagramsSent,
      datagramsReceived: this.#datagramsReceived,
    };
  }

  /** Where peers of the ring are, for another time to begin with. */
  knownPeers(): Endpoint[] {
    return this.#context.table.all.slice(0, LIMITS.ringRememberedPeers).map(({ endpoint }) => endpoint);
  }

  /** This peer itself, as others know it. */
  get contact(): Contact {
    return this.#context.table.own;
  }

  /** The tables, for experiments that build a circle directly, and for tests. */
  get table(): RoutingTable {
    return this.#context.table;
  }

  /** What this peer keeps, for the same. */
  get records(): RecordStore {
    return this.#records;
  }

  #receive(bytes: Uint8Array, from: Endpoint, family: AddressFamily): void {
    this.#datagramsReceived += 1;
    const message = decodeMessage(bytes, family);
    if (message.kind === 'answer' || message.kind === 'error') {
      if (this.#queries.receive(message, from) && message.receiver !== undefined) this.#heardOwnAddress(message.receiver, from);
      return;
    }
    if (message.transaction === undefined) return;
    if (message.kind === 'query' && message.slot !== undefined) this.#heardFrom(contactAt(from, message.slot));
    // Who is alone has nobody else to ask where it is.
    if (message.kind === 'query' && message.receiver !== undefined && this.#context.table.isAlone) this.#heardOwnAddress(message.receiver, from);
    const reply = this.#responder.reply(message, from);
    if (reply === undefined) return;
    this.#send({ transaction: message.transaction, token: this.#tokens.issue(formatEndpoint(from)), ...reply }, from);
  }

  #send(message: Message, to: Endpoint): void {
    this.#datagramsSent += 1;
    // Who is leaving still signs its goodbyes, but answers nobody as one who stands on the circle.
    const stands = this.#state === 'member' || (this.#state === 'leaving' && message.kind === 'query');
    const slot = stands ? this.#context.table.own.slot : undefined;
    this.#socket.send(encodeMessage({ ...message, receiver: to, ...(slot !== undefined && { slot }) }, this.#context.family), to);
  }

  /** A peer on the circle asks something: it is there, or somebody pretends so; it is asked back. */
  #heardFrom(contact: Contact | undefined): void {
    if (contact === undefined) return;
    this.#context.table.forgive(contact);
    this.#context.hear([contact], false);
  }

  #heardOwnAddress(endpoint: Endpoint, by: Endpoint): void {
    if (addressFamily(endpoint.host) !== this.#context.family || !this.#ownAddress.reported(endpoint, by)) return;
    const { id } = this.#context.table.own;
    this.#moveTo(endpoint, this.#slot);
    if (this.#state !== 'member' || equalBytes(id, this.#context.table.own.id) || this.#context.table.isAlone) return;
    // On another place of the circle one is another peer: it goes there as a newcomer.
    this.#enter('outside');
    this.#stopKeeping();
    this.#joinLater(this.#context.table.all.map((contact) => contact.endpoint), 0);
  }

  /** Takes another place on the circle; who is known stays known. */
  #moveTo(endpoint: Endpoint, slot: number): void {
    const known = this.#context.table.all;
    this.#slot = slot;
    this.#context.table = this.#tableAt(endpoint);
    for (const contact of known) this.#context.table.answered(contact);
  }

  #tableAt(endpoint: Endpoint): RoutingTable {
    const slot = addressScope(endpoint.host) === 'local' ? 0 : this.#slot;
    const own = contactAt(endpoint, slot);
    if (own === undefined) throw new ShoalError('RING_BAD_ADDRESS', `no peer of the ring can be at ${formatEndpoint(endpoint)}`);
    return new RoutingTable(own, this.settings, this.#clock, () => this.#neighboursChanged());
  }

  #neighboursChanged(): void {
    if (this.#state !== 'member') return;
    if (!this.#context.table.isAlone) this.#ownAddress.settle();
    this.#stabiliser.soon();
    this.#replicator.neighboursChanged();
  }

  #enter(state: RingState): void {
    this.#state = state;
    this.#context.isMember = state === 'member';
  }

  #becomeMember(): void {
    this.#enter('member');
    this.#rejoinTimer?.cancel();
    this.#stabiliser.start();
    this.#fingers.start();
    this.#merger.start();
    this.#replicator.start();
    // Nobody knows of us until we ask them something.
    this.#stabiliser.round();
    this.#neighboursChanged();
  }

  #joinLater(wellKnown: readonly Endpoint[], delayMs = this.settings.mergeIntervalMs): void {
    this.#rejoinTimer = this.#clock.after(delayMs, () => this.#joiner.join(wellKnown, (outcome) => {
      if (this.#state !== 'outside') return;
      if (outcome === 'silent') this.begin();
      else if (outcome !== 'joined') this.#joinLater(wellKnown);
    }));
  }

  /** Keeps the circle no more, but still answers. */
  #stopKeeping(): void {
    this.#rejoinTimer?.cancel();
    this.#stabiliser.stop();
    this.#fingers.stop();
    this.#merger.stop();
    this.#replicator.stop();
  }

  #makeContext(family: AddressFamily, table: RoutingTable): OwnContext {
    const { attempts } = this.settings;
    return {
      clock: this.#clock,
      random: this.#random,
      settings: this.settings,
      family,
      table,
      isMember: false,
      queries: this.#queries,
      records: this.#records,
      ask: (contact, query, done) => this.#queries.ask(contact, query, attempts, (outcome) => {
        if (isGone(outcome)) this.#lose(contact);
        done(outcome);
      }),
      askAt: (endpoint, query, done) => this.#queries.ask(endpoint, query, attempts, done),
      hear: (contacts, fromNeighbour) => this.#hearsay.hear(contacts, fromNeighbour),
      check: (contacts) => this.#hearsay.check(contacts),
      doubt: (contact) => this.#hearsay.doubt(contact),
    };
  }

  /** Resolves when `action` says that it is done, or after `limitMs`. */
  #within(limitMs: number, action: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(limitMs, resolve);
      action(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #lose(contact: Contact): void {
    if (this.#context.table.has(contact)) this.#merger.remember(contact);
    this.#context.table.silent(contact);
  }

  /** Rejects with 'LOOKUP_FAILED'. */
  async #resolve(wellKnown: readonly Endpoint[]): Promise<Endpoint[]> {
    const found = await Promise.all(wellKnown.map(async ({ host, port }) => (await this.#network.lookup(host)).map((address) => ({ host: address, port }))));
    return found.flat().filter(({ host }) => addressFamily(host) === this.#context.family);
  }
}

function isGone(outcome: QueryOutcome): boolean {
  return outcome.kind === 'silence' || (outcome.kind === 'error' && outcome.code === ERROR.gone);
}

function nobodyAnswers(wellKnown: readonly Endpoint[]): ShoalError {
  return unreachable(wellKnown, wellKnown.length === 1 ? 'it does not answer' : 'none of them answers');
}

function unreachable(wellKnown: readonly Endpoint[], why: string): ShoalError {
  return new ShoalError('RING_UNREACHABLE', `cannot join the ring through ${wellKnown.map(formatEndpoint).join(', ') || 'nobody'}: ${why}`);
}

/** What the socket is bound to, or one of this machine's addresses, until others say. */
function guessOwnEndpoint({ host, port }: Endpoint, localAddresses: readonly string[], family: AddressFamily): Endpoint {
  if (addressScope(host) !== 'unusable') return { host, port };
  const own = localAddresses.find((address) => addressFamily(address) === family && addressScope(address) !== 'unusable');
  return { host: own ?? (family === 4 ? '127.0.0.1' : '::1'), port };
}
