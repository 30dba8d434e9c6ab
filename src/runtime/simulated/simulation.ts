/**
 * Virtual time: a clock that jumps from one event to the next, and the seeded randomness that goes with it. One seed and one
 * order of calls give one run, on any machine, so a half-hour swarm is a second's work and a failure comes back on demand.
 *
 * Invariant: events run in order of time, and among equals in the order in which they were scheduled; between two events
 * every promise that can settle has settled (see `settleEvery` for who would rather be fast).
 */
import type { Clock, Timer } from '../clock.ts';
import type { Random } from '../random.ts';
import { Agenda, Line, type EventSource } from './agenda.ts';

export class Simulation implements Clock {
  readonly random: SeededRandom;
  /** Events run so far. */
  eventCount = 0;
  #nowMs = 0;
  readonly #agenda = new Agenda();
  readonly #settleEvery: number;
  #settlesSoon = false;
  /** When promises were last let settle. */
  #settledMs = 0;

  /**
   * @param options.seed whole number from which all randomness is drawn
   * @param options.settleEvery let promises settle after this many events (default 1: after each), and besides after each
   *   event that has called `settleSoon`, and once in 10 ms of virtual time. Code that hands little on through promises runs faster with more.
   */
  constructor(options: { readonly seed?: number; readonly settleEvery?: number } = {}) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.#settleEvery = options.settleEvery ?? 1;
  }

  /** Whole milliseconds: small integers, which cost far less memory than fractions do in what every peer remembers. */
  now(): number {
    return Math.floor(this.#nowMs);
  }

  /** When the event that runs is due, to the last digit; what links reckon with. */
  get exactMs(): number {
    return this.#nowMs;
  }

  /** The simulated calendar begins on 1 January 2026. */
  unixTimeMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  /** Due at a whole millisecond: whoever has waited sees by `now` that the time is over. */
  after(delayMs: number, action: () => void): Timer {
    return this.at(delayMs <= 0 ? this.#nowMs : Math.ceil(this.#nowMs + delayMs), action);
  }

  /** Runs `action` once, at a moment that has not passed. */
  at(timeMs: number, action: () => void): Timer {
    const event = new ScheduledAction(action);
    this.#agenda.add(timeMs, event);
    return event;
  }

  every(intervalMs: number, action: () => void): Timer {
    const event: ScheduledAction = new ScheduledAction(() => {
      this.schedule(this.#nowMs + intervalMs, event);
      action();
    });
    this.schedule(this.#nowMs + intervalMs, event);
    return event;
  }

  /** Runs the source once, at a moment that has not passed; cheaper than a timer for one that comes again and again. */
  schedule(timeMs: number, source: EventSource): void {
    this.#agenda.add(timeMs, source);
  }

  /** A queue of deliveries: cheaper than a timer for each, where each is due no sooner than the one before. */
  line(): Line {
    return new Line(this.#agenda);
  }

  /** Promises that this event has settled matter at once: they are let settle before the next event. */
  settleSoon(): void {
    this.#settlesSoon = true;
  }

  /** Runs for `durationMs` of virtual time. */
  async run(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await settle();
    while (this.#agenda.nextMs <= endMs) {
      this.#step();
      if (this.#isTimeToSettle()) await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /** Runs until `condition` holds. Throws after `limitMs` of virtual time, or when nothing is left that could make it hold. */
  async runUntil(condition: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!condition()) {
      const nextMs = this.#agenda.nextMs;
      if (nextMs === Number.POSITIVE_INFINITY) throw new Error(`nothing is left to happen at ${this.#nowMs} ms, and the condition does not hold`);
      if (nextMs > endMs) throw new Error(`the condition does not hold after ${limitMs} ms`);
      this.#step();
      if (this.#isTimeToSettle()) await settle();
    }
  }

  /** Runs until `promise` settles, and gives what it settles to. Limits as for `runUntil`. */
  async complete<Value>(promise: Promise<Value>, limitMs: number): Promise<Value> {
    let settled = false;
    const mark = (): void => { settled = true; };
    promise.then(mark, mark);
    await this.runUntil(() => settled, limitMs);
    return promise;
  }

  #step(): void {
    this.#nowMs = this.#agenda.nextMs;
    this.eventCount += 1;
    this.#agenda.runNext();
  }

  #isTimeToSettle(): boolean {
    const isTime = this.#settlesSoon || this.eventCount % this.#settleEvery === 0 || this.#nowMs - this.#settledMs >= UNSETTLED_MS;
    if (isTime) this.#settledMs = this.#nowMs;
    this.#settlesSoon = false;
    return isTime;
  }
}

/** However few events there are, promises wait for no longer than this in virtual time. */
const UNSETTLED_MS = 10;

/** Resolves once every promise that can settle without a new event has settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

class ScheduledAction implements Timer, EventSource {
  /** Undefined once cancelled. */
  #action: (() => void) | undefined;

  constructor(action: () => void) {
    this.#action = action;
  }

  get isCancelled(): boolean {
    return this.#action === undefined;
  }

  run(): void {
    this.#action?.();
  }

  cancel(): void {
    this.#action = undefined;
  }
}

/** Pseudo-random numbers from one seed (xoshiro128**, Blackman and Vigna 2018). */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    // SplitMix32 spreads the seed over the state, as the generator's authors advise.
    let mixed = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let value = mixed;
      value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
      value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
      return value ^ (value >>> 15);
    });
  }

  fraction(): number {
    return (this.#next() * 0x200000 + (this.#next() >>> 11)) / 2 ** 53;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() >>> 24);
  }

  /** An independent generator, for a part of the simulation whose draws must not shift the others'. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next());
  }

  #next(): number {
    const state = this.#state;
    const scrambled = Math.imul(state[1], 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = (state[3] << 11) | (state[3] >>> 21);
    return result;
  }
}
