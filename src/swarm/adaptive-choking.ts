/**
 * Tit for tat with as many slots as it takes to fill the uplink. Four slots are too few where neighbours take little each or
 * the uplink is fast, and too many would thin out what each gets: so a slot is added while the link has room to spare, and
 * taken away again once every neighbour has to wait for it.
 *
 * Invariant: the slots stay between the textbook's five and `MOST_SLOTS`, a fifth of them optimistic.
 */
import type { ChokingPolicy, ChokingRound } from './choking-policy.ts';
import type { Neighbour } from './neighbour.ts';
import { takeTurns, TitForTat } from './tit-for-tat.ts';

const LEAST_SLOTS = 5;
const START_SLOTS = 8;
const MOST_SLOTS = 64;
const OPTIMISTIC_SHARE = 0.2;

export class AdaptiveChoking implements ChokingPolicy {
  slots = START_SLOTS;
  readonly #titForTat = new TitForTat();

  choose(round: ChokingRound): ReadonlySet<Neighbour> {
    this.#adapt(round);
    const optimistic = Math.max(1, Math.floor(this.slots * OPTIMISTIC_SHARE));
    return round.seeding ? takeTurns(round, this.slots) : this.#titForTat.repay(round, this.slots - optimistic, optimistic);
  }

  #adapt({ interested }: ChokingRound): void {
    const served = interested.filter((neighbour) => !neighbour.amChoking);
    // Only full slots tell whether more would help.
    if (served.length < this.slots) return;
    const waiting = served.filter(waitsForUplink).length;
    if (waiting < served.length / 2) this.slots = Math.min(this.slots + Math.ceil(this.slots / 4), MOST_SLOTS);
    else if (waiting === served.length) this.slots = Math.max(this.slots - 1, LEAST_SLOTS);
  }
}

/** It has asked for more than the link has taken. */
function waitsForUplink(neighbour: Neighbour): boolean {
  return neighbour.uploadQueue.length > 0;
}
