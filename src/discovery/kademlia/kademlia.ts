/**
 * The Mainline DHT, as a program uses it: one node in the IPv4 DHT and one in the IPv6 DHT (BEP 5, BEP 32), asked as one.
 *
 * Invariant: every call ends: with what was found, however little, or with a `ShoalError`, or with the signal's reason as
 * soon as that aborts. What is found is hearsay, but for items, which are checked against their hash or signature (BEP 44).
 */
import { type Encodable, Encoded, field, tryDecode } from '../../bytes/bencode.ts';
import { addressFamily, type AddressFamily, bytesToAddress, canonicalAddress, type Endpoint, formatEndpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Contact } from './contact.ts';
import { ID_BYTES } from './distance.ts';
import { FoundItem } from './found-item.ts';
import { FoundPeers } from './found-peers.ts';
import { isMutable, type Item, targetOf } from './item.ts';
import type { Answer, KrpcError } from './krpc.ts';
import type { FoundNode, LookupOutcome } from './lookup.ts';
import { isBoundTo, type NodeIdPolicy } from './node-id.ts';
import { Node } from './node.ts';
import { decodeTables, encodeTables, type SavedTable } from './saved-table.ts';
import { Slots } from './slots.ts';
import { SwarmCounter, type SwarmSize } from './swarm-size.ts';
import type { TrafficReport } from './traffic.ts';

export interface KademliaOptions {
  /** UDP port, the same for both families where that is possible; 0: any. */
  readonly port: number;
  /** Default both; one for which this machine has no address is left out. */
  readonly families?: readonly AddressFamily[];
  /** The address to bind in a family; absent: all of this machine's. */
  readonly hosts?: Readonly<Partial<Record<AddressFamily, string>>>;
  /** Well-known nodes to join through, by address or name. */
  readonly bootstrap?: readonly Endpoint[];
  /** What `exportTables` gave in an earlier run, or any bytes. */
  readonly savedTables?: Uint8Array;
  /** Answer no queries: for machines that cannot be reached or should not be (BEP 43). Default false. */
  readonly isReadOnly?: boolean;
  /** What is demanded of other nodes' ids (BEP 42). Default 'prefer'. */
  readonly policy?: NodeIdPolicy;
  /** Queries sent a second by each family's node. Default 250. */
  readonly queriesPerSecond?: number;
  /** Queries answered a second by each family's node. Default 2000. */
  readonly answersPerSecond?: number;
}

/** What a lookup took, both families together. */
export interface LookupFigures {
  /** Nodes nearest to the target that answered. */
  readonly nodes: number;
  /** Nodes that had to answer one after the other until the nearest was found. */
  readonly hops: number;
  readonly queries: number;
  readonly answers: number;
}

export interface NamedNode {
  readonly id: Uint8Array;
  readonly endpoint: Endpoint;
}

export interface PeersOptions {
  /** Is told of peers as they are named. */
  readonly found?: (peers: readonly Endpoint[]) => void;
  readonly signal?: AbortSignal;
}

export interface AnnounceOptions extends PeersOptions {
  /** The port on which we take connections. */
  readonly port: number;
  readonly isSeed?: boolean;
}

export interface NodeStatus {
  readonly family: AddressFamily;
  readonly id: Uint8Array;
  /** Where its socket is bound. */
  readonly endpoint: Endpoint;
  /** What others take its address for, once enough of them agree. */
  readonly externalAddress: string | undefined;
  /** Whether its id is bound to that address (BEP 42). */
  readonly isIdBound: boolean;
  /** Neighbours, and how many of them are in each bucket, the farthest first. */
  readonly nodes: number;
  readonly buckets: readonly number[];
  /** What it holds for others. */
  readonly torrents: number;
  readonly peers: number;
  readonly items: number;
  readonly traffic: TrafficReport;
}

const FAMILIES: readonly AddressFamily[] = [4, 6];
const NO_SALT = new Uint8Array(0);

export class KademliaNode {
  readonly #runtime: Pick<Runtime, 'clock' | 'random' | 'network'>;
  readonly #nodes: readonly Node[];
  readonly #bootstrap: readonly Endpoint[];
  readonly #slots = new Slots(LIMITS.dhtLookups, LIMITS.dhtLookupsWaiting);
  readonly #stopping = new AbortController();
  /** Settles when the first attempt to join has ended, with or without success. Never rejects. */
  readonly joined: Promise<void>;

