/**
 * The database of one peer: which files are known by which key, and who holds them, as soft state that the holders renew.
 *
 * What a holder takes back is remembered as long as a copy of it may live elsewhere, or that would bring it back. A copy that
 * lives longer is of something announced since.
 *
 * Invariants: an announcement (a record's holder) is there only until it expires; every record's key is one of its own name's
 * or its info-hash's; there are never more records a key, holders a record, or announcements in all and by one address, than
 * `LIMITS` allows. What is full refuses newcomers rather than drop what it has: else a flood could drive the honest out.
 */
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { equalBytes } from '../../bytes/compare.ts';
import { sha1 } from '../../bytes/digest.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { isWithin } from './circle.ts';
import { hasWords, keysOf } from './names.ts';
import { strangerAt } from './ring-id.ts';

/** A file by one of its keys, and who holds it. */
export interface FileRecord {
  /** 20 bytes. */
  readonly key: Uint8Array;
  /** 20 bytes, or 32 of a v2 torrent. */
  readonly infoHash: Uint8Array;
  /** Empty where it is known by its info-hash alone. */
  readonly name: string;
  /** Bytes; 0 where unknown. */
  readonly length: number;
  readonly holders: readonly Holder[];
}

/** A peer who holds a file, and takes connections (BEP 3) there. */
export interface Holder {
  readonly endpoint: Endpoint;
  /** Until it is forgotten unless it renews. */
  readonly secondsLeft: number;
}

export type Outcome = 'stored' | 'removed' | 'full' | 'invalid';

/** Parts of an arc that two peers compare by one digest each; which of them a key is in, its last bits say. A number has a bit for each. */
export const DIGEST_BUCKETS = 32;

interface Entry {
  readonly key: Uint8Array;
  readonly infoHash: Uint8Array;
  readonly name: string;
  readonly length: number;
  /** By endpoint. */
  readonly holders: Map<string, Announcement>;
}

interface Announcement {
  readonly endpoint: Endpoint;
  readonly digest: number;
  expiresAtMs: number;
}

export class RecordStore {
  /** By key and then by info-hash, in hexadecimal. */
  readonly #keys = new Map<string, Map<string, Entry>>();
  readonly #byStranger = new Map<string, number>();
  /** What was taken back, the oldest first, and when the last copy of it expires. */
  readonly #takenBack = new Map<string, number>();
  #announcementCount = 0;

  get keyCount(): number {
    return this.#keys.size;
  }

  /** Pairs of a record and one of its holders. */
  get announcementCount(): number {
    return this.#announcementCount;
  }

  /** Takes in what a holder announces. */
  put(record: Omit<FileRecord, 'holders'>, holder: Endpoint, lifetimeMs: number, nowMs: number): Outcome {
    this.#takenBack.delete(nameOf(record, holder));
    return this.#keep(record, holder, lifetimeMs, nowMs);
  }

