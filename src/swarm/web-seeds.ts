/**
 * A torrent's web seeds (BEP 19): which of them is to bring which pieces, and when (`web-seed-policy.ts`).
 *
 * Pieces are taken in rows, so that a request brings many, and a row is about ten seconds long: short enough to turn to what
 * has become urgent, long enough that the way there and back does not count. Everybody begins somewhere else in the torrent,
 * for then all have something to trade with one another.
 *
 * Invariant: a web seed brings one run at a time, and no more than `LIMITS.webSeedsAtOnce` do. One whose bytes were not the
 * torrent's is never asked again.
 */
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize, type Metainfo } from '../metainfo/metainfo.ts';
import { integerBelow, shuffle } from '../runtime/random.ts';
import { Layout } from '../storage/layout.ts';
import type { Contents } from './contents.ts';
import type { Download } from './download.ts';
import type { Neighbour } from './neighbour.ts';
import { PRIORITIES } from './piece-picker.ts';
import { WebSeed, type WebSeedStatus, type WebSeedWorld } from './web-seed.ts';
import { WebSeedPolicy } from './web-seed-policy.ts';
import { bringRun, type Run } from './web-seed-run.ts';

const RUN_SECONDS = 10;
/** As long as nothing is known of a server's speed, and at least. */
const FIRST_RUN_BYTES = 1024 * 1024;
/** Neighbours count up from 1, web seeds down from here. */
const FIRST_SERIAL = 2 ** 32 - 1;
/** One that brings less than this of what two could bring had better leave it to the other. */
const LITTLE = 0.25;
const HIGHEST_RANK = PRIORITIES.length - 1;

export interface WebSeedsOptions extends WebSeedWorld {
  readonly contents: Contents;
  readonly download: Download;
  readonly neighbours: ReadonlySet<Neighbour>;
  /** Whether pieces are wanted in order. */
  readonly sequential: boolean;
}

/** Pieces that stand next to each other and are wanted alike. */
interface Row {
  readonly first: number;
  end: number;
  readonly rank: number;
  bytes: number;
}

/** A run under way. */
interface Running {
  /** What it is at. */
  piece: number | undefined;
  /** Whether no neighbour has its pieces. */
  readonly isGap: boolean;
  readonly abort: AbortController;
  /** Something may have become more urgent. */
  isStale: boolean;
}

export class WebSeeds {
  readonly #options: WebSeedsOptions;
  readonly #metainfo: Metainfo;
  readonly #layout: Layout;
  readonly #seeds: readonly WebSeed[];
  /** Where each goes on. */
  readonly #cursors = new Map<WebSeed, number>();
  readonly #running = new Map<WebSeed, Running>();
  readonly #policy = new WebSeedPolicy();
  #isOn = false;

  constructor(options: WebSeedsOptions) {
    const { contents, random } = options;
    this.#options = options;
    this.#metainfo = contents.metainfo;
    this.#layout = new Layout(contents.metainfo);
    const urls = contents.metainfo.webSeeds.filter((url) => /^https?:/i.test(url) && URL.canParse(url));
    this.#seeds = shuffle(random, urls).map((url, index) => new WebSeed(url, FIRST_SERIAL - index, contents.metainfo, options));
    for (const seed of this.#seeds) this.#cursors.set(seed, options.sequential ? 0 : integerBelow(random, contents.metainfo.pieceCount));
  }

  /** Once a second. */
  tick(nowMs: number): void {
    const { download, neighbours, limit } = this.#options;
    if (this.#seeds.length === 0 || download.demand.missing === 0) return;
    const speeds = this.#seeds.flatMap((seed) => seed.bytesPerSecond(nowMs) ?? []);
    this.#policy.update({
      neighbourBytes: download.receivedBytes - download.suppliedBytes,
      neighbourGives: [...neighbours].some((neighbour) => neighbour.interesting > 0 && !neighbour.peerChoking && !neighbour.snubbed),
      bytesPerSecond: speeds.length === 0 ? undefined : Math.min(Math.max(...speeds), limit.bytesPerSecond),
    }, nowMs);
    this.#assign();
  }

