/**
 * Announce and scrape over HTTP: the query, and the bencoded answer (BEP 3, 7, 21, 23, 24, 31, 48).
 *
 * Invariant: any query parses to a request or to a refusal, and any body to a reply or to a `TrackerError`. In a query every
 * byte of a binary value stands as %XX unless it is unreserved (RFC 3986).
 */
import { decode, encode, field, type BencodeDictionary, type BencodeValue, type Encodable } from '../../bytes/bencode.ts';
import {
  bytesToAddress, canonicalAddress, formatEndpoint, parseCompactEndpoints, parseEndpoint, type AddressFamily, type Endpoint,
} from '../../bytes/endpoint.ts';
import { describeError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { printable } from '../../bytes/printable.ts';
import {
  TrackerError,
  type AnnounceAnswer, type AnnounceEvent, type AnnounceReply, type AnnounceRequest, type PeerSample, type Refusal, type SwarmCounts,
} from './announcement.ts';

/** Where a tracker leaves it to us. */
const DEFAULT_INTERVAL_MS = 30 * 60_000;
const EVENTS: readonly string[] = ['started', 'completed', 'stopped', 'paused'] satisfies AnnounceEvent[];

/** The URL to fetch in order to announce. */
export function formatAnnounceUrl(trackerUrl: string, announce: AnnounceRequest): string {
  const parameters = [
    `info_hash=${escapeBytes(announce.infoHash)}`,
    `peer_id=${escapeBytes(announce.peerId)}`,
    `port=${announce.port}`,
    `uploaded=${announce.uploaded}`,
    `downloaded=${announce.downloaded}`,
    `left=${announce.left}`,
    `compact=${announce.compact ? 1 : 0}`,
    `key=${announce.key.toString(16).padStart(8, '0')}`,
  ];
  if (announce.wanted !== undefined) parameters.push(`numwant=${announce.wanted}`);
  if (announce.event !== undefined) parameters.push(`event=${announce.event}`);
  if (announce.address !== undefined) parameters.push(`ip=${encodeURIComponent(announce.address)}`);
  if (announce.trackerId !== undefined) parameters.push(`trackerid=${escapeBytes(announce.trackerId)}`);
  return withParameters(trackerUrl, parameters);
}

/** The URL to fetch for counts; undefined where the tracker's URL does not tell it (BEP 48). */
export function formatScrapeUrl(trackerUrl: string, infoHashes: readonly Uint8Array[]): string | undefined {
  const match = /^([^?#]*\/)announce([^/?#]*)(\?[^#]*)?/.exec(trackerUrl);
  if (match === null) return undefined;
  return withParameters(`${match[1]}scrape${match[2]}${match[3] ?? ''}`, infoHashes.map((infoHash) => `info_hash=${escapeBytes(infoHash)}`));
}

function withParameters(url: string, parameters: readonly string[]): string {
  const [base] = url.split('#', 1);
  return `${base}${base.includes('?') ? '&' : '?'}${parameters.join('&')}`;
}

const ESCAPED = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += ESCAPED[byte];
  return text;
}

/** The bytes of an escaped value. A plus is a space, as in forms; an escape that is none stands for itself. */
function unescapeBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const high = code === PERCENT ? hexDigit(text.charCodeAt(index + 1)) : -1;
    const low = high < 0 ? -1 : hexDigit(text.charCodeAt(index + 2));
    if (low >= 0) index += 2;
    bytes[length++] = low >= 0 ? high * 16 + low : code === PLUS ? SPACE : code;
  }
  return bytes.subarray(0, length);
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** Reads what follows '?' in an announce; `url` is handed on in the request. */
export function parseAnnounceQuery(query: string, url: string): AnnounceRequest | Refusal {
  const values = new Map<string, string>();
  for (const parameter of query.split('&')) {
    const sign = parameter.indexOf('=');
    const name = parameter.slice(0, Math.max(0, sign));
    if (!values.has(name)) values.set(name, parameter.slice(sign + 1));
  }
  const infoHash = unescapeBytes(values.get('info_hash') ?? '');
  if (infoHash.length !== 20) return { refusal: `info_hash must be 20 bytes, not ${infoHash.length}` };
  const peerId = unescapeBytes(values.get('peer_id') ?? '');
  if (peerId.length !== 20) return { refusal: `peer_id must be 20 bytes, not ${peerId.length}` };
  const port = parseWhole(values.get('port'));
  if (port === undefined || port > 65535) return { refusal: 'port must be a number from 0 to 65535' };
  const event = values.get('event') ?? '';
  const key = /^[0-9a-f]{1,8}$/i.exec(values.get('key') ?? '');
  const wanted = parseWhole(values.get('numwant'));
  const address = values.get('ip');
  const trackerId = values.get('trackerid');
  return {
    infoHash,
    peerId,
    port,
    uploaded: parseWhole(values.get('uploaded')) ?? 0,
    downloaded: parseWhole(values.get('downloaded')) ?? 0,
    // Who does not say how much it lacks may lack something.
    left: parseWhole(values.get('left')) ?? LIMITS.blockBytes,
    ...(EVENTS.includes(event) ? { event: event as AnnounceEvent } : {}),
    key: key === null ? 0 : Number.parseInt(key[0], 16),
    ...(wanted === undefined ? {} : { wanted }),
    ...(address === undefined ? {} : { address: unescapeBytes(address).toString('latin1') }),
    compact: values.get('compact') !== '0',
    ...(trackerId === undefined ? {} : { trackerId: unescapeBytes(trackerId) }),
    url,
  };
}

function parseWhole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}

