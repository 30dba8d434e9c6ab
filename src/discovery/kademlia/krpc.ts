/**
 * KRPC, the messages of the DHT: a query, and its answer or an error, each one bencoded dictionary in one datagram (BEP 5).
 * Whatever a message means beyond that is for `responder.ts` and `lookup.ts` to say.
 *
 * Invariant: any bytes come out as a message or as undefined, never as an exception.
 */
import { type BencodeDictionary, type BencodeValue, type Encodable, encode, field, rawValue, tryDecode } from '../../bytes/bencode.ts';

export interface Query {
  readonly kind: 'query';
  /** What the answer must carry for the asker to know what it answers. */
  readonly transaction: Uint8Array;
  readonly method: string;
  readonly args: BencodeDictionary;
  /** The asker answers no queries itself, and does not belong in a routing table (BEP 43). */
  readonly isReadOnly: boolean;
}

export interface Answer {
  readonly kind: 'answer';
  readonly transaction: Uint8Array;
  readonly results: BencodeDictionary;
  /** What the answering node takes our endpoint for, compact: 6 or 18 bytes (BEP 42). */
  readonly ownEndpoint: Uint8Array | undefined;
}

export interface ErrorMessage {
  readonly kind: 'error';
  readonly transaction: Uint8Array;
  readonly error: KrpcError;
}

export type KrpcMessage = Query | Answer | ErrorMessage;

/** Why a query was not carried out, in the words of the node that was asked. */
export interface KrpcError {
  readonly code: number;
  readonly text: string;
}

/** BEP 5 and BEP 44. */
export const ERROR_CODES = {
  generic: 201, server: 202, protocol: 203, unknownMethod: 204,
  tooBig: 205, badSignature: 206, saltTooBig: 207, casMismatch: 301, oldSequence: 302,
} as const;

/** Bytes of a transaction that we answer; who sends more wants its own bytes reflected. */
const TRANSACTION_BYTES_AT_MOST = 32;
/** Letters of BEP 20, and a version in two bytes. */
const CLIENT_VERSION = Uint8Array.of(0x53, 0x48, 1, 0);

/** The message that a datagram holds. Keys in the wrong order are tolerated, as many nodes send them. */
export function decodeMessage(bytes: Uint8Array): KrpcMessage | undefined {
  const message = tryDecode(bytes, { anyKeyOrder: true });
  if (!(message instanceof Map)) return undefined;
  const transaction = field.bytes(message, 't');
  if (transaction === undefined || transaction.length > TRANSACTION_BYTES_AT_MOST) return undefined;
  switch (letter(message.get('y'))) {
    case 'q': return asQuery(message, transaction);
    case 'r': return asAnswer(message, transaction);
    case 'e': return { kind: 'error', transaction, error: asError(message.get('e')) };
    default: return undefined;
  }
}

export function encodeQuery(transaction: Uint8Array, method: string, args: Encodable, isReadOnly: boolean): Uint8Array {
  return encode({ a: args, q: method, ro: isReadOnly ? 1 : undefined, t: transaction, v: CLIENT_VERSION, y: 'q' });
}

/** `asker`: the compact endpoint of whoever asked, which it is told (BEP 42). */
export function encodeAnswer(transaction: Uint8Array, results: Encodable, asker: Uint8Array): Uint8Array {
  return encode({ ip: asker, r: results, t: transaction, v: CLIENT_VERSION, y: 'r' });
}

export function encodeError(transaction: Uint8Array, { code, text }: KrpcError): Uint8Array {
  return encode({ e: [code, text], t: transaction, v: CLIENT_VERSION, y: 'e' });
}

/** The value `v` of a put's arguments (`a`) or of an answer's results (`r`), byte for byte: what is hashed and signed (BEP 44). */
export function rawItemValue(bytes: Uint8Array, holder: 'a' | 'r'): Uint8Array | undefined {
  const held = rawValue(bytes, holder, { anyKeyOrder: true });
  return held === undefined ? undefined : rawValue(held, 'v', { anyKeyOrder: true });
}

function asQuery(message: BencodeDictionary, transaction: Uint8Array): Query | undefined {
  const method = field.text(message, 'q');
  const args = field.dictionary(message, 'a');
  if (method === undefined || args === undefined) return undefined;
  return { kind: 'query', transaction, method, args, isReadOnly: message.get('ro') === 1 };
}

function asAnswer(message: BencodeDictionary, transaction: Uint8Array): Answer | undefined {
  const results = field.dictionary(message, 'r');
  if (results === undefined) return undefined;
  return { kind: 'answer', transaction, results, ownEndpoint: field.bytes(message, 'ip') };
}

function asError(value: BencodeValue | undefined): KrpcError {
  const [code, text] = Array.isArray(value) ? value : [];
  return {
    code: typeof code === 'number' ? code : ERROR_CODES.generic,
    text: text instanceof Uint8Array ? Buffer.from(text.subarray(0, 200)).toString('utf8') : 'no reason given',
  };
}

function letter(value: BencodeValue | undefined): string | undefined {
  return value instanceof Uint8Array && value.length === 1 ? String.fromCharCode(value[0]) : undefined;
}
