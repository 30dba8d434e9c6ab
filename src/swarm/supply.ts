/**
 * Pieces from somewhere else than a neighbour: what `Download` has to know of a source that brings whole pieces in a row.
 */
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
