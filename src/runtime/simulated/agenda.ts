/**
 * What is to happen when: a heap (with four children to a node, which is kinder to caches than two) of sources of events by
 * the time of their next one. A timer is a source of one event; a
 * line is a queue of deliveries, so that a million messages on their way cost the heap no more than the lines they are on.
 *
 * Invariant: events run in order of time, and among equals in the order in which they were added, lines or not.
 */

export interface EventSource {
  /** Nobody wants it to run any more. */
  readonly isCancelled: boolean;
  run(): void;
}

/** Who is handed what a line carries. */
export interface Receiver<Load> {
  receive(load: Load): void;
}

/** Loads that arrive together, in this order. */
export class Batch<Load> {
  readonly loads: Load[];

  constructor(loads: Load[]) {
    this.loads = loads;
  }
}

export class Agenda {
  /** The heap: the time, the place in the order of adding, and the source of each entry, side by side. */
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  readonly #sources: EventSource[] = [];
  #added = 0;

  /** When the next event is due; Infinity where there is none. */
  get nextMs(): number {
    while (this.#sources.length > 0 && this.#sources[0].isCancelled) this.#removeFirst();
    return this.#sources.length === 0 ? Number.POSITIVE_INFINITY : this.#times[0];
  }

  add(timeMs: number, source: EventSource): void {
    this.#insert(timeMs, this.nextOrder(), source);
  }

  /** The place of an event that is added now, among those due at the same time. */
  nextOrder(): number {
    return this.#added++;
  }

  /** Runs the event that is due next; there must be one. */
  runNext(): void {
    const source = this.#sources[0];
    if (!(source instanceof Line)) this.#removeFirst();
    // A line stays, with its next delivery, as long as it has any.
    else if (source.takeFirst()) this.#place(source.headMs, source.headOrder, source);
    else this.#removeFirst();
    source.run();
  }

  /** For a line that was empty. */
  insertLine(line: Line): void {
    this.#insert(line.headMs, line.headOrder, line);
  }

  #insert(timeMs: number, order: number, source: EventSource): void {
    let index = this.#sources.length;
    if (index === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const sources = this.#sources;
    sources.push(source);
    while (index > 0) {
      const parent = (index - 1) >>> 2;
      if (times[parent] < timeMs || (times[parent] === timeMs && orders[parent] < order)) break;
      times[index] = times[parent];
      orders[index] = orders[parent];
      sources[index] = sources[parent];
      index = parent;
    }
    times[index] = timeMs;
    orders[index] = order;
    sources[index] = source;
  }

  #removeFirst(): void {
    const sources = this.#sources;
    const last = sources.pop();
    if (last === undefined || sources.length === 0) return;
    this.#place(this.#times[sources.length], this.#orders[sources.length], last);
  }

  /** Puts an entry where the first one was, or as far down as it belongs. */
  #place(timeMs: number, order: number, source: EventSource): void {
    const times = this.#times;
    const orders = this.#orders;
    const sources = this.#sources;
    const count = sources.length;
    let index = 0;
    for (;;) {
      const firstChild = index * 4 + 1;
      if (firstChild >= count) break;
      const end = Math.min(firstChild + 4, count);
      let child = firstChild;
      for (let other = firstChild + 1; other < end; other++) {
        if (times[other] < times[child] || (times[other] === times[child] && orders[other] < orders[child])) child = other;
      }
      if (timeMs < times[child] || (timeMs === times[child] && order < orders[child])) break;
      times[index] = times[child];
      orders[index] = orders[child];
      sources[index] = sources[child];
      index = child;
    }
    times[index] = timeMs;
    orders[index] = order;
    sources[index] = source;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const orders = new Float64Array(times.length);
    orders.set(this.#orders);
    this.#orders = orders;
  }
}

/**
 * Deliveries on their way, the first to arrive first.
 *
 * Invariant: no delivery is due before the one that was sent before it.
 */
export class Line implements EventSource {
  readonly isCancelled = false;
  readonly #agenda: Agenda;
  /** A ring of `#count` deliveries from `#first` on; its size is a power of two. */
  #times = new Float64Array(16);
  #orders = new Float64Array(16);
  #receivers: (Receiver<never> | undefined)[] = Array.from({ length: 16 });
  #loads: unknown[] = Array.from({ length: 16 });
  #first = 0;
  #count = 0;
  #receiver: Receiver<never> | undefined;
  #load: unknown;
  #lastMs = 0;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** When the last delivery sent so far is due. */
  get lastMs(): number {
    return this.#lastMs;
  }

  get headMs(): number {
    return this.#times[this.#first];
  }

  get headOrder(): number {
    return this.#orders[this.#first];
  }

  /** The receiver is to have the load at `timeMs`: in one event with the delivery before it, if that is for the same then. Throws where an earlier one is due later. */
  send<Load>(timeMs: number, receiver: Receiver<Load>, load: Load | Batch<Load>): void {
    if (timeMs < this.#lastMs) throw new Error(`a delivery for ${timeMs} ms overtakes one for ${this.#lastMs} ms`);
    if (timeMs === this.#lastMs && this.#count > 0 && this.#joinLast(receiver, load)) return;
    if (this.#count === this.#times.length) this.#grow();
    const place = (this.#first + this.#count) & (this.#times.length - 1);
    this.#times[place] = timeMs;
    this.#orders[place] = this.#agenda.nextOrder();
    this.#receivers[place] = receiver;
    this.#loads[place] = load;
    this.#lastMs = timeMs;
    this.#count += 1;
    if (this.#count === 1) this.#agenda.insertLine(this);
  }

  /** Takes the first delivery off, for `run`; tells whether there are more. */
  takeFirst(): boolean {
    const first = this.#first;
    this.#receiver = this.#receivers[first];
    this.#load = this.#loads[first];
    this.#receivers[first] = undefined;
    this.#loads[first] = undefined;
    this.#first = (first + 1) & (this.#times.length - 1);
    this.#count -= 1;
    return this.#count > 0;
  }

  run(): void {
    const receiver = this.#receiver;
    const load = this.#load;
    if (!(load instanceof Batch)) receiver?.receive(load as never);
    else for (const one of load.loads) receiver?.receive(one as never);
  }

  #joinLast(receiver: Receiver<never>, load: unknown): boolean {
    const last = (this.#first + this.#count - 1) & (this.#times.length - 1);
    if (this.#receivers[last] !== receiver) return false;
    const before = this.#loads[last];
    const added = load instanceof Batch ? load.loads : [load];
    if (before instanceof Batch) before.loads.push(...added);
    else this.#loads[last] = new Batch([before, ...added]);
    return true;
  }

  #grow(): void {
    const size = this.#times.length;
    const places = Array.from({ length: size }, (_, index) => (this.#first + index) & (size - 1));
    const doubled = (numbers: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(size * 2);
      larger.set(places.map((place) => numbers[place]));
      return larger;
    };
    this.#times = doubled(this.#times);
    this.#orders = doubled(this.#orders);
    this.#receivers = places.map((place) => this.#receivers[place]);
    this.#loads = places.map((place) => this.#loads[place]);
    this.#first = 0;
  }
}
