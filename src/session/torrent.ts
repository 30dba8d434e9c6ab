/**
 * One torrent of a session, from whatever names it to the files on disk: its swarm, its searches for peers and its files,
 * begun in order and ended in order.
 *
 * Invariant: the swarm begins only once it is known which pieces are had. After `stop` nothing of it is under way.
 */
import { equalBytes } from '../bytes/compare.ts';
import { formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { describeError, ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { keepNewest } from '../bytes/keep-newest.ts';
import { LIMITS } from '../bytes/limits.ts';
import { ENOUGH_NEIGHBOURS, type Discovery, type DiscoveryReports, type SwarmIdentity } from '../discovery/discovery.ts';
import { isSelected, type Magnet } from '../metainfo/magnet.ts';
import { shortInfoHashes, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';
import { isUrl, uniqueTiers } from '../metainfo/outer.ts';
import { parseInfo } from '../metainfo/parse.ts';
import type { Channel } from '../runtime/channel.ts';
import { sleep } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { removeFiles } from '../storage/remove-files.ts';
import { Swarm, type SwarmHooks, type SwarmOptions } from '../swarm/swarm.ts';
import type { Handshake, PeerMessage } from '../wire/messages.ts';
import type { AddOptions } from './add-options.ts';
import { FileReader } from './file-reader.ts';
import { PeerSearches } from './peer-searches.ts';
import { Rates, type RateOptions } from './rates.ts';
import type { Totals } from './resume-keeper.ts';
import { Selection, type Select } from './selection.ts';
import { isMetainfo } from './source.ts';
import { stateFiles, type StateFiles } from './state-files.ts';
import { TorrentFiles } from './torrent-files.ts';
import { statusOf, type FileStatus, type TorrentState, type TorrentStatus } from './torrent-status.ts';

/** @internal What a torrent has of its session. */
export interface TorrentSurroundings {
  readonly runtime: Runtime;
  readonly stateDirectory: string | undefined;
  readonly discoveries: readonly Discovery[];
  readonly port: number;
  readonly exchangePeers: boolean;
  readonly rates: Rates;
  readonly swarm: Omit<SwarmOptions, 'downLimit' | 'upLimit' | 'infoHashes' | 'picking' | 'exchangePeers' | 'superSeeding' | 'speaksV2' | 'hooks' | 'clock' | 'random' | 'network' | 'listenPort'>;
  /** A neighbour has told its DHT port. */
  dhtNode(endpoint: Endpoint): void;
  /** Who comes for any of these info-hashes is to be sent to this torrent from now on. Throws `ShoalError` 'DUPLICATE_TORRENT'. */
  register(torrent: Torrent, infoHashes: readonly Uint8Array[]): void;
}

/** Begun by `Session.add`, ended by `Session.remove`. What is marked as internal is for this program alone: the package's types are without it. */
export class Torrent {
  readonly directory: string;
  /** @internal */
  readonly swarm: Swarm;
  readonly #source: Metainfo | Magnet;
  readonly #options: AddOptions;
  readonly #surroundings: TorrentSurroundings;
  readonly #stateFiles: StateFiles;
  readonly #abort = new AbortController();
  readonly #searches: PeerSearches;
  readonly #rates: Rates;
  readonly #messages = new Map<string, string>();
  readonly #ready = Promise.withResolvers<Metainfo>();
  readonly #metadata = Promise.withResolvers<Metainfo>();
  /** Renewed where more is wanted after all was had. */
  #done = Promise.withResolvers<void>();
  /** Called at every change that somebody may wait for. */
  readonly #watchers = new Set<() => void>();
  /** As if it were not paused. */
  #state: TorrentState = 'metadata';
  #isPaused = false;
  #error: Error | undefined;
  #metainfo: Metainfo | undefined;
  /** By tier (BEP 12). */
  #trackers: readonly (readonly string[])[];
  #files: TorrentFiles | undefined;
  /** Piece layers that nobody has told are being made. */
  #making: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #started: Promise<void>;

  /** @internal As `Session.add` does. */
  constructor(source: Metainfo | Magnet, options: AddOptions, surroundings: TorrentSurroundings) {
    checkEndpoints(options.peers ?? []);
    this.#source = source;
    this.#options = options;
    this.#surroundings = surroundings;
    this.directory = options.directory;
    this.#stateFiles = stateFiles(this.infoHashes[0], options.directory, surroundings.stateDirectory);
    const { runtime, discoveries } = surroundings;
    this.#trackers = source.trackers;
    this.#rates = new Rates(runtime.clock, {}, surroundings.rates);
    this.#searches = new PeerSearches({
      clock: runtime.clock, discoveries,
      identity: () => this.#identity(),
      reports: (discovery) => this.#reports(discovery),
      wantsMore: () => this.#state !== 'seeding' && this.#state !== 'failed' && this.swarm.neighbours.all.size < ENOUGH_NEIGHBOURS,
    });
    this.swarm = new Swarm({
      ...surroundings.swarm,
      downLimit: this.#rates.down,
      upLimit: this.#rates.up,
      clock: runtime.clock,
      random: runtime.random,
      network: runtime.network,
      listenPort: surroundings.port,
      infoHashes: this.infoHashes,
      picking: options.sequential === true ? 'sequential' : 'rarest-first',
      exchangePeers: surroundings.exchangePeers && !this.isPrivate,
      superSeeding: options.superSeeding === true,
      speaksV2: source.infoHashV2 !== undefined,
      hooks: this.#hooks(),
    });
    // Those who never ask how it went must not bring the program down.
    for (const { promise } of [this.#ready, this.#done, this.#metadata]) promise.catch(() => undefined);
    if (options.paused === true) this.#halt();
    this.#started = this.#start();
  }

  /** 20 bytes each, as peers and trackers know it: a hybrid's second one may be known only with the metadata. */
  get infoHashes(): readonly Uint8Array[] {
    return shortInfoHashes(this.#metainfo ?? this.#source);
  }

  /** Undefined while it is still being got from peers. Of a link's torrent, piece layers may be missing until all is had. */
  get metainfo(): Metainfo | undefined {
    return this.#metainfo;
  }

  get name(): string {
    return this.#metainfo?.name ?? this.#source.name ?? toHex(this.infoHashes[0]);
  }

  get isPrivate(): boolean {
    const metainfo = isMetainfo(this.#source) ? this.#source : this.#metainfo;
    return metainfo?.isPrivate === true;
  }

  /** `paused` only once the files have been looked at; before, they are `checking` all the same. */
  get state(): TorrentState {
    const goesOn = this.#state === 'metadata' || this.#state === 'downloading' || this.#state === 'seeding';
    return this.#isPaused && goesOn ? 'paused' : this.#state;
  }

  /** Resolves once the metadata is known and what is on disk has been looked at. Rejects with `ShoalError`. */
  whenReady(): Promise<Metainfo> {
    return this.#ready.promise;
  }

  /**
   * Resolves once everything wanted has been verified and written, and `metainfo` has the piece layers of all that is whole.
   * Rejects with `ShoalError` where it fails or is stopped before.
   */
  whenDone(): Promise<void> {
    return this.#done.promise;
  }

  /** Tells where peers may be. Throws `ShoalError` 'BAD_ENDPOINT' where a port is none. */
  addPeers(endpoints: readonly Endpoint[]): void {
    checkEndpoints(endpoints);
    this.swarm.addPeers(endpoints);
  }

  /** More trackers to announce to, each a tier of its own (BEP 12). Throws `ShoalError` 'BAD_TRACKER' where one is no URL. */
  addTrackers(urls: readonly string[]): void {
    const bad = urls.find((url) => !isUrl(url.trim()));
    if (bad !== undefined) throw new ShoalError('BAD_TRACKER', `"${bad}" is no tracker's address; one looks like http://tracker.example/announce`);
    this.#trackers = uniqueTiers([...this.#trackers, ...urls.map((url) => [url])]);
    if (this.#metainfo !== undefined) this.#metainfo = { ...this.#metainfo, trackers: this.#trackers };
    this.#searches.wantMore();
  }

  /** This torrent's own share, within the session's, in bytes per second: Infinity for no limit, 0 for nothing at all. Throws `ShoalError` 'BAD_RATE'. */
  limitRates(rates: RateOptions): void {
    this.#rates.limit(rates);
  }

  /**
   * Parts from all peers and leaves the trackers, until `resume`. What is had is kept, begun pieces too; that it was paused
   * is forgotten with the session. Resolves once what was under way has been written and the trackers know. Rejects with why
   * the torrent has ended, if it has.
   */
  async pause(): Promise<void> {
    this.#throwIfEnded();
    const goodbyes = this.#halt();
    await this.swarm.transfer?.download.settled();
    await this.#files?.saveChanges();
    await goodbyes;
  }

  /** Goes on after `pause`. Throws why the torrent has ended, if it has. */
  resume(): void {
    this.#throwIfEnded();
    this.#isPaused = false;
    this.swarm.resume();
    this.#search();
    this.#notify();
  }

  /** @internal A peer has come and shaken hands for one of the info-hashes. */
  accept(channel: Channel<PeerMessage>, handshake: Handshake): void {
    this.swarm.accept(channel, handshake);
  }

  /** Changes what is wanted; `whenDone` is for that, then. Rejects with `DiskError`, or with why the torrent has ended. */
  async select(select: Select): Promise<void> {
    const metainfo = await this.whenReady();
    const selection = new Selection(metainfo, select);
    await this.#files?.select(selection);
    this.#throwIfEnded();
    if (this.swarm.transfer?.isSeeding === false || selection.wantedBytes > (this.#files?.holdings.haveBytes ?? 0)) {
      if (this.#state === 'seeding') this.#renewDone();
      this.#setState('downloading');
    }
    this.swarm.setPriorities((piece) => selection.priorityOf(piece));
  }

  /**
   * A file's bytes as they can be had, as a Web stream. What is missing is fetched before the rest. `file` is an index in
   * `Metainfo.files`, or a path below the torrent's folder with `/` between; `start` and `end` count bytes, `end` not included.
   * Rejects with `ShoalError` 'NO_SUCH_FILE' or 'BAD_RANGE', or with why the torrent has failed.
   */
  async stream(file: number | string, range: { readonly start?: number; readonly end?: number } = {}): Promise<ReadableStream<Uint8Array>> {
    const metainfo = await this.whenReady();
    const index = typeof file === 'number' ? file : metainfo.files.findIndex((entry) => entry.path.join('/') === file);
    const entry = metainfo.files[index];
    const transfer = this.swarm.transfer;
    if (entry === undefined || transfer === undefined) throw new ShoalError('NO_SUCH_FILE', `${this.name} has no file ${file}`);
    const reader = new FileReader(transfer, entry, { watch: (action) => this.#watch(action), endedBy: () => this.#error ?? this.#abort.signal.reason });
    return reader.stream(range.start ?? 0, range.end ?? entry.length);
  }

  /** A look now and every `intervalMs`, and at the end. Ends when the torrent is stopped; throws `ShoalError` where it fails. */
  async *progress(intervalMs = 1000): AsyncGenerator<TorrentStatus, void, undefined> {
    while (this.#state !== 'stopped') {
      const before = this.state;
      yield this.status();
      if (this.#error !== undefined) throw this.#error;
      await this.#wait(intervalMs, () => this.state !== before);
    }
    yield this.status();
  }

  status(): TorrentStatus {
    return statusOf({
      state: this.state,
      name: this.name,
      swarm: this.swarm,
      holdings: this.#files?.holdings,
      checkedShare: this.#state === 'checking' ? this.#files?.hashedShare : undefined,
      messages: [...this.#messages.values()],
    });
  }

  /** Of each file but padding; none while the metadata is unknown. */
  files(): FileStatus[] {
    return this.#files?.holdings.files() ?? [];
  }

  /** @internal As `Session.remove` does: says goodbye to trackers and peers, writes the resume record, and lets go of the files. Never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** @internal Takes the files off the disk, and what is remembered of them, once the torrent has stopped. Rejects with `DiskError`. */
  async removeFiles(): Promise<void> {
    await this.stop();
    const { disk } = this.#surroundings.runtime;
    for (const path of [this.#stateFiles.resume, this.#stateFiles.parts]) if (path !== undefined) await disk.remove(path);
    if (this.#metainfo !== undefined) await removeFiles(disk, this.#metainfo, this.directory);
  }

  /** Why it has ended; throws it. */
  #throwIfEnded(): void {
    if (this.#error !== undefined) throw this.#error;
    this.#abort.signal.throwIfAborted();
  }

  #halt(): Promise<void> {
    this.#isPaused = true;
    this.swarm.pause();
    this.#notify();
    return this.#searches.stop();
  }

  /** Looks for peers: for what a link means at once, else once it is known what is lacking, so that trackers hear of it. */
  #search(): void {
    if (!this.#isPaused && (!isMetainfo(this.#source) || this.swarm.transfer !== undefined)) this.#searches.start();
  }

  async #start(): Promise<void> {
    try {
      this.swarm.addPeers([...(this.#options.peers ?? []), ...(isMetainfo(this.#source) ? [] : this.#source.peers)]);
      this.#search();
      const known = isMetainfo(this.#source) ? this.#source : await this.#metadata.promise;
      this.#surroundings.register(this, shortInfoHashes(known));
      await this.#begin({ ...known, trackers: this.#trackers });
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  async #begin(known: Metainfo): Promise<void> {
    const files = new TorrentFiles({
      runtime: this.#surroundings.runtime,
      metainfo: known,
      directory: this.directory,
      stateFiles: this.#stateFiles,
      selection: new Selection(known, this.#firstSelect()),
      allocation: this.#options.allocation ?? 'sparse',
      overwrite: this.#options.overwrite === true,
      totals: () => this.#totals(),
      tell: (topic, line) => this.#tell(topic, line),
    });
    this.#files = files;
    this.#metainfo = files.metainfo;
    this.#searches.update();
    this.#setState('checking');
    const contents = await files.open(this.#options.check ?? 'resume', this.#abort.signal);
    this.swarm.begin(contents, (piece) => files.holdings.selection.priorityOf(piece));
    this.#ready.resolve(files.metainfo);
    this.#search();
    if (this.swarm.transfer?.isSeeding === true) this.#finished();
    else this.#setState('downloading');
  }

  #firstSelect(): Select {
    const source = this.#source;
    return this.#options.select ?? ((_, index) => (isMetainfo(source) || isSelected(source, index) ? 'normal' : 'none'));
  }

  #hooks(): SwarmHooks {
    return {
      metadata: (infoBytes) => this.#metadataCame(infoBytes),
      pieceCompleted: (piece) => this.#pieceCompleted(piece),
      finished: () => this.#finished(),
      failed: (error) => this.#fail(error),
      dhtNode: (endpoint) => this.#surroundings.dhtNode(endpoint),
      note: (line) => this.#tell('peers', line),
    };
  }

  #metadataCame(infoBytes: Uint8Array): void {
    try {
      const { infoHashV2 } = this.#source;
      const metainfo = parseInfo(infoBytes, isMetainfo(this.#source) ? {} : { trackers: this.#source.trackers, webSeeds: this.#source.webSeeds });
      if (infoHashV2 !== undefined && metainfo.infoHashV2 !== undefined && !equalBytes(infoHashV2, metainfo.infoHashV2)) {
        throw new ShoalError('BAD_METADATA', 'the peers\' metadata is of another torrent than the link names');
      }
      this.#metadata.resolve(metainfo);
    } catch (error) {
      this.#fail(new ShoalError('BAD_METADATA', `the torrent that the link names cannot be used: ${describeError(error)}`, { cause: error }));
    }
  }

  #pieceCompleted(piece: number): void {
    this.#files?.had(piece);
    this.#notify();
  }

  #finished(): void {
    const withoutLayer = this.#files?.wholeWithoutLayer() ?? [];
    if (withoutLayer.length > 0) return this.#makeLayers(withoutLayer);
    const hadToDownload = (this.swarm.transfer?.download.receivedBytes ?? 0) > 0;
    this.#setState('seeding');
    if (hadToDownload) this.#searches.completed();
    this.#done.resolve();
    void this.#files?.saveChanges();
    return undefined;
  }

  /** So that the torrent can be given to those who speak v2, and written as a torrent file. */
  #makeLayers(files: readonly FileEntry[]): void {
    this.#setState('checking');
    const made = (file: FileEntry, layer: Uint8Array): void => this.swarm.transfer?.layerMade(file, layer);
    this.#making ??= this.#files?.makeLayers(files, made, this.#abort.signal).then(() => {
      this.#making = undefined;
      if (this.swarm.transfer?.isSeeding === true) this.#finished();
      else this.#setState('downloading');
    }, (error: Error) => this.#fail(error));
  }

  #renewDone(): void {
    this.#done = Promise.withResolvers();
    this.#done.promise.catch(() => undefined);
  }

  #fail(error: Error): void {
    if (this.#abort.signal.aborted || this.#error !== undefined) return;
    this.#error = error;
    this.#setState('failed');
    this.swarm.stop();
    void this.#searches.stop();
    this.#reject(error);
    void this.#files?.saveChanges();
  }

  #reject(error: Error): void {
    for (const { reject } of [this.#metadata, this.#ready, this.#done]) reject(error);
  }

  #identity(): SwarmIdentity {
    return {
      infoHashes: this.infoHashes,
      peerId: this.#surroundings.swarm.peerId,
      port: this.#surroundings.port,
      isPrivate: this.isPrivate,
      trackers: () => this.#trackers,
      totals: () => ({ ...this.#totals(), left: this.#files?.holdings.leftBytes }),
      isPartialSeed: () => this.#state === 'seeding' && this.#files?.holdings.have?.isFull === false,
      description: () => this.#description(),
    };
  }

  #description(): ReturnType<NonNullable<SwarmIdentity['description']>> {
    const metainfo = isMetainfo(this.#source) ? this.#source : this.#metainfo;
    const infoHash = metainfo?.infoHash ?? metainfo?.infoHashV2;
    return metainfo === undefined || infoHash === undefined ? undefined : { name: metainfo.name, length: metainfo.length, infoHash };
  }

  #reports(discovery: Discovery): DiscoveryReports {
    return {
      found: (endpoints) => this.swarm.addPeers(endpoints),
      status: (line, isError) => this.#tell(`${discovery.name} ${line.split(':')[0]}`, isError ? `! ${line}` : line),
      ownAddress: (host) => { this.swarm.neighbours.candidates.ourEndpoint = { host, port: this.#surroundings.port }; },
    };
  }

  /** In this run, in bytes. */
  #totals(): Totals {
    const { download, upload } = this.swarm.transfer ?? {};
    return { downloaded: download?.receivedBytes ?? 0, uploaded: upload?.sentBytes ?? 0 };
  }

  async #stop(): Promise<void> {
    const failed = this.#state === 'failed';
    this.#abort.abort(new ShoalError('STOPPED', `${this.name} has been stopped`));
    this.swarm.stop();
    this.#reject(this.#abort.signal.reason);
    const goodbyes = this.#searches.stop();
    await this.#started;
    await this.#making;
    // Pieces that were whole when the swarm stopped are still verified and written: nobody should have to send them again.
    await this.swarm.transfer?.download.settled();
    await this.#files?.close();
    await goodbyes;
    if (!failed) this.#setState('stopped');
  }

  #tell(topic: string, line: string): void {
    this.#messages.delete(topic);
    this.#messages.set(topic, line);
    keepNewest(this.#messages, LIMITS.statusMessages);
  }

  #setState(state: TorrentState): void {
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #watch(action: () => void): () => void {
    this.#watchers.add(action);
    return () => this.#watchers.delete(action);
  }

  /** Waits, but not longer than until a change that makes `enough` true. */
  async #wait(delayMs: number, enough: () => boolean): Promise<void> {
    const early = new AbortController();
    const unwatch = this.#watch(() => { if (enough()) early.abort(); });
    await sleep(this.#surroundings.runtime.clock, delayMs, early.signal).catch(() => undefined);
    unwatch();
  }
}

function checkEndpoints(endpoints: readonly Endpoint[]): void {
  const bad = endpoints.find(({ port }) => !(Number.isInteger(port) && port > 0 && port <= 65535));
  if (bad !== undefined) throw new ShoalError('BAD_ENDPOINT', `${formatEndpoint(bad)} is nowhere: a port is a whole number from 1 to 65535`);
}
