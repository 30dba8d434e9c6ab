/**
 * Keeping the fingers right (Chord's fix_fingers): one after the other, from the nearest that lies beyond the successor to the
 * farthest, the successor of one's own id plus a power of two is looked up anew.
 *
 * Invariant: a whole turn takes about log2 N lookups, for between one finger's peer and oneself all lower fingers are the same.
 */
import { clockwiseDistance, highestBit, ID_BITS, plusPowerOfTwo } from './circle.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { RingContext } from './context.ts';
import { Lookup } from './lookup.ts';

export class FingerKeeper {
  readonly #context: RingContext;
  #timer: Timer | undefined;
  /** The exponent whose turn it is. */
  #exponent = 0;

  constructor(context: RingContext) {
    this.#context = context;
  }

  start(): void {
    this.#timer = this.#context.clock.every(this.#context.settings.fixFingerIntervalMs, () => this.fixNext(() => {}));
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Looks up one finger; `done` is told whether it was the last of a turn. */
  fixNext(done: (wasLast: boolean) => void): void {
    const { table, isMember } = this.#context;
    const { own, successor } = table;
    if (!isMember || successor === undefined) return done(true);
    const nearest = highestBit(clockwiseDistance(own.id, successor.id)) + 1;
    const exponent = Math.max(this.#exponent, nearest);
    if (exponent >= ID_BITS) {
      this.#exponent = 0;
      return done(true);
    }
    Lookup.start(this.#context, plusPowerOfTwo(own.id, exponent), {}, ({ owner }) => {
      // Oneself: the point lies between the predecessor and oneself, and so do all farther ones.
      const distance = owner === undefined ? exponent : highestBit(clockwiseDistance(own.id, owner.id));
      const reach = distance < 0 ? ID_BITS - 1 : Math.max(exponent, distance);
      if (owner !== undefined && distance >= 0) this.#context.table.shortcuts.setFingers(exponent, reach, owner);
      this.#exponent = reach + 1 >= ID_BITS ? 0 : reach + 1;
      done(this.#exponent === 0);
    });
  }
}
