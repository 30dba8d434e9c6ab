/**
 * One web seed (BEP 19): an ordinary HTTP server that has the torrent's files, asked for ranges of them. What it is worth is
 * kept here: how fast it is, what it lacks, and until when it is left alone after it failed.
 *
 * Invariant: `read` gives the bytes at that place of that file as the server has them, all of them and in order, or throws;
 * never faster than the rate limit lets it.
 */
import { addressScope } from '../bytes/address-scope.ts';
import { ShoalError } from '../bytes/errors.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { HttpStream, Network } from '../runtime/network.ts';
import type { Random } from '../runtime/random.ts';
import type { Span } from '../storage/layout.ts';
import { RateMeter, type RateLimit } from './rate.ts';
import type { Supplier } from './supply.ts';

/** An answer, or more of it, must come within this. */
const SILENCE_MS = 30_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 15 * 60_000;
/** A file that the server does not have may have been put there by then. */
const LACKING_MS = 10 * 60_000;
/** A server that lacks more than this of what it is asked for has probably none of it. */
const LACKING_IN_A_ROW = 3;
/** Where a server sends the whole file in place of a range, so much of it is passed over rather than given up. */
const PASSED_OVER_BYTES = 1024 * 1024;
const RATE_WINDOW_SECONDS = 5;
/** Less than this says nothing of a server's speed, and does not make up for a failure. */
const WORTHWHILE_BYTES = 256 * 1024;
/** … unless it has taken as long as this. */
const TELLING_MS = 2000;
/** A run that came to nothing, because others were quicker, is not followed by the next at once. */
const EMPTY_RUN_MS = 1000;
const ZEROS = new Uint8Array(64 * 1024);

export interface WebSeedWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly limit: RateLimit;
  /** For the server's log, such as `Shoal/0.1.0`. */
  readonly userAgent: string;
}

/** What stands of a web seed at a moment, for the screen. */
export interface WebSeedStatus {
  readonly url: string;
  /** Whether it is being asked for something. */
  readonly isBusy: boolean;
  readonly downBytesPerSecond: number;
  readonly receivedBytes: number;
  /** What went wrong last, in a sentence about it; undefined while all is well. */
  readonly trouble: string | undefined;
}

/** The server does not have the file, or not this one. */
class LackingError extends ShoalError {
  constructor(what: string) {
    super('WEB_SEED_LACKS_FILE', what);
  }
}

/** The server is in no state to serve; it may have said for how long. */
class BusyError extends ShoalError {
  readonly retryMs: number | undefined;
  constructor(what: string, retryMs: number | undefined) {
    super('WEB_SEED_BUSY', what);
    this.retryMs = retryMs;
  }
}

/** It has turned out that the server knows no ranges, and what is wanted lies far from the file's beginning. */
class RangesIgnoredError extends ShoalError {
  constructor() {
    super('WEB_SEED_IGNORES_RANGES', 'it sends whole files only');
  }
}

export class WebSeed implements Supplier {
  readonly url: string;
  readonly serial: number;
  /** It sends whole files whatever is asked: each is worth asking for once, from its beginning. */
  ignoresRanges = false;
  readonly #metainfo: Metainfo;
  readonly #world: WebSeedWorld;
  readonly #meter: RateMeter;
  /** By index in `Metainfo.files`: until when the server is not asked for the file again. */
  readonly #lacking = new Map<number, number>();
  #run: { readonly beganMs: number; readonly beganBytes: number; broughtBytes: number } | undefined;
  #bytesPerSecond: number | undefined;
  #notBeforeMs = 0;
  #failures = 0;
  #isDropped = false;
  #trouble: string | undefined;

  constructor(url: string, serial: number, metainfo: Metainfo, world: WebSeedWorld) {
    this.url = url;
    this.serial = serial;
    this.#metainfo = metainfo;
    this.#world = world;
    this.#meter = new RateMeter(RATE_WINDOW_SECONDS, world.clock.now());
  }

  get name(): string {
    return this.url;
  }

  get receivedBytes(): number {
    return this.#meter.totalBytes;
  }

  status(nowMs: number): WebSeedStatus {
    return {
      url: this.url,
      isBusy: this.isBusy,
      downBytesPerSecond: this.#meter.bytesPerSecond(nowMs),
      receivedBytes: this.receivedBytes,
      trouble: this.#trouble,
    };
  }

