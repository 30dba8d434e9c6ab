/**
 * The Merkle layers of a v2 or hybrid torrent from peers, and to peers (BEP 52): a magnet link's metadata names only the
 * files' roots. No piece of a v2 file longer than one can be verified before its piece layer is there; a hybrid's can, by
 * SHA-1, but without the layers it could be given to nobody who speaks v2.
 *
 * Invariant: a layer is learnt only once its hashes have been proved against the file's root; who sent false ones is told of.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { answerRun, HashTree, isSoundRun, pieceLayerRuns, verifyRun, type HashRun } from '../metainfo/hash-request.ts';
import { HASH_BYTES, layerWidth, pieceLevel } from '../metainfo/merkle.ts';
import { piecesOf, type FileEntry, type Metainfo } from '../metainfo/metainfo.ts';
import { filesWithoutLayer } from '../metainfo/piece-layers.ts';
import type { HashRequest, PeerMessage } from '../wire/messages.ts';
import { Backoff } from './backoff.ts';
import { Generosity } from './generosity.ts';
import type { Neighbour } from './neighbour.ts';

const REQUEST_TIMEOUT_MS = 20_000;
/** Of one neighbour at once. */
const REQUESTS_EACH = 4;

export interface HashExchangeHooks {
  send(neighbour: Neighbour, message: PeerMessage): void;
  /** The layer of these files, which have the same contents, is known from now on; their pieces lack nothing once `canVerify` says so. */
  learnt(files: readonly FileEntry[], layer: Uint8Array): void;
  /** It has sent hashes that do not lead to the file's root. */
  guilty(neighbour: Neighbour): void;
}

/** A layer, put together once all its runs are here. */
interface WantedLayer {
  /** Files with the same contents have one root, and one layer. */
  readonly files: [FileEntry, ...FileEntry[]];
  readonly hashes: (Uint8Array | undefined)[];
  missing: number;
}

interface WantedRun {
  readonly layer: WantedLayer;
  /** Which of the layer's runs it is. */
  readonly number: number;
  readonly run: HashRun;
}

export class HashExchange {
  readonly #metainfo: Metainfo;
  readonly #hooks: HashExchangeHooks;
  /** By root in hexadecimal: layers of which something has not come yet. */
  readonly #layers = new Map<string, WantedLayer>();
  /** By request key: what has not come yet. */
  readonly #wanted = new Map<string, WantedRun>();
  /** Of those: who is asked for which, and since when. The longest asked first. */
  readonly #asked = new Map<WantedRun, { readonly neighbour: Neighbour; readonly atMs: number }>();
  /** The pieces that cannot be verified yet. */
  readonly #lacking: Bitfield;
  readonly #backoff = new Backoff<Neighbour>();
  readonly #generosity = new Generosity();
  /** By the root in hexadecimal. Each is grown once, and no larger than the layer that it stands on. */
  readonly #trees = new Map<string, HashTree>();

  constructor(metainfo: Metainfo, hooks: HashExchangeHooks) {
    this.#metainfo = metainfo;
    this.#hooks = hooks;
    this.#lacking = new Bitfield(metainfo.pieceCount);
    for (const file of filesWithoutLayer(metainfo)) {
      if (metainfo.format === 'v2') this.#markLacking(file);
      const twin = this.#layers.get(rootOf(file));
      if (twin === undefined) this.#want(file);
      else twin.files.push(file);
    }
  }

  /** Whether all layers are here. */
  get isComplete(): boolean {
    return this.#layers.size === 0;
  }

  /** Whether every piece can be verified. */
  get canVerifyAll(): boolean {
    return this.#lacking.count === 0;
  }

  /** Whether the piece cannot be verified yet. */
  lacks(piece: number): boolean {
    return this.#lacking.has(piece);
  }

