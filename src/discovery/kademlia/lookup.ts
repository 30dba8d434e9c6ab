/**
 * The iterative lookup: asks ever nearer nodes for nodes that are nearer still, until the k nearest that there are have
 * answered (Maymounkov and Mazières 2002, 2.3; BEP 5).
 *
 * Invariant: no more than α queries are under way whose answers are not overdue; a node counts only once it has answered,
 * and under the id that it then gives; one subscriber has one place, and one block of addresses few.
 *
 * Against liars: nodes that do not exist cost those who named them their credit, and whatever else such a one named is
 * passed over. Nodes whose ids are not bound to their addresses (BEP 42), and so can be had in any part of the key space,
 * are asked as well, but crowd out none that are bound.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { field } from '../../bytes/bencode.ts';
import type { AddressFamily, Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { isCredible } from './addresses.ts';
import { BUCKET_SIZE } from './bucket.ts';
import { Contact, parseContacts } from './contact.ts';
import { commonPrefixLength, compareDistance, ID_BITS, ID_BYTES } from './distance.ts';
import type { Answer } from './krpc.ts';
import { isBoundTo, type NodeIdPolicy } from './node-id.ts';
import type { Asker } from './rpc.ts';

/** Queries under way at a time: Kademlia's α. */
const CONCURRENCY = 3;
/** When so many nodes that somebody named are silent, and none has answered, the others it named are not asked. */
const SILENCES_UNTIL_DISCREDITED = 3;

export interface LookupOptions {
  readonly target: Uint8Array;
  readonly ownId: Uint8Array;
  readonly family: AddressFamily;
  readonly policy: NodeIdPolicy;
  /** Whom to begin with. */
  readonly contacts: readonly Contact[];
  /** Nodes to begin with whose ids are unknown, such as those that a person names. */
  readonly endpoints: readonly Endpoint[];
  /** Asks a node. False, with no call of the asker to follow, where that cannot be done now. */
  readonly ask: (to: Contact | Endpoint, asker: Asker) => boolean;
  /** Is told of each answer. True ends the lookup there. */
  readonly heard?: (from: Contact, answer: Answer, bytes: Uint8Array) => boolean;
  /** Is told once, when it is over. */
  readonly done: (outcome: LookupOutcome) => void;
}

export interface LookupOutcome {
  /** The nodes nearest to the target, at most k, the nearest first; each with the token that it gave. */
  readonly nearest: readonly FoundNode[];
  /** How many nodes had to answer, one after the other, until the nearest was found. */
  readonly hops: number;
  readonly queries: number;
  readonly answers: number;
}

export interface FoundNode {
  readonly contact: Contact;
  readonly token: Uint8Array | undefined;
}

interface Candidate {
  readonly contact: Contact;
  readonly isBound: boolean;
  readonly hops: number;
  /** Who named it, as far as anyone with credit has; undefined for those to begin with. */
  source: Candidate | undefined;
  state: 'new' | 'asked' | 'overdue' | 'answered' | 'silent';
  token: Uint8Array | undefined;
  /** Nodes it named that have answered, and that have not in time. */
  alive: number;
  dead: number;
}

export class Lookup {
  readonly #options: LookupOptions;
  /** Sorted by distance, the nearest first. */
  readonly #candidates: Candidate[] = [];
  /** Queries not answered yet and not overdue, and all that are not answered yet. */
  #onTime = 0;
  #underWay = 0;
  /** Those among them to endpoints, which may turn out to be anybody. */
  #entering = 0;
  #queries = 0;
  #answers = 0;
  #isOver = false;

  constructor(options: LookupOptions) {
    this.#options = options;
    for (const contact of options.contacts) this.#name(contact, undefined);
  }

