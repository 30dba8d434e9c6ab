/**
 * Finding the peer responsible for a key, iteratively: ask the peer nearest before the key that one knows of for nearer
 * ones, until one of them names who follows the key, and that one says that the key is its own (Chord, find_successor).
 *
 * Nothing is taken on one peer's word. The responsible peer must answer itself; among those that answer, the one that follows
 * the key most closely wins, and since ids are bound to addresses nobody can pretend to be closer than he is; and somebody
 * else must have named it. Where it claims an arc far longer than those hereabouts are, three must have, of whom others have
 * told, lest all be accomplices. A peer that is silent, or contradicted, costs a step: the lookup
 * goes on with the next best peer that others have named.
 *
 * Invariant: every step asks a peer not yet asked, so a lookup ends after at most `settings.lookupSteps` of them.
 */
import { Candidates, type Candidate } from './candidates.ts';
import { clockwiseDistance, shareOfCircle } from './circle.ts';
import type { RingContext } from './context.ts';
import type { Contact } from './ring-id.ts';

/** One peer asked. */
export interface LookupStep {
  readonly contact: Contact;
  /** Clockwise from the peer to the key, 20 bytes: of one that stands behind it, nearly the whole circle. */
  readonly distanceLeft: Uint8Array;
  /** Whether it has been named as the one that follows the key, rather than as one on the way there. */
  readonly isBehindKey: boolean;
  /** Undefined where the peer was silent. */
  readonly roundTripMs: number | undefined;
}

export interface LookupResult {
  readonly target: Uint8Array;
  /** The peer responsible for the target; undefined where nobody could be found. */
  readonly owner: Contact | undefined;
  /** The peers that follow it and keep copies, as far as they were named, nearest first. */
  readonly followers: readonly Contact[];
  /** In the order in which they ended. */
  readonly steps: readonly LookupStep[];
}

export interface LookupOptions {
  /** Peers to begin with, instead of the own table. */
  readonly seeds?: readonly Contact[];
  readonly onStep?: (step: LookupStep) => void;
}

const VOICES_FOR_IMPLAUSIBLE_ARC = 3;
const FEWEST_TO_JUDGE_BY = 4;
/** A newcomer or two stand between the one named and the one responsible; from further off one does not walk back step by step. */
const MOST_DENIALS = 4;

export class Lookup {
  readonly #context: RingContext;
  readonly #target: Uint8Array;
  readonly #options: LookupOptions;
  readonly #done: (result: LookupResult) => void;
  readonly #candidates: Candidates;
  readonly #steps: LookupStep[] = [];

  /** Finds who is responsible for `target`; `done` is called once, never before this returns unless oneself is. */
  static start(context: RingContext, target: Uint8Array, options: LookupOptions, done: (result: LookupResult) => void): void {
    new Lookup(context, target, options, done).#begin();
  }

  private constructor(context: RingContext, target: Uint8Array, options: LookupOptions, done: (result: LookupResult) => void) {
    this.#context = context;
    this.#target = target;
    this.#options = options;
    this.#done = done;
    const { own, predecessors } = context.table;
    this.#candidates = new Candidates(target, context.isMember ? { contact: own, predecessors: predecessors.all } : undefined);
  }

  #begin(): void {
    const { table, isMember } = this.#context;
    const { seeds } = this.#options;
    const view = table.view(this.#target);
    if (seeds === undefined && view.isOwn && isMember) return this.#finish(table.own);
    if (seeds === undefined) this.#candidates.addOwnVoice(view.owners);
    for (const contact of seeds ?? table.routes()) this.#candidates.addOwn(contact);
    this.#advance();
  }

  /** Asks the next peer, or ends. */
  #advance(): void {
    const owner = this.#candidates.claimant();
    if (owner?.state === 'answered' && this.#isConfirmed(owner)) return this.#finish(owner.contact);
    const next = this.#next(owner);
    if (next !== undefined && this.#steps.length < this.#context.settings.lookupSteps) return this.#ask(next);
    this.#finish(owner?.state === 'answered' ? owner.contact : undefined);
  }

  #next(owner: Candidate | undefined): Candidate | undefined {
    if (owner?.state === 'answered' && this.#candidates.isNamed(owner)) return this.#candidates.nearestIndependent(owner);
    if (owner?.state === 'new' && this.#candidates.denialCount < MOST_DENIALS) return owner;
    return this.#candidates.nearestBefore();
  }

  #ask(candidate: Candidate): void {
    const { contact } = candidate;
    candidate.state = 'asked';
    const query = { type: 'closest', target: this.#target } as const;
    this.#context.queries.ask(contact, query, this.#context.settings.lookupAttempts, (outcome) => {
      candidate.state = outcome.kind === 'answer' ? 'answered' : 'silent';
      if (outcome.kind === 'answer') this.#candidates.learn(candidate, outcome.answer);
      else this.#context.doubt(contact);
      const step: LookupStep = {
        contact,
        distanceLeft: clockwiseDistance(contact.id, this.#target),
        isBehindKey: candidate.isOwner,
        roundTripMs: outcome.kind === 'answer' ? outcome.roundTripMs : undefined,
      };
      this.#steps.push(step);
      this.#options.onStep?.(step);
      this.#advance();
    });
  }

  #isConfirmed(owner: Candidate): boolean {
    if (this.#isPlausible(owner)) return this.#candidates.isNamed(owner);
    return this.#candidates.voicesFor(owner) >= VOICES_FOR_IMPLAUSIBLE_ARC;
  }

  #isPlausible({ contact, predecessors: [predecessor] }: Candidate): boolean {
    const { table: { meanGap, successors }, settings } = this.#context;
    // A few neighbours that happen to stand close together say little of how close others stand.
    if (meanGap === undefined || predecessor === undefined || successors.all.length < FEWEST_TO_JUDGE_BY) return true;
    return shareOfCircle(clockwiseDistance(predecessor.id, contact.id)) <= settings.plausibleGaps * meanGap;
  }

  #finish(owner: Contact | undefined): void {
    this.#done({ target: this.#target, owner, followers: this.#candidates.othersThan(owner), steps: this.#steps });
  }
}
