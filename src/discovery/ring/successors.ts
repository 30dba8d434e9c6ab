/**
 * The peers who stand next to one on the circle: the successors clockwise, or the predecessors the other way, nearest first.
 *
 * Invariant: of the contacts that were added, none that is missing stands before the last, unless it was removed; no id stands
 * in it twice, nor one's own.
 */
import { equalBytes } from '../../bytes/compare.ts';
import { compareClockwise } from './circle.ts';
import type { Contact } from './ring-id.ts';

export class NeighbourList {
  readonly capacity: number;
  readonly #own: Uint8Array;
  readonly #direction: 1 | -1;
  #contacts: readonly Contact[] = [];

  private constructor(own: Uint8Array, capacity: number, direction: 1 | -1) {
    this.#own = own;
    this.capacity = capacity;
    this.#direction = direction;
  }

  /** Those who follow `own`. */
  static successors(own: Uint8Array, capacity: number): NeighbourList {
    return new NeighbourList(own, capacity, 1);
  }

  /** Those who precede it. */
  static predecessors(own: Uint8Array, capacity: number): NeighbourList {
    return new NeighbourList(own, capacity, -1);
  }

  /** Nearest first. */
  get all(): readonly Contact[] {
    return this.#contacts;
  }

  get first(): Contact | undefined {
    return this.#contacts[0];
  }

  get last(): Contact | undefined {
    return this.#contacts.at(-1);
  }

  get isFull(): boolean {
    return this.#contacts.length >= this.capacity;
  }

  has(contact: Contact): boolean {
    return this.#contacts.some(({ key }) => key === contact.key);
  }

  /**
   * Whether `add` would change anything.
   * @param mayExtend whether the contact may take a place behind the last. It must be known from a neighbour for that: the
   *   list says of all peers up to its last that there are no others between, and of whoever just happens to be known
   *   further off nobody can say so.
   */
  wants(contact: Contact, mayExtend: boolean): boolean {
    if (equalBytes(contact.id, this.#own)) return false;
    const { last } = this;
    if (last !== undefined && this.#compare(contact, last) > 0) return mayExtend && !this.isFull;
    return !this.#contacts.some(({ id }) => equalBytes(id, contact.id));
  }

  /** True where the contact has taken a place. */
  add(contact: Contact, mayExtend: boolean): boolean {
    if (!this.wants(contact, mayExtend)) return false;
    this.#contacts = [...this.#contacts, contact].sort((a, b) => this.#compare(a, b)).slice(0, this.capacity);
    return true;
  }

  /** True where the contact had a place. */
  remove(contact: Contact): boolean {
    if (!this.has(contact)) return false;
    this.#contacts = this.#contacts.filter(({ key }) => key !== contact.key);
    return true;
  }

  #compare(a: Contact, b: Contact): number {
    return this.#direction * compareClockwise(this.#own, a.id, b.id);
  }
}
