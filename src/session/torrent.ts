/**
 * One torrent of a session, from whatever names it to the files on disk: its swarm, its searches for peers, its store and
 * its resume record, begun in order and ended in order.
 *
 * Invariant: the swarm gets pieces to give only after they have been verified, in this run or (by a resume record that still
 * fits the files) in an earlier one. After `stop` nothing of it is under way.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { equalBytes } from '../bytes/compare.ts';
import type { Endpoint } from '../bytes/endpoint.ts';
import { describeError, ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { keepNewest } from '../bytes/keep-newest.ts';
import { LIMITS } from '../bytes/limits.ts';
import { ENOUGH_NEIGHBOURS, type Discovery, type DiscoveryReports, type SwarmIdentity } from '../discovery/discovery.ts';
import { isSelected, type Magnet } from '../metainfo/magnet.ts';
import { heldBytes, shortInfoHashes, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';
import { parseInfo } from '../metainfo/parse.ts';
import { filesWithoutLayer } from '../metainfo/piece-layers.ts';
import { verifyPiece } from '../metainfo/verify.ts';
import type { Channel } from '../runtime/channel.ts';
import { sleep, type Timer } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { openFileStore, type FileStore } from '../storage/file-store.ts';
import { makePieceLayer } from '../storage/make-layer.ts';
import { removeFiles } from '../storage/remove-files.ts';
import { Swarm, type SwarmHooks, type SwarmOptions } from '../swarm/swarm.ts';
import type { Handshake, PeerMessage } from '../wire/messages.ts';
import { FileReader } from './file-reader.ts';
import { Holdings } from './holdings.ts';
import { PeerSearches } from './peer-searches.ts';
import { ResumeKeeper, type Totals } from './resume-keeper.ts';
import { Selection, type Select } from './selection.ts';
import { isMetainfo } from './source.ts';
import { stateFiles, type StateFiles } from './state-files.ts';
import { webSeedLines, type FileStatus, type TorrentState, type TorrentStatus } from './torrent-status.ts';

const SAVE_INTERVAL_MS = 30_000;

export interface AddOptions {
  /** Where the file, or the torrent's folder, is put. */
  readonly directory: string;
  /** How much each file is wanted; absent: all as normal, or as the magnet link selects. */
  readonly select?: Select;
  /** Pieces in order, for those who look at the file while it comes. */
  readonly sequential?: boolean;
  /** Peers that are known already. */
  readonly peers?: readonly Endpoint[];
  /** BEP 16. */
  readonly superSeeding?: boolean;
  /**
   * What is taken for had: `resume` (the default) believes the resume record as far as the files fit it; `full` hashes
   * everything that is on disk; `trust` believes that all is there, for files that have just been hashed.
   */
  readonly check?: 'resume' | 'full' | 'trust';
  /** Whether files take all their room at the start. */
  readonly allocation?: 'sparse' | 'full';
}

/** What a torrent has of its session. */
export interface TorrentSurroundings {
  readonly runtime: Runtime;
  readonly stateDirectory: string | undefined;
  readonly discoveries: readonly Discovery[];
  readonly port: number;
  readonly exchangePeers: boolean;
  readonly swarm: Omit<SwarmOptions, 'infoHashes' | 'picking' | 'exchangePeers' | 'superSeeding' | 'speaksV2' | 'hooks' | 'clock' | 'random' | 'network' | 'listenPort'>;
  /** A neighbour has told its DHT port. */
  dhtNode(endpoint: Endpoint): void;
  /** All its info-hashes are known now: who comes for any of them is to be sent to it. Throws `ShoalError` 'DUPLICATE_TORRENT'. */
  known(torrent: Torrent): void;
}

