/**
 * A neighbour's requests that wait to be served, in the order in which they came.
 *
 * Invariant: no block waits twice, nor more than `LIMITS.incomingRequests` in all; taking one out costs the same however many
 * there are, for many may be cancelled, and cheaply.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { BlockRequest } from '../wire/messages.ts';

export class RequestQueue {
  readonly #byPlace = new Map<number, BlockRequest>();

  get length(): number {
    return this.#byPlace.size;
  }

  get isFull(): boolean {
    return this.#byPlace.size >= LIMITS.incomingRequests;
  }

  /** The one that waits longest. */
  get first(): BlockRequest | undefined {
    for (const request of this.#byPlace.values()) return request;
    return undefined;
  }

  /** False where there is no room, or one that begins there waits already. */
  add(request: BlockRequest): boolean {
    const place = placeOf(request);
    if (this.isFull || this.#byPlace.has(place)) return false;
    this.#byPlace.set(place, request);
    return true;
  }

  /** Whether it was there. */
  delete({ piece, begin, length }: BlockRequest): boolean {
    const queued = this.#byPlace.get(placeOf({ piece, begin }));
    const isSame = queued?.piece === piece && queued.begin === begin && queued.length === length;
    return isSame && this.#byPlace.delete(placeOf(queued));
  }

  /** Empties the queue; gives what was in it. */
  clear(): BlockRequest[] {
    const all = [...this.#byPlace.values()];
    this.#byPlace.clear();
    return all;
  }
}

/** A different number for every place in a torrent. Of places in none two may be alike. */
function placeOf({ piece, begin }: Pick<BlockRequest, 'piece' | 'begin'>): number {
  return piece * LIMITS.pieceBytes + begin;
}
