/**
 * Super-seeding (BEP 16): the only seed pretends to have nothing and shows each neighbour one piece at a time, a rare one,
 * and the next only when somebody else is seen to have the last one: so it sends each piece about once.
 *
 * Invariant: a neighbour has been shown at most one piece that nobody else has confirmed, though somebody could.
 */
import type { Neighbour } from './neighbour.ts';

/** Pieces looked at, to show one: no more, for a stranger's five bytes may lead to it. */
const LOOKED_AT = 1000;

export class SuperSeeding {
  readonly #pieceCount: number;
  /** How often each piece has been shown or seen. */
  readonly #spread: Uint32Array;
  /** What each neighbour has been shown last. */
  readonly #shown = new Map<Neighbour, number>();
  #newcomers = 0;

  constructor(pieceCount: number) {
    this.#pieceCount = pieceCount;
    this.#spread = new Uint32Array(pieceCount);
  }

  /** The piece to show a neighbour now: the least spread of the next ones that it lacks; undefined once it has all. */
  show(neighbour: Neighbour): number | undefined {
    const last = this.#shown.get(neighbour);
    // Going on where it was, each piece is looked at once in a round; newcomers begin each with another.
    const first = last === undefined ? this.#newcomers++ : last + 1;
    let rarest: number | undefined;
    for (let count = 0; count < this.#pieceCount && (rarest === undefined || count < LOOKED_AT); count++) {
      const piece = (first + count) % this.#pieceCount;
      if (neighbour.pieces.has(piece) || piece === last) continue;
      if (rarest === undefined || this.#spread[piece] < this.#spread[rarest]) rarest = piece;
    }
    if (rarest === undefined) return undefined;
    this.#spread[rarest] += 1;
    this.#shown.set(neighbour, rarest);
    return rarest;
  }

  /** Whether the neighbour has been shown a piece and not got it yet. */
  isBusy(neighbour: Neighbour): boolean {
    const shown = this.#shown.get(neighbour);
    return shown !== undefined && !neighbour.pieces.has(shown);
  }

  /** `owner` says that it has a piece. Gives the neighbours who passed it on, or have nobody to pass it to: they are to be shown another. */
  seen(owner: Neighbour, piece: number): Neighbour[] {
    this.#spread[piece] += 1;
    return [...this.#shown].filter(([neighbour, shown]) => shown === piece && (neighbour !== owner || this.#isStuck(owner))).map(([neighbour]) => neighbour);
  }

  /** Gives the neighbours who have nobody left to whom they could pass on what they have been shown. */
  left(gone: Neighbour): Neighbour[] {
    this.#shown.delete(gone);
    return [...this.#shown.keys()].filter((neighbour) => this.#isStuck(neighbour));
  }

  /** It has what it was shown, and so has everybody else: nobody will ever be seen to have got it from there. */
  #isStuck(neighbour: Neighbour): boolean {
    const shown = this.#shown.get(neighbour);
    if (shown === undefined || neighbour.pieces.isFull) return false;
    for (const other of this.#shown.keys()) if (!other.pieces.has(shown)) return false;
    return true;
  }
}
