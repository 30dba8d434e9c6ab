/**
 * The datagrams between clients and trackers (BEP 15), with the path and query of the tracker's URL behind an announce
 * (BEP 41). All numbers are big-endian.
 *
 * Invariant: any bytes decode to a message or to undefined; no decoder throws.
 */
import { addressToBytes, bytesToAddress, parseCompactEndpoints, type AddressFamily } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { AnnounceAnswer, AnnounceEvent, AnnounceReply, AnnounceRequest, SwarmCounts } from './announcement.ts';

/** What a first datagram begins with, that no stray one does. */
const PROTOCOL_ID = 0x41727101980n;
const CONNECT = 0;
const ANNOUNCE = 1;
const SCRAPE = 2;
const ERROR = 3;
/** By its number on the wire; 0 is none. Clients give a partial seed's the next free one, on which BEP 15 and 21 are silent. */
const EVENTS: readonly (AnnounceEvent | undefined)[] = [undefined, 'completed', 'started', 'stopped', 'paused'];

const REQUEST_HEADER_BYTES = 16;
const ANNOUNCE_BYTES = 98;
const ANNOUNCE_REPLY_BYTES = 20;
const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_URL = 2;

export type UdpRequest =
  | { readonly action: 'connect'; readonly transaction: number }
  | { readonly action: 'announce'; readonly transaction: number; readonly connectionId: Uint8Array; readonly announce: AnnounceRequest }
  | { readonly action: 'scrape'; readonly transaction: number; readonly connectionId: Uint8Array; readonly infoHashes: readonly Uint8Array[] };

export type UdpReply =
  | { readonly action: 'connect'; readonly transaction: number; readonly connectionId: Uint8Array }
  | { readonly action: 'announce'; readonly transaction: number; readonly announce: AnnounceReply }
  | { readonly action: 'scrape'; readonly transaction: number; readonly counts: readonly SwarmCounts[] }
  | { readonly action: 'error'; readonly transaction: number; readonly reason: string };

export function encodeConnectRequest(transaction: number): Uint8Array {
  const bytes = Buffer.alloc(REQUEST_HEADER_BYTES);
  bytes.writeBigUInt64BE(PROTOCOL_ID);
  bytes.writeUInt32BE(transaction, 12);
  return bytes;
}

/** `connectionId` is what the tracker gave, 8 bytes. The URL is cut to `LIMITS.announceUrlBytes`. */
export function encodeAnnounceRequest(connectionId: Uint8Array, transaction: number, announce: AnnounceRequest): Uint8Array {
  const options = encodeUrl(announce.url);
  const bytes = requestHeader(ANNOUNCE_BYTES + options.length, connectionId, ANNOUNCE, transaction);
  bytes.set(announce.infoHash, 16);
  bytes.set(announce.peerId, 36);
  writeUInt64(bytes, announce.downloaded, 56);
  writeUInt64(bytes, announce.left, 64);
  writeUInt64(bytes, announce.uploaded, 72);
  bytes.writeUInt32BE(EVENTS.indexOf(announce.event), 80);
  const address = announce.address === undefined ? undefined : addressToBytes(announce.address);
  if (address?.length === 4) bytes.set(address, 84);
  bytes.writeUInt32BE(announce.key, 88);
  bytes.writeInt32BE(announce.wanted ?? -1, 92);
  bytes.writeUInt16BE(announce.port, 96);
  bytes.set(options, ANNOUNCE_BYTES);
  return bytes;
}

export function encodeScrapeRequest(connectionId: Uint8Array, transaction: number, infoHashes: readonly Uint8Array[]): Uint8Array {
  const bytes = requestHeader(REQUEST_HEADER_BYTES + infoHashes.length * 20, connectionId, SCRAPE, transaction);
  for (const [index, infoHash] of infoHashes.entries()) bytes.set(infoHash, REQUEST_HEADER_BYTES + index * 20);
  return bytes;
}

/** Undefined where the bytes are no request. */
export function decodeRequest(datagram: Uint8Array): UdpRequest | undefined {
  const bytes = asBuffer(datagram);
  if (bytes.length < REQUEST_HEADER_BYTES) return undefined;
  const action = bytes.readUInt32BE(8);
  const transaction = bytes.readUInt32BE(12);
  if (action === CONNECT) return bytes.readBigUInt64BE(0) === PROTOCOL_ID ? { action: 'connect', transaction } : undefined;
  const connectionId = bytes.subarray(0, 8);
  if (action === ANNOUNCE) {
    const announce = decodeAnnounce(bytes);
    return announce && { action: 'announce', transaction, connectionId, announce };
  }
  if (action !== SCRAPE || bytes.length < REQUEST_HEADER_BYTES + 20) return undefined;
  const infoHashes: Uint8Array[] = [];
  for (let offset = REQUEST_HEADER_BYTES; offset + 20 <= bytes.length && infoHashes.length < LIMITS.scrapedSwarms; offset += 20) {
    infoHashes.push(bytes.subarray(offset, offset + 20));
  }
  return { action: 'scrape', transaction, connectionId, infoHashes };
}

function decodeAnnounce(bytes: Buffer): AnnounceRequest | undefined {
  if (bytes.length < ANNOUNCE_BYTES) return undefined;
  const event = EVENTS[bytes.readUInt32BE(80)];
  const hasAddress = bytes.readUInt32BE(84) !== 0;
  const wanted = bytes.readInt32BE(92);
  return {
    infoHash: bytes.subarray(16, 36),
    peerId: bytes.subarray(36, 56),
    downloaded: readUInt64(bytes, 56),
    left: readUInt64(bytes, 64),
    uploaded: readUInt64(bytes, 72),
    ...(event === undefined ? {} : { event }),
    ...(hasAddress ? { address: bytesToAddress(bytes.subarray(84, 88)) } : {}),
    key: bytes.readUInt32BE(88),
    ...(wanted < 0 ? {} : { wanted }),
    port: bytes.readUInt16BE(96),
    compact: true,
    url: decodeUrl(bytes.subarray(ANNOUNCE_BYTES)),
  };
}