  private constructor(runtime: Pick<Runtime, 'clock' | 'random' | 'network'>, nodes: readonly Node[], options: KademliaOptions) {
    this.#runtime = runtime;
    this.#nodes = nodes;
    this.#bootstrap = options.bootstrap ?? [];
    const saved = decodeTables(options.savedTables ?? new Uint8Array(0));
    this.joined = this.#join((family) => saved[family].contacts);
  }

  /** Binds the sockets and begins to join. Rejects with 'LISTEN_FAILED' where no family's port can be had. */
  static async start(runtime: Pick<Runtime, 'clock' | 'random' | 'network'>, options: KademliaOptions): Promise<KademliaNode> {
    const saved = decodeTables(options.savedTables ?? new Uint8Array(0));
    const nodes: Node[] = [];
    let failure: unknown;
    // Names are looked up again each time, for they may stand for other addresses by then.
    const rejoin = (): void => void kademlia.join();
    for (const family of options.families ?? FAMILIES) {
      const port = options.port === 0 ? (nodes[0]?.endpoint.port ?? 0) : options.port;
      try {
        const host = options.hosts?.[family];
        const socket = await runtime.network.bindDatagrams({ family, port, ...(host === undefined ? {} : { host }) });
        nodes.push(nodeOn(socket, family, runtime, options, saved[family], rejoin));
      } catch (error) {
        failure = error;
      }
    }
    if (nodes.length === 0) throw failure;
    if (nodes.length === 2) [nodes[0].sibling, nodes[1].sibling] = [nodes[1], nodes[0]];
    const kademlia = new KademliaNode(runtime, nodes, options);
    return kademlia;
  }

  /** Whether it knows no other node: then it has not joined, or all have gone. */
  get isAlone(): boolean {
    return this.#nodes.every(({ table }) => table.size === 0);
  }

