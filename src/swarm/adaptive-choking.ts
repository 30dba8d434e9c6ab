/**
 * Tit for tat with as many slots as it takes to fill the uplink. Four slots are too few where neighbours take little each or
 * the uplink is fast; too many thin out what each gets, until blocks come so late that they are asked of others as well. So
 * a slot is added while the link has room to spare and each slot carries enough, more the more there are; and taken away
 * again once every neighbour has to wait, or gets too little.
 *
 * Whether the link has room cannot be seen where little is asked for at a time, for that vanishes in the system's buffers;
 * how much each slot carries always can. Debts count, so that among equals nobody is left behind.
 *
 * Invariant: the slots stay between the textbook's five and `MOST_SLOTS`, a fifth of them optimistic.
 */
import type { ChokingPolicy, ChokingRound } from './choking-policy.ts';
import type { Neighbour } from './neighbour.ts';
import { hasHadTurn, takeTurns, TitForTat } from './tit-for-tat.ts';

const LEAST_SLOTS = 5;
const START_SLOTS = 5;
const MOST_SLOTS = 64;
const OPTIMISTIC_SHARE = 0.2;
/** A slot is worth having if each carries this, times the number of slots: 5 slots for 50 kB/s, 22 for 1 MB/s. */
const WORTH_BYTES_PER_SECOND = 2048;

export class AdaptiveChoking implements ChokingPolicy {
  slots = START_SLOTS;
  readonly hasHadTurn = hasHadTurn;
  readonly #titForTat = new TitForTat({ countsDebts: true });

  choose(round: ChokingRound): ReadonlySet<Neighbour> {
    this.#adapt(round);
    const optimistic = Math.max(1, Math.floor(this.slots * OPTIMISTIC_SHARE));
    return round.seeding ? takeTurns(round, this.slots) : this.#titForTat.repay(round, this.slots - optimistic, optimistic);
  }

  #adapt({ interested, nowMs }: ChokingRound): void {
    const served = interested.filter((neighbour) => !neighbour.amChoking);
    // Only full slots tell whether more would help.
    if (served.length < this.slots) return;
    const bytesPerSecond = served.reduce((sum, neighbour) => sum + neighbour.upload.bytesPerSecond(nowMs), 0);
    const worthwhile = Math.floor(Math.sqrt(bytesPerSecond / WORTH_BYTES_PER_SECOND));
    if (this.slots > worthwhile) this.slots = Math.max(this.slots - 1, LEAST_SLOTS);
    else this.slots = Math.min(this.slots + Math.ceil(this.slots / 2), Math.max(worthwhile, LEAST_SLOTS), MOST_SLOTS);
  }
}
