/**
 * The two halves of a simulated host's access link.
 *
 * Invariant: a link is never idle while something waits for it, and never carries more than its rate.
 */
import type { Simulation } from './simulation.ts';

/** What waits for an uplink: one channel's queue. */
export interface Sender {
  /** Bytes of the message at the head of the queue; 0 where it is empty. */
  headBytes(): number;
  /** The link has carried the head: take it off and send it on its way. */
  headSent(): void;
}

/** Serves the senders that have something in turn, one message each: the share of long TCP flows, near enough. */
export class Uplink {
  /** Bytes carried so far. */
  sentBytes = 0;
  readonly #simulation: Simulation;
  readonly #bytesPerMs: number;
  readonly #waiting: Sender[] = [];
  #busy = false;

  constructor(simulation: Simulation, bytesPerSecond: number) {
    this.#simulation = simulation;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Called when a sender's queue has become non-empty. */
  offer(sender: Sender): void {
    this.#waiting.push(sender);
    if (!this.#busy) this.#serveNext();
  }

  #serveNext(): void {
    const sender = this.#waiting.shift();
    this.#busy = sender !== undefined;
    if (sender === undefined) return;
    const bytes = sender.headBytes();
    this.#simulation.after(bytes / this.#bytesPerMs, () => {
      this.sentBytes += bytes;
      sender.headSent();
      if (sender.headBytes() > 0) this.#waiting.push(sender);
      this.#serveNext();
    });
  }
}

/** Passes messages on in the order in which they arrive, each taking its time. */
export class Downlink {
  readonly #simulation: Simulation;
  readonly #bytesPerMs: number;
  #freeAtMs = 0;

  constructor(simulation: Simulation, bytesPerSecond: number) {
    this.#simulation = simulation;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** How long a message of `bytes` that gets here now takes until it is through. */
  passMs(bytes: number): number {
    const nowMs = this.#simulation.now();
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + bytes / this.#bytesPerMs;
    return this.#freeAtMs - nowMs;
  }
}
