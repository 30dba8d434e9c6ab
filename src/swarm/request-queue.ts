/**
 * A neighbour's requests that wait to be served, in the order in which they came.
 *
 * Invariant: no block waits twice, nor more than `LIMITS.incomingRequests` in all.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { BlockRequest } from '../wire/messages.ts';
import { QueueMap } from './queue-map.ts';

export class RequestQueue {
  readonly #byPlace = new QueueMap<BlockRequest>();

  get length(): number {
    return this.#byPlace.size;
  }

  get isFull(): boolean {
    return this.#byPlace.size >= LIMITS.incomingRequests;
  }

  /** The one that waits longest. */
  get first(): BlockRequest | undefined {
    return this.#byPlace.first;
  }

  /** False where there is no room, or one that begins there waits already. */
  add(request: BlockRequest): boolean {
    return !this.isFull && this.#byPlace.add(placeOf(request), request);
  }

  /** Whether it was there. */
  delete({ piece, begin, length }: BlockRequest): boolean {
    const place = placeOf({ piece, begin });
    const queued = this.#byPlace.get(place);
    const isSame = queued?.piece === piece && queued.begin === begin && queued.length === length;
    return isSame && this.#byPlace.delete(place);
  }

  /** Empties the queue; gives what was in it. */
  clear(): BlockRequest[] {
    return this.#byPlace.clear();
  }
}

/** A different number for every place in a torrent. Of places in none two may be alike. */
function placeOf({ piece, begin }: Pick<BlockRequest, 'piece' | 'begin'>): number {
  return piece * LIMITS.pieceBytes + begin;
}
