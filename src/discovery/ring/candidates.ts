/**
 * What one lookup has heard: who may be on the way to the target, who may be responsible for it, and who has said so.
 *
 * Invariant: for a doubtful claim only those witnesses count of whom somebody has told who is no witness himself. Accomplices
 * who name one another are one voice, however many they are.
 */
import { compareClockwise, isBetween, isWithin } from './circle.ts';
import type { Answer } from './messages.ts';
import type { Contact } from './ring-id.ts';

export interface Candidate {
  readonly contact: Contact;
  state: 'new' | 'asked' | 'answered' | 'silent';
  /** Somebody, perhaps itself, has named it as responsible. */
  isOwner: boolean;
  /** Those who have named it; oneself is nobody. */
  readonly namedBy: Set<Candidate>;
  /** Whether it is known from the own table, or was there to begin with. */
  isOwn: boolean;
  /** Whom it has named as responsible, nearest first. */
  owners: readonly Contact[];
  /** Those that it has named as standing before it, nearest first. */
  predecessors: readonly Contact[];
}

export class Candidates {
  readonly #target: Uint8Array;
  /** Whoever looks up, if it stands on the circle: it may turn out to be responsible itself, but is not asked. */
  readonly #self: { readonly contact: Contact; readonly predecessors: readonly Contact[] } | undefined;
  readonly #all = new Map<string, Candidate>();
  #ownVoice: readonly Contact[] = [];
  /** How often a peer that was named as responsible has named another. */
  #denialCount = 0;

  constructor(target: Uint8Array, self?: { readonly contact: Contact; readonly predecessors: readonly Contact[] }) {
    this.#target = target;
    this.#self = self;
  }

  get denialCount(): number {
    return this.#denialCount;
  }

  /** Takes a peer of the own table. */
  addOwn(contact: Contact): void {
    this.#add(contact, false);
  }

  /** Takes those whom the own table names as responsible, nearest first. */
  addOwnVoice(owners: readonly Contact[]): void {
    this.#ownVoice = owners;
    for (const contact of owners) this.#add(contact, true);
  }

  /** Takes what a peer names, as far as it can be true: peers on the way lie between it and the target, responsible ones beyond. */
  learn(candidate: Candidate, answer: Answer): void {
    const { contact: { id } } = candidate;
    const closer = (answer.closer ?? []).filter((contact) => isBetween(contact.id, id, this.#target));
    const owners = (answer.successors ?? []).filter((contact) => compareClockwise(this.#target, contact.id, id) < 0);
    candidate.predecessors = answer.predecessors ?? [];
    candidate.owners = owners;
    for (const contact of closer) this.#add(contact, false, candidate);
    for (const contact of owners) this.#add(contact, true, candidate);
    const [predecessor] = candidate.predecessors;
    if (predecessor === undefined) {
      // It is alone on its circle, or has just lost its predecessor.
      if (closer.length === 0 && owners.length === 0) candidate.isOwner = true;
    } else if (isWithin(this.#target, predecessor.id, id)) {
      candidate.isOwner = true;
    }
  }

  /**
   * The peer to be believed or asked as the responsible one: of those that may be, the one that follows the target most
   * closely. If it says that a peer before it is responsible, that peer is, unless it is known to be silent.
   */
  claimant(): Candidate | undefined {
    for (;;) {
      const owner = this.#nearestOwner();
      if (owner?.state !== 'answered') return owner;
      const predecessor = owner.predecessors.find(({ key }) => this.#isAlive(key));
      if (predecessor === undefined || isWithin(this.#target, predecessor.id, owner.contact.id)) return owner;
      this.#denialCount += 1;
      owner.owners = [predecessor, ...owner.owners];
      this.#add(predecessor, true, owner);
      // It is named by somebody who stands nearer than it does: there is nobody else.
      if (this.#nearestOwner() === owner) return owner;
    }
  }

  /** The peer not asked yet that precedes the target most closely. */
  nearestBefore(): Candidate | undefined {
    return this.#nearestOf(this.#all.values());
  }

  /** The same, of those of whom somebody has told who is no witness for `owner`. */
  nearestIndependent(owner: Candidate): Candidate | undefined {
    return this.#nearestOf(this.#independentOf(owner));
  }

  /** Whether anybody else has named a peer as the responsible one. */
  isNamed(owner: Candidate): boolean {
    return this.#firstAlive(this.#ownVoice) === owner.contact.key || this.#all.values().some((candidate) => this.#isWitness(candidate, owner));
  }

  /** How many have, oneself among them, of whom somebody has told who has not. */
  voicesFor(owner: Candidate): number {
    let voices = this.#firstAlive(this.#ownVoice) === owner.contact.key ? 1 : 0;
    for (const candidate of this.#independentOf(owner)) if (this.#isWitness(candidate, owner)) voices += 1;
    return voices;
  }

  /** Everybody who may be responsible and is not known to be silent, but for one; those nearest behind the target first. */
  othersThan(owner: Contact | undefined): Contact[] {
    return [...this.#all.values()]
      .filter(({ isOwner, state, contact }) => isOwner && state !== 'silent' && contact.key !== owner?.key)
      .map(({ contact }) => contact)
      .sort((a, b) => compareClockwise(this.#target, a.id, b.id));
  }

  /** @param by who has named it; absent: oneself */
  #add(contact: Contact, isOwner: boolean, by?: Candidate): void {
    const candidate = this.#all.get(contact.key) ?? this.#newCandidate(contact);
    candidate.isOwner ||= isOwner;
    if (by === undefined) candidate.isOwn = true;
    else candidate.namedBy.add(by);
    this.#all.set(contact.key, candidate);
  }

  #newCandidate(contact: Contact): Candidate {
    const isSelf = contact.key === this.#self?.contact.key;
    return {
      contact, state: isSelf ? 'answered' : 'new', isOwner: false, isOwn: false, namedBy: new Set(), owners: [],
      predecessors: isSelf ? this.#self.predecessors : [],
    };
  }

  #nearestOwner(): Candidate | undefined {
    let nearest: Candidate | undefined;
    for (const candidate of this.#all.values()) {
      if (!candidate.isOwner || candidate.state === 'silent') continue;
      if (nearest === undefined || compareClockwise(this.#target, candidate.contact.id, nearest.contact.id) < 0) nearest = candidate;
    }
    return nearest;
  }

  #nearestOf(candidates: Iterable<Candidate>): Candidate | undefined {
    let nearest: Candidate | undefined;
    for (const candidate of candidates) {
      if (candidate.state !== 'new') continue;
      if (nearest === undefined || compareClockwise(this.#target, candidate.contact.id, nearest.contact.id) > 0) nearest = candidate;
    }
    return nearest;
  }

  #independentOf(owner: Candidate): IteratorObject<Candidate> {
    return this.#all.values().filter(({ isOwn, namedBy }) => {
      return isOwn || namedBy.values().some((candidate) => candidate !== owner && !this.#isWitness(candidate, owner));
    });
  }

  #isWitness(candidate: Candidate, owner: Candidate): boolean {
    return candidate !== owner && this.#firstAlive(candidate.owners) === owner.contact.key;
  }

  #firstAlive(contacts: readonly Contact[]): string | undefined {
    return contacts.find(({ key }) => this.#isAlive(key))?.key;
  }

  #isAlive(key: string): boolean {
    return this.#all.get(key)?.state !== 'silent';
  }
}
