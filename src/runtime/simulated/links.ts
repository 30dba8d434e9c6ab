/**
 * The two halves of a simulated host's access link.
 *
 * What fits in one packet passes at once, for between long flows a packet's turn comes soon; its bytes are charged all the
 * same, and what comes after it has to wait for them.
 *
 * Invariant: a link never carries more than its rate, and an uplink is never idle while something waits for it.
 */
import type { Batch, EventSource, Line, Receiver } from './agenda.ts';
import type { Simulation } from './simulation.ts';

/** A message of so few bytes is a packet. */
export const PACKET_BYTES = 1400;

/** What waits for an uplink: one channel's queue. */
export interface Sender {
  /** Bytes of the message at the head of the queue; 0 where it is empty. */
  headBytes(): number;
  /** The link has carried the head: take it off and send it on its way. */
  headSent(): void;
}

/** Serves the senders that have something in turn, one message each: the share of long TCP flows, near enough. */
export class Uplink implements EventSource {
  /** Bytes carried so far. */
  sentBytes = 0;
  /** Whether messages leave the moment they are sent. */
  readonly isUnlimited: boolean;
  readonly isCancelled = false;
  readonly #simulation: Simulation;
  readonly #bytesPerMs: number;
  readonly #waiting: Sender[] = [];
  /** Whose head is on the link. */
  #serving: Sender | undefined;
  #isCarrying = false;
  /** When what has been charged so far has passed. */
  #freeAtMs = 0;

  constructor(simulation: Simulation, bytesPerSecond: number) {
    this.#simulation = simulation;
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.isUnlimited = bytesPerSecond === Number.POSITIVE_INFINITY;
  }

  /** Called when a sender's queue has become non-empty. */
  offer(sender: Sender): void {
    // Its head has just been sent, and it has queued more at once: its next turn comes when the others have had theirs.
    if (sender === this.#serving) return;
    this.#waiting.push(sender);
    if (this.#serving === undefined) this.#serveNext();
  }

  /** Whether the sender's head is on the link: what joins it now has not been charged with it. */
  isCarrying(sender: Sender): boolean {
    return this.#isCarrying && sender === this.#serving;
  }

  /** Bytes that pass without waiting. */
  charge(bytes: number): void {
    this.sentBytes += bytes;
    this.#freeAtMs = Math.max(this.#simulation.exactMs, this.#freeAtMs) + bytes / this.#bytesPerMs;
  }

  #serveNext(): void {
    const sender = this.#waiting.shift();
    this.#serving = sender;
    if (sender === undefined) return;
    this.#isCarrying = true;
    this.charge(sender.headBytes());
    this.#simulation.schedule(this.#freeAtMs, this);
  }

  /** The link has carried the head of the sender that it serves. */
  run(): void {
    const sender = this.#serving;
    if (sender === undefined) return;
    this.#isCarrying = false;
    sender.headSent();
    if (sender.headBytes() > 0) this.#waiting.push(sender);
    this.#serveNext();
  }
}

/** Passes messages on in the order in which they left their senders, each taking its time. */
export class Downlink {
  readonly #bytesPerMs: number;
  readonly #line: Line;
  readonly #lineOf: (delayMs: number) => Line;
  readonly #simulation: Simulation;
  #freeAtMs = 0;

  /** @param lineOf a line for all that takes so many milliseconds from now */
  constructor(simulation: Simulation, bytesPerSecond: number, lineOf: (delayMs: number) => Line) {
    this.#simulation = simulation;
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#line = simulation.line();
    this.#lineOf = lineOf;
  }

  /** Bytes that get here at `arriveMs` and pass without waiting. */
  charge(bytes: number, arriveMs: number): void {
    this.#freeAtMs = Math.max(arriveMs, this.#freeAtMs) + bytes / this.#bytesPerMs;
  }

  /** Sends a load of `bytes` that gets here in `travelMs` on to the receiver once it is through; tells when that is. */
  pass<Load>(bytes: number, travelMs: number, receiver: Receiver<Load>, load: Load | Batch<Load>): number {
    const nowMs = this.#simulation.exactMs;
    if (this.#freeAtMs <= nowMs + travelMs) {
      // It need not wait, so it takes as long as all its like.
      const delayMs = travelMs + bytes / this.#bytesPerMs;
      this.#freeAtMs = nowMs + delayMs;
      this.#lineOf(delayMs).send(this.#freeAtMs, receiver, load);
    } else {
      this.charge(bytes, nowMs + travelMs);
      this.#line.send(this.#freeAtMs, receiver, load);
    }
    return this.#freeAtMs;
  }
}
