/**
 * The ring's datagrams: bencoded dictionaries, one query, answer or error each. `docs/ring-protocol.md` is their description;
 * a change here is a change there, and of `VERSION` where an older peer could not cope with it.
 *
 * Invariant: any bytes decode to a message whose every field has been checked for form and bound, or to `Unreadable`.
 */
import { BencodeError, decode, encode, field, type BencodeDictionary, type Encodable } from '../../bytes/bencode.ts';
import {
  endpointToCompact, parseCompactEndpoints, type AddressFamily, type Endpoint,
} from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { TOKEN_BYTES } from '../../bytes/token.ts';
import { ID_BYTES } from './circle.ts';
import { decodeRecords, encodeRecords, type RecordPage } from './record-codec.ts';
import { DIGEST_BUCKETS } from './records.ts';
import { decodeContacts, encodeContacts, type Contact } from './ring-id.ts';

/** The version of the wire format; a datagram of another is answered with an error, or dropped. */
export const VERSION = 1;
export const TRANSACTION_BYTES = 4;
export const NONCE_BYTES = 8;

/** Why a query was refused. The numbers are the wire's. */
export const ERROR = {
  malformed: 400,
  badToken: 401,
  notResponsible: 404,
  /** The peer is not on the circle, or about to leave it. */
  gone: 410,
  full: 413,
  unknownQuery: 501,
  otherVersion: 505,
} as const;

/** A stretch of the circle: from just behind `after` up to and with `upTo`. */
export interface Arc {
  readonly after: Uint8Array;
  readonly upTo: Uint8Array;
}

/** The peers that one peer names on either side of it, nearest first. */
export interface Neighbours {
  readonly successors: readonly Contact[];
  readonly predecessors: readonly Contact[];
}

/** Handed on from peer to peer until it reaches the one responsible for `target`. */
export interface RoutedQuery {
  readonly type: 'join' | 'route';
  readonly target: Uint8Array;
  /** By which the asker knows the responsible peer's word, which comes straight from it. */
  readonly nonce: Uint8Array;
  readonly hops: number;
  /** Who asks; the first peer on the way fills it in, from the datagram's own source. */
  readonly origin?: Endpoint;
}

export type Query =
  | { readonly type: 'ping' }
  | { readonly type: 'closest'; readonly target: Uint8Array }
  | ({ readonly type: 'stabilise' | 'leave' } & Neighbours)
  | RoutedQuery
  | ({ readonly type: 'join-ack' | 'route-ack'; readonly nonce: Uint8Array; readonly hops: number } & Neighbours)
  | {
    readonly type: 'announce';
    readonly key: Uint8Array;
    readonly infoHash: Uint8Array;
    readonly name: string;
    /** Bytes of the file; 0 where unknown. */
    readonly length: number;
    /** The TCP port on which the announcing peer hands the file out. */
    readonly port: number;
    /** For how long it shall be kept; 0 takes it back. */
    readonly lifetimeSeconds: number;
  }
  | { readonly type: 'find'; readonly key: Uint8Array; readonly words: readonly string[]; readonly cursor: Uint8Array }
  | { readonly type: 'store'; readonly records: RecordPage }
  | ({ readonly type: 'compare'; readonly digests: Uint32Array } & Arc)
  /** `buckets` has one bit for each bucket that is wanted, the first the lowest. */
  | ({ readonly type: 'records'; readonly buckets: number; readonly cursor: Uint8Array } & Arc)
  | { readonly type: 'describe' };

export type QueryType = Query['type'];

/** What an answer may hold; which of it, depends on the query. Absent lists are empty. */
export interface Answer {
  /** Peers between the one that answers and the target, nearest to the target first. */
  readonly closer?: readonly Contact[];
  /** `closest`: the peers at or behind the target, nearest first, where the one that answers can tell. Else its successors. */
  readonly successors?: readonly Contact[];
  readonly predecessors?: readonly Contact[];
  readonly shortcuts?: readonly Contact[];
  readonly records?: RecordPage;
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: Uint8Array;
  readonly digests?: Uint32Array;
  /** `store`: for each record in order 1 where it is kept now, 0 where not. */
  readonly kept?: Uint8Array;
  /** Keys held. */
  readonly keys?: number;
}

