/**
 * Keeping every record at r + 1 peers: the one responsible for its key and the r that follow.
 *
 * What is announced is copied at once. Besides, every responsible peer compares what it has of its own arc with each of its r
 * successors, now and then and whenever its neighbours have changed: both send digests, and for each part of the arc that
 * differs the one gets what only the other has. Records are sets of announcements, and two announcements of the same are
 * settled by the later expiry, so copies agree in whatever order all this happens. The same comparison hands keys over to a
 * newcomer, and from one who leaves.
 *
 * Invariant: a copy that need not be kept here any more is dropped only after a peer who should keep it has taken it, or when
 * it expires. Copies are taken from neighbours only, and only of keys that this peer should keep.
 */
import { equalBytes } from '../../bytes/compare.ts';
import type { Endpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { Timer } from '../../runtime/clock.ts';
import { isWithin } from './circle.ts';
import type { RingContext } from './context.ts';
import type { Answer, Arc } from './messages.ts';
import { pages, type RecordPage } from './record-codec.ts';
import { isInBuckets, type FileRecord, type Outcome } from './records.ts';
import type { Contact } from './ring-id.ts';

/** Buckets whose pages are asked for one after the other; the strands side by side, so that a long way takes less long. */
const STRANDS = [0x000000ff, 0x0000ff00, 0x00ff0000, 0xff000000] as const;

export class Replicator {
  readonly #context: RingContext;
  /** Announcements not copied yet: by key, info-hash and holder. */
  readonly #fresh = new Map<string, FileRecord>();
  readonly #comparing = new Set<string>();
  #freshTimer: Timer | undefined;
  #repairTimer: Timer | undefined;
  #repairDueMs = Number.POSITIVE_INFINITY;
  #isStopped = true;

  constructor(context: RingContext) {
    this.#context = context;
  }

  start(): void {
    this.#isStopped = false;
    this.#repairAfter(this.#context.settings.repairIntervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#repairTimer?.cancel();
    this.#repairDueMs = Number.POSITIVE_INFINITY;
    this.#freshTimer?.cancel();
    this.#freshTimer = undefined;
  }

  /** The neighbours have changed: others should keep our copies, and we theirs. */
  neighboursChanged(): void {
    if (!this.#isStopped) this.#repairAfter(this.#context.settings.stabiliseIntervalMs / 5);
  }

  /** Takes in what a holder announces of itself; a lifetime of 0 takes it back. */
  announced(record: Omit<FileRecord, 'holders'>, holder: Endpoint, lifetimeMs: number): Outcome {
    const { records, clock, settings } = this.#context;
    const kept = Math.min(lifetimeMs, settings.recordLifetimeMs);
    const outcome = kept > 0
      ? records.put(record, holder, kept, clock.now())
      : records.withdraw(record, holder, settings.recordLifetimeMs, clock.now());
    if (outcome === 'stored' || outcome === 'removed') this.#copy(record, holder, kept);
    return outcome;
  }

  /** Copies what has been announced and taken back here. `done` is called once all who are to have it do, or do not answer. */
  copyFresh(done: () => void): void {
    const { table, family } = this.#context;
    this.#freshTimer?.cancel();
    this.#freshTimer = undefined;
    const fresh = [...this.#fresh.values()];
    this.#fresh.clear();
    // What is not our own has come here because its own peer could not be reached; that may be one of those before us.
    const others = fresh.filter(({ key }) => !table.owns(key));
    const before = table.predecessors.all.filter((predecessor) => !table.successors.has(predecessor));
    const pushes = [
      ...table.successors.all.map((successor) => ({ to: successor, records: fresh })),
      ...before.map((predecessor) => ({ to: predecessor, records: others })),
    ].filter(({ records }) => records.length > 0);
    let waiting = pushes.length;
    if (waiting === 0) return done();
    for (const { to, records } of pushes) {
      this.#push(to, pages(records, family), () => {
        waiting -= 1;
        if (waiting === 0) done();
      });
    }
  }

  /** Takes in copies from a neighbour; tells for each with 1 or 0 whether it is kept here now. */
  take(copies: RecordPage): Uint8Array {
    return Uint8Array.from(copies, (record) => (this.#takeOne(record, () => {}) ? 1 : 0));
  }

  /**
   * Makes oneself and another agree on an arc. `direction` 'pull' only gets what the other has. `done` is told whether it
   * came to its end.
   */
  compare(contact: Contact, arc: Arc, direction: 'both' | 'pull', done: (isComplete: boolean) => void): void {
    const { records, clock } = this.#context;
    if (this.#comparing.has(contact.key)) return done(false);
    this.#comparing.add(contact.key);
    const end = (isComplete: boolean): void => {
      this.#comparing.delete(contact.key);
      done(isComplete);
    };
    const digests = records.digests(arc.after, arc.upTo, clock.now());
    this.#context.ask(contact, { type: 'compare', ...arc, digests }, (outcome) => {
      if (outcome.kind !== 'answer' || outcome.answer.digests === undefined) return end(false);
      const others = outcome.answer.digests;
      const differing = differingBuckets(digests, others);
      if (differing === 0) return end(true);
      const isOurs = (key: Uint8Array): boolean => isWithin(key, arc.after, arc.upTo) && isInBuckets(key, differing);
      const pull = (isComplete: boolean): void => (isComplete ? this.#pull(contact, arc, differing, end) : end(false));
      if (direction === 'pull') pull(true);
      else this.#push(contact, pages(records.select(isOurs, clock.now()), this.#context.family), pull);
    });
  }

  /** Compares the own arc with everyone who should have copies of it, and passes on what is no more to be kept here. */
  repair(): void {
    const { table } = this.#context;
    const { predecessor } = table;
    if (predecessor === undefined || !this.#context.isMember) return;
    const arc = { after: predecessor.id, upTo: table.own.id };
    for (const successor of table.successors.all) this.compare(successor, arc, 'both', () => {});
    this.#passOn();
  }

  /** @param outdated is told of holders who have taken back here what others still have */
  #takeOne(record: FileRecord, outdated: (holder: Endpoint) => void): boolean {
    const { table, records, clock, settings } = this.#context;
    if (!table.keeps(record.key)) return false;
    const outcomes = record.holders.map(({ endpoint, secondsLeft }) => {
      if (secondsLeft === 0) return records.withdraw(record, endpoint, settings.recordLifetimeMs, clock.now());
      const outcome = records.putCopy(record, endpoint, Math.min(secondsLeft * 1000, settings.recordLifetimeMs), clock.now());
      if (outcome === 'removed') outdated(endpoint);
      return outcome;
    });
    return !outcomes.includes('full') && !outcomes.includes('invalid');
  }

  /** However often the neighbours change, what is due is not put off. */
  #repairAfter(delayMs: number): void {
    const { clock, settings } = this.#context;
    const dueMs = clock.now() + delayMs;
    if (dueMs >= this.#repairDueMs) return;
    this.#repairTimer?.cancel();
    this.#repairDueMs = dueMs;
    this.#repairTimer = clock.after(delayMs, () => {
      this.#repairDueMs = Number.POSITIVE_INFINITY;
      this.#repairAfter(settings.repairIntervalMs);
      this.repair();
    });
  }

  #copy({ key, infoHash, name, length }: Omit<FileRecord, 'holders'>, holder: Endpoint, lifetimeMs: number): void {
    const holders = [{ endpoint: holder, secondsLeft: Math.ceil(lifetimeMs / 1000) }];
    this.#fresh.set(`${toHex(key)}/${toHex(infoHash)}/${holder.host} ${holder.port}`, { key, infoHash, name, length, holders });
    if (this.#fresh.size >= LIMITS.ringFreshAnnouncements) return this.copyFresh(() => {});
    this.#freshTimer ??= this.#context.clock.after(this.#context.settings.replicateDelayMs, () => this.copyFresh(() => {}));
  }

  /** Stores pages at a neighbour, one after the other. */
  #push(contact: Contact, [page, ...rest]: readonly RecordPage[], done: (isComplete: boolean) => void): void {
    if (page === undefined) return done(true);
    this.#context.ask(contact, { type: 'store', records: page }, (outcome) => {
      if (outcome.kind === 'answer') this.#push(contact, rest, done);
      else done(false);
    });
  }

  /** Gets an arc's buckets from a neighbour: a few strands at a time, each one page after the other. */
  #pull(contact: Contact, arc: Arc, buckets: number, done: (isComplete: boolean) => void): void {
    const strands = STRANDS.map((strand) => (strand & buckets) >>> 0).filter((strand) => strand !== 0);
    let waiting = strands.length;
    let isComplete = true;
    const strandDone = (isWhole: boolean): void => {
      waiting -= 1;
      isComplete &&= isWhole;
      if (waiting === 0) done(isComplete);
    };
    for (const strand of strands) this.#pullStrand(contact, arc, strand, strandDone);
  }

  #pullStrand(contact: Contact, arc: Arc, buckets: number, done: (isComplete: boolean) => void): void {
    let pagesLeft = LIMITS.ringPages;
    const next = (cursor: Uint8Array): void => {
      this.#context.ask(contact, { type: 'records', ...arc, buckets, cursor }, (outcome) => {
        pagesLeft -= 1;
        if (outcome.kind !== 'answer') return done(false);
        this.#takePulled(outcome.answer, arc);
        const { cursor: following } = outcome.answer;
        if (following !== undefined && pagesLeft > 0 && !equalBytes(following, cursor)) next(following);
        else done(true);
      });
    };
    next(new Uint8Array());
  }

  #takePulled({ records = [] }: Answer, arc: Arc): void {
    for (const record of records) if (isWithin(record.key, arc.after, arc.upTo)) this.#takeOne(record, (holder) => this.#copy(record, holder, 0));
  }

  /**
   * What lies before the arcs that this peer should keep, goes to the farthest predecessor that has us for a neighbour, the
   * r-th; it keeps what belongs to the r before it. What it has, we forget.
   */
  #passOn(): void {
    const { table, records, clock, family } = this.#context;
    const keeper = table.predecessors.all.at(-2);
    if (keeper === undefined) return;
    const strays = records.select((key) => !table.keeps(key), clock.now());
    const passNext = ([page, ...rest]: readonly RecordPage[]): void => {
      if (page === undefined) return;
      this.#context.ask(keeper, { type: 'store', records: page }, (outcome) => {
        if (outcome.kind !== 'answer') return;
        const { kept = new Uint8Array() } = outcome.answer;
        for (const [index, record] of page.entries()) {
          if (kept[index] === 1 && !table.keeps(record.key)) for (const { endpoint } of record.holders) records.remove(record, endpoint);
        }
        passNext(rest);
      });
    };
    passNext(pages(strays, family));
  }
}

/** One bit for each bucket in which two peers differ, the first the lowest. */
function differingBuckets(a: Uint32Array, b: Uint32Array): number {
  let buckets = 0;
  for (const [bucket, digest] of a.entries()) if (digest !== b[bucket]) buckets |= 1 << bucket;
  return buckets >>> 0;
}