  /** Begins. Where there is nobody to ask it is over at once. */
  start(): void {
    for (const endpoint of this.#options.endpoints) this.#ask(endpoint, undefined);
    this.#proceed();
  }

  /** Ends it with what it has found so far. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.done(this.#outcome());
  }

  /** Asks whom it may, and ends when there is nobody left to ask or worth waiting for. */
  #proceed(): void {
    while (!this.#isOver) {
      const { next, isSettled } = this.#survey();
      if (next === undefined) {
        if (isSettled || this.#underWay === 0) this.stop();
        return;
      }
      if (this.#onTime >= CONCURRENCY) return;
      if (!this.#ask(next.contact, next)) {
        if (this.#underWay === 0) this.stop();
        return;
      }
    }
  }

  /** Who is to be asked next; and where nobody is, whether the answers still to come could change anything. */
  #survey(): { next: Candidate | undefined; isSettled: boolean } {
    if (this.#queries >= LIMITS.dhtQueriesPerLookup) return { next: undefined, isSettled: this.#underWay === 0 };
    const bound = this.#scan(true, this.#candidates.length);
    if (bound.next !== undefined) return bound;
    // Unbound nodes are asked only where they are nearer than the last bound one that counts.
    const unbound = this.#scan(false, bound.end);
    return { next: unbound.next, isSettled: bound.isSettled && unbound.isSettled && this.#entering === 0 };
  }

  /** Looks through the candidates before `end`, of one kind, for k that have answered; and stops at one that has still to be asked. */
  #scan(isBound: boolean, end: number): { next: Candidate | undefined; isSettled: boolean; end: number } {
    let answered = 0;
    let asked = 0;
    let overdue = 0;
    for (let index = 0; index < end; index++) {
      const candidate = this.#candidates[index];
      if (candidate.isBound !== isBound || candidate.state === 'silent') continue;
      if (candidate.state === 'answered') answered += 1;
      else if (candidate.state === 'asked') asked += 1;
      else if (candidate.state === 'overdue') overdue += 1;
      else if (this.#mayAsk(candidate)) return { next: candidate, isSettled: false, end };
      // Where k have answered, those that are overdue are not waited for; nor are unbound ones ever.
      if (answered + asked >= BUCKET_SIZE) return { next: undefined, isSettled: asked === 0, end: index + 1 };
    }
    return { next: undefined, isSettled: asked === 0 && (overdue === 0 || !isBound), end };
  }

  #mayAsk({ contact, source }: Candidate): boolean {
    return !(source !== undefined && isDiscredited(source)) && (scopeOf(contact.address) === 'local' || this.#hasRoomFor(contact));
  }

  /** Whether its subscriber has no place yet among those asked, and its block of addresses fewer than it may. */
  #hasRoomFor(contact: Contact): boolean {
    let inBlock = 0;
    for (const { contact: other, state } of this.#candidates) {
      if (state === 'new' || state === 'silent' || !contact.sharesBlock(other)) continue;
      inBlock += 1;
      if (contact.sharesSubscriber(other)) return false;
    }
    return inBlock < LIMITS.dhtNodesPerBlockInLookup;
  }

  #ask(to: Contact | Endpoint, candidate: Candidate | undefined): boolean {
    let isOverdue = false;
    const settle = (): void => {
      this.#underWay -= 1;
      if (!isOverdue) this.#onTime -= 1;
      if (candidate === undefined) this.#entering -= 1;
    };
    const isAsked = this.#options.ask(to, {
      answered: (answer, bytes) => {
        settle();
        if (isOverdue && candidate?.source !== undefined) candidate.source.dead -= 1;
        if (!this.#isOver) this.#answered(to, candidate, answer, bytes);
      },
      failed: () => {
        settle();
        if (candidate !== undefined) this.#silent(candidate, isOverdue);
        this.#proceed();
      },
      slow: () => {
        isOverdue = true;
        this.#onTime -= 1;
        if (candidate !== undefined) {
          candidate.state = 'overdue';
          if (candidate.source !== undefined) candidate.source.dead += 1;
        }
        this.#proceed();
      },
    });
    if (!isAsked) return false;
    this.#underWay += 1;
    this.#onTime += 1;
    this.#queries += 1;
    if (candidate === undefined) this.#entering += 1;
    else candidate.state = 'asked';
    return true;
  }

  #answered(to: Contact | Endpoint, asked: Candidate | undefined, answer: Answer, bytes: Uint8Array): void {
    const id = field.bytes(answer.results, 'id');
    const contact = id?.length === ID_BYTES ? Contact.of(id, to instanceof Contact ? to.endpoint : to) : undefined;
    if (contact === undefined || commonPrefixLength(contact.compact, this.#options.ownId) === ID_BITS) {
      if (asked !== undefined) this.#silent(asked, false);
      return this.#proceed();
    }
    this.#answers += 1;
    const candidate = this.#confirm(contact, asked);
    candidate.token = field.bytes(answer.results, 'token');
    const { family, heard } = this.#options;
    const nodes = field.bytes(answer.results, family === 4 ? 'nodes' : 'nodes6');
    const named = nodes === undefined ? [] : parseContacts(nodes, family, LIMITS.dhtNodesPerAnswer);
    for (const each of named) this.#name(each, candidate);
    if (heard?.(contact, answer, bytes)) this.stop();
    this.#proceed();
  }

  /** The candidate that has answered as `contact`: the one asked, or, where that has another id than was said, a new one. */
  #confirm(contact: Contact, asked: Candidate | undefined): Candidate {
    if (asked !== undefined && asked.contact.hasSameId(contact)) {
      asked.state = 'answered';
      if (asked.source !== undefined) asked.source.alive += 1;
      return asked;
    }
    if (asked !== undefined) this.#silent(asked, false);
    const candidate = this.#find(contact) ?? this.#add(contact, undefined, asked?.hops ?? 1);
    candidate.state = 'answered';
    return candidate;
  }

