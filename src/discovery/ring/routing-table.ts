/**
 * What a peer knows of the others: its neighbours on either side, its shortcuts, and who has been silent lately.
 *
 * Invariant: nobody is in the table who has not answered from the address that its id is bound to. What others say of others
 * is hearsay: at most a reason to ask (`wants`).
 */
import { equalBytes } from '../../bytes/compare.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import { clockwiseDistance, compareClockwise, isBetween, isWithin, shareOfCircle } from './circle.ts';
import type { Contact } from './ring-id.ts';
import type { RingSettings } from './settings.ts';
import { Shortcuts } from './shortcuts.ts';
import { NeighbourList } from './successors.ts';

/** How a peer sees a target: what it answers to `closest`, and where it hands a routed query on. */
export interface View {
  /** The peer takes itself for the one responsible. */
  readonly isOwn: boolean;
  /** Peers between this one and the target, nearest to the target first. */
  readonly closer: readonly Contact[];
  /** Peers at or behind the target, nearest first: the first is responsible. Empty where this peer cannot tell. */
  readonly owners: readonly Contact[];
  /** A few, nearest first. */
  readonly predecessors: readonly Contact[];
}

/** How many peers a view names that are on the way: the best, and others for when that one is silent. */
const CLOSER_PEERS = 8;
/** How many predecessors it names: who asks may find the first of them gone. */
const NAMED_PREDECESSORS = 4;

export class RoutingTable {
  readonly own: Contact;
  /** The next r. */
  readonly successors: NeighbourList;
  /** One more than r: so a peer knows where the arcs begin and end of which it keeps copies. */
  readonly predecessors: NeighbourList;
  readonly shortcuts: Shortcuts;
  readonly #settings: RingSettings;
  readonly #clock: Clock;
  readonly #changed: () => void;
  /** By contact: until when hearsay of it is not followed; the oldest first. */
  readonly #silentUntilMs = new Map<string, number>();
  /** Contacts in the table that were silent once: no query is sent their way until they are heard of again. */
  readonly #doubted = new Set<string>();

  /** @param changed told after a neighbour has come or gone */
  constructor(own: Contact, settings: RingSettings, clock: Clock, changed: () => void) {
    const capacity = Math.min(settings.successors, LIMITS.ringSuccessors);
    this.own = own;
    this.successors = NeighbourList.successors(own.id, capacity);
    this.predecessors = NeighbourList.predecessors(own.id, capacity + 1);
    this.shortcuts = new Shortcuts(own.id);
    this.#settings = settings;
    this.#clock = clock;
    this.#changed = changed;
  }

  get successor(): Contact | undefined {
    return this.successors.first;
  }

  get predecessor(): Contact | undefined {
    return this.predecessors.first;
  }

  /** Nobody else is known on the circle. */
  get isAlone(): boolean {
    return this.successors.first === undefined && this.predecessors.first === undefined;
  }

  /** Everybody in it, once. */
  get all(): Contact[] {
    const all = [...this.successors.all, ...this.predecessors.all, ...this.shortcuts.all];
    return [...new Map(all.map((contact) => [contact.key, contact])).values()];
  }

  has(contact: Contact): boolean {
    return this.isNeighbour(contact) || this.shortcuts.has(contact);
  }

  isNeighbour(contact: Contact): boolean {
    return this.successors.has(contact) || this.predecessors.has(contact);
  }

