/**
 * What a node's own external address is, by what others say they see (BEP 42): the nodes that answer are counted, one voice
 * for each block of addresses, and a clear majority is believed.
 */
import { toHex } from '../../bytes/hex.ts';
import { blockKey } from './addresses.ts';

/** Voices that are remembered, the latest ones. */
const VOICES = 24;
/** Voices that must agree, and be more than half of those remembered. */
const VOICES_NEEDED = 4;

export class AddressVote {
  /** What each block said last, the one heard longest ago first. */
  readonly #voices = new Map<string, string>();
  #believed: string | undefined;

  /** A node at `voter` takes us to be at `said` (4 or 16 bytes each). True where that is now the majority's view, and was not before. */
  hear(voter: Uint8Array, said: Uint8Array): boolean {
    const key = blockKey(voter);
    const address = toHex(said);
    this.#voices.delete(key);
    this.#voices.set(key, address);
    if (this.#voices.size > VOICES) this.#voices.delete(this.#voices.keys().next().value ?? '');
    if (address === this.#believed) return false;
    let agreeing = 0;
    for (const voice of this.#voices.values()) if (voice === address) agreeing += 1;
    if (agreeing < VOICES_NEEDED || agreeing * 2 <= this.#voices.size) return false;
    this.#believed = address;
    return true;
  }
}
