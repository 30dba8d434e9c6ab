/**
 * The Merkle layers of a v2 torrent from peers, and to peers (BEP 52): a magnet link's metadata names only the files' roots,
 * and no piece of a file longer than one can be verified before its piece layer is there.
 *
 * Invariant: a layer is learnt only once its hashes have been proved against the file's root; who sent false ones is told of.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { equalBytes } from '../bytes/compare.ts';
import { toHex } from '../bytes/hex.ts';
import { keepNewest } from '../bytes/keep-newest.ts';
import { LIMITS } from '../bytes/limits.ts';
import { answerRun, HashTree, isSoundRun, pieceLayerRuns, verifyRun, type HashRun } from '../metainfo/hash-request.ts';
import { HASH_BYTES, layerWidth, pieceLevel } from '../metainfo/merkle.ts';
import type { FileEntry, Metainfo } from '../metainfo/metainfo.ts';
import { filesWithoutLayer } from '../metainfo/piece-layers.ts';
import type { HashRequest, PeerMessage } from '../wire/messages.ts';
import type { Neighbour } from './neighbour.ts';

const REQUEST_TIMEOUT_MS = 20_000;

export interface HashExchangeHooks {
  send(neighbour: Neighbour, message: PeerMessage): void;
  /** The file's pieces can be verified from now on. */
  learnt(file: FileEntry, layer: Uint8Array): void;
  guilty(neighbour: Neighbour): void;
}

interface WantedRun {
  readonly file: FileEntry;
  readonly run: HashRun;
  asked: { readonly neighbour: Neighbour; readonly atMs: number } | undefined;
  hashes: Uint8Array | undefined;
}

export class HashExchange {
  readonly #metainfo: Metainfo;
  readonly #hooks: HashExchangeHooks;
  /** By request key: what is still missing, or has come before the rest of its layer. */
  readonly #wanted = new Map<string, WantedRun>();
  /** The pieces that cannot be verified yet. */
  readonly #lacking: Bitfield;
  /** Who has said that it will not answer. */
  readonly #unwilling = new WeakSet<Neighbour>();
  /** By the root in hexadecimal; the one used last is last. */
  readonly #trees = new Map<string, HashTree>();