  /** Asks everyone who may know for what is missing. Once a second. */
  tick(neighbours: Iterable<Neighbour>, nowMs: number): void {
    if (this.isComplete) return;
    for (const [wanted, { neighbour, atMs }] of this.#asked) {
      if (nowMs - atMs <= REQUEST_TIMEOUT_MS) break;
      this.#asked.delete(wanted);
      this.#backoff.failed(neighbour, nowMs);
    }
    // Whoever is being asked gets more as soon as it has answered.
    const busy = new Set([...this.#asked.values()].map(({ neighbour }) => neighbour));
    const willing = this.#backoff.inTurn(neighbours, nowMs).filter((neighbour) => this.#mayKnow(neighbour) && !busy.has(neighbour));
    for (let turn = 0; turn < REQUESTS_EACH; turn++) for (const neighbour of willing) this.#askOne(neighbour, nowMs);
  }

  received(neighbour: Neighbour, message: HashRequest & { readonly hashes: Uint8Array }, nowMs: number): void {
    const wanted = this.#answered(neighbour, message);
    if (wanted === undefined) return neighbour.saidNothing(nowMs);
    const { layer, run, number } = wanted;
    if (!verifyRun(run, message.hashes, message.piecesRoot)) return this.#hooks.guilty(neighbour);
    this.#backoff.succeeded(neighbour);
    this.#wanted.delete(keyOf(message));
    layer.hashes[number] = message.hashes.slice(0, run.length * HASH_BYTES);
    layer.missing -= 1;
    this.#askOne(neighbour, nowMs);
    if (layer.missing === 0) this.#finish(layer);
    return undefined;
  }

  rejected(neighbour: Neighbour, request: HashRequest, nowMs: number): void {
    if (this.#answered(neighbour, request) === undefined) neighbour.saidNothing(nowMs);
    else this.#backoff.failed(neighbour, nowMs);
  }

  left(neighbour: Neighbour): void {
    for (const [wanted, asked] of this.#asked) if (asked.neighbour === neighbour) this.#asked.delete(wanted);
  }

  /** The pieces of this file, whose layer has been learnt, need wait for nothing more. */
  canVerify(file: FileEntry): void {
    const { first, end } = piecesOf(file, this.#metainfo.pieceLength);
    for (let piece = first; piece < end; piece++) this.#lacking.clear(piece);
  }

  /** The layer of this file is here: it has been made of the file itself. */
  made(file: FileEntry): void {
    const root = rootOf(file);
    const layer = this.#layers.get(root);
    for (const [key, wanted] of this.#wanted) {
      if (wanted.layer !== layer) continue;
      this.#wanted.delete(key);
      this.#asked.delete(wanted);
    }
    this.#layers.delete(root);
  }

  /** A neighbour asks for hashes. Throws `WireError` where it goes on asking for what it cannot have. */
  serve(neighbour: Neighbour, request: HashRequest, nowMs: number): void {
    const { piecesRoot, baseLayer, index, length, proofLayers } = request;
    const fields = { piecesRoot, baseLayer, index, length, proofLayers };
    const tree = isSoundRun(request) ? this.#treeOf(piecesRoot) : undefined;
    const hashes = tree === undefined ? undefined : answerRun(request, [tree]);
    if (hashes !== undefined && this.#generosity.gives(neighbour, hashes.length, this.#metainfo.pieceCount * HASH_BYTES)) {
      return this.#hooks.send(neighbour, { type: 'hashes', ...fields, hashes });
    }
    neighbour.saidNothing(nowMs);
    return this.#hooks.send(neighbour, { type: 'hash-reject', ...fields });
  }

  /** A hybrid's neighbours may be such as speak v1 alone. */
  #mayKnow({ pieces, supports }: Neighbour): boolean {
    return pieces.count > 0 && (supports.v2 || this.#metainfo.format === 'v2');
  }

  #markLacking(file: FileEntry): void {
    const { first, end } = piecesOf(file, this.#metainfo.pieceLength);
    for (let piece = first; piece < end; piece++) this.#lacking.set(piece);
  }

  #want(file: FileEntry): void {
    const runs = pieceLayerRuns(file.length, this.#metainfo.pieceLength);
    const layer: WantedLayer = { files: [file], hashes: runs.map(() => undefined), missing: runs.length };
    this.#layers.set(rootOf(file), layer);
    for (const [number, run] of runs.entries()) this.#wanted.set(keyOf(requestFor(file, run)), { layer, number, run });
  }

  /** Asks a neighbour for one run that nobody is asked for, where there is one and enough are not under way already. */
  #askOne(neighbour: Neighbour, nowMs: number): void {
    if (this.#asked.size >= LIMITS.hashRequestsUnderWay) return;
    // No more than those under way are passed over.
    for (const wanted of this.#wanted.values()) {
      if (this.#asked.has(wanted)) continue;
      this.#asked.set(wanted, { neighbour, atMs: nowMs });
      return this.#hooks.send(neighbour, { type: 'hash-request', ...requestFor(wanted.layer.files[0], wanted.run) });
    }
  }

  /** What the neighbour was asked for and is answering now; undefined where it was not. */
  #answered(neighbour: Neighbour, request: HashRequest): WantedRun | undefined {
    const wanted = this.#wanted.get(keyOf(request));
    if (wanted === undefined || this.#asked.get(wanted)?.neighbour !== neighbour) return undefined;
    this.#asked.delete(wanted);
    return wanted;
  }

  #finish({ files, hashes }: WantedLayer): void {
    const { pieceLength } = this.#metainfo;
    this.#layers.delete(rootOf(files[0]));
    const layer = Buffer.concat(hashes.flatMap((run) => run ?? [])).subarray(0, Math.ceil(files[0].length / pieceLength) * HASH_BYTES);
    this.#hooks.learnt(files, layer);
  }

  #treeOf(piecesRoot: Uint8Array): HashTree | undefined {
    const { pieceLayers, pieceLength } = this.#metainfo;
    const key = toHex(piecesRoot);
    const layer = pieceLayers.get(key);
    if (layer === undefined) return undefined;
    const tree = this.#trees.get(key) ?? new HashTree(layer, { level: pieceLevel(pieceLength), width: layerWidth(layer.length / HASH_BYTES) });
    this.#trees.set(key, tree);
    return tree;
  }
}

function rootOf({ piecesRoot }: FileEntry): string {
  return piecesRoot === undefined ? '' : toHex(piecesRoot);
}

function requestFor(file: FileEntry, run: HashRun): HashRequest {
  return { piecesRoot: file.piecesRoot ?? new Uint8Array(HASH_BYTES), ...run };
}

function keyOf({ piecesRoot, baseLayer, index, length, proofLayers }: HashRequest): string {
  return `${toHex(piecesRoot)}/${baseLayer}/${index}/${length}/${proofLayers}`;
}
