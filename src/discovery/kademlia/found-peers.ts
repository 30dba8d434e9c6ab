/**
 * The peers that a lookup's answers name.
 *
 * Invariant: each peer is reported once; one answer adds no more than `LIMITS` allows, so that who lies at length does not
 * crowd out the others.
 */
import { field } from '../../bytes/bencode.ts';
import { type Endpoint, formatEndpoint, parseCompactEndpoints } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { isCredible } from './addresses.ts';
import type { Contact } from './contact.ts';
import type { Answer } from './krpc.ts';

export class FoundPeers {
  readonly #peers = new Map<string, Endpoint>();

  get all(): Endpoint[] {
    return [...this.#peers.values()];
  }

  /** The peers that an answer names and no answer before it did. */
  read(from: Contact, { results }: Answer): Endpoint[] {
    const fresh: Endpoint[] = [];
    for (const compact of peerValues(results)) {
      if (this.#peers.size >= LIMITS.dhtPeersPerLookup) break;
      const address = compact.subarray(0, -2);
      if (!isCredible(address, from.address)) continue;
      const [endpoint] = parseCompactEndpoints(compact, compact.length === 6 ? 4 : 6, 1);
      if (endpoint === undefined || this.#peers.has(formatEndpoint(endpoint))) continue;
      this.#peers.set(formatEndpoint(endpoint), endpoint);
      fresh.push(endpoint);
    }
    return fresh;
  }
}

/** The compact endpoints in an answer to get_peers, 6 or 18 bytes each. */
export function peerValues(results: Answer['results']): Uint8Array[] {
  const values = field.list(results, 'values') ?? [];
  const compact = (value: unknown): value is Uint8Array => value instanceof Uint8Array && (value.length === 6 || value.length === 18);
  return values.filter(compact).slice(0, LIMITS.dhtPeersReadPerAnswer);
}
