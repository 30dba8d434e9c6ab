/**
 * Peers further along the circle, by which a query gets there in O(log N) steps: the fingers, which are the successors of
 * the points at every power of two from oneself (Chord), and peers learnt from every answer.
 *
 * Invariant: only peers that have answered are here. Of those learnt there are at most `LEARNT_PER_ARC` for each doubling of
 * distance, the ones known longest, for they are the likeliest to stay; so the whole is bounded and spread as fingers are.
 */
import { clockwiseDistance, highestBit } from './circle.ts';
import type { Contact } from './ring-id.ts';

const LEARNT_PER_ARC = 3;

export class Shortcuts {
  readonly #own: Uint8Array;
  /** By exponent: the successor of one's own id plus 2 to its power. */
  readonly #fingers = new Map<number, Contact>();
  /** By the highest bit of the distance; those known longest first. */
  readonly #learnt = new Map<number, readonly Contact[]>();
  #all: readonly Contact[] | undefined;

  constructor(own: Uint8Array) {
    this.#own = own;
  }

  /** Every shortcut once, in no order. */
  get all(): readonly Contact[] {
    this.#all ??= this.#collect();
    return this.#all;
  }

  has({ key }: Contact): boolean {
    return this.all.some((contact) => contact.key === key);
  }

  finger(exponent: number): Contact | undefined {
    return this.#fingers.get(exponent);
  }

  /** Sets the fingers of the exponents from `from` to `upTo`: of neighbouring points the successor is often the same. */
  setFingers(from: number, upTo: number, contact: Contact): void {
    for (let exponent = from; exponent <= upTo; exponent++) this.#fingers.set(exponent, contact);
    this.#all = undefined;
  }

  /** Takes in a peer that has answered, if there is room at its distance. */
  learn(contact: Contact): void {
    const distance = highestBit(clockwiseDistance(this.#own, contact.id));
    const arc = this.#learnt.get(distance) ?? [];
    if (distance < 0 || arc.length >= LEARNT_PER_ARC || arc.some(({ key }) => key === contact.key)) return;
    this.#learnt.set(distance, [...arc, contact]);
    this.#all = undefined;
  }

  /** True where the contact was among them. */
  remove(contact: Contact): boolean {
    if (!this.has(contact)) return false;
    for (const [exponent, finger] of this.#fingers) if (finger.key === contact.key) this.#fingers.delete(exponent);
    for (const [distance, arc] of this.#learnt) this.#learnt.set(distance, arc.filter(({ key }) => key !== contact.key));
    this.#all = undefined;
    return true;
  }

  #collect(): Contact[] {
    const all = new Map<string, Contact>();
    for (const finger of this.#fingers.values()) all.set(finger.key, finger);
    for (const arc of this.#learnt.values()) for (const contact of arc) all.set(contact.key, contact);
    return [...all.values()];
  }
}
