/**
 * Publishing and finding, as somebody who asks sees them: for each key of a name the responsible peer is looked up and told,
 * or asked.
 *
 * Invariant: what is found is hearsay, but each record found has all the words that were asked for.
 */
import { equalBytes } from '../../bytes/compare.ts';
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { RingContext } from './context.ts';
import { Lookup, type LookupResult } from './lookup.ts';
import { ERROR } from './messages.ts';
import { hasWords, keysOf, nameKey, normaliseName, wordsOf } from './names.ts';
import type { FileRecord } from './records.ts';
import type { Replicator } from './replicator.ts';
import type { Contact } from './ring-id.ts';

/** A file, as its holder publishes it. */
export interface Publication {
  /** 20 bytes, or 32 of a v2 torrent. */
  readonly infoHash: Uint8Array;
  /** Empty where it is not known yet: the file is then found by its info-hash alone. */
  readonly name: string;
  /** Bytes; 0 where unknown. */
  readonly length: number;
  /** The TCP port on which peers are taken. */
  readonly port: number;
}

export interface PublishResult {
  /** Keys under which the file is to be found. */
  readonly keys: number;
  /** Those whose responsible peer has taken it. */
  readonly stored: number;
}

/** A file that was found, and who is said to hold it. */
export interface FoundFile {
  readonly infoHash: Uint8Array;
  readonly name: string;
  readonly length: number;
  readonly holders: readonly Endpoint[];
}

/** How often something is tried while those who should answer are silent. */
const ATTEMPTS = 3;
/** Peers with copies that are asked when the responsible peer has nothing. */
const SECOND_OPINIONS = 2;

export class Publisher {
  readonly #context: RingContext;
  readonly #replicator: Replicator;

  constructor(context: RingContext, replicator: Replicator) {
    this.#context = context;
    this.#replicator = replicator;
  }

