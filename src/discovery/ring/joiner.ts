/**
 * Joining: any peer of the ring is asked with JOIN; it is routed to the peer in whose range the newcomer falls, which answers
 * with JOIN-ACK, its successors and predecessors. The newcomer fetches the records that are about to be its own, and only then
 * stands on the circle: whoever finds it there finds the records too.
 *
 * Invariant: a peer that is joining is in nobody's table.
 */
import { equalBytes } from '../../bytes/compare.ts';
import type { Endpoint } from '../../bytes/endpoint.ts';
import type { RingContext } from './context.ts';
import type { Replicator } from './replicator.ts';
import { SLOTS } from './ring-id.ts';
import type { Router, RouteResult } from './router.ts';

/**
 * What came of it. `silent`: no well-known peer is there, or none is on the circle. `unreachable`: they are, but no JOIN-ACK
 * has come. `taken`: somebody stands on every place that the own address has.
 */
export type JoinOutcome = 'joined' | 'silent' | 'unreachable' | 'taken';

/** JOINs sent before one gives up. */
const JOIN_ATTEMPTS = 3;
/** Fetching records goes on behind, but the circle is not kept waiting longer. */
const HAND_OVER_MS = 10_000;

export interface Newcomer {
  /** Takes another of the own address's places. */
  moveToSlot(slot: number): void;
  /** From now on the newcomer stands on the circle. */
  becomeMember(): void;
}

export class Joiner {
  readonly #context: RingContext;
  readonly #router: Router;
  readonly #replicator: Replicator;
  readonly #newcomer: Newcomer;

  constructor(context: RingContext, router: Router, replicator: Replicator, newcomer: Newcomer) {
    this.#context = context;
    this.#router = router;
    this.#replicator = replicator;
    this.#newcomer = newcomer;
  }

  /** Joins the ring that any of the well-known peers is in; `done` is called once. */
  join(wellKnown: readonly Endpoint[], done: (outcome: JoinOutcome) => void): void {
    let waiting = wellKnown.length;
    const onCircle: Endpoint[] = [];
    if (waiting === 0) return done('silent');
    for (const endpoint of wellKnown) {
      // The answer tells us our own address, and with it our id, and issues the token that JOIN needs.
      this.#context.askAt(endpoint, { type: 'ping' }, (outcome) => {
        waiting -= 1;
        if (outcome.kind === 'answer' && outcome.contact !== undefined) {
          onCircle.push(endpoint);
          if (onCircle.length === 1) this.#sendJoin(onCircle, JOIN_ATTEMPTS, new Set(), done);
        }
        if (waiting === 0 && onCircle.length === 0) done('silent');
      });
    }
  }

  #sendJoin(through: readonly Endpoint[], attemptsLeft: number, taken: Set<number>, done: (outcome: JoinOutcome) => void): void {
    if (attemptsLeft === 0) return done('unreachable');
    const { own } = this.#context.table;
    const first = attemptsLeft % through.length;
    this.#router.route('join', own.id, [...through.slice(first), ...through.slice(0, first)], (acknowledged) => {
      if (acknowledged === undefined) return this.#sendJoin(through, attemptsLeft - 1, taken, done);
      if (!equalBytes(acknowledged.owner.id, own.id)) return this.#takeOver(acknowledged, done);
      taken.add(own.slot);
      const free = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => !taken.has(slot));
      if (free.length === 0) return done('taken');
      this.#newcomer.moveToSlot(free[0]);
      this.#sendJoin(through, JOIN_ATTEMPTS, taken, done);
    });
  }

  #takeOver({ owner, successors, predecessors }: RouteResult, done: (outcome: JoinOutcome) => void): void {
    const { table, clock } = this.#context;
    const neighbours = [owner, ...successors, ...predecessors];
    let isDone = false;
    const stand = (): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      this.#newcomer.becomeMember();
      // Not being on the circle, we were nobody's neighbour; now they hear of us by being asked.
      this.#context.hear(neighbours, true);
      done('joined');
    };
    const timer = clock.after(HAND_OVER_MS, stand);
    const arc = { after: predecessors[0]?.id ?? owner.id, upTo: table.own.id };
    this.#context.hear(neighbours, true);
    this.#replicator.compare(owner, arc, 'pull', stand);
  }
}
