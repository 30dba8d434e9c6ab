/**
 * Records as they travel: one dictionary each, and as many to a datagram as there is room for.
 *
 * Invariant: a page made by `pages` fits in one datagram, whatever its records are; a record with more holders than go into
 * one is spread over several.
 */
import { field, type BencodeValue, type Encodable } from '../../bytes/bencode.ts';
import {
  bytesToAddress, endpointToCompact, type AddressFamily,
} from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { ID_BYTES } from './circle.ts';
import type { FileRecord, Holder } from './records.ts';

/** What goes into one datagram. */
export type RecordPage = readonly FileRecord[];

/** What a datagram has room for besides its envelope and arguments. */
const PAGE_BYTES = LIMITS.ringDatagramBytes - 250;
/** Bencoding, lengths and the key and hash around a record's name and holders. */
const RECORD_OVERHEAD_BYTES = 120;
const HOLDERS_PER_RECORD = 24;
const MOST_SECONDS = 0xffff;

/** Deals records out to pages, in order. */
export function pages(records: Iterable<FileRecord>, family: AddressFamily): FileRecord[][] {
  const all: FileRecord[][] = [];
  let page: FileRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    for (const slice of slices(record)) {
      const weight = weigh(slice, family);
      if (page.length > 0 && (bytes + weight > PAGE_BYTES || page.length >= LIMITS.ringRecordsPerPage)) {
        all.push(page);
        page = [];
        bytes = 0;
      }
      page.push(slice);
      bytes += weight;
    }
  }
  if (page.length > 0) all.push(page);
  return all;
}

export function encodeRecords(records: RecordPage, family: AddressFamily): Encodable[] {
  return records.map((record) => ({
    key: record.key,
    hash: record.infoHash,
    name: record.name,
    length: record.length,
    holders: encodeHolders(record.holders, family),
  }));
}

/** Undefined where a record is not of that form. */
export function decodeRecords(values: readonly BencodeValue[], family: AddressFamily): FileRecord[] | undefined {
  if (values.length > LIMITS.ringRecordsPerPage) return undefined;
  const records = values.map((value) => decodeRecord(value, family));
  return records.every((record) => record !== undefined) ? records : undefined;
}

function decodeRecord(value: BencodeValue, family: AddressFamily): FileRecord | undefined {
  if (!(value instanceof Map)) return undefined;
  const key = field.bytes(value, 'key');
  const infoHash = field.bytes(value, 'hash');
  const name = field.bytes(value, 'name');
  const length = field.integer(value, 'length');
  const holders = decodeHolders(field.bytes(value, 'holders') ?? new Uint8Array(), family);
  if (key?.length !== ID_BYTES || infoHash === undefined || (infoHash.length !== 20 && infoHash.length !== 32)) return undefined;
  if (name === undefined || name.length > LIMITS.ringNameBytes || length === undefined || length < 0 || holders === undefined) return undefined;
  return { key, infoHash, name: Buffer.from(name).toString('utf8'), length, holders };
}

function* slices(record: FileRecord): Iterable<FileRecord> {
  for (let start = 0; start < record.holders.length; start += HOLDERS_PER_RECORD) {
    yield { ...record, holders: record.holders.slice(start, start + HOLDERS_PER_RECORD) };
  }
}

function weigh(record: FileRecord, family: AddressFamily): number {
  return RECORD_OVERHEAD_BYTES + Buffer.byteLength(record.name) + record.holders.length * holderBytes(family);
}

/** Address, port, and the seconds left in two bytes. */
function holderBytes(family: AddressFamily): number {
  return family === 4 ? 8 : 20;
}

function encodeHolders(holders: readonly Holder[], family: AddressFamily): Uint8Array {
  const size = holderBytes(family);
  const bytes = new Uint8Array(holders.length * size);
  let length = 0;
  for (const { endpoint, secondsLeft } of holders) {
    const compact = endpointToCompact(endpoint);
    if (compact?.length !== size - 2) continue;
    const seconds = Math.min(secondsLeft, MOST_SECONDS);
    bytes.set(compact, length);
    bytes[length + size - 2] = seconds >>> 8;
    bytes[length + size - 1] = seconds & 0xff;
    length += size;
  }
  return bytes.subarray(0, length);
}

function decodeHolders(bytes: Uint8Array, family: AddressFamily): Holder[] | undefined {
  const size = holderBytes(family);
  if (bytes.length % size !== 0) return undefined;
  const holders: Holder[] = [];
  for (let offset = 0; offset < bytes.length; offset += size) {
    const host = bytesToAddress(bytes.subarray(offset, offset + size - 4));
    const port = (bytes[offset + size - 4] << 8) | bytes[offset + size - 3];
    const secondsLeft = (bytes[offset + size - 2] << 8) | bytes[offset + size - 1];
    if (port !== 0) holders.push({ endpoint: { host, port }, secondsLeft });
  }
  return holders;
}
