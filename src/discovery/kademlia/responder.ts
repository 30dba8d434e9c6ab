/**
 * What a node answers to each query: BEP 5, with BEP 32 (`want`), BEP 33 (counting), BEP 44 (items) and BEP 51 (samples).
 *
 * Invariant: every query has its answer or an error of KRPC, in one datagram of about `LIMITS.dhtAnswerBytes` at most; and
 * nothing is stored for who has not shown by a token that it receives what is sent to its address.
 */
import { type BencodeDictionary, type Encodable, Encoded, field, tryDecode } from '../../bytes/bencode.ts';
import type { AddressFamily } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { KEY_BYTES, SIGNATURE_BYTES } from '../../bytes/signature.ts';
import type { TokenIssuer } from '../../bytes/token.ts';
import { contactBytes } from './contact.ts';
import { ID_BYTES } from './distance.ts';
import { HIGHEST_SEQUENCE, isMutable, type Item } from './item.ts';
import type { ItemStore } from './item-store.ts';
import { ERROR_CODES, type KrpcError, type Query, rawItemValue } from './krpc.ts';
import type { PeerStore } from './peer-store.ts';

export type Results = { readonly [key: string]: Encodable | undefined };
export type Reply = { readonly results: Results; readonly error?: undefined } | { readonly error: KrpcError };

/** Who asks, and when. */
export interface Caller {
  readonly host: string;
  /** 6 or 18 bytes. */
  readonly compact: Uint8Array;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly family: AddressFamily;
  readonly nowMs: number;
}

export interface ResponderParts {
  readonly ownId: () => Uint8Array;
  /** The `nodes` of a family nearest to a target; undefined where this node is not in that family's DHT. At most `count`. */
  readonly nodes: (family: AddressFamily, target: Uint8Array, count: number) => Uint8Array | undefined;
  readonly tokens: TokenIssuer;
  readonly peers: PeerStore;
  readonly items: ItemStore;
}

/** Bytes of an answer besides what its method adds: own id, token, transaction, the asker's endpoint, and the keys. */
const ENVELOPE_BYTES = 150;
/** Bytes of two Bloom filters, and of a mutable item's key, signature and sequence number, with their keys. */
const FILTERS_BYTES = 2 * (256 + 10);
const PROOF_BYTES = 160;
const NODES_PER_ANSWER = 8;

type Method = (query: Query, caller: Caller, bytes: Uint8Array) => Reply;

