/**
 * In order: of the pieces that a neighbour has, begin the first. What streaming wants, and what a swarm suffers from.
 *
 * Invariant: no piece on offer lies before the cursor of its priority.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import { PRIORITIES, type PiecePicker, type PiecePriority } from './piece-picker.ts';

const HIGHEST_FIRST = [3, 2, 1] as const;

export class Sequential implements PiecePicker {
  offered = 0;
  readonly #priorityOf: Uint8Array;
  readonly #offeredAt = [0, 0, 0, 0];
  readonly #cursors: number[];

  constructor(pieceCount: number) {
    this.#priorityOf = new Uint8Array(pieceCount);
    this.#cursors = PRIORITIES.map(() => pieceCount);
  }

  available(): void {
    // Order does not depend on who has what.
  }

  offer(piece: number, priority: Exclude<PiecePriority, 'none'>): void {
    this.withdraw(piece);
    const rank = PRIORITIES.indexOf(priority);
    this.#priorityOf[piece] = rank;
    this.#offeredAt[rank] += 1;
    this.#cursors[rank] = Math.min(this.#cursors[rank], piece);
    this.offered += 1;
  }

  withdraw(piece: number): void {
    const rank = this.#priorityOf[piece];
    if (rank === 0) return;
    this.#priorityOf[piece] = 0;
    this.#offeredAt[rank] -= 1;
    this.offered -= 1;
  }

  offers(piece: number): boolean {
    return this.#priorityOf[piece] > 0;
  }

  pick(pieces: Bitfield): number | undefined {
    for (const rank of HIGHEST_FIRST) {
      if (this.#offeredAt[rank] === 0) continue;
      while (this.#priorityOf[this.#cursors[rank]] !== rank) this.#cursors[rank] += 1;
      for (let piece = this.#cursors[rank]; piece < this.#priorityOf.length; piece++) {
        if (this.#priorityOf[piece] === rank && pieces.has(piece)) return piece;
      }
    }
    return undefined;
  }
}
