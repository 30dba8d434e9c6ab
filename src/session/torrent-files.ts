/**
 * A torrent's files on disk, from when it is known what they are: what of them is there, what is wanted, the record of both
 * for the next run, and the piece layers that only the files themselves can tell (BEP 52).
 *
 * Invariant: what is said to be had has been verified, in this run or (by a resume record that still fits the files) in an
 * earlier one.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { describeError, ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { heldBytes, piecesOf, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';
import { filesWithoutLayer } from '../metainfo/piece-layers.ts';
import { verifyPiece } from '../metainfo/verify.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { checkPieces } from '../storage/check.ts';
import { openFileStore, type FileStore } from '../storage/file-store.ts';
import { makePieceLayer } from '../storage/make-layer.ts';
import type { Contents } from '../swarm/contents.ts';
import { Holdings } from './holdings.ts';
import { ResumeKeeper, type PiecesOnDisk, type Totals } from './resume-keeper.ts';
import type { Selection } from './selection.ts';
import type { StateFiles } from './state-files.ts';

const SAVE_INTERVAL_MS = 30_000;

export interface TorrentFilesOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'disk' | 'hasher'>;
  readonly metainfo: Metainfo;
  readonly directory: string;
  readonly stateFiles: StateFiles;
  readonly selection: Selection;
  readonly allocation: 'sparse' | 'full';
  /** Whether files that are there already, and hold nothing of the torrent, are written over. */
  readonly overwrite: boolean;
  /** In this run. */
  totals(): Totals;
  /** Told in one line what went wrong, and with what. */
  tell(topic: string, line: string): void;
}

export class TorrentFiles {
  /** Its piece layers grow as they become known. */
  readonly metainfo: Metainfo;
  readonly holdings: Holdings;
  /** Of what is being hashed: how much has been, 0 to 1. */
  hashedShare = 0;
  readonly #options: TorrentFilesOptions;
  readonly #layers: Map<string, Uint8Array>;
  #store: FileStore | undefined;
  #resume: ResumeKeeper | undefined;
  #timer: Timer | undefined;
  #unsaved = false;

  constructor(options: TorrentFilesOptions) {
    this.#options = options;
    this.#layers = new Map(options.metainfo.pieceLayers);
    this.metainfo = { ...options.metainfo, pieceLayers: this.#layers };
    this.holdings = new Holdings(this.metainfo, options.selection);
  }

  /** Looks at what is there, as `AddOptions.check` says. Rejects with `DiskError`, `MetainfoError`, `ShoalError` 'FILE_IN_THE_WAY' or the signal's reason. */
  async open(check: 'resume' | 'full' | 'trust', signal: AbortSignal): Promise<Contents> {
    const { runtime, directory, stateFiles, allocation, tell } = this.#options;
    const { metainfo, holdings } = this;
    const store = await openFileStore({ disk: runtime.disk, metainfo, directory, partsPath: stateFiles.parts, allocation });
    this.#store = store;
    const resume = new ResumeKeeper({ runtime, metainfo, store, path: stateFiles.resume, tell: (line) => tell('resume', line) });
    const found = check === 'trust'
      ? { have: Bitfield.full(metainfo.pieceCount), unknown: new Bitfield(metainfo.pieceCount), hasRecord: false }
      : await resume.piecesOnDisk(check === 'resume', (share) => { this.hashedShare = share; }, signal);
    signal.throwIfAborted();
    if (check === 'resume' && !this.#options.overwrite) this.#refuseToOverwrite(found, store);
    const { have, unknown } = found;
    await store.select(holdings.selection.files, signal);
    signal.throwIfAborted();
    holdings.begin(have);
    this.#resume = resume;
    this.#timer = runtime.clock.every(SAVE_INTERVAL_MS, () => void this.saveChanges());
    return {
      metainfo, store, have, carriesPayload: true,
      learnLayer: ({ piecesRoot }, layer) => { if (piecesRoot !== undefined) this.#layers.set(toHex(piecesRoot), layer); },
      recheck: (files) => {
        const pieces = takePieces(unknown, files, metainfo);
        return pieces.count === 0 ? undefined : checkPieces({ hasher: runtime.hasher, metainfo, store, pieces, signal });
      },
      verify: (piece, bytes) => verifyPiece(runtime.hasher.thrifty, metainfo, piece, bytes),
    };
  }

  /** A piece has been verified and written. */
  had(piece: number): void {
    this.holdings.had(piece);
    this.#unsaved = true;
  }

  /** Other files are wanted. Rejects with `DiskError`. */
  async select(selection: Selection): Promise<void> {
    await this.#store?.select(selection.files);
    this.holdings.select(selection);
  }

  /** Renews the resume record, if pieces have come since. Never rejects. */
  async saveChanges(): Promise<void> {
    const { have, selection } = this.holdings;
    if (!this.#unsaved || have === undefined) return;
    this.#unsaved = false;
    await this.#resume?.save(have, selection.files, this.#options.totals());
  }

  /** Whole files of a hybrid whose peers have not told what v2 needs to prove their pieces. */
  wholeWithoutLayer(): FileEntry[] {
    const { have } = this.holdings;
    if (have === undefined) return [];
    return filesWithoutLayer(this.metainfo).filter((file) => heldBytes(file, this.metainfo.pieceLength, have) === file.length);
  }

  /** Makes the layers of these files, which are whole. Rejects as `makePieceLayer` does. */
  async makeLayers(files: readonly FileEntry[], made: (file: FileEntry, layer: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    const { metainfo } = this;
    const { hasher } = this.#options.runtime;
    const totalBytes = files.reduce((sum, { length }) => sum + length, 0);
    let hashedBytes = 0;
    const onProgress = (bytes: number): void => { this.hashedShare = (hashedBytes += bytes) / totalBytes; };
    for (const file of files) {
      if (this.#store !== undefined) made(file, await makePieceLayer(file, { hasher, metainfo, store: this.#store, onProgress, signal }));
    }
  }

  /** Whatever is where a wanted file goes is somebody's, where nothing says that it is this torrent's. Throws `ShoalError` 'FILE_IN_THE_WAY'. */
  #refuseToOverwrite({ have, unknown, hasRecord }: PiecesOnDisk, { stamps }: FileStore): void {
    if (hasRecord || have.count > 0 || unknown.count > 0) return;
    const { files, isSingleFile, name } = this.metainfo;
    for (const file of this.holdings.selection.files) {
      if (files[file].isPadding || !(stamps.lengths[file] > 0)) continue;
      const path = [this.#options.directory, ...(isSingleFile ? [] : [name]), ...files[file].path].join('/');
      throw new ShoalError('FILE_IN_THE_WAY', `${path} is there already, and nothing in it is of this torrent: move it away, or overwrite it (--overwrite)`);
    }
  }

  /** Writes the resume record, and lets go of the files. Never rejects. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.saveChanges();
    await this.#store?.close().catch((error: Error) => this.#options.tell('disk', `! ${describeError(error)}`));
  }
}

/** Those of `pieces` that lie in these files, which are taken out of it. */
function takePieces(pieces: Bitfield, files: readonly FileEntry[], { pieceCount, pieceLength }: Metainfo): Bitfield {
  const taken = new Bitfield(pieceCount);
  for (const file of files) {
    const { first, end } = piecesOf(file, pieceLength);
    for (let piece = first; piece < end; piece++) if (pieces.clear(piece)) taken.set(piece);
  }
  return taken;
}
