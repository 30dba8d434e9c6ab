/**
 * Which piece to begin next. A picker knows which pieces may be begun, how many neighbours have each, and how much each is
 * wanted; given what one neighbour has, it names a piece.
 *
 * Policies are values: `rarest-first` is production's, `random` and `sequential` are there to be compared with it, and
 * deadlines (for streaming) go before any of them.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import type { Random } from '../runtime/random.ts';
import { RarestFirst } from './rarest-first.ts';
import { Sequential } from './sequential.ts';

/** How much a piece is wanted; 'none' is not at all. */
export type PiecePriority = 'none' | 'low' | 'normal' | 'high';

export interface PiecePicker {
  /** One more neighbour, or one fewer, has the piece. Neighbours that have every piece need not be told of. */
  available(piece: number, change: 1 | -1): void;
  /** The piece may be begun (again), at a priority other than 'none'. Calling it again changes the priority. */
  offer(piece: number, priority: Exclude<PiecePriority, 'none'>): void;
  /** The piece may not be begun: it is under way, complete or unwanted. Calling it again does nothing. */
  withdraw(piece: number): void;
  /** The piece on offer to begin with a neighbour that has `pieces`; undefined where there is none. */
  pick(pieces: Bitfield): number | undefined;
  /** Pieces on offer. */
  readonly offered: number;
}

export type PickingPolicy = 'rarest-first' | 'random' | 'sequential';

export function createPicker(policy: PickingPolicy, pieceCount: number, random: Random): PiecePicker {
  switch (policy) {
    case 'rarest-first': return new RarestFirst(pieceCount, random);
    case 'random': return new RarestFirst(pieceCount, random, { ignoreRarity: true });
    case 'sequential': return new Sequential(pieceCount);
    default: throw new TypeError(`no such picking policy: ${policy satisfies never}`);
  }
}