  /**
   * Announces oneself as a holder under all keys of a file.
   * @param lifetimeMs 0 takes the announcements back
   */
  publish(publication: Publication, lifetimeMs: number, done: (result: PublishResult) => void): void {
    const keys = keysOf(publication.name, publication.infoHash);
    let waiting = keys.length;
    let stored = 0;
    for (const key of keys) {
      this.#announce(key, publication, lifetimeMs, ATTEMPTS, (isStored) => {
        waiting -= 1;
        if (isStored) stored += 1;
        if (waiting === 0) done({ keys: keys.length, stored });
      });
    }
  }

  /** Finds files by their whole name or by any of its words; those that have all words of `text` in their names. */
  find(text: string, done: (files: readonly FoundFile[]) => void): void {
    const words = wordsOf(text);
    const keys = new Map([normaliseName(text), ...words].map((name) => [name, nameKey(name)]));
    let waiting = keys.size;
    const records: FileRecord[] = [];
    for (const key of keys.values()) {
      this.findByKey(key, words, (found) => {
        waiting -= 1;
        records.push(...found);
        if (waiting === 0) done(asFiles(records));
      });
    }
  }

  /** What is known by one key of files that have all of `words`. */
  findByKey(key: Uint8Array, words: readonly string[], done: (records: readonly FileRecord[]) => void): void {
    this.#find(key, words, ATTEMPTS, done);
  }

  #find(key: Uint8Array, words: readonly string[], attemptsLeft: number, done: (records: readonly FileRecord[]) => void): void {
    Lookup.start(this.#context, key, {}, (result) => {
      const keepers = this.#keepers(result);
      this.#askInTurn(key, words, keepers, keepers.length === 0, (records, isInDoubt) => {
        if (records.length > 0 || !isInDoubt || attemptsLeft === 1) done(records);
        else this.#later(() => this.#find(key, words, attemptsLeft - 1, done));
      });
    });
  }

  /** The responsible peer and, after it, some that keep copies. */
  #keepers({ owner, followers }: LookupResult): Contact[] {
    const { table } = this.#context;
    if (owner === undefined) return [];
    const copies = owner === table.own ? table.successors.all : followers;
    return [owner, ...copies.slice(0, SECOND_OPINIONS)];
  }

  /** @param isInDoubt whether somebody who should know has been silent */
  #askInTurn(
    key: Uint8Array, words: readonly string[], [keeper, ...others]: readonly Contact[], isInDoubt: boolean,
    done: (records: readonly FileRecord[], isInDoubt: boolean) => void,
  ): void {
    const { table, records, clock } = this.#context;
    if (keeper === undefined) return done([], isInDoubt);
    const settle = (found: readonly FileRecord[] | undefined): void => {
      if (found !== undefined && found.length > 0) done(found, false);
      else this.#askInTurn(key, words, others, isInDoubt || found === undefined, done);
    };
    if (keeper === table.own) settle(records.find(key, words, clock.now()));
    else this.#fetch(keeper, key, words, new Uint8Array(), [], settle);
  }

  /** The circle may be about to mend: a little later there may be somebody. */
  #later(again: () => void): void {
    this.#context.clock.after(this.#context.settings.shortestTimeoutMs, again);
  }

  /** Gets a key's records from one peer, page by page; undefined where it is silent. */
  #fetch(
    keeper: Contact, key: Uint8Array, words: readonly string[], cursor: Uint8Array, before: readonly FileRecord[],
    done: (records: readonly FileRecord[] | undefined) => void,
  ): void {
    this.#context.ask(keeper, { type: 'find', key, words, cursor }, (outcome) => {
      if (outcome.kind !== 'answer') return done(before.length > 0 ? before : undefined);
      const { records = [], cursor: next } = outcome.answer;
      const fitting = records.filter((record) => equalBytes(record.key, key) && hasWords(record.name, words));
      const all = [...before, ...fitting];
      const isEnough = next === undefined || equalBytes(next, cursor) || all.length >= LIMITS.ringRecordsPerKey || records.length === 0;
      if (isEnough) done(all);
      else this.#fetch(keeper, key, words, next, all, done);
    });
  }

  #announce(key: Uint8Array, publication: Publication, lifetimeMs: number, attemptsLeft: number, done: (isStored: boolean) => void): void {
    if (attemptsLeft === 0) return done(false);
    const { table } = this.#context;
    const { infoHash, name, length, port } = publication;
    Lookup.start(this.#context, key, {}, ({ owner }) => {
      const again = (): void => this.#later(() => this.#announce(key, publication, lifetimeMs, attemptsLeft - 1, done));
      if (owner === undefined) return again();
      if (owner === table.own) {
        const outcome = this.#replicator.announced({ key, infoHash, name, length }, { host: table.own.endpoint.host, port }, lifetimeMs);
        return done(outcome === 'stored' || outcome === 'removed');
      }
      const lifetimeSeconds = Math.ceil(lifetimeMs / 1000);
      this.#context.ask(owner, { type: 'announce', key, infoHash, name, length, port, lifetimeSeconds }, (outcome) => {
        if (outcome.kind === 'answer') done(true);
        else if (outcome.kind === 'error' && outcome.code === ERROR.full) done(false);
        else again();
      });
    });
  }
}

/** Records of the same file under several keys put together. */
function asFiles(records: readonly FileRecord[]): FoundFile[] {
  const files = new Map<string, { infoHash: Uint8Array; name: string; length: number; holders: Map<string, Endpoint> }>();
  for (const { infoHash, name, length, holders } of records) {
    const file = files.get(toHex(infoHash)) ?? { infoHash, name, length, holders: new Map<string, Endpoint>() };
    for (const { endpoint } of holders) file.holders.set(formatEndpoint(endpoint), endpoint);
    files.set(toHex(infoHash), file);
  }
  return [...files.values()].map(({ holders, ...file }) => ({ ...file, holders: [...holders.values()] }));
}
