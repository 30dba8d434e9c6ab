/**
 * Carries out a choking policy: a round every ten seconds, and between rounds whoever becomes interested is unchoked at once
 * while a slot is empty. As long as there are fewer pieces to send than slots, the poorest are served, one after the other,
 * whatever the policy: in a swarm that begins nobody has earned anything yet, and each who gets a first piece is one more to
 * pass it on; were it for the policy, the few who have something would trade with each other. To one after the other a piece
 * goes as fast as to all together, but for the first it is whole soon.
 *
 * Invariant: the unchoked are never more than the policy's slots, nor than the pieces that there are to send. Between rounds
 * nobody is choked but one who wants nothing, or who has had his turn with a seed, and only where another takes his place.
 */
import type { Random } from '../runtime/random.ts';
import type { ChokingPolicy } from './choking-policy.ts';
import type { Neighbour } from './neighbour.ts';
import { longestWaiting, MOST_TURN_MS } from './tit-for-tat.ts';
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
    const round = this.#round++;
    const chosen = this.#hasLittle && !seeding
      ? this.#poorest(interested, nowMs)
      : this.#policy.choose({ nowMs, random: this.#random, round, interested, seeding, pieceLength: this.#upload.pieceLength });
    this.#carryOut(new Set([...chosen].slice(0, this.#slots)), nowMs);
  }

  get #hasLittle(): boolean {
    const { have } = this.#upload;
    return !have.isFull && have.count < this.#policy.slots;
  }

  get #slots(): number {
    return this.#hasLittle ? Math.max(1, this.#upload.have.count) : this.#policy.slots;
  }

  /** Those first who are in the midst of a piece, then those who wait, by how little they have. */
  #poorest(interested: readonly Neighbour[], nowMs: number): Neighbour[] {
    const isInMidst = ({ amChoking, upload, unchokedAtBytes, unchokedMs }: Neighbour): boolean => {
      const sentBytes = upload.totalBytes - unchokedAtBytes;
      return !amChoking && sentBytes > 0 && sentBytes < this.#upload.pieceLength && nowMs - unchokedMs < MOST_TURN_MS;
    };
    const current = interested.filter((neighbour) => !neighbour.amChoking);
    const waiting = longestWaiting(interested.filter((neighbour) => neighbour.amChoking));
    return [...current.filter(isInMidst), ...byPoverty(waiting), ...current.filter((neighbour) => !isInMidst(neighbour))];
  }

  #carryOut(chosen: ReadonlySet<Neighbour>, nowMs: number): void {
    // Chokes go first, so that the link is free for those who come.
    for (const neighbour of this.#neighbours) if (!chosen.has(neighbour) && !neighbour.amChoking) this.#upload.choke(neighbour);
    for (const neighbour of chosen) neighbour.unchoke(nowMs);
  }

  /** A neighbour has become interested, or a slot empty. */
  fillSlots(nowMs: number): void {
    let served = 0;
    for (const neighbour of this.#neighbours) if (!neighbour.amChoking && neighbour.peerInterested) served += 1;
    const slots = this.#slots;
    if (served >= slots) return;
    const all = [...this.#neighbours];
    const idle = all.filter((neighbour) => !neighbour.amChoking && !neighbour.peerInterested);
    const waiting = longestWaiting(all.filter((neighbour) => neighbour.amChoking && neighbour.peerInterested));
    const next = (this.#hasLittle ? byPoverty(waiting) : waiting).slice(0, slots - served);
    // Whoever wants nothing just now keeps his place until another takes it: else, once he wants something, there were too many.
    for (const neighbour of idle.slice(0, Math.max(0, served + idle.length + next.length - slots))) this.#upload.choke(neighbour);
    for (const neighbour of next) neighbour.unchoke(nowMs);
  }

  /**
   * A seed is about to begin another piece with a neighbour. Where that has had its turn, and somebody waits for one, it is
   * choked instead; tells whether it was.
   */
  endTurn(neighbour: Neighbour, nowMs: number): boolean {
    if (neighbour.amChoking || this.#policy.hasHadTurn?.(neighbour, this.#upload.pieceLength) !== true) return false;
    let somebodyWaits = false;
    for (const other of this.#neighbours) if (other.amChoking && other.peerInterested) somebodyWaits = true;
    if (!somebodyWaits) return false;
    this.#upload.choke(neighbour);
    this.fillSlots(nowMs);
    return true;
  }
}

/** Those first who have the fewest pieces. */
function byPoverty(neighbours: readonly Neighbour[]): Neighbour[] {
  return neighbours.toSorted((a, b) => a.pieces.count - b.pieces.count);
}