export class Torrent {
  readonly directory: string;
  readonly swarm: Swarm;
  readonly #source: Metainfo | Magnet;
  readonly #options: AddOptions;
  readonly #surroundings: TorrentSurroundings;
  readonly #stateFiles: StateFiles;
  readonly #abort = new AbortController();
  readonly #searches: PeerSearches;
  readonly #messages = new Map<string, string>();
  readonly #ready = Promise.withResolvers<Metainfo>();
  readonly #metadata = Promise.withResolvers<Metainfo>();
  /** Renewed where more is wanted after all was had. */
  #done = Promise.withResolvers<void>();
  readonly #timers: Timer[] = [];
  /** Called at every change that somebody may wait for. */
  readonly #watchers = new Set<() => void>();
  #state: TorrentState = 'metadata';
  #error: Error | undefined;
  #metainfo: Metainfo | undefined;
  #store: FileStore | undefined;
  #resume: ResumeKeeper | undefined;
  #holdings: Holdings | undefined;
  /** The Merkle layers known so far (BEP 52). */
  readonly #layers = new Map<string, Uint8Array>();
  /** Layers that nobody has told are being made. */
  #making: Promise<void> | undefined;
  #checkedShare = 0;
  #unsaved = false;
  #stopping: Promise<void> | undefined;
  #started: Promise<void>;