  /** Takes in another's copy of an announcement; 'removed' if the holder has taken that back here. */
  putCopy(record: Omit<FileRecord, 'holders'>, holder: Endpoint, lifetimeMs: number, nowMs: number): Outcome {
    if ((this.#takenBack.get(nameOf(record, holder)) ?? 0) >= nowMs + lifetimeMs) return 'removed';
    return this.#keep(record, holder, lifetimeMs, nowMs);
  }

  /**
   * Takes an announcement back.
   * @param lifetimeMs how long it may live where nobody says so
   */
  withdraw(record: Pick<FileRecord, 'key' | 'infoHash'>, holder: Endpoint, lifetimeMs: number, nowMs: number): Outcome {
    this.remove(record, holder);
    const name = nameOf(record, holder);
    this.#takenBack.delete(name);
    this.#takenBack.set(name, nowMs + lifetimeMs);
    if (this.#takenBack.size > LIMITS.ringTakenBack) {
      const [oldest] = this.#takenBack.keys();
      this.#takenBack.delete(oldest);
    }
    return 'removed';
  }

  /** Forgets an announcement that others keep. */
  remove({ key, infoHash }: Pick<FileRecord, 'key' | 'infoHash'>, holder: Endpoint): void {
    const entry = this.#keys.get(toHex(key))?.get(toHex(infoHash));
    if (entry !== undefined) this.#forget(entry, formatEndpoint(holder));
  }

  /** Forgets what has expired. */
  expire(nowMs: number): void {
    for (const entry of this.#entries()) {
      for (const [name, { expiresAtMs }] of entry.holders) if (expiresAtMs <= nowMs) this.#forget(entry, name);
    }
  }

  /** What is known by `key` of files that have all of `words` in their names; by info-hash in ascending order. */
  find(key: Uint8Array, words: readonly string[], nowMs: number): FileRecord[] {
    const entries = [...this.#keys.get(toHex(key)) ?? []].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .filter(([, entry]) => words.length === 0 || hasWords(entry.name, words))
      .map(([, entry]) => asRecord(entry, nowMs))
      .filter((record) => record.holders.length > 0);
  }

  /** What is known by keys for which `isWanted` holds, by key and then info-hash in ascending order. */
  select(isWanted: (key: Uint8Array) => boolean, nowMs: number): FileRecord[] {
    const selected: FileRecord[] = [];
    const keys = [...this.#keys].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [hex, records] of keys) {
      const [first] = records.values();
      if (isWanted(first.key)) selected.push(...this.find(Buffer.from(hex, 'hex'), [], nowMs));
    }
    return selected;
  }

  /** One digest a bucket of all announcements within the arc: two peers that hold the same have the same. */
  digests(after: Uint8Array, upTo: Uint8Array, nowMs: number): Uint32Array {
    const digests = new Uint32Array(DIGEST_BUCKETS);
    for (const entry of this.#entries()) {
      if (!isWithin(entry.key, after, upTo)) continue;
      const bucket = bucketOf(entry.key);
      for (const { digest, expiresAtMs } of entry.holders.values()) if (expiresAtMs > nowMs) digests[bucket] ^= digest;
    }
    return digests;
  }

  /** Adds an announcement, or keeps the longer lived of two. */
  #keep(record: Omit<FileRecord, 'holders'>, holder: Endpoint, lifetimeMs: number, nowMs: number): Outcome {
    const records = this.#keys.get(toHex(record.key));
    const entry = records?.get(toHex(record.infoHash));
    const known = entry?.holders.get(formatEndpoint(holder));
    if (known !== undefined) {
      known.expiresAtMs = Math.max(known.expiresAtMs, nowMs + lifetimeMs);
      return 'stored';
    }
    const stranger = strangerAt(holder);
    if (this.#announcementCount >= LIMITS.ringAnnouncements) return 'full';
    if ((this.#byStranger.get(stranger) ?? 0) >= LIMITS.ringAnnouncementsPerAddress) return 'full';
    if ((entry?.holders.size ?? 0) >= LIMITS.ringHoldersPerRecord || (entry === undefined && (records?.size ?? 0) >= LIMITS.ringRecordsPerKey)) {
      return 'full';
    }
    const target = entry ?? this.#add(record);
    if (target === undefined) return 'invalid';
    target.holders.set(formatEndpoint(holder), {
      endpoint: holder, digest: digestOf(target, holder), expiresAtMs: nowMs + lifetimeMs,
    });
    this.#announcementCount += 1;
    this.#byStranger.set(stranger, (this.#byStranger.get(stranger) ?? 0) + 1);
    return 'stored';
  }

  *#entries(): Iterable<Entry> {
    for (const records of this.#keys.values()) yield* records.values();
  }

  #add({ key, infoHash, name, length }: Omit<FileRecord, 'holders'>): Entry | undefined {
    // Its keys say of a record that it belongs there: nobody finds a file by a word that it does not have.
    if (/\p{Cc}/u.test(name) || !keysOf(name, infoHash).some((own) => equalBytes(own, key))) return undefined;
    // Copies, or every record would keep the datagram that it came in.
    const entry: Entry = { key: new Uint8Array(key), infoHash: new Uint8Array(infoHash), name, length, holders: new Map() };
    const records = this.#keys.get(toHex(key)) ?? new Map<string, Entry>();
    records.set(toHex(infoHash), entry);
    this.#keys.set(toHex(key), records);
    return entry;
  }

  #forget(entry: Entry, name: string): void {
    const announcement = entry.holders.get(name);
    if (announcement === undefined) return;
    entry.holders.delete(name);
    this.#announcementCount -= 1;
    const stranger = strangerAt(announcement.endpoint);
    const left = (this.#byStranger.get(stranger) ?? 0) - 1;
    if (left > 0) this.#byStranger.set(stranger, left);
    else this.#byStranger.delete(stranger);
    if (entry.holders.size > 0) return;
    const records = this.#keys.get(toHex(entry.key));
    records?.delete(toHex(entry.infoHash));
    if (records?.size === 0) this.#keys.delete(toHex(entry.key));
  }
}

/** 0 to `DIGEST_BUCKETS` - 1. */
export function bucketOf(key: Uint8Array): number {
  return key[key.length - 1] % DIGEST_BUCKETS;
}

/** Whether a key is in one of the buckets whose bits are set, the first the lowest. */
export function isInBuckets(key: Uint8Array, buckets: number): boolean {
  return ((buckets >>> bucketOf(key)) & 1) === 1;
}

function nameOf({ key, infoHash }: Pick<FileRecord, 'key' | 'infoHash'>, holder: Endpoint): string {
  return `${toHex(key)}/${toHex(infoHash)}/${formatEndpoint(holder)}`;
}

function asRecord({ key, infoHash, name, length, holders }: Entry, nowMs: number): FileRecord {
  return {
    key, infoHash, name, length,
    holders: [...holders.values()]
      .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
      // No seconds left would take it back.
      .map(({ endpoint, expiresAtMs }) => ({ endpoint, secondsLeft: Math.max(1, Math.floor((expiresAtMs - nowMs) / 1000)) })),
  };
}

/** Mixed well, for digests are put together by exclusive or. */
function digestOf({ key, infoHash }: Entry, holder: Endpoint): number {
  const digest = sha1(Buffer.concat([key, infoHash, Buffer.from(formatEndpoint(holder))]));
  return ((digest[0] << 24) | (digest[1] << 16) | (digest[2] << 8) | digest[3]) >>> 0;
}
