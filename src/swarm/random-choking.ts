/** Unchokes at random, a new draw every 30 seconds: what a swarm without tit for tat would do. For comparison only. */
import { sample } from '../runtime/random.ts';
import { OPTIMISTIC_ROUNDS, type ChokingPolicy, type ChokingRound } from './choking-policy.ts';
import type { Neighbour } from './neighbour.ts';

export class RandomChoking implements ChokingPolicy {
  readonly slots = 5;
  #chosen: readonly Neighbour[] = [];

  choose({ interested, random, round }: ChokingRound): ReadonlySet<Neighbour> {
    const kept = round % OPTIMISTIC_ROUNDS === 0 ? [] : this.#chosen.filter((neighbour) => interested.includes(neighbour));
    const others = interested.filter((neighbour) => !kept.includes(neighbour));
    this.#chosen = [...kept, ...sample(random, others, this.slots - kept.length)];
    return new Set(this.#chosen);
  }
}
