/**
 * Pieces from somewhere else than a neighbour: what `Download` has to know of a source that brings whole pieces in a row.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import type { PieceInProgress } from './piece-in-progress.ts';

/** Who brings pieces without being a neighbour: a web seed (BEP 19). */
export interface Supplier {
  /** Never that of a neighbour, nor of another supplier. */
  readonly serial: number;
  /** What `DownloadHooks.guilty` calls it; no address is called so. */
  readonly name: string;
}

/** A piece that a supplier is bringing. */
export interface Supply {
  readonly supplier: Supplier;
  readonly piece: PieceInProgress;
  /** The blocks that it is asked for and has not brought. */
  readonly blocks: Set<number>;
}

/** Pieces that suppliers have undertaken to begin. */
export class Claims {
  readonly #suppliers = new Map<number, Supplier>();

  has(piece: number): boolean {
    return this.#suppliers.has(piece);
  }

  isOf(supplier: Supplier, piece: number): boolean {
    return this.#suppliers.get(piece) === supplier;
  }

  set(piece: number, supplier: Supplier): void {
    this.#suppliers.set(piece, supplier);
  }

  delete(piece: number): void {
    this.#suppliers.delete(piece);
  }

  clear(): void {
    this.#suppliers.clear();
  }

  *of(supplier: Supplier): Generator<number> {
    for (const [piece, claimant] of this.#suppliers) if (claimant === supplier) yield piece;
  }

  /** Of the claimed pieces that are among these: the last, which its supplier comes to last. */
  lastOf(pieces: Bitfield): number | undefined {
    let last: number | undefined;
    for (const piece of this.#suppliers.keys()) if (piece > (last ?? -1) && pieces.has(piece)) last = piece;
    return last;
  }
}
