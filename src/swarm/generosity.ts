/**
 * Metadata and Merkle hashes are given to whoever asks, choked or not, and outside every rate limit: so each neighbour gets
 * them a few times over at most, and none while it does not take what it has been sent.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { Neighbour } from './neighbour.ts';

/** A small torrent's few kilobytes may be asked for more often. */
const LEAST_BYTES = 256 * 1024;

export class Generosity {
  readonly #givenBytes = new WeakMap<Neighbour, number>();

  /** Whether the neighbour is given `bytes` of something that is `totalBytes` long in all. They are counted if so. */
  gives(neighbour: Neighbour, bytes: number, totalBytes: number): boolean {
    const givenBytes = (this.#givenBytes.get(neighbour) ?? 0) + bytes;
    const mostBytes = Math.max(LEAST_BYTES, LIMITS.sideAnswersEach * totalBytes);
    if (givenBytes > mostBytes || neighbour.channel.queuedBytes > LIMITS.sideAnswersQueuedBytes) return false;
    this.#givenBytes.set(neighbour, givenBytes);
    return true;
  }
}