  constructor(source: Metainfo | Magnet, options: AddOptions, surroundings: TorrentSurroundings) {
    this.#source = source;
    this.#options = options;
    this.#surroundings = surroundings;
    this.directory = options.directory;
    this.#stateFiles = stateFiles(this.infoHashes[0], options.directory, surroundings.stateDirectory);
    const { runtime, discoveries } = surroundings;
    this.#searches = new PeerSearches({
      clock: runtime.clock, discoveries,
      identity: () => this.#identity(),
      reports: (discovery) => this.#reports(discovery),
      wantsMore: () => this.#state !== 'seeding' && this.#state !== 'failed' && this.swarm.neighbours.all.size < ENOUGH_NEIGHBOURS,
    });
    this.swarm = new Swarm({
      ...surroundings.swarm,
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
    this.#started = this.#start();
  }

  /** 20 bytes each, as peers and trackers know it: a hybrid's second one may be known only with the metadata. */
  get infoHashes(): readonly Uint8Array[] {
    return shortInfoHashes(this.#metainfo ?? this.#source);
  }

  /** Undefined while it is still being got from peers. Piece layers that peers have not told may still be missing until all is had. */
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

  get state(): TorrentState {
    return this.#state;
  }

  /** Resolves once the metadata is known and what is on disk has been looked at. Rejects with `ShoalError`. */
  whenReady(): Promise<Metainfo> {
    return this.#ready.promise;
  }

  /** Resolves once everything wanted has been verified and written, and all of `metainfo` that it can tell is known. Rejects with `ShoalError` where it fails or is stopped before. */
  whenDone(): Promise<void> {
    return this.#done.promise;
  }

  addPeers(endpoints: readonly Endpoint[]): void {
    this.swarm.addPeers(endpoints);
  }

  accept(channel: Channel<PeerMessage>, handshake: Handshake): void {
    this.swarm.accept(channel, handshake);
  }

  /** Changes what is wanted; `whenDone` is for that, then. Rejects with `DiskError`, or with why the torrent has ended. */
  async select(select: Select): Promise<void> {
    const metainfo = await this.whenReady();
    const selection = new Selection(metainfo, select);
    await this.#store?.select(selection.files);
    const ended = this.#error ?? (this.#abort.signal.aborted ? this.#abort.signal.reason : undefined);
    if (ended !== undefined) throw ended;
    this.#holdings?.select(selection);
    if (this.swarm.transfer?.isSeeding === false || selection.wantedBytes > (this.#holdings?.haveBytes ?? 0)) {
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
    const { start = 0, end = entry.length } = range;
    if (![start, end].every((place) => place === Number.POSITIVE_INFINITY || (Number.isInteger(place) && place >= 0))) {
      throw new ShoalError('BAD_RANGE', `${start} to ${end} are no bytes of a file: they are counted from 0 in whole numbers`);
    }
    return new FileReader(transfer, entry, { watch: (action) => this.#watch(action), endedBy: () => this.#error ?? this.#abort.signal.reason }).stream(start, end);
  }

  /** A look now and every `intervalMs`, and at the end. Ends when the torrent is stopped; throws `ShoalError` where it fails. */
  async *progress(intervalMs = 1000): AsyncGenerator<TorrentStatus, void, undefined> {
    while (this.#state !== 'stopped') {
      const before = this.#state;
      yield this.status();
      if (this.#error !== undefined) throw this.#error;
      await this.#pause(intervalMs, () => this.#state !== before);
    }
    yield this.status();
  }

  status(): TorrentStatus {
    const neighbours = this.swarm.neighbourStatus();
    const { download, upload } = this.swarm.transfer ?? {};
    const wantedBytes = this.#holdings?.selection.wantedBytes ?? 0;
    const haveBytes = this.#holdings?.haveBytes ?? 0;
    const webSeeds = this.swarm.transfer?.webSeeds.status() ?? [];
    const downBytesPerSecond = [...neighbours, ...webSeeds].reduce((sum, source) => sum + source.downBytesPerSecond, 0);
    const progress = this.#state === 'checking' ? this.#checkedShare : wantedBytes === 0 ? (this.#metainfo === undefined ? 0 : 1) : haveBytes / wantedBytes;
    return {
      state: this.#state,
      name: this.name,
      progress,
      wantedBytes,
      haveBytes,
      downloadedBytes: download?.receivedBytes ?? 0,
      uploadedBytes: upload?.sentBytes ?? 0,
      wastedBytes: download?.wastedBytes ?? 0,
      downBytesPerSecond,
      upBytesPerSecond: neighbours.reduce((sum, neighbour) => sum + neighbour.upBytesPerSecond, 0),
      etaMs: downBytesPerSecond > 0 ? ((wantedBytes - haveBytes) / downBytesPerSecond) * 1000 : undefined,
      neighbours,
      knownPeers: this.swarm.neighbours.candidates.size,
      metadata: this.swarm.metadataProgress,
      webSeeds,
      messages: [...this.#messages.values(), ...webSeedLines(webSeeds)],
    };
  }

  /** Of each file but padding; none while the metadata is unknown. */
  files(): FileStatus[] {
    return this.#holdings?.files() ?? [];
  }

  /** Says goodbye to trackers and peers, writes the resume record, and lets go of the files. Never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Takes the files off the disk, and what is remembered of them, once the torrent has stopped. Rejects with `DiskError`. */
  async removeFiles(): Promise<void> {
    await this.stop();
    const { disk } = this.#surroundings.runtime;
    for (const path of [this.#stateFiles.resume, this.#stateFiles.parts]) if (path !== undefined) await disk.remove(path);
    if (this.#metainfo !== undefined) await removeFiles(disk, this.#metainfo, this.directory);
  }

  async #start(): Promise<void> {
    try {
      this.swarm.addPeers([...(this.#options.peers ?? []), ...(isMetainfo(this.#source) ? [] : this.#source.peers)]);
      // A link needs peers to learn what it means; where that is known, trackers hear of us once we know what we lack.
      if (!isMetainfo(this.#source)) this.#searches.start();
      const known = isMetainfo(this.#source) ? this.#source : await this.#metadata.promise;
      for (const [root, layer] of known.pieceLayers) this.#layers.set(root, layer);
      const metainfo = { ...known, pieceLayers: this.#layers };
      this.#metainfo = metainfo;
      this.#surroundings.known(this);
      this.#searches.update();
      await this.#openFiles(metainfo);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  async #openFiles(metainfo: Metainfo): Promise<void> {
    const { runtime } = this.#surroundings;
    const { signal } = this.#abort;
    this.#setState('checking');
    const source = this.#source;
    const select = this.#options.select ?? ((_, index) => (isMetainfo(source) || isSelected(source, index) ? 'normal' : 'none'));
    const selection = new Selection(metainfo, select);
    const holdings = new Holdings(metainfo, selection);
    this.#holdings = holdings;
    const store = await openFileStore({
      disk: runtime.disk,
      metainfo,
      directory: this.directory,
      partsPath: this.#stateFiles.parts,
      allocation: this.#options.allocation ?? 'sparse',
    });
    this.#store = store;
    this.#resume = new ResumeKeeper({ runtime, metainfo, store, path: this.#stateFiles.resume, tell: (line) => this.#tell('resume', line) });
    const { check } = this.#options;
    const have = check === 'trust'
      ? Bitfield.full(metainfo.pieceCount)
      : await this.#resume.piecesOnDisk(check !== 'full', (share) => { this.#checkedShare = share; }, signal);
    signal.throwIfAborted();
    await store.select(selection.files, signal);
    signal.throwIfAborted();
    holdings.begin(have);
    this.swarm.begin({
      metainfo, store, have, carriesPayload: true,
      learnLayer: ({ piecesRoot }, layer) => { if (piecesRoot !== undefined) this.#layers.set(toHex(piecesRoot), layer); },
      verify: (piece, bytes) => verifyPiece(runtime.hasher.thrifty, metainfo, piece, bytes),
    }, (piece) => holdings.selection.priorityOf(piece));
    this.#timers.push(runtime.clock.every(SAVE_INTERVAL_MS, () => void this.#save()));
    this.#ready.resolve(metainfo);
    if (isMetainfo(source)) this.#searches.start();
    if (this.swarm.transfer?.isSeeding === true) this.#finished();
    else this.#setState('downloading');
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
    this.#holdings?.had(piece);
    this.#unsaved = true;
    this.#notify();
  }

  #finished(): void {
    const files = this.#wholeWithoutLayer();
    if (files.length > 0) return this.#makeLayers(files);
    const hadToDownload = (this.swarm.transfer?.download.receivedBytes ?? 0) > 0;
    this.#setState('seeding');
    if (hadToDownload) this.#searches.completed();
    this.#done.resolve();
    void this.#save();
    return undefined;
  }

  /** Files of a hybrid that came by a link, from peers who could not tell what v2 needs to prove their pieces. */
  #wholeWithoutLayer(): FileEntry[] {
    const metainfo = this.#metainfo;
    const have = this.#holdings?.have;
    if (metainfo === undefined || have === undefined) return [];
    return filesWithoutLayer(metainfo).filter((file) => heldBytes(file, metainfo.pieceLength, have) === file.length);
  }

  /** So that the torrent can be given to those who speak v2, and written as a torrent file. */
  #makeLayers(files: readonly FileEntry[]): void {
    this.#setState('checking');
    this.#making ??= this.#makeEach(files).then(() => {
      this.#making = undefined;
      if (this.swarm.transfer?.isSeeding === true) this.#finished();
      else this.#setState('downloading');
    }, (error: Error) => this.#fail(error));
  }

  async #makeEach(files: readonly FileEntry[]): Promise<void> {
    const { runtime } = this.#surroundings;
    const metainfo = this.#metainfo;
    const store = this.#store;
    if (metainfo === undefined || store === undefined) return;
    const totalBytes = files.reduce((sum, { length }) => sum + length, 0);
    let madeBytes = 0;
    const onProgress = (bytes: number): void => { this.#checkedShare = (madeBytes += bytes) / totalBytes; };
    for (const file of files) {
      const layer = await makePieceLayer(file, { hasher: runtime.hasher, metainfo, store, onProgress, signal: this.#abort.signal });
      this.swarm.transfer?.layerMade(file, layer);
    }
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
    this.#reject(error);
    void this.#save();
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
      trackers: () => this.#source.trackers,
      totals: () => ({ ...this.#totals(), left: this.#holdings?.leftBytes }),
      isPartialSeed: () => this.#state === 'seeding' && this.#holdings?.have?.isFull === false,
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

  /** Renews the resume record, if anything has changed. Never rejects. */
  async #save(): Promise<void> {
    const have = this.#holdings?.have;
    if (!this.#unsaved || this.#resume === undefined || this.#holdings === undefined || have === undefined) return;
    this.#unsaved = false;
    const { downloaded, uploaded } = this.#totals();
    await this.#resume.save(have, this.#holdings.selection.files, { downloaded, uploaded });
  }

  /** In this run, in bytes. */
  #totals(): Totals {
    const { download, upload } = this.swarm.transfer ?? {};
    return { downloaded: download?.receivedBytes ?? 0, uploaded: upload?.sentBytes ?? 0 };
  }

  async #stop(): Promise<void> {
    const failed = this.#state === 'failed';
    this.#abort.abort(new ShoalError('STOPPED', `${this.name} has been stopped`));
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.swarm.stop();
    this.#reject(this.#abort.signal.reason);
    const goodbyes = this.#searches.stop();
    await this.#started;
    await this.#making;
    // Pieces that were whole when the swarm stopped are still verified and written: nobody should have to send them again.
    await this.swarm.transfer?.download.settled();
    await this.#save();
    await this.#store?.close().catch((error: Error) => this.#tell('disk', `! ${describeError(error)}`));
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
  async #pause(delayMs: number, enough: () => boolean): Promise<void> {
    const early = new AbortController();
    const unwatch = this.#watch(() => { if (enough()) early.abort(); });
    await sleep(this.#surroundings.runtime.clock, delayMs, early.signal).catch(() => undefined);
    unwatch();
  }
}
