/**
 * Leaving politely: what has just been announced or taken back here goes to all who keep copies, and the successor gets every
 * record of the own arc that it lacks; then all peers that are known are told goodbye, and who stood beside.
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

  /** `done` is called once the successor has all that it is to have, or does not answer. */
  handOver(done: () => void): void {
    const { successor, predecessor, own } = this.#context.table;
    if (successor === undefined || predecessor === undefined) return done();
    const handOwn = (): void => this.#replicator.compare(successor, { after: predecessor.id, upTo: own.id }, 'both', done);
    this.#replicator.copyFresh(handOwn);
  }

  /** `done` is called once everybody that one knows has been told, or does not answer: who is known here may know us, too. */
  sayGoodbye(done: () => void): void {
    const { successors, predecessors, all } = this.#context.table;
    let waiting = all.length;
    if (waiting === 0) return done();
    for (const contact of all) {
      this.#context.ask(contact, { type: 'leave', successors: successors.all, predecessors: predecessors.all }, () => {
        waiting -= 1;
        if (waiting === 0) done();
      });
    }
  }
}