/** The info-hashes that a scrape asks for. */
export function parseScrapeQuery(query: string): readonly Uint8Array[] | Refusal {
  const infoHashes = query.split('&').filter((parameter) => parameter.startsWith('info_hash='))
    .map((parameter) => unescapeBytes(parameter.slice('info_hash='.length)));
  if (infoHashes.length === 0) return { refusal: 'a scrape of everything is not served: name the swarms with info_hash' };
  if (infoHashes.some((infoHash) => infoHash.length !== 20)) return { refusal: 'info_hash must be 20 bytes' };
  return infoHashes.slice(0, LIMITS.scrapedSwarms);
}

/** The body of an answer; with `compact` false its peers are dictionaries, and need their ids in the sample. */
export function encodeAnnounceAnswer(answer: AnnounceAnswer, compact: boolean): Uint8Array {
  const { 4: ipv4, 6: ipv6 } = answer.peers;
  return encode({
    complete: answer.counts.seeds,
    downloaded: answer.counts.downloads,
    'external ip': answer.externalAddress,
    incomplete: answer.counts.leechers,
    interval: Math.round(answer.intervalMs / 1000),
    'min interval': Math.round(answer.minIntervalMs / 1000),
    peers: compact ? ipv4.endpoints : [...namedPeers(ipv4, 4), ...namedPeers(ipv6, 6)],
    peers6: compact && ipv6.endpoints.length > 0 ? ipv6.endpoints : undefined,
  });
}

function namedPeers({ endpoints, peerIds }: PeerSample, family: AddressFamily): Encodable[] {
  return parseCompactEndpoints(endpoints, family, LIMITS.peersPerAnswer)
    .map(({ host, port }, index) => ({ ip: host, 'peer id': peerIds.subarray(index * 20, index * 20 + 20), port }));
}

export function encodeScrapeAnswer(infoHashes: readonly Uint8Array[], counts: readonly SwarmCounts[]): Uint8Array {
  const files = new Map<string, Encodable>();
  for (const [index, infoHash] of infoHashes.entries()) {
    const { seeds, leechers, partialSeeds, downloads } = counts[index];
    files.set(latin1(infoHash), { complete: seeds, downloaded: downloads, downloaders: leechers - partialSeeds, incomplete: leechers });
  }
  return encode({ files });
}

export function encodeRefusal({ refusal, retryInMs }: Refusal): Uint8Array {
  const minutes = retryInMs === undefined ? undefined : Number.isFinite(retryInMs) ? String(Math.ceil(retryInMs / 60_000)) : 'never';
  return encode({ 'failure reason': refusal, 'retry in': minutes });
}

