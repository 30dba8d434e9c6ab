/**
 * Tit for tat (Cohen 2003; BEP 3): the four neighbours who send us most are sent to in return, and one more is tried out
 * for half a minute, so that better ones are found and newcomers get a first piece. A seed, whom nobody can repay, gives
 * everyone a turn.
 *
 * Among peers who are all alike rates differ by chance alone, and by chance some go on giving more than they get, until they
 * come last. So debts can be made to count: of two who give alike, the one whom we owe more is sent to.
 *
 * Invariant: never more than `slots` are chosen; whoever ranks above somebody chosen for giving is chosen as well.
 */
import { integerBelow, type Random } from '../runtime/random.ts';
import { OPTIMISTIC_ROUNDS, type ChokingPolicy, type ChokingRound } from './choking-policy.ts';
import { RATE_WINDOW_SECONDS, type Neighbour } from './neighbour.ts';

const REGULAR_SLOTS = 4;
const OPTIMISTIC_SLOTS = 1;
/** A turn with a seed lasts for so many pieces, and for no less than what is asked for at first ... */
const TURN_PIECES = 2;
const LEAST_TURN_BYTES = 128 * 1024;
/** ... but not for ever, where they come slowly. */
export const MOST_TURN_MS = 120_000;
/** Somebody who came less than this long ago is a newcomer ... */
const NEWCOMER_MS = 60_000;
/** ... and so much more likely to be tried out than others. */
const NEWCOMER_WEIGHT = 3;

export class TitForTat implements ChokingPolicy {
  slots = REGULAR_SLOTS + OPTIMISTIC_SLOTS;
  readonly hasHadTurn = hasHadTurn;
  readonly #countsDebts: boolean;
  #optimistic: readonly Neighbour[] = [];

  /** @param options `countsDebts`: rank by what is owed too, and not by rate alone as the books have it */
  constructor(options: { readonly countsDebts?: boolean } = {}) {
    this.#countsDebts = options.countsDebts === true;
  }

  choose(round: ChokingRound): ReadonlySet<Neighbour> {
    return round.seeding
      ? takeTurns(round, this.slots)
      : this.repay(round, REGULAR_SLOTS, OPTIMISTIC_SLOTS);
  }

  /** The `regular` best givers, and `optimistic` others. */
  repay(round: ChokingRound, regular: number, optimistic: number): ReadonlySet<Neighbour> {
    const givers = round.interested
      .map((neighbour) => ({ neighbour, bytesPerSecond: neighbour.snubbed ? 0 : neighbour.download.bytesPerSecond(round.nowMs) }))
      .filter(({ bytesPerSecond }) => bytesPerSecond > 0)
      .map(({ neighbour, bytesPerSecond }) => ({ neighbour, rank: this.#countsDebts ? bytesPerSecond + debtOf(neighbour, bytesPerSecond) : bytesPerSecond }))
      .sort((a, b) => b.rank - a.rank);
    const chosen = new Set(givers.slice(0, regular).map(({ neighbour }) => neighbour));
    const others = round.interested.filter((neighbour) => !chosen.has(neighbour));
    const isDue = round.round % OPTIMISTIC_ROUNDS === 0;
    const kept = isDue ? [] : this.#optimistic.filter((neighbour) => others.includes(neighbour));
    // Slots that no giver fills are for trying out, too: an idle uplink earns nothing.
    const tries = optimistic + regular - chosen.size;
    this.#optimistic = [...kept.slice(0, tries), ...drawOptimistic(round, others.filter((one) => !kept.includes(one)), tries - kept.length)];
    for (const neighbour of this.#optimistic) chosen.add(neighbour);
    return chosen;
  }
}

/**
 * What we owe a giver, as a rate: as if it were to be repaid in the time over which rates are averaged; negative where he owes
 * us. Never more than he gives, so that nobody lives on what he once gave.
 */
function debtOf({ download, upload }: Neighbour, bytesPerSecond: number): number {
  const owed = (download.totalBytes - upload.totalBytes) / RATE_WINDOW_SECONDS;
  return Math.max(-bytesPerSecond, Math.min(owed, bytesPerSecond));
}

/** Draws without putting back, newcomers three times as likely as others. */
function drawOptimistic({ nowMs, random }: { nowMs: number; random: Random }, from: readonly Neighbour[], count: number): Neighbour[] {
  if (count <= 0) return [];
  const pool = from.flatMap((neighbour) => {
    const weight = nowMs - neighbour.connectedMs < NEWCOMER_MS ? NEWCOMER_WEIGHT : 1;
    return Array.from({ length: weight }, () => neighbour);
  });
  const drawn = new Set<Neighbour>();
  while (drawn.size < Math.min(count, from.length)) drawn.add(pool[integerBelow(random, pool.length)]);
  return [...drawn];
}

/**
 * A seed's way: everybody gets a turn, those first who have waited longest. A turn is a few whole pieces: of a piece that is
 * broken off nobody else has anything, and the next one will ask for it again. It is not more, for what a seed gives is to
 * be passed on, and the more there are to do that, the sooner everybody has it.
 */
export function takeTurns({ interested, nowMs, pieceLength }: ChokingRound, slots: number): ReadonlySet<Neighbour> {
  const isOver = (neighbour: Neighbour): boolean => hasHadTurn(neighbour, pieceLength) || nowMs - neighbour.unchokedMs >= MOST_TURN_MS;
  const current = interested.filter((neighbour) => !neighbour.amChoking).sort((a, b) => b.unchokedMs - a.unchokedMs);
  const waiting = longestWaiting(interested.filter((neighbour) => neighbour.amChoking));
  const goOn = current.filter((neighbour) => !isOver(neighbour));
  return new Set([...goOn, ...waiting, ...current.filter(isOver)].slice(0, slots));
}

/** Whether the neighbour has been sent what a turn with a seed is. */
export function hasHadTurn({ unchokedAtBytes, upload }: Neighbour, pieceLength: number): boolean {
  return upload.totalBytes - unchokedAtBytes >= Math.max(TURN_PIECES * pieceLength, LEAST_TURN_BYTES);
}

/** In order of how long they have waited: since their last turn ended, or since they came; where that is equal, of what they have had. */
export function longestWaiting(neighbours: readonly Neighbour[]): Neighbour[] {
  return neighbours.toSorted((a, b) => a.chokedMs - b.chokedMs || a.upload.totalBytes - b.upload.totalBytes);
}
