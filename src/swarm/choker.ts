/**
 * Carries out a choking policy: a round every ten seconds, and between rounds whoever becomes interested is unchoked at once
 * while a slot is empty.
 *
 * Invariant: between rounds nobody is choked, and the unchoked interested are never more than the policy's slots.
 */
import type { Random } from '../runtime/random.ts';
import type { ChokingPolicy } from './choking-policy.ts';
import type { Neighbour } from './neighbour.ts';
import type { Upload } from './upload.ts';

export class Choker {
  readonly #policy: ChokingPolicy;
  readonly #random: Random;
  readonly #upload: Upload;
  readonly #neighbours: ReadonlySet<Neighbour>;
  #round = 0;

  constructor(policy: ChokingPolicy, random: Random, upload: Upload, neighbours: ReadonlySet<Neighbour>) {
    this.#policy = policy;
    this.#random = random;
    this.#upload = upload;
    this.#neighbours = neighbours;
  }

  /** Every ten seconds. */
  runRound(nowMs: number, seeding: boolean): void {
    const interested = [...this.#neighbours].filter((neighbour) => neighbour.peerInterested);
    const chosen = this.#policy.choose({ nowMs, random: this.#random, round: this.#round++, interested, seeding, pieceLength: this.#upload.pieceLength });
    // Chokes go first, so that the link is free for those who come.
    for (const neighbour of this.#neighbours) if (!chosen.has(neighbour) && !neighbour.amChoking) this.#upload.choke(neighbour);
    for (const neighbour of chosen) neighbour.unchoke(nowMs);
  }

  /** A neighbour has become interested, or a slot empty. */
  fillSlots(nowMs: number): void {
    const interested = [...this.#neighbours].filter((neighbour) => neighbour.peerInterested);
    let empty = this.#policy.slots - interested.filter((neighbour) => !neighbour.amChoking).length;
    for (const neighbour of interested) {
      if (empty <= 0) return;
      if (!neighbour.amChoking) continue;
      neighbour.unchoke(nowMs);
      empty -= 1;
    }
  }
}