  isReady(nowMs: number): boolean {
    return !this.isBusy && !this.#isDropped && nowMs >= this.#notBeforeMs;
  }

  get isBusy(): boolean {
    return this.#run !== undefined;
  }

  /** Learnt from the last run, or the one under way; undefined before, and where it is of no use. */
  bytesPerSecond(nowMs: number): number | undefined {
    if (this.#isDropped) return undefined;
    if (this.#run === undefined) return this.#bytesPerSecond;
    const { beganMs, beganBytes } = this.#run;
    const bytes = this.receivedBytes - beganBytes;
    const isTelling = bytes >= WORTHWHILE_BYTES || nowMs - beganMs >= TELLING_MS;
    return isTelling ? (bytes / Math.max(nowMs - beganMs, 1)) * 1000 : this.#bytesPerSecond;
  }

  get lacksFiles(): boolean {
    return this.#lacking.size > 0;
  }

  /** Whether the server may have the file, by its index in `Metainfo.files`. */
  hasFile(file: number, nowMs: number): boolean {
    const untilMs = this.#lacking.get(file);
    if (untilMs === undefined) return true;
    if (untilMs > nowMs) return false;
    this.#lacking.delete(file);
    return true;
  }

  /** A run begins. */
  began(): void {
    this.#run = { beganMs: this.#world.clock.now(), beganBytes: this.receivedBytes, broughtBytes: 0 };
  }

  /** So many bytes of it have been of use. */
  brought(bytes: number): void {
    if (this.#run !== undefined) this.#run.broughtBytes += bytes;
  }

  /** The run has ended; `error` is what `read` has thrown, where it is the server's fault. */
  ended(error?: Error): void {
    const nowMs = this.#world.clock.now();
    const bytes = this.#run?.broughtBytes ?? 0;
    this.#bytesPerSecond = this.bytesPerSecond(nowMs);
    this.#run = undefined;
    if (this.#isDropped) return;
    if (error !== undefined) this.#failed(error, bytes, nowMs);
    else if (bytes === 0) this.#notBeforeMs = nowMs + EMPTY_RUN_MS;
    else {
      this.#failures = 0;
      this.#trouble = undefined;
    }
  }

  /** The server is left alone for a while, unless it only lacks a few files. */
  #failed(error: Error, bytes: number, nowMs: number): void {
    if (error instanceof RangesIgnoredError) return;
    this.#trouble = error.message;
    this.#failures = bytes < WORTHWHILE_BYTES ? this.#failures + 1 : 1;
    if (error instanceof LackingError && this.#failures <= LACKING_IN_A_ROW) return;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS) * (0.75 + this.#world.random.fraction() / 2);
    this.#notBeforeMs = nowMs + (error instanceof BusyError ? (error.retryMs ?? delayMs) : delayMs);
  }

  /** It is not asked again. */
  drop(why: string): void {
    this.#isDropped = true;
    this.#trouble = why;
  }

  /**
   * The bytes of a span of a file. Each part is good until the next is asked for; `passOver` is told of bytes that came
   * without having been asked for, and tells whether to go on. Throws `ShoalError`, or the signal's reason.
   */
  async *read(span: Span, signal: AbortSignal, passOver: (bytes: number) => boolean): AsyncGenerator<Uint8Array> {
    if (this.#metainfo.files[span.file].isPadding) return yield* zeros(span.length);
    try {
      yield* this.#fetch(span, signal, passOver);
    } catch (error) {
      if (!(error instanceof LackingError)) throw error;
      this.#lacking.set(span.file, this.#world.clock.now() + LACKING_MS);
      throw new LackingError(`${error.message} (${this.#metainfo.files[span.file].path.join('/')})`);
    }
  }

  async *#fetch(span: Span, signal: AbortSignal, passOver: (bytes: number) => boolean): AsyncGenerator<Uint8Array> {
    const stream = await this.#ask(span, signal);
    try {
      let ahead = this.#bytesAhead(stream, span);
      let left = span.length;
      for await (const part of stream.body) {
        if (left === 0) return;
        const passed = Math.min(ahead, part.length);
        const taken = part.subarray(passed, passed + left);
        ahead -= passed;
        left -= taken.length;
        const isWanted = taken.length === part.length || passOver(part.length - taken.length) || taken.length > 0;
        await this.#pace(part.length, signal);
        if (!isWanted) return;
        if (taken.length > 0) yield taken;
      }
      if (left > 0) throw new BusyError('it ends before all is sent', undefined);
    } finally {
      stream.close();
    }
  }

  async #ask({ file, position, length }: Span, signal: AbortSignal): Promise<HttpStream> {
    const { network, userAgent } = this.#world;
    const url = urlOf(this.url, this.#metainfo, file);
    await this.#refuseLocalServices(url, signal);
    return network.fetchStream({
      url,
      headers: { range: `bytes=${position}-${position + length - 1}`, 'user-agent': userAgent },
      timeoutMs: SILENCE_MS,
      signal,
    });
  }

  /** A torrent is a stranger's: its web seeds must not make a service that trusts this machine or network do something. */
  async #refuseLocalServices(url: string, signal: AbortSignal): Promise<void> {
    const { hostname, search } = URL.parse(url) ?? { hostname: '', search: '' };
    if (search === '') return;
    const addresses = await this.#world.network.lookup(hostname.replace(/^\[|\]$/g, ''), signal);
    if (addresses.some((address) => addressScope(address) !== 'global')) {
      throw new LackingError('it is on this machine or network, where nothing with a question mark in its URL is asked');
    }
  }

  /** How many bytes of the body come before those that were asked for. Throws where they are not in it. */
  #bytesAhead({ status, headers }: HttpStream, { file, position, length }: Span): number {
    const fileLength = this.#metainfo.files[file].length;
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') throw new LackingError('it sends its files zipped only');
    if (status === 206) return checkRange(headers['content-range'], position, fileLength);
    if (status !== 200) throw refusal(status, headers['retry-after'], this.#world.clock.unixTimeMs());
    checkLength(Number(headers['content-length'] ?? fileLength), fileLength);
    const isNews = !this.ignoresRanges;
    if (position > 0 || length < fileLength) this.ignoresRanges = true;
    if (isNews && position > PASSED_OVER_BYTES) throw new RangesIgnoredError();
    return position;
  }

  async #pace(bytes: number, signal: AbortSignal): Promise<void> {
    const { clock, limit } = this.#world;
    const nowMs = clock.now();
    this.#meter.add(bytes, nowMs);
    limit.charge(bytes, nowMs);
    for (let waitMs = limit.waitMs(nowMs); waitMs > 0; waitMs = limit.waitMs(clock.now())) await sleep(clock, waitMs, signal);
  }
}

/** Where a web seed has a file: below its URL where that is a folder's, else the URL itself is the single file's. */
export function urlOf(webSeed: string, { name, files, isSingleFile }: Pick<Metainfo, 'name' | 'files' | 'isSingleFile'>, file: number): string {
  if (isSingleFile && !webSeed.endsWith('/')) return webSeed;
  const path = isSingleFile ? [name] : [name, ...files[file].path];
  return `${webSeed.replace(/\/$/, '')}/${path.map((component) => encodeURIComponent(component.toWellFormed())).join('/')}`;
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}

/** The range in an answer must begin where it was asked to, in a file of the right length. */
function checkRange(range: string | undefined, position: number, fileLength: number): 0 {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(range ?? '');
  if (match === null || Number(match[1]) !== position) throw new LackingError('it sends another range than it was asked for');
  checkLength(match[2] === '*' ? fileLength : Number(match[2]), fileLength);
  return 0;
}

function checkLength(length: number, fileLength: number): void {
  if (length !== fileLength) throw new LackingError(`it has another file there, of ${length} bytes in place of ${fileLength}`);
}

function refusal(status: number, retryAfter: string | undefined, unixTimeMs: number): ShoalError {
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new BusyError(`it answers with HTTP status ${status}`, readRetryAfter(retryAfter, unixTimeMs));
  }
  return new LackingError(status === 416 ? 'its file is too short' : `it answers with HTTP status ${status}`);
}

/** Seconds, or a date (RFC 9110, section 10.2.3), kept within bounds. */
function readRetryAfter(text: string | undefined, unixTimeMs: number): number | undefined {
  if (text === undefined) return undefined;
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - unixTimeMs;
  return Number.isNaN(delayMs) ? undefined : Math.max(FIRST_RETRY_MS, Math.min(delayMs, LAST_RETRY_MS));
}
