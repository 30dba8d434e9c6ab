/**
 * Leaving politely: the successor gets every record of the own arc that it lacks, then all neighbours are told goodbye, and
 * who stands on the other side.
 *
 * Invariant: the circle does without the peer before the peer is gone, so nobody waits for it in vain.
 */
import type { RingContext } from './context.ts';
import type { Replicator } from './replicator.ts';

export class Leaver {
  readonly #context: RingContext;
  readonly #replicator: Replicator;

  constructor(context: RingContext, replicator: Replicator) {
    this.#context = context;
    this.#replicator = replicator;
  }

  /** `done` is called once everybody has been told, or does not answer. */
  leave(done: () => void): void {
    const { table } = this.#context;
    const { successor, predecessor, own } = table;
    if (successor === undefined || predecessor === undefined) return this.#sayGoodbye(done);
    this.#replicator.compare(successor, { after: predecessor.id, upTo: own.id }, 'both', () => this.#sayGoodbye(done));
  }

  #sayGoodbye(done: () => void): void {
    const { table } = this.#context;
    const { successors, predecessors } = table;
    const neighbours = new Map([...successors.all, ...predecessors.all].map((contact) => [contact.key, contact]));
    let waiting = neighbours.size;
    if (waiting === 0) return done();
    for (const contact of neighbours.values()) {
      this.#context.ask(contact, { type: 'leave', successors: successors.all, predecessors: predecessors.all }, () => {
        waiting -= 1;
        if (waiting === 0) done();
      });
    }
  }
}
