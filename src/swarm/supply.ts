/**
 * Pieces from somewhere else than a neighbour: what `Download` has to know of a source that brings whole pieces in a row.
 */
import type { Neighbour } from './neighbour.ts';
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

/**
 * Pieces that suppliers have undertaken to begin. A neighbour's `claimed` counts those of them that it has, so that nothing
 * is looked for in vain.
 */
export class Claims {
  readonly #neighbours: ReadonlySet<Neighbour>;
  readonly #suppliers = new Map<number, Supplier>();
  /** No claimed piece stands behind this one. */
  #last = -1;

  constructor(neighbours: ReadonlySet<Neighbour>) {
    this.#neighbours = neighbours;
  }

  get size(): number {
    return this.#suppliers.size;
  }

  has(piece: number): boolean {
    return this.#suppliers.has(piece);
  }

  isOf(supplier: Supplier, piece: number): boolean {
    return this.#suppliers.get(piece) === supplier;
  }

  set(piece: number, supplier: Supplier): void {
    if (!this.#suppliers.has(piece)) this.#count(piece, 1);
    this.#suppliers.set(piece, supplier);
    this.#last = Math.max(this.#last, piece);
  }

  delete(piece: number): void {
    if (this.#suppliers.delete(piece)) this.#count(piece, -1);
  }

  clear(): void {
    for (const piece of this.#suppliers.keys()) this.delete(piece);
  }

  *of(supplier: Supplier): Generator<number> {
    for (const [piece, claimant] of this.#suppliers) if (claimant === supplier) yield piece;
  }

  /** Of the claimed pieces that a neighbour has: the last, which its supplier comes to last. */
  lastOf({ pieces, claimed }: Neighbour): number | undefined {
    if (claimed === 0) return undefined;
    while (this.#last >= 0 && !this.#suppliers.has(this.#last)) this.#last -= 1;
    for (let piece = this.#last; piece >= 0; piece--) if (pieces.has(piece) && this.#suppliers.has(piece)) return piece;
    return undefined;
  }

  #count(piece: number, change: 1 | -1): void {
    for (const neighbour of this.#neighbours) if (neighbour.pieces.has(piece)) neighbour.claimed += change;
  }
}