  /**
   * Whether a peer known by hearsay would have a place beside us, so that it is worth asking whether it is there.
   * @param fromNeighbour whether a neighbour has named it as its neighbour (see `NeighbourList.wants`)
   */
  wants(contact: Contact, fromNeighbour: boolean): boolean {
    const silentUntilMs = this.#silentUntilMs.get(contact.key) ?? 0;
    if (silentUntilMs > this.#clock.now()) return false;
    return this.successors.wants(contact, fromNeighbour) || this.predecessors.wants(contact, fromNeighbour);
  }

  /** Takes in a peer that has just answered. */
  answered(contact: Contact, fromNeighbour = false): void {
    if (equalBytes(contact.id, this.own.id)) return;
    this.#silentUntilMs.delete(contact.key);
    this.#doubted.delete(contact.key);
    if (this.#settings.shortcuts === 'all') this.shortcuts.learn(contact);
    const follows = this.successors.add(contact, fromNeighbour);
    const precedes = this.predecessors.add(contact, fromNeighbour);
    if (follows || precedes) this.#changed();
  }

  /** A peer that was silent has been heard of again from its own address. */
  forgive(contact: Contact): void {
    this.#silentUntilMs.delete(contact.key);
  }

  /** A peer of the table has been silent once; what becomes of it, a closer look will show. */
  doubt(contact: Contact): void {
    if (this.has(contact)) this.#doubted.add(contact.key);
  }

  /** Lets go of a peer that does not answer, or has said goodbye. */
  silent(contact: Contact): void {
    this.#doubted.delete(contact.key);
    this.#silentUntilMs.delete(contact.key);
    this.#silentUntilMs.set(contact.key, this.#clock.now() + this.#settings.silenceMs);
    if (this.#silentUntilMs.size > LIMITS.ringSilentPeers) {
      const [oldest] = this.#silentUntilMs.keys();
      this.#silentUntilMs.delete(oldest);
    }
    this.shortcuts.remove(contact);
    const followed = this.successors.remove(contact);
    const preceded = this.predecessors.remove(contact);
    if (followed || preceded) this.#changed();
  }

  /** Whether the key is this peer's own: between its predecessor and itself. */
  owns(key: Uint8Array): boolean {
    const { predecessor } = this;
    return predecessor === undefined ? this.isAlone : isWithin(key, predecessor.id, this.own.id);
  }

  /** Whether this peer should keep the key's records: as its own, or as a copy for one of the r peers before it. */
  keeps(key: Uint8Array): boolean {
    const { predecessors } = this;
    return !predecessors.isFull || predecessors.last === undefined || isWithin(key, predecessors.last.id, this.own.id);
  }

  /** @param askedBy a peer that precedes this one and takes it for the owner: it stands in where no predecessor is known */
  view(target: Uint8Array, askedBy?: Contact): View {
    const predecessor = this.predecessor ?? askedBy;
    const isOwn = this.isAlone || (predecessor !== undefined && isWithin(target, predecessor.id, this.own.id));
    return { isOwn, closer: this.#closestPreceding(target), owners: this.#owners(target, askedBy), predecessors: this.predecessors.all.slice(0, NAMED_PREDECESSORS) };
  }

  /** Everybody by whom a query may go on. */
  *routes(): Iterable<Contact> {
    const { successors, predecessors, shortcuts } = this;
    if (this.#settings.shortcuts === 'none') {
      if (successors.first !== undefined) yield successors.first;
      return;
    }
    const isSound = ({ key }: Contact): boolean => !this.#doubted.has(key);
    yield* successors.all.filter(isSound);
    yield* shortcuts.all.filter(isSound);
    if (this.#settings.shortcuts === 'all') yield* predecessors.all.filter(isSound);
  }

  /** The mean distance between neighbours hereabouts, as a share of the circle; undefined where nobody is known. */
  get meanGap(): number | undefined {
    const { last, all, isFull } = this.successors;
    if (last === undefined) return undefined;
    // A list that is not full holds everybody, and goes around the whole circle.
    return isFull ? shareOfCircle(clockwiseDistance(this.own.id, last.id)) / all.length : 1 / (all.length + 1);
  }

  #owners(target: Uint8Array, askedBy?: Contact): readonly Contact[] {
    const { own, successors, predecessors, predecessor } = this;
    if (askedBy !== undefined && predecessor !== undefined && isWithin(target, askedBy.id, predecessor.id)) return [predecessor];
    const behind = (contacts: readonly Contact[]): readonly Contact[] => {
      const at = contacts.findIndex(({ id }, index) => isWithin(target, (contacts[index - 1] ?? own).id, id));
      return at < 0 ? [] : contacts.slice(at);
    };
    if (this.#settings.shortcuts === 'none') {
      const [successor] = successors.all;
      return successor !== undefined && isWithin(target, own.id, successor.id) ? successors.all : [];
    }
    const following = behind(successors.all);
    if (following.length > 0 || this.#settings.shortcuts === 'fingers') return following;
    // The peers before us are known as well: the farthest of them only as the beginning of an arc.
    const farthestFirst = predecessors.all.toReversed();
    const at = farthestFirst.findIndex(({ id }, index) => index > 0 && isWithin(target, farthestFirst[index - 1].id, id));
    return at < 0 ? [] : farthestFirst.slice(at);
  }

  #closestPreceding(target: Uint8Array): Contact[] {
    const { own } = this;
    const best: Contact[] = [];
    const consider = (contact: Contact): void => {
      if (!isBetween(contact.id, own.id, target)) return;
      let place = best.length;
      while (place > 0 && compareClockwise(own.id, best[place - 1].id, contact.id) < 0) place -= 1;
      if (place >= CLOSER_PEERS || best[place - 1]?.key === contact.key) return;
      best.splice(place, 0, contact);
      if (best.length > CLOSER_PEERS) best.pop();
    };
    for (const contact of this.routes()) consider(contact);
    return best;
  }
}