export class Responder {
  readonly #parts: ResponderParts;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    this.#methods = new Map<string, Method>([
      ['ping', () => this.#answer({})],
      ['find_node', (query, caller) => this.#findNode(query.args, caller)],
      ['get_peers', (query, caller) => this.#getPeers(query.args, caller)],
      ['announce_peer', (query, caller) => this.#announcePeer(query.args, caller)],
      ['get', (query, caller) => this.#get(query.args, caller)],
      ['put', (query, caller, bytes) => this.#put(query.args, caller, bytes)],
      ['sample_infohashes', (query, caller) => this.#sampleInfoHashes(query.args, caller)],
    ]);
  }

  /** Whether it is one of the methods that have a meaning of their own. */
  knows(method: string): boolean {
    return this.#methods.has(method);
  }

  /** `bytes` is the whole datagram. */
  respond(query: Query, caller: Caller, bytes: Uint8Array): Reply {
    if (field.bytes(query.args, 'id')?.length !== ID_BYTES) return wrong(`'id' must be ${ID_BYTES} bytes`);
    const method = this.#methods.get(query.method);
    if (method !== undefined) return method(query, caller, bytes);
    // Methods not yet invented that look for something are best served with who is nearer to it.
    const target = field.bytes(query.args, 'target') ?? field.bytes(query.args, 'info_hash');
    if (target?.length === ID_BYTES) return this.#answer(this.#nodes(target, query.args, caller, 0));
    return { error: { code: ERROR_CODES.unknownMethod, text: 'unknown method' } };
  }

  #findNode(args: BencodeDictionary, caller: Caller): Reply {
    const target = idArgument(args, 'target');
    return target === undefined ? wrong("'target' must be 20 bytes") : this.#answer(this.#nodes(target, args, caller, 0));
  }

  #getPeers(args: BencodeDictionary, caller: Caller): Reply {
    const infoHash = idArgument(args, 'info_hash');
    if (infoHash === undefined) return wrong("'info_hash' must be 20 bytes");
    const { peers } = this.#parts;
    const nodes = this.#nodes(infoHash, args, caller, 0);
    const filters = field.integer(args, 'scrape') === 1 ? peers.filters(infoHash, caller.nowMs) : undefined;
    const room = LIMITS.dhtAnswerBytes - ENVELOPE_BYTES - sizeOf(nodes) - (filters === undefined ? 0 : FILTERS_BYTES);
    const count = Math.min(LIMITS.dhtPeersPerAnswer, Math.floor(room / (caller.compact.length + 3)));
    const values = peers.peers(infoHash, count, { noSeeds: field.integer(args, 'noseed') === 1 }, caller.nowMs);
    return this.#answer({
      ...nodes,
      // No token says that there is no room for one more peer (BEP 33).
      token: peers.hasRoomFor(infoHash) ? this.#token(caller) : undefined,
      values: values.length > 0 ? values : undefined,
      BFsd: filters?.seeds.bytes,
      BFpe: filters?.peers.bytes,
    });
  }

  #announcePeer(args: BencodeDictionary, caller: Caller): Reply {
    const infoHash = idArgument(args, 'info_hash');
    if (infoHash === undefined) return wrong("'info_hash' must be 20 bytes");
    const { peers } = this.#parts;
    const compact = Uint8Array.from(caller.compact);
    if ((field.integer(args, 'implied_port') ?? 0) === 0) {
      const port = field.integer(args, 'port');
      if (port === undefined || port < 1 || port > 65535) return wrong("'port' must be 1 to 65535");
      compact[compact.length - 2] = port >>> 8;
      compact[compact.length - 1] = port & 0xff;
    }
    if (!this.#hasToken(args, caller)) return wrong('bad token');
    const isKept = peers.announce(infoHash, compact, field.integer(args, 'seed') === 1, caller.nowMs);
    return isKept ? this.#answer({}) : { error: { code: ERROR_CODES.server, text: 'no room for more peers' } };
  }

  #get(args: BencodeDictionary, caller: Caller): Reply {
    const target = idArgument(args, 'target');
    if (target === undefined) return wrong("'target' must be 20 bytes");
    const item = this.#parts.items.get(target, caller.nowMs);
    const results = item === undefined ? {} : itemResults(item, integerArgument(args, 'seq'));
    const taken = item === undefined ? 0 : item.value.length + PROOF_BYTES;
    return this.#answer({ ...this.#nodes(target, args, caller, taken), ...results, token: this.#token(caller) });
  }

  #put(args: BencodeDictionary, caller: Caller, bytes: Uint8Array): Reply {
    if (!this.#hasToken(args, caller)) return wrong('bad token');
    const item = itemArgument(args, bytes);
    if (typeof item === 'string') return wrong(item);
    const error = this.#parts.items.put(item, integerArgument(args, 'cas'), caller.address, caller.nowMs);
    return error === undefined ? this.#answer({}) : { error };
  }

  #sampleInfoHashes(args: BencodeDictionary, caller: Caller): Reply {
    const target = idArgument(args, 'target');
    if (target === undefined) return wrong("'target' must be 20 bytes");
    const { infoHashes, total, seconds } = this.#parts.peers.sample(caller.nowMs);
    const taken = infoHashes.length * ID_BYTES;
    return this.#answer({ ...this.#nodes(target, args, caller, taken), interval: seconds, num: total, samples: Buffer.concat(infoHashes) });
  }

  #answer(results: Results): Reply {
    return { results: { ...results, id: this.#parts.ownId() } };
  }

  /** The nodes nearest to a target, of the families that the caller wants (BEP 32), as many as go beside `taken` bytes. */
  #nodes(target: Uint8Array, args: BencodeDictionary, { family }: Caller, taken: number): { nodes?: Uint8Array; nodes6?: Uint8Array } {
    const wanted = wantedFamilies(args) ?? [family];
    const results: { nodes?: Uint8Array; nodes6?: Uint8Array } = {};
    let room = LIMITS.dhtAnswerBytes - ENVELOPE_BYTES - taken;
    for (const each of wanted) {
      const count = Math.min(NODES_PER_ANSWER, Math.floor(room / contactBytes(each)));
      const nodes = this.#parts.nodes(each, target, count);
      if (nodes === undefined) continue;
      results[each === 4 ? 'nodes' : 'nodes6'] = nodes;
      room -= nodes.length;
    }
    return results;
  }

  #token({ host }: Caller): Uint8Array {
    return this.#parts.tokens.issue(host);
  }

  #hasToken(args: BencodeDictionary, { host }: Caller): boolean {
    const token = field.bytes(args, 'token');
    return token !== undefined && this.#parts.tokens.accepts(token, host);
  }
}

