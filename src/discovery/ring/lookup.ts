/**
 * Finding the peer responsible for a key, iteratively: ask the peer nearest before the key that one knows of for nearer
 * ones, until one of them names who follows the key, and that one says that the key is its own (Chord, find_successor).
 *
 * Nothing is taken on one peer's word. The responsible peer must answer itself; among those that answer, the one that follows
 * the key most closely wins, and since ids are bound to addresses nobody can pretend to be closer than he is; and somebody
 * else must have named it (three others, where it claims an arc far longer than those hereabouts are). A peer that is silent,
 * or contradicted, costs a step: the lookup goes on with the next best peer that others have named.
 *
 * Invariant: every step asks a peer not yet asked, so a lookup ends after at most `settings.lookupSteps` of them.
 */
import { clockwiseDistance, compareClockwise, isBetween, isWithin, shareOfCircle } from './circle.ts';
import type { RingContext } from './context.ts';
import type { Answer } from './messages.ts';
import type { Contact } from './ring-id.ts';

/** One peer asked. */
export interface LookupStep {
  readonly contact: Contact;
  /** Clockwise from the peer to the key, 20 bytes. */
  readonly distanceLeft: Uint8Array;
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

interface Candidate {
  readonly contact: Contact;
  state: 'new' | 'asked' | 'answered' | 'silent';
  /** Somebody, perhaps itself, has named it as responsible. */
  isOwner: boolean;
  /** Those that it has named as standing before it, nearest first. */
  predecessors: readonly Contact[];
  /** Whom it has named as responsible, the nearest first. */
  owners: readonly Contact[];
}

/** An arc this many times as long as the mean is as good as never true: once in 300,000 lookups. */
const PLAUSIBLE_GAPS = 16;
const VOICES_FOR_IMPLAUSIBLE_ARC = 3;
const FEWEST_TO_JUDGE_BY = 4;
/** A newcomer or two stand between the one named and the one responsible; from further off one does not walk back step by step. */
const MOST_DENIALS = 4;

export class Lookup {
  readonly #context: RingContext;
  readonly #target: Uint8Array;
  readonly #options: LookupOptions;
  readonly #done: (result: LookupResult) => void;
  readonly #candidates = new Map<string, Candidate>();
  readonly #steps: LookupStep[] = [];
  /** How often a peer that was named as responsible has named another. */
  #denials = 0;
  /** Whom the own table names as responsible. */
  #ownVoice: readonly Contact[] = [];

  /** Finds who is responsible for `target`; `done` is called once, never before this returns unless oneself is. */
  static start(context: RingContext, target: Uint8Array, options: LookupOptions, done: (result: LookupResult) => void): void {
    new Lookup(context, target, options, done).#begin();
  }

  private constructor(context: RingContext, target: Uint8Array, options: LookupOptions, done: (result: LookupResult) => void) {
    this.#context = context;
    this.#target = target;
    this.#options = options;
    this.#done = done;
  }