/** Throws `TrackerError`, also where the body is a refusal. */
export function decodeAnnounceReply(body: Uint8Array): AnnounceReply {
  const answer = decodeAnswer(body);
  const intervalS = field.integer(answer, 'interval') ?? 0;
  const minIntervalS = field.integer(answer, 'min interval');
  const seeds = field.integer(answer, 'complete');
  const leechers = field.integer(answer, 'incomplete');
  const warning = printable(field.text(answer, 'warning message') ?? '', LIMITS.trackerTextLength);
  const trackerId = field.bytes(answer, 'tracker id');
  const external = field.bytes(answer, 'external ip');
  return {
    intervalMs: intervalS > 0 ? intervalS * 1000 : DEFAULT_INTERVAL_MS,
    ...(minIntervalS === undefined ? {} : { minIntervalMs: Math.max(0, minIntervalS * 1000) }),
    ...(seeds === undefined ? {} : { seeds }),
    ...(leechers === undefined ? {} : { leechers }),
    peers: [...readPeers(answer.get('peers'), 4), ...readPeers(answer.get('peers6'), 6)],
    ...(warning === '' ? {} : { warning }),
    ...(trackerId !== undefined && trackerId.length <= LIMITS.trackerIdBytes ? { trackerId } : {}),
    ...(external?.length === 4 || external?.length === 16 ? { externalAddress: bytesToAddress(external) } : {}),
  };
}

/** The counts of each info-hash, in their order; undefined for those that the answer leaves out. Throws `TrackerError`. */
export function decodeScrapeReply(body: Uint8Array, infoHashes: readonly Uint8Array[]): (SwarmCounts | undefined)[] {
  const files = field.dictionary(decodeAnswer(body), 'files') ?? new Map<string, BencodeValue>();
  return infoHashes.map((infoHash) => {
    const file = field.dictionary(files, latin1(infoHash));
    if (file === undefined) return undefined;
    const count = (key: string): number => Math.max(0, field.integer(file, key) ?? 0);
    const leechers = count('incomplete');
    return {
      seeds: count('complete'),
      leechers,
      partialSeeds: file.has('downloaders') ? Math.max(0, leechers - count('downloaders')) : 0,
      downloads: count('downloaded'),
    };
  });
}

/** The refusal that a body holds; undefined where it holds none. */
export function decodeRefusal(body: Uint8Array): TrackerError | undefined {
  try {
    const answer = decode(body, { anyKeyOrder: true });
    return answer instanceof Map ? refusalIn(answer) : undefined;
  } catch {
    return undefined;
  }
}

function decodeAnswer(body: Uint8Array): BencodeDictionary {
  let answer: BencodeValue;
  try {
    answer = decode(body, { anyKeyOrder: true });
  } catch (error) {
    throw new TrackerError(`what it answers is ${describeError(error)}`, undefined, { cause: error });
  }
  if (!(answer instanceof Map)) throw new TrackerError('what it answers is not a dictionary');
  const refusal = refusalIn(answer);
  if (refusal !== undefined) throw refusal;
  return answer;
}

function refusalIn(answer: BencodeDictionary): TrackerError | undefined {
  const reason = field.text(answer, 'failure reason');
  if (reason === undefined) return undefined;
  const text = printable(reason, LIMITS.trackerTextLength);
  return new TrackerError(text === '' ? 'it refuses, and gives no reason' : text, readRetryIn(answer.get('retry in')));
}

/** Minutes, as a number or in digits, or `never` (BEP 31). */
function readRetryIn(value: BencodeValue | undefined): number | undefined {
  const text = value instanceof Uint8Array ? latin1(value) : String(value);
  if (text === 'never') return Number.POSITIVE_INFINITY;
  return /^\d{1,6}$/.test(text) ? Number(text) * 60_000 : undefined;
}

/** The compact form, or a list of dictionaries (BEP 23). Entries that make no sense are passed over. */
function readPeers(value: BencodeValue | undefined, family: AddressFamily): Endpoint[] {
  if (value instanceof Uint8Array) return parseCompactEndpoints(value, family, LIMITS.trackerPeers);
  if (!Array.isArray(value)) return [];
  const endpoints: Endpoint[] = [];
  for (const entry of value.slice(0, LIMITS.trackerPeers)) {
    if (!(entry instanceof Map)) continue;
    const host = field.text(entry, 'ip') ?? '';
    const endpoint = parseEndpoint(formatEndpoint({ host: canonicalAddress(host) ?? host, port: field.integer(entry, 'port') ?? 0 }));
    if (endpoint !== undefined) endpoints.push(endpoint);
  }
  return endpoints;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