interface Envelope {
  /** 4 bytes: an answer bears its query's. */
  readonly transaction: Uint8Array;
  /** The sender's slot; absent where the sender is not on the circle and wants to be in nobody's tables (as in BEP 43). */
  readonly slot?: number;
  /** Where the sender sees the receiver. */
  readonly receiver?: Endpoint;
  /** In a query: what the receiver has issued to the sender. In an answer or error: what the sender issues to the receiver. */
  readonly token?: Uint8Array;
}

export type QueryMessage = Envelope & { readonly kind: 'query'; readonly query: Query };
export type AnswerMessage = Envelope & { readonly kind: 'answer'; readonly answer: Answer };
export type ErrorMessage = Envelope & { readonly kind: 'error'; readonly code: number; readonly text: string };
export type Message = QueryMessage | AnswerMessage | ErrorMessage;

/** What came cannot be used. Where it was a query, its transaction is given, so that it can be refused. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly transaction: Uint8Array | undefined;
  readonly code: number;
  readonly text: string;
}

export function encodeMessage(message: Message, family: AddressFamily): Uint8Array {
  return encode({
    v: VERSION,
    t: message.transaction,
    s: message.slot,
    y: message.receiver === undefined ? undefined : endpointToCompact(message.receiver),
    k: message.token,
    ...(message.kind === 'query' ? { q: message.query.type, a: encodeQuery(message.query, family) } : {}),
    ...(message.kind === 'answer' ? { r: encodeAnswer(message.answer, family) } : {}),
    ...(message.kind === 'error' ? { e: [message.code, message.text] } : {}),
  });
}

/** @param family of the socket on which the datagram came: a ring's addresses are all of one family */
export function decodeMessage(bytes: Uint8Array, family: AddressFamily): Message | Unreadable {
  const envelope = decodeDictionary(bytes);
  const transaction = envelope && bytesOf(envelope, 't', TRANSACTION_BYTES);
  if (envelope === undefined || transaction === undefined) {
    return { kind: 'unreadable', transaction: undefined, code: ERROR.malformed, text: 'not a datagram of the ring' };
  }
  const type = field.text(envelope, 'q');
  const unreadable = (code: number, text: string): Unreadable =>
    ({ kind: 'unreadable', transaction: type === undefined ? undefined : transaction, code, text });
  if (field.integer(envelope, 'v') !== VERSION) return unreadable(ERROR.otherVersion, `this peer speaks version ${VERSION}`);

  const slot = field.integer(envelope, 's');
  const you = field.bytes(envelope, 'y');
  const [receiver] = you === undefined ? [] : parseCompactEndpoints(you, family, 1);
  const token = bytesOf(envelope, 'k', TOKEN_BYTES);
  const common: Envelope = {
    transaction,
    ...(slot !== undefined && { slot }),
    ...(receiver !== undefined && { receiver }),
    ...(token !== undefined && { token }),
  };
  if (type !== undefined) {
    const query = decodeQuery(type, field.dictionary(envelope, 'a') ?? new Map(), family);
    if (query === 'unknown') return unreadable(ERROR.unknownQuery, 'no such query');
    return query === undefined ? unreadable(ERROR.malformed, `a ${type} needs other arguments`) : { ...common, kind: 'query', query };
  }
  const result = field.dictionary(envelope, 'r');
  if (result !== undefined) {
    const answer = decodeAnswer(result, family);
    return answer === undefined ? unreadable(ERROR.malformed, 'an answer of another form') : { ...common, kind: 'answer', answer };
  }
  const [code, text] = field.list(envelope, 'e') ?? [];
  if (typeof code !== 'number' || !(text instanceof Uint8Array)) return unreadable(ERROR.malformed, 'neither query, answer nor error');
  return { ...common, kind: 'error', code, text: Buffer.from(text).toString('utf8') };
}