  #begin(): void {
    const { table, isMember } = this.#context;
    if (this.#options.seeds !== undefined) {
      for (const seed of this.#options.seeds) this.#candidate(seed);
      return this.#advance();
    }
    const view = table.view(this.#target);
    if (view.isOwn && isMember) return this.#finish(table.own);
    this.#ownVoice = view.owners;
    for (const contact of view.owners) this.#candidate(contact, true);
    for (const contact of table.routes()) this.#candidate(contact);
    this.#advance();
  }

  /** Asks the next peer, or ends. */
  #advance(): void {
    const owner = this.#claimant();
    if (owner?.state === 'answered' && this.#isConfirmed(owner)) return this.#finish(owner.contact);
    const next = owner?.state === 'new' && this.#denials < MOST_DENIALS ? owner : this.#nearestBefore();
    if (next !== undefined && this.#steps.length < this.#context.settings.lookupSteps) return this.#ask(next);
    this.#finish(owner?.state === 'answered' ? owner.contact : undefined);
  }

  #ask(candidate: Candidate): void {
    const { contact } = candidate;
    candidate.state = 'asked';
    const query = { type: 'closest', target: this.#target } as const;
    this.#context.queries.ask(contact, query, this.#context.settings.lookupAttempts, (outcome) => {
      candidate.state = outcome.kind === 'answer' ? 'answered' : 'silent';
      if (outcome.kind === 'answer') this.#learn(candidate, outcome.answer);
      else this.#context.check([contact]);
      const step: LookupStep = {
        contact,
        distanceLeft: clockwiseDistance(contact.id, this.#target),
        roundTripMs: outcome.kind === 'answer' ? outcome.roundTripMs : undefined,
      };
      this.#steps.push(step);
      this.#options.onStep?.(step);
      this.#advance();
    });
  }

  /** Takes what a peer names, as far as it can be true: peers on the way lie between it and the target, responsible ones beyond. */
  #learn(candidate: Candidate, answer: Answer): void {
    const { contact: { id } } = candidate;
    const closer = (answer.closer ?? []).filter((contact) => isBetween(contact.id, id, this.#target));
    const owners = (answer.successors ?? []).filter((contact) => compareClockwise(this.#target, contact.id, id) < 0);
    candidate.predecessors = answer.predecessors ?? [];
    candidate.owners = owners;
    for (const contact of closer) this.#candidate(contact);
    for (const contact of owners) this.#candidate(contact, true);
    const [predecessor] = candidate.predecessors;
    if (predecessor === undefined) {
      // It is alone on its circle, or has just lost its predecessor.
      if (closer.length === 0 && owners.length === 0) candidate.isOwner = true;
    } else if (isWithin(this.#target, predecessor.id, id)) {
      candidate.isOwner = true;
    }
  }

  #candidate(contact: Contact, isOwner = false): void {
    const known = this.#candidates.get(contact.key);
    if (known !== undefined) known.isOwner ||= isOwner;
    else if (contact.key !== this.#context.table.own.key || !this.#context.isMember) {
      this.#candidates.set(contact.key, { contact, state: 'new', isOwner, predecessors: [], owners: [] });
    }
  }

  /** The peer that follows the target most closely of all that may be responsible and are not known to be silent. */
  #nearestOwner(): Candidate | undefined {
    let nearest: Candidate | undefined;
    for (const candidate of this.#candidates.values()) {
      if (!candidate.isOwner || candidate.state === 'silent') continue;
      if (nearest === undefined || compareClockwise(this.#target, candidate.contact.id, nearest.contact.id) < 0) nearest = candidate;
    }
    return nearest;
  }

  /**
   * The peer to be believed or asked as the responsible one: of those that may be, the one that follows the target most
   * closely. If it says that a peer before it is responsible, that peer is, unless it is known to be silent.
   */
  #claimant(): Candidate | undefined {
    for (;;) {
      const owner = this.#nearestOwner();
      if (owner?.state !== 'answered') return owner;
      const predecessor = owner.predecessors.find(({ key }) => this.#candidates.get(key)?.state !== 'silent');
      if (predecessor === undefined || isWithin(this.#target, predecessor.id, owner.contact.id)) return owner;
      this.#denials += 1;
      owner.owners = [predecessor, ...owner.owners];
      this.#candidate(predecessor, true);
      // Oneself, or one that is named by somebody further off than it is: there is nobody nearer.
      if (this.#nearestOwner() === owner) return owner;
    }
  }

  /** The peer that precedes the target most closely of all not asked yet. */
  #nearestBefore(): Candidate | undefined {
    let nearest: Candidate | undefined;
    for (const candidate of this.#candidates.values()) {
      if (candidate.state !== 'new') continue;
      if (nearest === undefined || compareClockwise(this.#target, candidate.contact.id, nearest.contact.id) > 0) nearest = candidate;
    }
    return nearest;
  }

  /** Whether enough others have named it. */
  #isConfirmed(owner: Candidate): boolean {
    const { key } = owner.contact;
    let voices = this.#firstAlive(this.#ownVoice) === key ? 1 : 0;
    for (const candidate of this.#candidates.values()) {
      if (candidate !== owner && this.#firstAlive(candidate.owners) === key) voices += 1;
    }
    return voices >= (this.#isPlausible(owner) ? 1 : VOICES_FOR_IMPLAUSIBLE_ARC);
  }

  #firstAlive(contacts: readonly Contact[]): string | undefined {
    return contacts.find(({ key }) => this.#candidates.get(key)?.state !== 'silent')?.key;
  }

  #isPlausible({ contact, predecessors: [predecessor] }: Candidate): boolean {
    const { meanGap, successors } = this.#context.table;
    // A few neighbours that happen to stand close together say little of how close others stand.
    if (meanGap === undefined || predecessor === undefined || successors.all.length < FEWEST_TO_JUDGE_BY) return true;
    return shareOfCircle(clockwiseDistance(predecessor.id, contact.id)) <= PLAUSIBLE_GAPS * meanGap;
  }

  #finish(owner: Contact | undefined): void {
    const followers = new Map<string, Contact>();
    for (const { state, isOwner, contact } of this.#candidates.values()) {
      if (isOwner && state !== 'silent' && contact.key !== owner?.key) followers.set(contact.key, contact);
    }
    this.#done({
      target: this.#target,
      owner,
      followers: [...followers.values()].sort((a, b) => compareClockwise(this.#target, a.id, b.id)),
      steps: this.#steps,
    });
  }
}
