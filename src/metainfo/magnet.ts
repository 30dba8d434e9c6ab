/**
 * Magnet links: a torrent named by its info-hash (BEP 9, v2 by BEP 52), or a publisher whose newest torrent is meant, by
 * public key (BEP 46); with a name, trackers, web seeds, peers, and which files are wanted (BEP 53).
 *
 * Invariant: a `Magnet` names something to look for, and every list in it is bounded. What a link is optional in is passed
 * over where it makes no sense; what it is about must be right.
 */
import { equalBytes } from '../bytes/compare.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import { fromBase32, fromHex, toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Metainfo } from './metainfo.ts';
import { printableText, uniqueTiers } from './outer.ts';

export interface Magnet {
  /** 20 bytes. */
  readonly infoHash: Uint8Array | undefined;
  /** 32 bytes. With `infoHash` it is a hybrid torrent. */
  readonly infoHashV2: Uint8Array | undefined;
  /** Who publishes the torrent that is meant, where no info-hash says it (BEP 46). */
  readonly publisher: Publisher | undefined;
  /** To be shown until the torrent's own name is known. */
  readonly name: string | undefined;
  /** Bytes of all files together. Hearsay. */
  readonly length: number | undefined;
  /** By tier (BEP 12); a link has no way to tell tiers, so each tracker is one. */
  readonly trackers: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
  readonly peers: readonly Endpoint[];
  /** Which files are wanted, by their number in the torrent from 0 on; undefined where all are. */
  readonly selection: readonly FileRun[] | undefined;
}

export interface Publisher {
  /** An Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Which of the publisher's items; at most 64 bytes, empty where there is only one. */
  readonly salt: Uint8Array;
}

export interface FileRun {
  readonly first: number;
  /** Itself included. */
  readonly last: number;
}

/** A link that cannot be followed. */
export class MagnetError extends ShoalError {
  constructor(reason: string) {
    super('BAD_MAGNET', reason);
  }
}

const INFO_HASH_BYTES = 20;
const INFO_HASH_V2_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
/** The multihash prefix of SHA-256: function 0x12, 0x20 bytes. */
const SHA256_PREFIX = '1220';

/** Reads a magnet link, or an info-hash alone in hexadecimal. Throws `MagnetError`. */
export function parseMagnet(text: string): Magnet {
  const link = text.trim();
  if (link.length > LIMITS.magnetLength) throw new MagnetError(`the link is longer than ${LIMITS.magnetLength} characters`);
  const topic = /^(?:[0-9a-f]{40}|[a-z2-7]{32})$/i.test(link) ? `xt=urn:btih:${link}` : /^magnet:\?(.*)$/is.exec(link)?.[1];
  if (topic === undefined) throw new MagnetError('it is no magnet link: that begins with "magnet:?"');
  const parameters = readParameters(topic);
  const topics = parameters.get('xt') ?? [];
  const infoHash = onlyOne(topics.map((value) => readTopic(value, 'urn:btih:', readInfoHash)), 'info-hashes');
  const infoHashV2 = onlyOne(topics.map((value) => readTopic(value, 'urn:btmh:', readMultihash)), 'v2 info-hashes');
  const publisher = readPublisher(parameters);
  if (infoHash === undefined && infoHashV2 === undefined && publisher === undefined) {
    throw new MagnetError('the link names no torrent: there is no xt=urn:btih:…, xt=urn:btmh:… or xs=urn:btpk:… in it');
  }
  return {
    infoHash,
    infoHashV2,
    publisher,
    name: printableText(parameters.get('dn')?.[0])?.replace(/\s+/g, ' ').trim() || undefined,
    length: readLength(parameters.get('xl')?.[0]),
    trackers: uniqueTiers((parameters.get('tr') ?? []).map((url) => [url])),
    webSeeds: uniqueTiers([parameters.get('ws') ?? []]).flat().slice(0, LIMITS.webSeeds),
    peers: readPeers(parameters.get('x.pe') ?? []),
    selection: readSelection(parameters.get('so') ?? []),
  };
}

/** The link, as short as it can be. `parseMagnet` gives an equal `Magnet` back. */
export function formatMagnet(magnet: Magnet): string {
  const parts: string[] = [];
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined) parts.push(`${key}=${value}`);
  };
  const addText = (key: string, value: string | undefined): void => add(key, value && encodeURIComponent(value.toWellFormed()));
  const { infoHash, infoHashV2, publisher, selection } = magnet;
  add('xt', infoHash && `urn:btih:${toHex(infoHash)}`);
  add('xt', infoHashV2 && `urn:btmh:${SHA256_PREFIX}${toHex(infoHashV2)}`);
  add('xs', publisher && `urn:btpk:${toHex(publisher.publicKey)}`);
  add('s', publisher && publisher.salt.length > 0 ? toHex(publisher.salt) : undefined);
  addText('dn', magnet.name);
  add('xl', magnet.length?.toString());
  for (const url of magnet.trackers.flat()) addText('tr', url);
  for (const url of magnet.webSeeds) addText('ws', url);
  for (const peer of magnet.peers) add('x.pe', encodeURI(formatEndpoint(peer)));
  add('so', selection?.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(','));
  return `magnet:?${parts.join('&')}`;
}