/** The URL's path and query in chunks of up to 255 bytes (BEP 41). */
function encodeUrl(url: string): Uint8Array {
  const text = Buffer.from(url).subarray(0, LIMITS.announceUrlBytes);
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < text.length; offset += 255) {
    const chunk = text.subarray(offset, offset + 255);
    chunks.push(Uint8Array.of(OPTION_URL, chunk.length), chunk);
  }
  return Buffer.concat(chunks);
}

/** A cut-off option ends the list, as does one that says so; unknown ones are passed over. */
function decodeUrl(options: Buffer): string {
  let url = '';
  let offset = 0;
  while (offset < options.length && options[offset] !== OPTION_END) {
    if (options[offset] === OPTION_NOP) {
      offset += 1;
      continue;
    }
    const end = offset + 2 + options[offset + 1];
    if (!(end <= options.length)) break;
    if (options[offset] === OPTION_URL) url += options.toString('latin1', offset + 2, end);
    offset = end;
  }
  return url.slice(0, LIMITS.announceUrlBytes);
}

export function encodeConnectReply(transaction: number, connectionId: Uint8Array): Uint8Array {
  const bytes = replyHeader(16, CONNECT, transaction);
  bytes.set(connectionId, 8);
  return bytes;
}

/** Of the answer's peers those of `family`, for an answer by UDP can hold only those that the asker's own address is like. */
export function encodeAnnounceReply(transaction: number, answer: AnnounceAnswer, family: AddressFamily): Uint8Array {
  const { endpoints } = answer.peers[family];
  const bytes = replyHeader(ANNOUNCE_REPLY_BYTES + endpoints.length, ANNOUNCE, transaction);
  bytes.writeUInt32BE(Math.round(answer.intervalMs / 1000), 8);
  bytes.writeUInt32BE(answer.counts.leechers, 12);
  bytes.writeUInt32BE(answer.counts.seeds, 16);
  bytes.set(endpoints, ANNOUNCE_REPLY_BYTES);
  return bytes;
}

/** The most peers of a family that an answer by UDP has room for. */
export function peersPerDatagram(family: AddressFamily): number {
  return Math.floor((LIMITS.trackerDatagramBytes - ANNOUNCE_REPLY_BYTES) / (family === 4 ? 6 : 18));
}

export function encodeScrapeReply(transaction: number, counts: readonly SwarmCounts[]): Uint8Array {
  const bytes = replyHeader(8 + counts.length * 12, SCRAPE, transaction);
  for (const [index, { seeds, downloads, leechers }] of counts.entries()) {
    bytes.writeUInt32BE(seeds, 8 + index * 12);
    bytes.writeUInt32BE(downloads, 12 + index * 12);
    bytes.writeUInt32BE(leechers, 16 + index * 12);
  }
  return bytes;
}

export function encodeErrorReply(transaction: number, reason: string): Uint8Array {
  const text = Buffer.from(reason);
  const bytes = replyHeader(8 + text.length, ERROR, transaction);
  bytes.set(text, 8);
  return bytes;
}

/** `family` is that of the tracker's address, and so of the peers in its answer. Undefined where the bytes are no reply. */
export function decodeReply(datagram: Uint8Array, family: AddressFamily): UdpReply | undefined {
  const bytes = asBuffer(datagram);
  if (bytes.length < 8) return undefined;
  const action = bytes.readUInt32BE(0);
  const transaction = bytes.readUInt32BE(4);
  if (action === ERROR) return { action: 'error', transaction, reason: bytes.toString('utf8', 8) };
  if (action === CONNECT && bytes.length >= 16) return { action: 'connect', transaction, connectionId: bytes.subarray(8, 16) };
  if (action === ANNOUNCE && bytes.length >= ANNOUNCE_REPLY_BYTES) {
    const announce = {
      intervalMs: bytes.readUInt32BE(8) * 1000,
      leechers: bytes.readUInt32BE(12),
      seeds: bytes.readUInt32BE(16),
      peers: parseCompactEndpoints(bytes.subarray(ANNOUNCE_REPLY_BYTES), family, LIMITS.trackerPeers),
    };
    return { action: 'announce', transaction, announce };
  }
  if (action !== SCRAPE) return undefined;
  const counts: SwarmCounts[] = [];
  for (let offset = 8; offset + 12 <= bytes.length; offset += 12) {
    counts.push({
      seeds: bytes.readUInt32BE(offset),
      downloads: bytes.readUInt32BE(offset + 4),
      leechers: bytes.readUInt32BE(offset + 8),
      partialSeeds: 0,
    });
  }
  return { action: 'scrape', transaction, counts };
}

function requestHeader(length: number, connectionId: Uint8Array, action: number, transaction: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.set(connectionId, 0);
  bytes.writeUInt32BE(action, 8);
  bytes.writeUInt32BE(transaction, 12);
  return bytes;
}

/** What follows the header is the caller's to fill. */
function replyHeader(length: number, action: number, transaction: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32BE(action, 0);
  bytes.writeUInt32BE(transaction, 4);
  return bytes;
}

/** Beyond 2^53 the last digits are lost, which nobody counts. */
function readUInt64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}

function writeUInt64(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
  bytes.writeUInt32BE(value % 2 ** 32, offset + 4);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
