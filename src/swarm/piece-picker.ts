/**
 * Which piece to begin next. A picker knows which pieces may be begun, how many neighbours have each, and how much each is
 * wanted; given what one neighbour has, it names a piece.
 *
 * Invariant: `pick` names only pieces on offer; a piece that is under way, complete or unwanted is withdrawn.
 */
import type { Bitfield } from '../bytes/bitfield.ts';

/** How much a piece is wanted; 'none' is not at all. */
export const PRIORITIES = ['none', 'low', 'normal', 'high'] as const;
export type PiecePriority = (typeof PRIORITIES)[number];

export interface PiecePicker {
  /** One more neighbour, or one fewer, has the piece. Neighbours that have every piece need not be told of. */
  available(piece: number, change: 1 | -1): void;
  /** The piece may be begun (again), at a priority other than 'none'. Calling it again changes the priority. */
  offer(piece: number, priority: Exclude<PiecePriority, 'none'>): void;
  /** The piece may not be begun: it is under way, complete or unwanted. Calling it again does nothing. */
  withdraw(piece: number): void;
  /** Whether the piece is on offer. */
  offers(piece: number): boolean;
  /** The piece on offer to begin with a neighbour that has `pieces`; undefined where there is none. */
  pick(pieces: Bitfield): number | undefined;
  /** Pieces on offer. */
  readonly offered: number;
}