  /** Closes the sockets. Calls under way reject with 'DHT_STOPPED'. */
  stop(): void {
    this.#stopping.abort(new ShoalError('DHT_STOPPED', 'the DHT node has been stopped'));
    for (const node of this.#nodes) node.stop();
  }

  /** Looks for the nodes nearest to our own ids, from the table and the well-known nodes: how to join, and to join again. */
  join(): Promise<void> {
    return this.#join(() => []);
  }

  /** Adds a node that somebody has named, such as a peer by its PORT message (BEP 5), if it answers and there is room for it. */
  addNode(endpoint: Endpoint): void {
    const node = this.#nodeFor(endpoint.host);
    node?.ask(endpoint, 'ping', {}, { answered: () => {}, failed: () => {} });
  }

  /** The routing tables as bytes, for `savedTables` of a later run. */
  exportTables(): Uint8Array {
    const tableOf = (family: AddressFamily): SavedTable => {
      const node = this.#nodes.find((each) => each.family === family);
      return { id: node?.id, port: node?.endpoint.port, contacts: [...(node?.table ?? [])] };
    };
    return encodeTables({ 4: tableOf(4), 6: tableOf(6) });
  }

  /** One for each family that takes part. */
  status(): NodeStatus[] {
    return this.#nodes.map((node) => ({
      family: node.family,
      id: node.id,
      endpoint: node.endpoint,
      externalAddress: node.externalAddress === undefined ? undefined : bytesToAddress(node.externalAddress),
      isIdBound: node.externalAddress !== undefined && isBoundTo(node.id, node.externalAddress),
      nodes: node.table.size,
      buckets: node.table.bucketSizes,
      torrents: node.peers.torrentCount,
      peers: node.peers.peerCount,
      items: node.items.size,
      traffic: node.traffic.report(),
    }));
  }

  /** Asks one node, by address or name, whether it is there. Rejects with 'DHT_NO_ANSWER'. */
  async ping(endpoint: Endpoint, signal?: AbortSignal): Promise<{ readonly id: Uint8Array; readonly endpoint: Endpoint; readonly roundTripMs: number }> {
    const [resolved] = await this.#resolve([endpoint], signal);
    const node = resolved === undefined ? undefined : this.#nodeFor(resolved.host);
    if (resolved === undefined || node === undefined) throw noAnswer(endpoint, 'its address is of no family that this node takes part in');
    const startMs = this.#runtime.clock.now();
    const { answer, failure } = await this.#ask(node, resolved, 'ping', {}, signal);
    const id = answer === undefined ? undefined : field.bytes(answer.results, 'id');
    if (id?.length !== ID_BYTES) throw noAnswer(endpoint, failure ?? 'its answer has no id');
    return { id: Uint8Array.from(id), endpoint: resolved, roundTripMs: this.#runtime.clock.now() - startMs };
  }

  /** The nodes nearest to `target` (20 bytes), nearest first in each family. */
  async findNodes(target: Uint8Array, signal?: AbortSignal): Promise<{ readonly nodes: readonly NamedNode[]; readonly figures: LookupFigures }> {
    const outcomes = await this.#lookup({ target, method: 'find_node', args: { target } }, signal);
    const nodes = outcomes.flatMap(({ outcome }) => outcome.nearest).map(({ contact: { id, endpoint } }) => ({ id, endpoint }));
    return { nodes, figures: figuresOf(outcomes) };
  }

  /** The peers of a torrent. */
  async getPeers(infoHash: Uint8Array, options: PeersOptions = {}): Promise<{ readonly peers: readonly Endpoint[]; readonly figures: LookupFigures }> {
    const { peers, outcomes } = await this.#findPeers(infoHash, options);
    return { peers, figures: figuresOf(outcomes) };
  }

  /** Looks for the peers of a torrent and becomes one of them: tells the nodes nearest to it. `stored`: how many took note. */
  async announce(infoHash: Uint8Array, options: AnnounceOptions): Promise<{ readonly peers: readonly Endpoint[]; readonly stored: number; readonly figures: LookupFigures }> {
    const { peers, outcomes } = await this.#findPeers(infoHash, options);
    const args = { info_hash: infoHash, port: options.port, ...(options.isSeed === true ? { seed: 1 } : {}) };
    const { stored } = await this.#tellNearest(outcomes, 'announce_peer', () => args, options.signal);
    return { peers, stored, figures: figuresOf(outcomes) };
  }

  /** How large a swarm is, without becoming a part of it (BEP 33). */
  async scrape(infoHash: Uint8Array, signal?: AbortSignal): Promise<SwarmSize & { readonly figures: LookupFigures }> {
    const counter = new SwarmCounter();
    const heard = (_from: Contact, answer: Answer): boolean => {
      counter.read(answer);
      return false;
    };
    const outcomes = await this.#lookup({ target: infoHash, method: 'get_peers', args: { info_hash: infoHash, scrape: 1 }, heard }, signal);
    return { ...counter.size, figures: figuresOf(outcomes) };
  }

  /** The item under `target` (BEP 44), in its newest version; a salted one is found only with its salt. */
  async get(
    target: Uint8Array,
    options: { readonly salt?: Uint8Array; readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly item: Item | undefined; readonly copies: number; readonly figures: LookupFigures }> {
    const found = new FoundItem(target, options.salt ?? NO_SALT);
    const heard = (_from: Contact, answer: Answer, bytes: Uint8Array): boolean => found.read(answer, bytes);
    const outcomes = await this.#lookup({ target, method: 'get', args: { target }, heard }, options.signal);
    return { item: found.item, copies: found.copies, figures: figuresOf(outcomes) };
  }

  /**
   * Stores an item on the nodes nearest to it (BEP 44). `stored`: how many took it; `refusals`: what the others said.
   * `expected`: only where the version held has this sequence number.
   */
  async put(
    item: Item,
    options: { readonly expected?: number | bigint; readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly target: Uint8Array; readonly stored: number; readonly refusals: readonly KrpcError[]; readonly figures: LookupFigures }> {
    const target = targetOf(item);
    const holders = new Set<string>();
    const heard = ({ endpoint }: Contact, { results }: Answer): boolean => {
      if (results.has('seq')) holders.add(formatEndpoint(endpoint));
      return false;
    };
    const outcomes = await this.#lookup({ target, method: 'get', args: { target }, heard }, options.signal);
    const args = putArgs(item);
    const expected = options.expected === undefined ? args : { ...args, cas: options.expected };
    // Who holds no version has nothing to compare (BEP 44).
    const argsFor = ({ endpoint }: Contact): Args => (holders.has(formatEndpoint(endpoint)) ? expected : args);
    const { stored, refusals } = await this.#tellNearest(outcomes, 'put', argsFor, options.signal);
    return { target, stored, refusals, figures: figuresOf(outcomes) };
  }

  /** Some of the info-hashes that the nodes on the way to `target` hold peers for (BEP 51). */
  async sample(target: Uint8Array, signal?: AbortSignal): Promise<{ readonly infoHashes: readonly Uint8Array[]; readonly figures: LookupFigures }> {
    const infoHashes = new Map<string, Uint8Array>();
    const heard = (_from: Contact, { results }: Answer): boolean => {
      const samples = field.bytes(results, 'samples') ?? new Uint8Array(0);
      for (let offset = 0; offset + ID_BYTES <= Math.min(samples.length, LIMITS.datagramBytes); offset += ID_BYTES) {
        const infoHash = Uint8Array.from(samples.subarray(offset, offset + ID_BYTES));
        infoHashes.set(infoHash.join(), infoHash);
      }
      return false;
    };
    const outcomes = await this.#lookup({ target, method: 'sample_infohashes', args: { target }, heard }, signal);
    return { infoHashes: [...infoHashes.values()], figures: figuresOf(outcomes) };
  }

  async #join(savedIn: (family: AddressFamily) => readonly Contact[]): Promise<void> {
    const entryPoints = await this.#resolve(this.#bootstrap, this.#stopping.signal).catch(() => []);
    if (this.#stopping.signal.aborted) return;
    await Promise.all(this.#nodes.map((node) => new Promise<void>((done) => {
      const ofFamily = entryPoints.filter(({ host }) => addressFamily(host) === node.family);
      node.join(ofFamily, savedIn(node.family), done);
    })));
  }

  async #findPeers(infoHash: Uint8Array, { found, signal }: PeersOptions): Promise<{ peers: readonly Endpoint[]; outcomes: readonly FamilyOutcome[] }> {
    const peers = new FoundPeers();
    const heard = (from: Contact, answer: Answer): boolean => {
      const fresh = peers.read(from, answer);
      if (fresh.length > 0) found?.(fresh);
      return false;
    };
    const outcomes = await this.#lookup({ target: infoHash, method: 'get_peers', args: { info_hash: infoHash }, heard }, signal);
    return { peers: peers.all, outcomes };
  }

  /** One lookup in each family at the same time. Where one finds all that is needed, the other ends too. */
  #lookup(request: { target: Uint8Array; method: string; args: Args; heard?: Heard }, signal?: AbortSignal): Promise<readonly FamilyOutcome[]> {
    const ending = this.#untilStopped(signal);
    return this.#slots.run(() => abortable<readonly FamilyOutcome[]>(ending, (resolve) => {
      const outcomes: FamilyOutcome[] = [];
      let isSatisfied = false;
      const heard: Heard = (from, answer, bytes) => {
        isSatisfied ||= request.heard?.(from, answer, bytes) === true;
        return isSatisfied;
      };
      const lookups = this.#nodes.map((node) => node.lookup({
        ...request, heard,
        done: (outcome) => {
          outcomes.push({ node, outcome });
          if (outcomes.length === this.#nodes.length) resolve(outcomes);
          else if (isSatisfied) stopAll();
        },
      }));
      const stopAll = (): void => { for (const lookup of lookups) lookup.stop(); };
      for (const lookup of lookups) lookup.start();
      return stopAll;
    }), ending);
  }

  /** Sends a query to every node found that gave a token, and counts how many carried it out. */
  async #tellNearest(outcomes: readonly FamilyOutcome[], method: string, argsFor: (to: Contact) => Args, signal?: AbortSignal): Promise<{ stored: number; refusals: KrpcError[] }> {
    const refusals: KrpcError[] = [];
    const tell = async (node: Node, { contact, token }: FoundNode): Promise<boolean> => {
      if (token === undefined) return false;
      const { answer, failure } = await this.#ask(node, contact, method, { ...argsFor(contact), token }, signal);
      if (typeof failure === 'object') refusals.push(failure);
      return answer !== undefined;
    };
    const told = await Promise.all(outcomes.flatMap(({ node, outcome }) => outcome.nearest.map((found) => tell(node, found))));
    return { stored: told.filter(Boolean).length, refusals };
  }

  /** One query, as a promise of its answer or of why there is none. Rejects only when the signal aborts, or the node is stopped. */
  #ask(node: Node, to: Contact | Endpoint, method: string, args: Args, signal?: AbortSignal): Promise<{ answer?: Answer; failure?: string | KrpcError }> {
    return abortable(this.#untilStopped(signal), (resolve) => {
      const isAsked = node.ask(to, method, args, {
        answered: (answer) => resolve({ answer }),
        failed: (failure) => resolve({ failure: failure === 'offline' || failure === 'silent' ? 'it does not answer' : failure }),
      });
      if (!isAsked) resolve({ failure: 'too many queries are waiting' });
      return () => {};
    });
  }

  /** The signal that aborts when the caller's does, or when the node stops. */
  #untilStopped(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
  }

  #nodeFor(host: string): Node | undefined {
    const family = addressFamily(host);
    return this.#nodes.find((node) => node.family === family);
  }

  /** Addresses for names, in one spelling. Names that cannot be looked up are left out. */
  async #resolve(endpoints: readonly Endpoint[], signal?: AbortSignal): Promise<Endpoint[]> {
    const resolved = await Promise.all(endpoints.map(async ({ host, port }) => {
      const hosts = addressFamily(host) === undefined ? await this.#runtime.network.lookup(host, signal).catch(() => []) : [host];
      return hosts.map((each) => ({ host: canonicalAddress(each) ?? each, port }));
    }));
    return resolved.flat();
  }
}