  #silent(candidate: Candidate, isCounted: boolean): void {
    candidate.state = 'silent';
    if (candidate.source !== undefined && !isCounted) candidate.source.dead += 1;
  }

  /** Takes note of a node that `source` has named. */
  #name(contact: Contact, source: Candidate | undefined): void {
    const { ownId, policy } = this.#options;
    const known = this.#find(contact);
    if (known !== undefined) {
      if (known.source !== undefined && isDiscredited(known.source)) known.source = source;
      return;
    }
    const { address } = contact;
    if (commonPrefixLength(contact.compact, ownId) === ID_BITS || !isCredible(address, source?.contact.address)) return;
    if (policy === 'require' && !isBoundTo(contact.id, address)) return;
    this.#add(contact, source, source === undefined ? 1 : source.hops + 1);
  }

  #add(contact: Contact, source: Candidate | undefined, hops: number): Candidate {
    const isBound = this.#options.policy === 'off' || isBoundTo(contact.id, contact.address);
    const candidate: Candidate = { contact, isBound, hops, source, state: 'new', token: undefined, alive: 0, dead: 0 };
    this.#candidates.splice(this.#placeOf(contact), 0, candidate);
    return candidate;
  }

  /** The candidate of this id and endpoint. Those of one id stand side by side. */
  #find(contact: Contact): Candidate | undefined {
    for (let index = this.#placeOf(contact); index < this.#candidates.length; index++) {
      const candidate = this.#candidates[index];
      if (!candidate.contact.hasSameId(contact)) break;
      if (candidate.contact.hasSameEndpoint(contact)) return candidate;
    }
    return undefined;
  }

  /** Where a contact belongs among the candidates, by binary search: before all that are as near. */
  #placeOf(contact: Contact): number {
    let low = 0;
    let high = this.#candidates.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareDistance(this.#options.target, this.#candidates[middle].contact.compact, contact.compact) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #outcome(): LookupOutcome {
    const answered = this.#candidates.filter(({ state }) => state === 'answered');
    const chosen = [...answered.filter(({ isBound }) => isBound), ...answered.filter(({ isBound }) => !isBound)].slice(0, BUCKET_SIZE);
    const nearest = answered.filter((candidate) => chosen.includes(candidate));
    return { nearest: nearest.map(({ contact, token }) => ({ contact, token })), hops: nearest[0]?.hops ?? 0, queries: this.#queries, answers: this.#answers };
  }
}

function isDiscredited({ alive, dead }: Candidate): boolean {
  return alive === 0 && dead >= SILENCES_UNTIL_DISCREDITED;
}
