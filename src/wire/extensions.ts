/**
 * The payloads of extended messages (BEP 10): the extension handshake, metadata pieces (BEP 9), peer exchange (BEP 11) and
 * the small ones that say "I no longer have this" (BEP 54) and "I only upload" (BEP 21).
 *
 * Invariant: each side numbers the extensions it takes; these are Shoal's numbers, and a peer is answered with its own.
 */
import { decode, decodePrefix, encode, field, type BencodeDictionary } from '../bytes/bencode.ts';
import {
  bytesToAddress, formatCompactEndpoints, parseCompactEndpoints, addressToBytes, type AddressFamily, type Endpoint,
} from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import { printable } from '../bytes/printable.ts';
import { WireError } from './peer-protocol.ts';

export const EXTENSION_HANDSHAKE_ID = 0;

/** The extensions that Shoal takes, by the numbers under which it takes them. */
export const EXTENSIONS = { ut_metadata: 1, ut_pex: 2, lt_donthave: 3, upload_only: 4 } as const;
export type ExtensionName = keyof typeof EXTENSIONS;

export interface ExtensionHandshake {
  /** The peer's numbers, for those of our extensions that it takes. */
  readonly ids: Partial<Record<ExtensionName, number>>;
  /** Bytes of the info dictionary, where the peer has it. */
  readonly metadataBytes: number | undefined;
  /** The client's name and version, for people. */
  readonly client: string | undefined;
  /** Where the peer listens, told by a peer that connected to us. */
  readonly listenPort: number | undefined;
  /** How many requests it will hold in its queue at once. */
  readonly requestQueueLength: number | undefined;
  /** Our own address as the peer sees it. */
  readonly yourAddress: string | undefined;
  readonly uploadOnly: boolean;
}

export function encodeExtensionHandshake(ours: {
  readonly names: readonly ExtensionName[];
  readonly metadataBytes: number | undefined;
  readonly client: string;
  readonly listenPort: number | undefined;
  readonly requestQueueLength: number;
  readonly yourAddress: string;
  readonly uploadOnly: boolean;
}): Uint8Array {
  return encode({
    m: Object.fromEntries(ours.names.map((name) => [name, EXTENSIONS[name]])),
    metadata_size: ours.metadataBytes,
    p: ours.listenPort,
    reqq: ours.requestQueueLength,
    upload_only: ours.uploadOnly ? 1 : undefined,
    v: ours.client,
    yourip: addressToBytes(ours.yourAddress),
  });
}

export function decodeExtensionHandshake(payload: Uint8Array): ExtensionHandshake {
  const handshake = dictionaryOf(decodePrefix(payload, 0, { anyKeyOrder: true }).value, 'an extension handshake');
  const named = field.dictionary(handshake, 'm') ?? new Map();
  const ids: Partial<Record<ExtensionName, number>> = {};
  for (const name of Object.keys(EXTENSIONS) as ExtensionName[]) {
    const id = field.integer(named, name);
    // Zero takes an extension back.
    if (id !== undefined && id > 0 && id < 256) ids[name] = id;
  }
  const address = field.bytes(handshake, 'yourip');
  const name = field.text(handshake, 'v');
  return {
    ids,
    metadataBytes: within(field.integer(handshake, 'metadata_size'), 1, LIMITS.metadataBytes),
    client: name === undefined ? undefined : printable(name, LIMITS.clientNameLength),
    listenPort: within(field.integer(handshake, 'p'), 1, 65535),
    requestQueueLength: within(field.integer(handshake, 'reqq'), 1, Number.MAX_SAFE_INTEGER),
    yourAddress: address?.length === 4 || address?.length === 16 ? bytesToAddress(address) : undefined,
    uploadOnly: field.integer(handshake, 'upload_only') === 1,
  };
}

export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  | { readonly type: 'data'; readonly piece: number; readonly totalBytes: number; readonly data: Uint8Array };

const METADATA_TYPES = ['request', 'data', 'reject'] as const;

export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  const isData = message.type === 'data';
  const head = encode({
    msg_type: METADATA_TYPES.indexOf(message.type),
    piece: message.piece,
    total_size: isData ? message.totalBytes : undefined,
  });
  return isData ? Buffer.concat([head, message.data]) : head;
}

/** Undefined for a type unknown, which BEP 9 has us pass over. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage | undefined {
  const { value, end } = decodePrefix(payload, 0, { anyKeyOrder: true });
  const head = dictionaryOf(value, 'a metadata message');
  const type = METADATA_TYPES[field.integer(head, 'msg_type') ?? -1];
  const piece = field.integer(head, 'piece');
  if (type === undefined) return undefined;
  if (piece === undefined || piece < 0) throw new WireError('a metadata message names no piece');
  if (type !== 'data') return { type, piece };
  return { type, piece, totalBytes: field.integer(head, 'total_size') ?? 0, data: payload.subarray(end) };
}

export interface PeerExchange {
  readonly added: readonly Endpoint[];
  readonly dropped: readonly Endpoint[];
}

const FAMILIES: readonly (readonly [AddressFamily, suffix: string])[] = [[4, ''], [6, '6']];

export function encodePeerExchange({ added, dropped }: PeerExchange): Uint8Array {
  const message: Record<string, Uint8Array> = {};
  for (const [family, suffix] of FAMILIES) {
    const addedBytes = formatCompactEndpoints(added, family);
    message[`added${suffix}`] = addedBytes;
    // Flags a peer: nothing is claimed of any.
    message[`added${suffix}.f`] = new Uint8Array(addedBytes.length / (family === 4 ? 6 : 18));
    message[`dropped${suffix}`] = formatCompactEndpoints(dropped, family);
  }
  return encode(message);
}

export function decodePeerExchange(payload: Uint8Array): PeerExchange {
  const message = dictionaryOf(decode(payload, { anyKeyOrder: true }), 'a peer exchange');
  const read = (key: string): Endpoint[] => FAMILIES.flatMap(([family, suffix]) =>
    parseCompactEndpoints(field.bytes(message, key + suffix) ?? new Uint8Array(0), family, LIMITS.exchangedPeers));
  return { added: read('added'), dropped: read('dropped') };
}

/** BEP 54: the piece that the sender no longer has. */
export function decodeDontHave(payload: Uint8Array): number {
  if (payload.length !== 4) throw new WireError('a don\'t-have message of the wrong length');
  return Buffer.from(payload).readUInt32BE();
}

function dictionaryOf(value: unknown, what: string): BencodeDictionary {
  if (!(value instanceof Map)) throw new WireError(`${what} is not a dictionary`);
  return value as BencodeDictionary;
}

function within(value: number | undefined, lowest: number, highest: number): number | undefined {
  return value !== undefined && value >= lowest && value <= highest ? value : undefined;
}