  /** Priorities have changed: what is under way is left at its next piece where something else is wanted more. */
  reconsider(): void {
    for (const running of this.#running.values()) running.isStale = true;
    this.#assign();
  }

  /** Bytes for a piece were not the torrent's. Tells whether it was a web seed that sent them; it is not asked again then. */
  blame(name: string, piece: number): boolean {
    const seed = this.#seeds.find((one) => one.name === name);
    if (seed === undefined) return false;
    seed.drop(`piece ${piece} from it was not the torrent's; it is not asked again`);
    this.#running.get(seed)?.abort.abort(new ShoalError('WEB_SEED_DROPPED', 'the web seed has been dropped'));
    return true;
  }

  status(): WebSeedStatus[] {
    const nowMs = this.#options.clock.now();
    return this.#seeds.map((seed) => seed.status(nowMs));
  }

  /** What is under way is broken off, and nothing begun until `start`. */
  stop(): void {
    this.#isOn = false;
    for (const { abort } of this.#running.values()) abort.abort(new ShoalError('STOPPED', 'the torrent has been stopped, or is paused'));
  }

  start(): void {
    this.#isOn = true;
    this.tick(this.#options.clock.now());
  }

  #assign(): void {
    const { download, clock } = this.#options;
    if (!this.#isOn || download.demand.missing === 0) return;
    const nowMs = clock.now();
    // To send a whole file for a gap is too much, as long as neighbours give the rest.
    const isFit = (seed: WebSeed): boolean => this.#policy.bringsAny || !seed.ignoresRanges;
    const speedOf = (seed: WebSeed): number => seed.bytesPerSecond(nowMs) ?? 0;
    const ready = this.#seeds.filter((seed) => seed.isReady(nowMs) && isFit(seed)).sort((a, b) => speedOf(b) - speedOf(a));
    for (const seed of ready) {
      if (this.#running.size >= LIMITS.webSeedsAtOnce) return;
      const run = this.#rowOnOffer(seed, nowMs) ?? this.#partOfAnother(seed, nowMs) ?? this.#joined(seed, nowMs);
      if (run !== undefined) void this.#bring(seed, run);
      // What there is not for one that has everything, there is not for those that are slower.
      else if (!seed.lacksFiles) return;
    }
  }

  async #bring(seed: WebSeed, run: Run): Promise<void> {
    const { contents, download } = this.#options;
    const abort = new AbortController();
    const running: Running = { piece: run.joined?.piece.piece, abort, isGap: !this.#policy.bringsAny, isStale: false };
    seed.began();
    this.#running.set(seed, running);
    try {
      await bringRun(seed, run, {
        metainfo: this.#metainfo, layout: this.#layout, download, carriesPayload: contents.carriesPayload,
        signal: abort.signal,
        mayBegin: (piece) => {
          running.piece = piece;
          return this.#mayBegin(seed, running, piece);
        },
      });
      seed.ended();
    } catch (error) {
      if (abort.signal.aborted) seed.ended();
      else seed.ended(error as Error);
    } finally {
      this.#running.delete(seed);
      download.disclaim(seed);
      this.#assign();
    }
  }

  #mayBegin(seed: WebSeed, running: Running, piece: number): boolean {
    // One that knows no ranges would have to begin anew, so it is not broken off for a look.
    const isAsked = this.#policy.bringsAny || (this.#policy.isLooking && seed.ignoresRanges);
    if (running.isGap ? this.#isWithNeighbours(piece) : !isAsked) return false;
    if (!running.isStale) return true;
    running.isStale = false;
    const { download, clock } = this.#options;
    const rank = download.demand.rankOf(piece);
    for (const other of download.claims.of(seed)) if (download.demand.rankOf(other) > rank) return false;
    return (this.#bestRow(seed, clock.now())?.rank ?? 0) <= rank;
  }

  /** The best row of pieces on offer; claimed. */
  #rowOnOffer(seed: WebSeed, nowMs: number): Run | undefined {
    const { download } = this.#options;
    const row = this.#bestRow(seed, nowMs);
    if (row === undefined) return undefined;
    // A server that knows no ranges is asked for all that is wanted of a file at once.
    const end = seed.ignoresRanges ? this.#endOfFile(row.first) : row.end;
    for (let piece = row.first; piece < end; piece++) if (this.#rankOnOffer(seed, piece, nowMs) === row.rank) download.claim(seed, piece);
    this.#cursors.set(seed, end);
    return { first: row.first, end };
  }

  /** Where nothing is on offer any more: of what another would still bring, the later part, by how fast each is; claimed. */
  #partOfAnother(seed: WebSeed, nowMs: number): Run | undefined {
    const { download } = this.#options;
    if (!this.#policy.bringsAny) return undefined;
    let part: readonly number[] = [];
    for (const other of this.#running.keys()) {
      const pieces = [...download.claims.of(other)].sort((a, b) => a - b);
      const kept = Math.ceil(pieces.length * shareOf(other, seed, nowMs) - LITTLE);
      const row = lastRow(pieces.slice(kept).filter((piece) => this.#gives(seed, piece, nowMs)));
      if (row.length > part.length) part = row;
    }
    if (part.length === 0) return undefined;
    for (const piece of part) download.claim(seed, piece);
    return { first: part[0], end: part[part.length - 1] + 1 };
  }

  /** Where nothing is left to begin: what is missing of a piece that others have begun, the one on which least is going on. */
  #joined(seed: WebSeed, nowMs: number): Run | undefined {
    const { download } = this.#options;
    const begun = [...download.begun].filter((piece) => {
      if (!this.#gives(seed, piece.piece, nowMs) || (!this.#policy.bringsAny && piece.free === 0)) return false;
      return [...this.#running].every(([other, running]) => running.piece !== piece.piece || shareOf(other, seed, nowMs) < LITTLE);
    });
    for (const piece of begun.sort((a, b) => a.touchedMs - b.touchedMs)) {
      const joined = download.join(seed, piece);
      if (joined !== undefined) return { first: piece.piece, end: piece.piece + 1, joined };
    }
    return undefined;
  }

  /**
   * The pieces on offer in a row with which the seed is to go on: those wanted most; among them the row that is long enough,
   * next from where it was, or else the longest. Neighbours leave many short ones (BEP 19).
   */
  #bestRow(seed: WebSeed, nowMs: number): Row | undefined {
    const { pieceCount } = this.#metainfo;
    const mostBytes = runBytes(seed, nowMs);
    // What no neighbour has the others lack as well: if each brings something else of it, all have it soon.
    const cursor = this.#policy.bringsAny ? (this.#cursors.get(seed) ?? 0) : integerBelow(this.#options.random, pieceCount);
    let best: Row | undefined;
    let row: Row | undefined;
    for (let count = 0; count < pieceCount; count++) {
      const piece = (cursor + count) % pieceCount;
      const rank = this.#rankOnOffer(seed, piece, nowMs);
      if (rank === 0) continue;
      if (row === undefined || row.end !== piece || row.rank !== rank || row.bytes >= mostBytes) row = { first: piece, end: piece, rank, bytes: 0 };
      row.end += 1;
      row.bytes += pieceSize(this.#metainfo, piece);
      if (best === undefined || this.#isBetter(seed, row, best)) best = row;
    }
    return best;
  }

  #isBetter(seed: WebSeed, row: Row, best: Row): boolean {
    if (row.rank !== best.rank) return row.rank > best.rank;
    // What is wanted most is wanted in order, for somebody reads it.
    if (row.rank === HIGHEST_RANK || this.#options.sequential || seed.ignoresRanges) return row.first < best.first;
    return this.#policy.bringsAny && row.bytes > best.bytes;
  }

  /** How much a piece is wanted, as an index into PRIORITIES; 0 also where it is not on offer to the seed. */
  #rankOnOffer(seed: WebSeed, piece: number, nowMs: number): number {
    const { download } = this.#options;
    return download.demand.isOnOffer(piece) && this.#gives(seed, piece, nowMs) ? download.demand.rankOf(piece) : 0;
  }

  /** Whether the seed is to be asked for the piece, and may have it. */
  #gives(seed: WebSeed, piece: number, nowMs: number): boolean {
    if (!this.#policy.bringsAny && this.#isWithNeighbours(piece)) return false;
    if (!seed.lacksFiles) return true;
    return this.#layout.spans(piece, 0, pieceSize(this.#metainfo, piece)).every(({ file }) => seed.hasFile(file, nowMs));
  }

  #isWithNeighbours(piece: number): boolean {
    for (const neighbour of this.#options.neighbours) if (neighbour.pieces.has(piece)) return true;
    return false;
  }

  #endOfFile(piece: number): number {
    const spans = this.#layout.spans(piece, 0, pieceSize(this.#metainfo, piece));
    return this.#layout.piecesOf(spans[spans.length - 1].file).end;
  }
}

/** Of pieces in order, the last that stand next to each other. */
function lastRow(pieces: readonly number[]): readonly number[] {
  const gap = pieces.findLastIndex((piece, index) => index > 0 && piece !== pieces[index - 1] + 1);
  return pieces.slice(Math.max(gap, 0));
}

/** Which part of what two could bring `one` should bring. */
function shareOf(one: WebSeed, other: WebSeed, nowMs: number): number {
  const speed = one.bytesPerSecond(nowMs);
  const otherSpeed = other.bytesPerSecond(nowMs);
  return speed === undefined || otherSpeed === undefined || speed + otherSpeed === 0 ? 0.5 : speed / (speed + otherSpeed);
}

function runBytes(seed: WebSeed, nowMs: number): number {
  return Math.max(FIRST_RUN_BYTES, Math.min((seed.bytesPerSecond(nowMs) ?? 0) * RUN_SECONDS, LIMITS.webSeedRunBytes));
}