/** The link to a torrent, with all that helps to find and choose it. */
export function magnetOf(metainfo: Metainfo, peers: readonly Endpoint[] = []): Magnet {
  const { infoHash, infoHashV2, name, length, trackers, webSeeds } = metainfo;
  return { infoHash, infoHashV2, publisher: undefined, name, length, trackers, webSeeds, peers, selection: undefined };
}

/** Whether a file of that number is among those wanted. */
export function isSelected({ selection }: Magnet, file: number): boolean {
  return selection === undefined || selection.some(({ first, last }) => first <= file && file <= last);
}

/** The values of each key, unescaped, in order. Keys lose their numbers (`tr.1`), and the `amp;` of links copied out of HTML. */
function readParameters(query: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const key = part.slice(0, equals).toLowerCase().replace(/^amp;/, '').replace(/\.\d+$/, '');
    const escaped = part.slice(equals + 1);
    // Only names are written by people who mean a blank by '+'.
    const value = unescape(key === 'dn' ? escaped.replaceAll('+', ' ') : escaped);
    if (value === undefined) continue;
    const values = parameters.get(key);
    if (values === undefined) parameters.set(key, [value]);
    else values.push(value);
  }
  return parameters;
}

function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The hash behind `prefix` in one topic; undefined where the topic is of another kind. */
function readTopic(topic: string, prefix: string, read: (text: string) => Uint8Array | undefined): Uint8Array | undefined {
  if (!topic.toLowerCase().startsWith(prefix)) return undefined;
  const hash = read(topic.slice(prefix.length));
  if (hash === undefined) throw new MagnetError(`the hash in the link is broken: ${topic.slice(0, 100)}`);
  return hash;
}

function readInfoHash(text: string): Uint8Array | undefined {
  return ofLength(text.length === INFO_HASH_BYTES * 2 ? fromHex(text) : fromBase32(text), INFO_HASH_BYTES);
}

function readMultihash(text: string): Uint8Array | undefined {
  return text.startsWith(SHA256_PREFIX) ? ofLength(fromHex(text.slice(SHA256_PREFIX.length)), INFO_HASH_V2_BYTES) : undefined;
}

function ofLength(bytes: Uint8Array | undefined, length: number): Uint8Array | undefined {
  return bytes?.length === length ? bytes : undefined;
}

function onlyOne(hashes: readonly (Uint8Array | undefined)[], what: string): Uint8Array | undefined {
  const [first, ...others] = hashes.filter((hash) => hash !== undefined);
  if (others.some((other) => !equalBytes(other, first))) throw new MagnetError(`the link has several ${what}; give one torrent at a time`);
  return first;
}

function readPublisher(parameters: ReadonlyMap<string, readonly string[]>): Publisher | undefined {
  const sources = (parameters.get('xs') ?? []).map((value) => readTopic(value, 'urn:btpk:', (text) => ofLength(fromHex(text), PUBLIC_KEY_BYTES)));
  const publicKey = onlyOne(sources, 'public keys');
  if (publicKey === undefined) return undefined;
  const salt = fromHex(parameters.get('s')?.[0] ?? '');
  if (salt === undefined || salt.length > LIMITS.saltBytes) {
    throw new MagnetError(`the salt in the link (s=…) is not hexadecimal, or longer than ${LIMITS.saltBytes} bytes`);
  }
  return { publicKey, salt };
}

function readLength(text: string | undefined): number | undefined {
  const length = text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(length) ? length : undefined;
}

function readPeers(values: readonly string[]): Endpoint[] {
  const peers = new Map<string, Endpoint>();
  for (const value of values) {
    const peer = parseEndpoint(value);
    if (peer !== undefined && peers.size < LIMITS.magnetPeers) peers.set(formatEndpoint(peer), peer);
  }
  return [...peers.values()];
}

/** `0,2,4,6-8`; a selection of which nothing makes sense is none, so that all files are wanted. */
function readSelection(values: readonly string[]): FileRun[] | undefined {
  const runs: FileRun[] = [];
  for (const part of values.join(',').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first <= last && last < LIMITS.torrentFiles && runs.length < LIMITS.magnetSelections) runs.push({ first, last });
  }
  return runs.length > 0 ? runs : undefined;
}