function encodeQuery(query: Query, family: AddressFamily): { [key: string]: Encodable | undefined } {
  switch (query.type) {
    case 'ping':
    case 'describe':
      return {};
    case 'closest':
      return { target: query.target };
    case 'stabilise':
    case 'leave':
      return encodeNeighbours(query, family);
    case 'join':
    case 'route':
      return { target: query.target, nonce: query.nonce, hops: query.hops, origin: query.origin && endpointToCompact(query.origin) };
    case 'join-ack':
    case 'route-ack':
      return { nonce: query.nonce, hops: query.hops, ...encodeNeighbours(query, family) };
    case 'announce':
      return {
        key: query.key, hash: query.infoHash, name: query.name, length: query.length, port: query.port, lifetime: query.lifetimeSeconds,
      };
    case 'find':
      return { key: query.key, words: query.words, cursor: query.cursor };
    case 'store':
      return { records: encodeRecords(query.records, family) };
    case 'compare':
      return { after: query.after, upto: query.upTo, digests: encodeDigests(query.digests) };
    case 'records':
      return { after: query.after, upto: query.upTo, buckets: query.buckets, cursor: query.cursor };
  }
}

function decodeQuery(type: string, fields: BencodeDictionary, family: AddressFamily): Query | 'unknown' | undefined {
  switch (type) {
    case 'ping':
    case 'describe':
      return { type };
    case 'closest': {
      const target = idOf(fields, 'target');
      return target && { type, target };
    }
    case 'stabilise':
    case 'leave': {
      const neighbours = decodeNeighbours(fields, family);
      return neighbours && { type, ...neighbours };
    }
    case 'join':
    case 'route':
      return decodeRouted(type, fields, family);
    case 'join-ack':
    case 'route-ack': {
      const nonce = bytesOf(fields, 'nonce', NONCE_BYTES);
      const hops = countOf(fields, 'hops', LIMITS.ringHops);
      const neighbours = decodeNeighbours(fields, family);
      return nonce && neighbours && hops !== undefined ? { type, nonce, hops, ...neighbours } : undefined;
    }
    case 'announce':
      return decodeAnnounce(fields);
    case 'find': {
      const key = idOf(fields, 'key');
      const words = (field.list(fields, 'words') ?? []).map((word) => (word instanceof Uint8Array ? Buffer.from(word).toString('utf8') : ''));
      return key && words.length <= LIMITS.ringWords ? { type, key, words, cursor: cursorOf(fields) ?? new Uint8Array() } : undefined;
    }
    case 'store': {
      const records = decodeRecords(field.list(fields, 'records') ?? [], family);
      return records && { type, records };
    }
    case 'compare': {
      const arc = decodeArc(fields);
      const digests = decodeDigests(fields);
      return arc && digests && { type, ...arc, digests };
    }
    case 'records': {
      const arc = decodeArc(fields);
      const buckets = countOf(fields, 'buckets', 2 ** DIGEST_BUCKETS - 1);
      return arc && buckets !== undefined ? { type, ...arc, buckets, cursor: cursorOf(fields) ?? new Uint8Array() } : undefined;
    }
    default:
      return 'unknown';
  }
}

function decodeRouted(type: 'join' | 'route', fields: BencodeDictionary, family: AddressFamily): Query | undefined {
  const target = idOf(fields, 'target');
  const nonce = bytesOf(fields, 'nonce', NONCE_BYTES);
  const hops = countOf(fields, 'hops', LIMITS.ringHops);
  const [origin] = parseCompactEndpoints(field.bytes(fields, 'origin') ?? new Uint8Array(), family, 1);
  if (target === undefined || nonce === undefined || hops === undefined) return undefined;
  return { type, target, nonce, hops, ...(origin !== undefined && { origin }) };
}

function decodeAnnounce(fields: BencodeDictionary): Query | undefined {
  const key = idOf(fields, 'key');
  const infoHash = bytesOf(fields, 'hash', 20) ?? bytesOf(fields, 'hash', 32);
  const nameBytes = field.bytes(fields, 'name');
  const length = countOf(fields, 'length', Number.MAX_SAFE_INTEGER);
  const port = countOf(fields, 'port', 65535);
  const lifetimeSeconds = countOf(fields, 'lifetime', Number.MAX_SAFE_INTEGER);
  if (key === undefined || infoHash === undefined || nameBytes === undefined || nameBytes.length > LIMITS.ringNameBytes) return undefined;
  if (length === undefined || port === undefined || port === 0 || lifetimeSeconds === undefined) return undefined;
  return { type: 'announce', key, infoHash, name: Buffer.from(nameBytes).toString('utf8'), length, port, lifetimeSeconds };
}