type Args = Readonly<Record<string, Encodable>>;
type Heard = (from: Contact, answer: Answer, bytes: Uint8Array) => boolean;

interface FamilyOutcome {
  readonly node: Node;
  readonly outcome: LookupOutcome;
}

function nodeOn(socket: DatagramSocket, family: AddressFamily, { clock, random }: Pick<Runtime, 'clock' | 'random'>, options: KademliaOptions, saved: SavedTable, rejoin: () => void): Node {
  return new Node({
    family, socket, clock, random,
    policy: options.policy ?? 'prefer',
    isReadOnly: options.isReadOnly ?? false,
    id: socket.endpoint.port === saved.port ? saved.id : undefined,
    queriesPerSecond: options.queriesPerSecond ?? 250,
    answersPerSecond: options.answersPerSecond ?? 2000,
    rejoin,
  });
}

function putArgs(item: Item): Args {
  if (tryDecode(item.value) === undefined) throw new ShoalError('DHT_BAD_ITEM', "the item cannot be stored: its value is not bencoded");
  const v = new Encoded(item.value);
  if (!isMutable(item)) return { v };
  const { publicKey, signature, sequence, salt } = item;
  return { v, k: publicKey, sig: signature, seq: sequence, ...(salt.length > 0 ? { salt } : {}) };
}

function figuresOf(outcomes: readonly FamilyOutcome[]): LookupFigures {
  const sum = (count: (outcome: LookupOutcome) => number): number => outcomes.reduce((total, { outcome }) => total + count(outcome), 0);
  return {
    nodes: sum(({ nearest }) => nearest.length),
    hops: Math.max(0, ...outcomes.map(({ outcome }) => outcome.hops)),
    queries: sum(({ queries }) => queries),
    answers: sum(({ answers }) => answers),
  };
}

/** A promise that rejects with the signal's reason as soon as it aborts. `begin` starts the work and gives what cancels it. */
function abortable<Result>(signal: AbortSignal, begin: (resolve: (result: Result) => void) => () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = (): void => {
      reject(signal.reason);
      cancel();
    };
    signal.addEventListener('abort', abort, { once: true });
    const cancel = begin((result) => {
      signal.removeEventListener('abort', abort);
      resolve(result);
    });
  });
}

function noAnswer(endpoint: Endpoint, why: string | KrpcError): ShoalError {
  const reason = typeof why === 'string' ? why : `it says: ${why.text} (${why.code})`;
  return new ShoalError('DHT_NO_ANSWER', `cannot ask the DHT node at ${formatEndpoint(endpoint)}: ${reason}`);
}
