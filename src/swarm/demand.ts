/**
 * What is wanted, and how much of it each neighbour has: priorities, pieces on offer to be begun, and the counts by which
 * interest is told and nothing is looked for in vain.
 *
 * Invariant: `missing` counts the wanted pieces that are not had; a neighbour's `interesting` those of them that it has, its
 * `onOffer` those that are on offer, and its `claimed` those that a supplier will begin. The picker knows how many neighbours
 * have each piece, but for those who came with all: they add the same to each, which changes no order.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import type { Neighbour } from './neighbour.ts';
import { PRIORITIES, type PiecePicker, type PiecePriority } from './piece-picker.ts';
import { Claims } from './supply.ts';

export class Demand {
  /** Wanted pieces that are not had. */
  missing = 0;
  /** Wanted pieces that a supplier will begin. */
  readonly claims: Claims;
  readonly #have: Bitfield;
  readonly #picker: PiecePicker;
  readonly #neighbours: ReadonlySet<Neighbour>;
  /** By piece, as an index into PRIORITIES. */
  readonly #ranks: Uint8Array;

  constructor(have: Bitfield, picker: PiecePicker, neighbours: ReadonlySet<Neighbour>) {
    this.#have = have;
    this.#picker = picker;
    this.#neighbours = neighbours;
    this.claims = new Claims(neighbours);
    this.#ranks = new Uint8Array(have.length);
  }

  /** Whether it is wanted and not had. */
  isWanted(piece: number): boolean {
    return this.#ranks[piece] > 0 && !this.#have.has(piece);
  }

  /** How much the piece is wanted, as an index into PRIORITIES. */
  rankOf(piece: number): number {
    return this.#ranks[piece];
  }

  isOnOffer(piece: number): boolean {
    return this.#picker.offers(piece);
  }

  /** Whether any piece is. */
  get isAnyOnOffer(): boolean {
    return this.#picker.offered > 0;
  }

  /** The piece on offer to begin with a neighbour; undefined where it has none. */
  pick(neighbour: Neighbour): number | undefined {
    return neighbour.onOffer === 0 ? undefined : this.#picker.pick(neighbour.pieces);
  }

  setPriority(piece: number, priority: PiecePriority): void {
    const before = this.isWanted(piece);
    this.#ranks[piece] = PRIORITIES.indexOf(priority);
    const after = this.isWanted(piece);
    if (before === after) return;
    const change = after ? 1 : -1;
    this.missing += change;
    for (const neighbour of this.#neighbours) if (neighbour.pieces.has(piece)) neighbour.interesting += change;
  }

  /** The piece may be begun (again), if it is wanted; at the priority that it has now. */
  offer(piece: number): void {
    const priority = PRIORITIES[this.#ranks[piece]];
    if (priority === 'none') return this.withdraw(piece);
    const isNew = !this.#picker.offers(piece);
    this.#picker.offer(piece, priority);
    if (!isNew) return undefined;
    for (const neighbour of this.#neighbours) if (neighbour.pieces.has(piece)) neighbour.onOffer += 1;
    return undefined;
  }

  withdraw(piece: number): void {
    if (!this.#picker.offers(piece)) return;
    this.#picker.withdraw(piece);
    for (const neighbour of this.#neighbours) if (neighbour.pieces.has(piece)) neighbour.onOffer -= 1;
  }

  /** The piece has been verified and written. Tells whether it was wanted. */
  had(piece: number): boolean {
    const wasWanted = this.isWanted(piece);
    this.#have.set(piece);
    if (!wasWanted) return false;
    this.missing -= 1;
    for (const neighbour of this.#neighbours) if (neighbour.pieces.has(piece)) neighbour.interesting -= 1;
    return true;
  }

  /** A neighbour's pieces have become known, all at once. */
  joined(neighbour: Neighbour): void {
    neighbour.countedByPiece = !neighbour.isSeed;
    neighbour.interesting = neighbour.isSeed ? this.missing : 0;
    neighbour.onOffer = neighbour.isSeed ? this.#picker.offered : 0;
    neighbour.claimed = neighbour.isSeed ? this.claims.size : 0;
    if (!neighbour.countedByPiece) return;
    for (const piece of neighbour.pieces) this.gained(neighbour, piece);
  }

  /** A neighbour has got one more piece. */
  gained(neighbour: Neighbour, piece: number): void {
    if (neighbour.countedByPiece) this.#picker.available(piece, 1);
    if (this.isWanted(piece)) neighbour.interesting += 1;
    if (this.#picker.offers(piece)) neighbour.onOffer += 1;
    if (this.claims.has(piece)) neighbour.claimed += 1;
  }

  /** A neighbour has a piece no more (BEP 54). */
  lost(neighbour: Neighbour, piece: number): void {
    if (neighbour.countedByPiece) this.#picker.available(piece, -1);
    if (this.isWanted(piece)) neighbour.interesting -= 1;
    if (this.#picker.offers(piece)) neighbour.onOffer -= 1;
    if (this.claims.has(piece)) neighbour.claimed -= 1;
  }

  left(neighbour: Neighbour): void {
    if (!neighbour.countedByPiece) return;
    for (const piece of neighbour.pieces) this.#picker.available(piece, -1);
  }
}