  constructor(metainfo: Metainfo, hooks: HashExchangeHooks) {
    this.#metainfo = metainfo;
    this.#hooks = hooks;
    this.#lacking = new Bitfield(metainfo.pieceCount);
    // A hybrid's pieces are verified by their SHA-1 where the layers are not known.
    if (metainfo.format !== 'v2') return;
    for (const file of filesWithoutLayer(metainfo)) {
      for (const piece of this.#piecesOf(file)) this.#lacking.set(piece);
      for (const run of pieceLayerRuns(file.length, metainfo.pieceLength)) {
        this.#wanted.set(keyOf(requestFor(file, run)), { file, run, asked: undefined, hashes: undefined });
      }
    }
  }

  get isComplete(): boolean {
    return this.#wanted.size === 0;
  }

  /** Whether the piece cannot be verified yet. */
  lacks(piece: number): boolean {
    return this.#lacking.has(piece);
  }

  /** Asks everyone who may know for what is missing. Once a second. */
  tick(neighbours: Iterable<Neighbour>, nowMs: number): void {
    if (this.isComplete) return;
    const willing = [...neighbours].filter((neighbour) => neighbour.pieces.count > 0 && !this.#unwilling.has(neighbour));
    if (willing.length === 0) return;
    let turn = 0;
    let underWay = 0;
    for (const wanted of this.#wanted.values()) {
      if (wanted.asked !== undefined && nowMs - wanted.asked.atMs > REQUEST_TIMEOUT_MS) wanted.asked = undefined;
      if (wanted.hashes !== undefined) continue;
      if ((underWay += 1) > LIMITS.hashRequestsUnderWay) return;
      if (wanted.asked !== undefined) continue;
      const neighbour = willing[turn++ % willing.length];
      wanted.asked = { neighbour, atMs: nowMs };
      this.#hooks.send(neighbour, { type: 'hash-request', ...requestFor(wanted.file, wanted.run) });
    }
  }

  received(neighbour: Neighbour, message: HashRequest & { readonly hashes: Uint8Array }): void {
    const wanted = this.#wanted.get(keyOf(message));
    if (wanted?.asked?.neighbour !== neighbour || wanted.hashes !== undefined || wanted.file.piecesRoot === undefined) return;
    wanted.asked = undefined;
    if (!verifyRun(wanted.run, message.hashes, wanted.file.piecesRoot)) {
      this.#unwilling.add(neighbour);
      return this.#hooks.guilty(neighbour);
    }
    wanted.hashes = message.hashes.slice(0, wanted.run.length * HASH_BYTES);
    this.#finish(wanted.file);
  }

  rejected(neighbour: Neighbour, request: HashRequest): void {
    const wanted = this.#wanted.get(keyOf(request));
    if (wanted?.asked?.neighbour !== neighbour) return;
    wanted.asked = undefined;
    this.#unwilling.add(neighbour);
  }

  /** A neighbour asks for hashes. */
  serve(neighbour: Neighbour, request: HashRequest): void {
    const { piecesRoot, baseLayer, index, length, proofLayers } = request;
    const fields = { piecesRoot, baseLayer, index, length, proofLayers };
    const tree = isSoundRun(request) ? this.#treeOf(piecesRoot) : undefined;
    const hashes = tree === undefined ? undefined : answerRun(request, [tree]);
    if (hashes === undefined) this.#hooks.send(neighbour, { type: 'hash-reject', ...fields });
    else this.#hooks.send(neighbour, { type: 'hashes', ...fields, hashes });
  }

  /** All runs of a file's layer are here: it is put together. */
  #finish(file: FileEntry): void {
    const runs = [...this.#wanted.values()].filter((wanted) => wanted.file === file).sort((a, b) => a.run.index - b.run.index);
    if (runs.some(({ hashes }) => hashes === undefined)) return;
    const count = Math.ceil(file.length / this.#metainfo.pieceLength);
    const layer = Buffer.concat(runs.flatMap(({ hashes }) => hashes ?? [])).subarray(0, count * HASH_BYTES);
    for (const { run } of runs) this.#wanted.delete(keyOf(requestFor(file, run)));
    for (const piece of this.#piecesOf(file)) this.#lacking.clear(piece);
    this.#hooks.learnt(file, layer);
  }

  *#piecesOf({ offset, length }: FileEntry): IterableIterator<number> {
    const { pieceLength } = this.#metainfo;
    for (let piece = offset / pieceLength; piece * pieceLength < offset + length; piece++) yield piece;
  }

  #treeOf(piecesRoot: Uint8Array): HashTree | undefined {
    const key = toHex(piecesRoot);
    const kept = this.#trees.get(key);
    const tree = kept ?? this.#growTree(piecesRoot, key);
    if (tree === undefined) return undefined;
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    keepNewest(this.#trees, LIMITS.hashTrees);
    return tree;
  }

  #growTree(piecesRoot: Uint8Array, key: string): HashTree | undefined {
    const { files, pieceLayers, pieceLength } = this.#metainfo;
    const layer = pieceLayers.get(key);
    const file = files.find((entry) => entry.piecesRoot !== undefined && equalBytes(entry.piecesRoot, piecesRoot));
    if (layer === undefined || file === undefined) return undefined;
    return new HashTree(layer, { level: pieceLevel(pieceLength), width: layerWidth(layer.length / HASH_BYTES) });
  }
}

function requestFor(file: FileEntry, run: HashRun): HashRequest {
  return { piecesRoot: file.piecesRoot ?? new Uint8Array(HASH_BYTES), ...run };
}

function keyOf({ piecesRoot, baseLayer, index, length, proofLayers }: HashRequest): string {
  return `${toHex(piecesRoot)}/${baseLayer}/${index}/${length}/${proofLayers}`;
}
