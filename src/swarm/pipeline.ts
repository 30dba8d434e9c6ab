/**
 * How many requests to keep under way with one neighbour: about three seconds of what it sends, so that neither distance nor
 * a hiccup lets the link run dry, found as TCP finds its window: one more a block until the rate stops growing.
 *
 * Invariant: `depth` lies between `MIN_DEPTH` (1 for a snubbed neighbour) and what the neighbour is willing to queue.
 */
import { LIMITS } from '../bytes/limits.ts';

const MIN_DEPTH = 2;
const START_DEPTH = 8;
const QUEUE_SECONDS = 3;
/** A second that brings less growth than this ends the slow start. */
const SLOW_START_GROWTH_BYTES_PER_SECOND = 5000;

export class Pipeline {
  #depth = START_DEPTH;
  #slowStart = true;
  #secondStartedMs: number | undefined;
  #secondBytes = 0;
  #lastSecondBytes = 0;
  #averageBytesPerSecond = 0;

  /** Requests to keep under way with a neighbour that will queue `willing` of them. */
  depth(willing: number, snubbed: boolean): number {
    return snubbed ? 1 : Math.max(MIN_DEPTH, Math.min(this.#depth, willing, LIMITS.outgoingRequests));
  }

  /** A block has come. */
  received(bytes: number, nowMs: number): void {
    this.#secondStartedMs ??= nowMs;
    if (nowMs - this.#secondStartedMs >= 1000) this.#endSecond(nowMs);
    this.#secondBytes += bytes;
    if (this.#slowStart) this.#depth = Math.min(this.#depth + 1, LIMITS.outgoingRequests);
  }

  /** The neighbour has begun to send anew: after a choke nothing is known of its rate. */
  restart(): void {
    this.#depth = START_DEPTH;
    this.#slowStart = true;
    this.#secondStartedMs = undefined;
    this.#secondBytes = 0;
    this.#lastSecondBytes = 0;
  }

  #endSecond(nowMs: number): void {
    const seconds = (nowMs - (this.#secondStartedMs ?? nowMs)) / 1000;
    const rate = this.#secondBytes / seconds;
    this.#averageBytesPerSecond = this.#lastSecondBytes === 0 ? rate : this.#averageBytesPerSecond * 0.7 + rate * 0.3;
    if (this.#slowStart && rate - this.#lastSecondBytes < SLOW_START_GROWTH_BYTES_PER_SECOND) this.#slowStart = false;
    if (!this.#slowStart) {
      this.#depth = Math.ceil((QUEUE_SECONDS * Math.max(rate, this.#averageBytesPerSecond)) / LIMITS.blockBytes);
    }
    this.#lastSecondBytes = rate;
    this.#secondBytes = 0;
    this.#secondStartedMs = nowMs;
  }
}
