/**
 * A map of a few entries that are mostly taken out in the order in which they were put in, as requests are. A `Map` lays its
 * table anew every few deletions; with thousands of connections that was most of a swarm's garbage.
 *
 * Invariant: no key stands twice. Entries stand in the order in which they were put in; they are looked for from the front.
 */
export class QueueMap<Value> {
  readonly #keys: number[] = [];
  readonly #values: Value[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** Of the oldest entry. */
  get first(): Value | undefined {
    return this.#values[0];
  }

  get keys(): readonly number[] {
    return this.#keys;
  }

  get(key: number): Value | undefined {
    return this.#values[this.#indexOf(key)];
  }

  /** Puts an entry at the end; false where there is one of that key, which stays as it is. */
  add(key: number, value: Value): boolean {
    if (this.#keys.includes(key)) return false;
    this.#keys.push(key);
    this.#values.push(value);
    return true;
  }

  /** Whether it was there. */
  delete(key: number): boolean {
    const index = this.#indexOf(key);
    if (index < 0) return false;
    if (index === 0) {
      this.#keys.shift();
      this.#values.shift();
    } else {
      this.#keys.splice(index, 1);
      this.#values.splice(index, 1);
    }
    return true;
  }

  /** Takes out the oldest entries as long as `isTaken` says so of their values; gives their keys. */
  takeWhile(isTaken: (value: Value) => boolean): number[] {
    const count = this.#values.findIndex((value) => !isTaken(value));
    const taken = count < 0 ? this.#keys.length : count;
    this.#values.splice(0, taken);
    return this.#keys.splice(0, taken);
  }

  /** Empties it; gives the values that were in it. */
  clear(): Value[] {
    this.#keys.length = 0;
    return this.#values.splice(0);
  }

  #indexOf(key: number): number {
    return this.#keys[0] === key ? 0 : this.#keys.indexOf(key);
  }
}
