/**
 * Runs of a Merkle tree's layer, with the proof that they belong there: what peers ask of each other in `hash request` and
 * `hashes` messages (BEP 52), so that a torrent that came by magnet link gets its piece layers, and a spoilt piece its leaves.
 *
 * Invariant: to get from a run to the root, one hash of each layer is missing on the way up, the uncle. Layers are counted
 * from the run's own, so the first log2(length) - 1 of them lie inside the run's subtree and have none.
 */
import { equalBytes } from '../bytes/compare.ts';
import { LIMITS } from '../bytes/limits.ts';
import { HASH_BYTES, hashPair, layerRoot, layerWidth, parentLayer, pieceLevel, zeroHash } from './merkle.ts';

export interface HashRun {
  /** The level of the run's hashes: 0 for the leaves. */
  readonly baseLayer: number;
  /** The first hash, counted within its layer: a multiple of `length`. */
  readonly index: number;
  /** How many: a power of two, at least 2. */
  readonly length: number;
  /** Layers above the base one whose hashes are to prove the run. */
  readonly proofLayers: number;
}

/** Levels that a tree can have: a file of 2^53 bytes has a tree of 2^39 leaves. */
const MAX_LEVEL = 39;

/** Whether a peer's request keeps BEP 52's rules and this program's bounds. */
export function isSoundRun({ baseLayer, index, length, proofLayers }: HashRun): boolean {
  const isPowerOfTwo = (length & (length - 1)) === 0;
  return length >= 2 && length <= LIMITS.hashesPerRequest && isPowerOfTwo && index % length === 0
    && baseLayer <= MAX_LEVEL && proofLayers <= MAX_LEVEL;
}

/** How many hashes the answer to a sound run has beside the run itself. */
export function uncleCount({ length, proofLayers }: HashRun): number {
  return Math.max(0, proofLayers - (Math.log2(length) - 1));
}

/** The level of the node that the answer to a sound run is proved against. */
export function ancestorLevel(run: HashRun): number {
  return run.baseLayer + Math.log2(run.length) + uncleCount(run);
}

/** What to ask for to get the whole piece layer of a file, proved up to its root. Nothing where the root is the only piece's hash. */
export function pieceLayerRuns(fileLength: number, pieceLength: number): HashRun[] {
  const count = Math.ceil(fileLength / pieceLength);
  if (count <= 1) return [];
  const width = layerWidth(count);
  const length = Math.min(width, LIMITS.hashesPerRequest);
  const runs: HashRun[] = [];
  for (let index = 0; index < count; index += length) {
    runs.push({ baseLayer: pieceLevel(pieceLength), index, length, proofLayers: Math.log2(width) - 1 });
  }
  return runs;
}

/**
 * Whether `hashes`, a sound run and its uncles from the bottom up, lead to `ancestor`: the file's root, or the hash at
 * `ancestorLevel(run)` of a piece that is known.
 */
export function verifyRun(run: HashRun, hashes: Uint8Array, ancestor: Uint8Array): boolean {
  const runBytes = run.length * HASH_BYTES;
  if (hashes.length !== runBytes + uncleCount(run) * HASH_BYTES) return false;
  let node = layerRoot(hashes.subarray(0, runBytes), run.length, run.baseLayer);
  let position = run.index / run.length;
  for (let offset = runBytes; offset < hashes.length; offset += HASH_BYTES) {
    const uncle = hashes.subarray(offset, offset + HASH_BYTES);
    node = position % 2 === 0 ? hashPair(node, uncle) : hashPair(uncle, node);
    position = Math.floor(position / 2);
  }
  return equalBytes(node, ancestor);
}

/** A tree, or a subtree, with all its nodes at hand: hashed once, then asked for runs as often as peers like. */
export class HashTree {
  readonly #level: number;
  readonly #width: number;
  readonly #firstIndex: number;
  /** From `#level` up to the one that holds the root alone. */
  readonly #layers: Uint8Array[];

  /**
   * @param layer the lowest hashes that are known: those at `place.level` from number `place.firstIndex` (default 0) on
   * @param place.width how many there are once filled up: a power of two, of which `firstIndex` is a multiple
   */
  constructor(layer: Uint8Array, place: { readonly level: number; readonly width: number; readonly firstIndex?: number }) {
    this.#level = place.level;
    this.#width = place.width;
    this.#firstIndex = place.firstIndex ?? 0;
    this.#layers = [layer];
    for (let rest = place.width, level = place.level; rest > 1; rest /= 2, level++) {
      this.#layers.push(parentLayer(this.#layers[this.#layers.length - 1], level));
    }
  }

  /** One node, 32 bytes; undefined where it is not in this tree. */
  hash(level: number, index: number): Uint8Array | undefined {
    const height = level - this.#level;
    if (height < 0 || height >= this.#layers.length) return undefined;
    const position = index - this.#firstIndex / 2 ** height;
    if (position < 0 || position >= this.#width / 2 ** height) return undefined;
    const layer = this.#layers[height];
    const offset = position * HASH_BYTES;
    return offset < layer.length ? layer.subarray(offset, offset + HASH_BYTES) : zeroHash(level);
  }
}

/**
 * The answer to a sound run: its hashes, then their uncles. Each is looked for in `trees` one after the other, such as that
 * of a piece's leaves and that over the file's piece layer. Undefined where none has it.
 */
export function answerRun(run: HashRun, trees: readonly HashTree[]): Uint8Array | undefined {
  const find = (level: number, index: number): Uint8Array | undefined => {
    for (const tree of trees) {
      const hash = tree.hash(level, index);
      if (hash !== undefined) return hash;
    }
    return undefined;
  };
  const answer = new Uint8Array((run.length + uncleCount(run)) * HASH_BYTES);
  for (let number = 0; number < run.length; number++) {
    const hash = find(run.baseLayer, run.index + number);
    if (hash === undefined) return undefined;
    answer.set(hash, number * HASH_BYTES);
  }
  const runLevels = Math.log2(run.length);
  for (let step = 0; step < uncleCount(run); step++) {
    const position = Math.floor(run.index / run.length / 2 ** step);
    const uncle = find(run.baseLayer + runLevels + step, position % 2 === 0 ? position + 1 : position - 1);
    if (uncle === undefined) return undefined;
    answer.set(uncle, (run.length + step) * HASH_BYTES);
  }
  return answer;
}
