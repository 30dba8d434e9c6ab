/**
 * Rarest first (Cohen 2003): of the pieces that a neighbour has, begin the one that the fewest neighbours have, so that no
 * piece dies out and everybody has something to give. Among equals any is as good: they stand in random order. The first
 * four pieces are any at all, for a newcomer must have something to trade soon, and a rare piece comes slowly.
 *
 * All pieces stand in one array, in buckets by priority and then by availability, and shuffled within a bucket:
 *
 *     | withdrawn | high, had by 0 | by 1 | … | normal, had by 0 | by 1 | … | low … |
 *
 * Invariant: a `have` moves one piece over one boundary. Withdrawing or offering one moves it over as many as lie between,
 * of which there are at most a few hundred; nothing is ever sorted or searched.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import { integerBelow, type Random } from '../runtime/random.ts';
import type { PiecePicker, PiecePriority } from './piece-picker.ts';

const RANDOM_FIRST_PIECES = 4;
/** Had by more than this is all one: such a piece is in no danger. */
const MOST_AVAILABLE = 127;
const CLASS_BUCKETS = MOST_AVAILABLE + 1;
const WITHDRAWN = 0;
const CLASS_OF = { high: 0, normal: 1, low: 2 } as const;
const BUCKETS = 1 + 3 * CLASS_BUCKETS;

export class RarestFirst implements PiecePicker {
  readonly #random: Random;
  readonly #ignoreRarity: boolean;
  readonly #order: Uint32Array;
  readonly #positionOf: Uint32Array;
  readonly #bucketOf: Uint16Array;
  readonly #availability: Uint32Array;
  /** Where each bucket ends; it begins where the one before it ends. */
  readonly #ends = new Uint32Array(BUCKETS);
  #begun = 0;

  /** All pieces are withdrawn at first. */
  constructor(pieceCount: number, random: Random, options: { readonly ignoreRarity?: boolean } = {}) {
    this.#random = random;
    this.#ignoreRarity = options.ignoreRarity === true;
    this.#order = Uint32Array.from({ length: pieceCount }, (_, piece) => piece);
    this.#positionOf = this.#order.slice();
    this.#bucketOf = new Uint16Array(pieceCount);
    this.#availability = new Uint32Array(pieceCount);
    this.#ends.fill(pieceCount);
  }

  get offered(): number {
    return this.#order.length - this.#ends[WITHDRAWN];
  }

  available(piece: number, change: 1 | -1): void {
    this.#availability[piece] += change;
    const bucket = this.#bucketOf[piece];
    if (bucket !== WITHDRAWN) this.#moveTo(piece, this.#bucketFor(piece, Math.floor((bucket - 1) / CLASS_BUCKETS)));
  }

  offer(piece: number, priority: Exclude<PiecePriority, 'none'>): void {
    this.#moveTo(piece, this.#bucketFor(piece, CLASS_OF[priority]));
  }

  withdraw(piece: number): void {
    this.#moveTo(piece, WITHDRAWN);
  }

  offers(piece: number): boolean {
    return this.#bucketOf[piece] !== WITHDRAWN;
  }

  pick(pieces: Bitfield): number | undefined {
    const piece = this.#begun < RANDOM_FIRST_PIECES ? this.#anyOf(pieces) : this.#firstOf(pieces, this.#ends[WITHDRAWN], this.#order.length);
    if (piece !== undefined) this.#begun += 1;
    return piece;
  }

  /** A piece at random, but of the highest priority that there is. */
  #anyOf(pieces: Bitfield): number | undefined {
    for (let bucketClass = 0; bucketClass < 3; bucketClass++) {
      const start = this.#ends[bucketClass * CLASS_BUCKETS];
      const end = this.#ends[(bucketClass + 1) * CLASS_BUCKETS];
      const middle = start + integerBelow(this.#random, end - start);
      const piece = this.#firstOf(pieces, middle, end) ?? this.#firstOf(pieces, start, middle);
      if (piece !== undefined) return piece;
    }
    return undefined;
  }

  #firstOf(pieces: Bitfield, start: number, end: number): number | undefined {
    for (let position = start; position < end; position++) {
      const piece = this.#order[position];
      if (pieces.has(piece)) return piece;
    }
    return undefined;
  }

  #bucketFor(piece: number, bucketClass: number): number {
    const rarity = this.#ignoreRarity ? 0 : Math.min(this.#availability[piece], MOST_AVAILABLE);
    return 1 + bucketClass * CLASS_BUCKETS + rarity;
  }

  #moveTo(piece: number, target: number): void {
    let bucket = this.#bucketOf[piece];
    if (bucket === target) return;
    let position = this.#positionOf[piece];
    // Over each boundary in turn: change places with the piece at the boundary, then move the boundary past it.
    for (; bucket < target; bucket++) {
      const last = this.#ends[bucket] - 1;
      this.#swap(position, last);
      this.#ends[bucket] = last;
      position = last;
    }
    for (; bucket > target; bucket--) {
      const first = this.#ends[bucket - 1];
      this.#swap(position, first);
      this.#ends[bucket - 1] = first + 1;
      position = first;
    }
    this.#bucketOf[piece] = target;
    this.#shuffleIn(position, target);
  }

  /** A piece new in its bucket takes a random place there, so that equals stay in random order. */
  #shuffleIn(position: number, bucket: number): void {
    if (bucket === WITHDRAWN) return;
    const start = this.#ends[bucket - 1];
    this.#swap(position, start + integerBelow(this.#random, this.#ends[bucket] - start));
  }

  #swap(a: number, b: number): void {
    const pieceA = this.#order[a];
    const pieceB = this.#order[b];
    this.#order[a] = pieceB;
    this.#order[b] = pieceA;
    this.#positionOf[pieceA] = b;
    this.#positionOf[pieceB] = a;
  }
}