function encodeAnswer(answer: Answer, family: AddressFamily): { [key: string]: Encodable | undefined } {
  const contacts = (list: readonly Contact[] | undefined): Uint8Array | undefined => list && encodeContacts(list, family);
  return {
    closer: contacts(answer.closer),
    successors: contacts(answer.successors),
    predecessors: contacts(answer.predecessors),
    shortcuts: contacts(answer.shortcuts),
    records: answer.records && encodeRecords(answer.records, family),
    cursor: answer.cursor,
    digests: answer.digests && encodeDigests(answer.digests),
    kept: answer.kept,
    keys: answer.keys,
  };
}

/** Undefined where a field is there but of another form. */
function decodeAnswer(fields: BencodeDictionary, family: AddressFamily): Answer | undefined {
  const closer = contactsOf(fields, 'closer', family);
  const successors = contactsOf(fields, 'successors', family);
  const predecessors = contactsOf(fields, 'predecessors', family);
  const shortcuts = contactsOf(fields, 'shortcuts', family);
  const records = decodeRecords(field.list(fields, 'records') ?? [], family);
  if (!closer || !successors || !predecessors || !shortcuts || !records) return undefined;
  const digests = decodeDigests(fields);
  const cursor = cursorOf(fields);
  const kept = field.bytes(fields, 'kept');
  const keys = countOf(fields, 'keys', Number.MAX_SAFE_INTEGER);
  return {
    closer, successors, predecessors, shortcuts, records,
    ...(cursor !== undefined && { cursor }),
    ...(digests !== undefined && { digests }),
    ...(kept !== undefined && { kept }),
    ...(keys !== undefined && { keys }),
  };
}

function encodeNeighbours({ successors, predecessors }: Neighbours, family: AddressFamily): { [key: string]: Encodable } {
  return { successors: encodeContacts(successors, family), predecessors: encodeContacts(predecessors, family) };
}

function decodeNeighbours(fields: BencodeDictionary, family: AddressFamily): Neighbours | undefined {
  const successors = contactsOf(fields, 'successors', family);
  const predecessors = contactsOf(fields, 'predecessors', family);
  return successors && predecessors && { successors, predecessors };
}

function decodeArc(fields: BencodeDictionary): Arc | undefined {
  const after = idOf(fields, 'after');
  const upTo = idOf(fields, 'upto');
  return after && upTo && { after, upTo };
}

function encodeDigests(digests: Uint32Array): Uint8Array {
  const bytes = Buffer.alloc(digests.length * 4);
  for (const [index, digest] of digests.entries()) bytes.writeUInt32BE(digest, index * 4);
  return bytes;
}

function decodeDigests(fields: BencodeDictionary): Uint32Array | undefined {
  const bytes = bytesOf(fields, 'digests', DIGEST_BUCKETS * 4);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: DIGEST_BUCKETS }, (_, index) => view.getUint32(index * 4));
}

/** An absent list is an empty one; undefined where a contact is cut short. */
function contactsOf(fields: BencodeDictionary, key: string, family: AddressFamily): Contact[] | undefined {
  return decodeContacts(field.bytes(fields, key) ?? new Uint8Array(), family, LIMITS.ringContactsPerList);
}

/** What a peer gives to be asked for the next page; its form is that peer's own affair. */
function cursorOf(fields: BencodeDictionary): Uint8Array | undefined {
  const cursor = field.bytes(fields, 'cursor');
  return cursor !== undefined && cursor.length <= LIMITS.ringCursorBytes ? cursor : undefined;
}

function idOf(fields: BencodeDictionary, key: string): Uint8Array | undefined {
  return bytesOf(fields, key, ID_BYTES);
}

function bytesOf(fields: BencodeDictionary, key: string, length: number): Uint8Array | undefined {
  const bytes = field.bytes(fields, key);
  return bytes?.length === length ? bytes : undefined;
}

function countOf(fields: BencodeDictionary, key: string, most: number): number | undefined {
  const count = field.integer(fields, key);
  return count !== undefined && count >= 0 && count <= most ? count : undefined;
}

function decodeDictionary(bytes: Uint8Array): BencodeDictionary | undefined {
  if (bytes.length > LIMITS.datagramBytes) return undefined;
  try {
    const value = decode(bytes);
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (error instanceof BencodeError) return undefined;
    throw error;
  }
}