function wrong(text: string): Reply {
  return { error: { code: ERROR_CODES.protocol, text } };
}

function idArgument(args: BencodeDictionary, name: string): Uint8Array | undefined {
  const value = field.bytes(args, name);
  return value?.length === ID_BYTES ? value : undefined;
}

function integerArgument(args: BencodeDictionary, name: string): number | bigint | undefined {
  const value = args.get(name);
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

function wantedFamilies(args: BencodeDictionary): AddressFamily[] | undefined {
  const want = field.list(args, 'want');
  if (want === undefined) return undefined;
  const names = want.map((name) => (name instanceof Uint8Array ? Buffer.from(name).toString('latin1') : ''));
  return ([4, 6] as const).filter((family) => names.includes(`n${family}`));
}

/** What an answer says of an item; only its sequence number where the caller has that version already. */
function itemResults(item: Item, known: number | bigint | undefined): Results {
  if (!isMutable(item)) return { v: new Encoded(item.value) };
  if (known !== undefined && item.sequence <= known) return { seq: item.sequence };
  return { k: item.publicKey, seq: item.sequence, sig: item.signature, v: new Encoded(item.value) };
}

/** The item that is to be put, copied out of the datagram; or what is wrong with it. */
function itemArgument(args: BencodeDictionary, bytes: Uint8Array): Item | string {
  const raw = rawItemValue(bytes, 'a');
  if (raw === undefined || tryDecode(raw) === undefined) return "'v' must be a bencoded value with its keys in order";
  const value = Uint8Array.from(raw);
  const publicKey = field.bytes(args, 'k');
  if (publicKey === undefined) return { value };
  const signature = field.bytes(args, 'sig');
  const sequence = integerArgument(args, 'seq');
  if (publicKey.length !== KEY_BYTES) return `'k' must be ${KEY_BYTES} bytes`;
  if (signature?.length !== SIGNATURE_BYTES) return `'sig' must be ${SIGNATURE_BYTES} bytes`;
  if (sequence === undefined || sequence < 0 || sequence > HIGHEST_SEQUENCE) return "'seq' must be 0 to 2^63 - 1";
  const salt = Uint8Array.from(field.bytes(args, 'salt') ?? []);
  return { value, publicKey: Uint8Array.from(publicKey), salt, sequence, signature: Uint8Array.from(signature) };
}

function sizeOf({ nodes, nodes6 }: { nodes?: Uint8Array; nodes6?: Uint8Array }): number {
  return (nodes?.length ?? 0) + (nodes6?.length ?? 0);
}
