/**
 * Peer exchange (BEP 11): once a minute each neighbour is told who has joined us and who has left since we told it last.
 *
 * Invariant: only those are named whose listening address is known; never more than BEP 11 allows in one message; nobody is
 * told of himself; and a neighbour that tells more often than once a minute is not listened to.
 */
import { formatEndpoint, parseEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import type { PeerExchange } from '../wire/extensions.ts';
import type { Neighbour } from './neighbour.ts';

/** Added, and dropped, in one message. */
const MOST_NAMED = 50;
const LEAST_INTERVAL_MS = 45_000;

export class PeerExchanges {
  /** What each neighbour has been told of: endpoints as text. */
  readonly #told = new Map<Neighbour, Set<string>>();
  readonly #heardMs = new Map<Neighbour, number>();

  /** What to tell a neighbour now; undefined where there is nothing new. */
  newsFor(neighbour: Neighbour, all: ReadonlySet<Neighbour>): PeerExchange | undefined {
    const present = new Map<string, Endpoint>();
    for (const other of all) {
      if (other !== neighbour && other.listenEndpoint !== undefined) present.set(formatEndpoint(other.listenEndpoint), other.listenEndpoint);
    }
    const told = this.#told.get(neighbour) ?? new Set();
    const added = [...present].filter(([key]) => !told.has(key)).slice(0, MOST_NAMED);
    const dropped = [...told].filter((key) => !present.has(key)).slice(0, MOST_NAMED);
    if (added.length === 0 && dropped.length === 0) return undefined;
    for (const [key] of added) told.add(key);
    for (const key of dropped) told.delete(key);
    this.#told.set(neighbour, told);
    return { added: added.map(([, endpoint]) => endpoint), dropped: dropped.flatMap((key) => parseEndpoint(key) ?? []) };
  }

  /** Whether to listen to what the neighbour tells now. */
  mayTell(neighbour: Neighbour, nowMs: number): boolean {
    const lastMs = this.#heardMs.get(neighbour) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - lastMs < LEAST_INTERVAL_MS) return false;
    this.#heardMs.set(neighbour, nowMs);
    return true;
  }

  left(neighbour: Neighbour): void {
    this.#told.delete(neighbour);
    this.#heardMs.delete(neighbour);
  }
}
