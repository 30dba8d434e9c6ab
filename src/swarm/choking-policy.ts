/**
 * Whom to unchoke: the question that a swarm's incentives hang on. A policy sees the neighbours every ten seconds and names
 * those who may download from us; what it needs to remember it keeps itself, one instance a swarm.
 */
import type { Random } from '../runtime/random.ts';
import type { Neighbour } from './neighbour.ts';

/** How often a policy chooses (BEP 3). */
export const CHOKING_INTERVAL_MS = 10_000;
/** Every this many rounds another neighbour is tried out: each 30 seconds. */
export const OPTIMISTIC_ROUNDS = 3;

export interface ChokingRound {
  readonly nowMs: number;
  readonly random: Random;
  /** Counts up by one each ten seconds. */
  readonly round: number;
  /** Those who want something of us. */
  readonly interested: readonly Neighbour[];
  /** Whether we have all that we want, so that nobody can repay us. */
  readonly seeding: boolean;
  /** Bytes. */
  readonly pieceLength: number;
}

export interface ChokingPolicy {
  /** The neighbours to be unchoked until the next round; all others are choked. */
  choose(round: ChokingRound): ReadonlySet<Neighbour>;
  /** How many may be unchoked at once just now, so that a newcomer need not wait for the round while there is room. */
  readonly slots: number;
  /** Whether a neighbour that we seed to has had so much that one who waits is to have its place at once. Absent: places are given at rounds only. */
  hasHadTurn?(neighbour: Neighbour, pieceLength: number): boolean;
}
