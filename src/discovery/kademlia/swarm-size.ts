/**
 * How many seeds and other peers a swarm has, estimated from what several nodes hold of it (BEP 33): the union of their
 * filters, for they hold the same peers many times over.
 */
import { BLOOM_BYTES, BloomFilter } from './bloom.ts';
import { peerValues } from './found-peers.ts';
import type { Answer } from './krpc.ts';
import { field } from '../../bytes/bencode.ts';

/** A filter that claims more is no honest one: nodes stop taking in peers at this (BEP 33). */
const CLAIMED_AT_MOST = 6000;

export interface SwarmSize {
  readonly seeds: number;
  readonly peers: number;
}

export class SwarmCounter {
  readonly #seeds = new BloomFilter();
  readonly #peers = new BloomFilter();
  /** Peers named by nodes that do not count, of whom it is not known whether they seed. */
  readonly #uncounted: Uint8Array[] = [];

  read({ results }: Answer): void {
    const seeds = filterIn(results, 'BFsd');
    const peers = filterIn(results, 'BFpe');
    if (seeds === undefined && peers === undefined) this.#uncounted.push(...peerValues(results).map((compact) => compact.slice(0, -2)));
    if (seeds !== undefined) this.#seeds.unite(seeds);
    if (peers !== undefined) this.#peers.unite(peers);
  }

  get size(): SwarmSize {
    const peers = new BloomFilter(this.#peers.bytes);
    for (const address of this.#uncounted) if (!this.#seeds.mayHold(address)) peers.insert(address);
    return { seeds: Math.round(this.#seeds.estimate()), peers: Math.round(peers.estimate()) };
  }
}

function filterIn(results: Answer['results'], name: string): BloomFilter | undefined {
  const bytes = field.bytes(results, name);
  const filter = bytes?.length === BLOOM_BYTES ? new BloomFilter(bytes) : undefined;
  return filter !== undefined && filter.estimate() <= CLAIMED_AT_MOST ? filter : undefined;
}
