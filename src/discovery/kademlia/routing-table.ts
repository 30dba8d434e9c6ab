/**
 * The nodes that a node knows: many near its own id, few far from it, so that each step of a lookup at least halves the
 * distance (BEP 5; Maymounkov and Mazières 2002).
 *
 * Bucket i holds nodes whose ids share exactly i leading bits with the own id; the last bucket holds all that share at
 * least as many, and is the only one that splits.
 *
 * Invariant: a bucket holds at most k nodes, each of which has answered a query; no subscriber and no block of addresses has
 * more places in the whole table, reserves included, than `LIMITS` allows.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { Bucket, type Neighbour } from './bucket.ts';
import type { Contact } from './contact.ts';
import { commonPrefixLength, compareDistance, ID_BITS } from './distance.ts';
import { isBoundTo, type NodeIdPolicy } from './node-id.ts';

/** A node unheard for longer is questionable, and a bucket untouched for longer is looked up again (BEP 5). */
export const FRESH_MS = 15 * 60_000;
/** A node that was silent is asked again after this. */
const RETRY_MS = 10_000;
/** Buckets of a table that knows none but nodes with unbound ids: enough for a million nodes. */
const UNBOUND_BUCKETS = 20;

export class RoutingTable {
  readonly ownId: Uint8Array;
  readonly #policy: NodeIdPolicy;
  readonly #buckets: Bucket[] = [new Bucket()];

  constructor(ownId: Uint8Array, policy: NodeIdPolicy) {
    this.ownId = ownId;
    this.#policy = policy;
  }

  /** Neighbours, reserves left out. */
  get size(): number {
    return this.#buckets.reduce((sum, { neighbours }) => sum + neighbours.length, 0);
  }

  /** Neighbours by bucket, the farthest first. */
  get bucketSizes(): number[] {
    return this.#buckets.map(({ neighbours }) => neighbours.length);
  }

  *[Symbol.iterator](): IterableIterator<Contact> {
    for (const { neighbours } of this.#buckets) for (const { contact } of neighbours) yield contact;
  }

  /** A node has answered a query: it becomes a neighbour, is kept in reserve, or is refused. */
  answered(contact: Contact, nowMs: number): void {
    const bucket = this.#bucketOf(contact);
    const known = bucket.find(contact);
    if (known === undefined) {
      if ((bucket.isOpen(nowMs) || bucket === this.#buckets.at(-1)) && this.#admits(contact)) this.#insert(contact, nowMs);
    } else if (known.contact.hasSameEndpoint(contact)) {
      known.lastHeardMs = nowMs;
      known.failures = 0;
      bucket.touch(nowMs);
    }
    // Somebody else with an id that is taken has to wait until its first owner is gone.
  }

  /** A node has asked something: if it is known, that is a sign of life (BEP 5). True where it is known. */
  asked(contact: Contact, nowMs: number): boolean {
    const known = this.#bucketOf(contact).find(contact);
    if (known === undefined || !known.contact.hasSameEndpoint(contact)) return false;
    known.lastHeardMs = nowMs;
    return true;
  }

  /** A node has not answered. */
  failed(contact: Contact): void {
    const bucket = this.#bucketOf(contact);
    const known = bucket.find(contact);
    if (known?.contact.hasSameEndpoint(contact)) bucket.failed(known);
  }

  /** Whether a node that we have only heard of would become a neighbour if it answered; so, whether it is worth a ping. */
  wants(contact: Contact): boolean {
    const bucket = this.#bucketOf(contact);
    return (!bucket.isFull || bucket === this.#buckets.at(-1)) && bucket.find(contact) === undefined && this.#admits(contact);
  }

  /**
   * The `count` neighbours nearest to `target`, in any order. Nodes whose ids are not bound to their addresses only fill up,
   * for they could stand next to any target; such as have just been silent are named only if there are no others.
   */
  closest(target: Uint8Array, count: number): Contact[] {
    const found: Contact[] = [];
    this.#addClosest(found, target, count, isSound);
    if (found.length < count) this.#addClosest(found, target, count, isUnbound);
    if (found.length === 0) this.#addClosest(found, target, count, isSilent);
    return found;
  }

  /** The neighbour that is to be asked next whether it is still there; undefined where all are fresh or have just been asked. */
  nextToAsk(nowMs: number): Contact | undefined {
    let oldest: Neighbour | undefined;
    for (const { neighbours } of this.#buckets) {
      for (const neighbour of neighbours) {
        const isFresh = neighbour.failures === 0 && nowMs - neighbour.lastHeardMs < FRESH_MS;
        if (isFresh || nowMs - neighbour.lastAskedMs < RETRY_MS) continue;
        if (oldest === undefined || comesFirst(neighbour, oldest)) oldest = neighbour;
      }
    }
    if (oldest !== undefined) oldest.lastAskedMs = nowMs;
    return oldest?.contact;
  }

  /** The number of a bucket that should be looked up: one never looked up though it has room, or untouched for too long. */
  staleBucket(nowMs: number): number | undefined {
    const index = this.#buckets.findIndex(({ refreshedMs, isFull }) => (refreshedMs === undefined ? !isFull : nowMs - refreshedMs >= FRESH_MS));
    return index < 0 ? undefined : index;
  }

  /** A lookup in the bucket's part of the key space begins. */
  refreshed(bucket: number, nowMs: number): void {
    this.#buckets[bucket].refreshedMs = nowMs;
  }

  /** Whether the bucket of this number is the one that holds the nodes nearest to the own id. */
  isLast(bucket: number): boolean {
    return bucket === this.#buckets.length - 1;
  }

  #bucketOf(contact: Contact): Bucket {
    return this.#buckets[this.#indexOf(contact.compact)];
  }

  #indexOf(id: Uint8Array): number {
    return Math.min(commonPrefixLength(this.ownId, id), this.#buckets.length - 1);
  }

  #admits(contact: Contact): boolean {
    if (commonPrefixLength(this.ownId, contact.compact) === ID_BITS) return false;
    if (this.#policy === 'require' && !isBoundTo(contact.id, contact.address)) return false;
    return scopeOf(contact.address) === 'local' || this.#hasRoomFor(contact);
  }

  /** Whether its subscriber and its block of addresses have fewer places than they may. */
  #hasRoomFor(contact: Contact): boolean {
    let ofSubscriber = 0;
    let inBlock = 0;
    for (const { neighbours, reserve } of this.#buckets) {
      for (const held of [neighbours, reserve]) {
        for (const { contact: other } of held) {
          if (!contact.sharesBlock(other)) continue;
          inBlock += 1;
          if (contact.sharesSubscriber(other)) ofSubscriber += 1;
        }
      }
    }
    return ofSubscriber < LIMITS.dhtNodesPerSubscriber && inBlock < LIMITS.dhtNodesPerBlock;
  }

  #insert(contact: Contact, nowMs: number): void {
    const isBound = this.#policy === 'off' || isBoundTo(contact.id, contact.address);
    const bucketsAtMost = isBound ? ID_BITS : this.#unboundBuckets();
    while (this.isLast(this.#indexOf(contact.compact)) && this.#bucketOf(contact).isFull && this.#buckets.length < bucketsAtMost) this.#splitLast();
    const bucket = this.#bucketOf(contact);
    bucket.insert({ contact, isBound, lastHeardMs: nowMs, lastAskedMs: Number.NEGATIVE_INFINITY, failures: 0 });
    bucket.touch(nowMs);
  }

  /** How many buckets nodes with unbound ids may split the table into: they could stand as near as they like, and so split it for ever. */
  #unboundBuckets(): number {
    return this.#buckets.some(({ neighbours }) => neighbours.some(({ isBound }) => isBound)) ? 1 : UNBOUND_BUCKETS;
  }

  /** The last bucket keeps the nodes that differ from the own id in its next bit; the others move into a new one behind it. */
  #splitLast(): void {
    const last = this.#buckets[this.#buckets.length - 1];
    const next = new Bucket();
    next.refreshedMs = last.refreshedMs;
    const isNear = ({ contact }: Neighbour): boolean => commonPrefixLength(this.ownId, contact.compact) >= this.#buckets.length;
    next.neighbours.push(...last.neighbours.filter(isNear));
    last.neighbours.splice(0, Infinity, ...last.neighbours.filter((neighbour) => !isNear(neighbour)));
    this.#buckets.push(next);
  }

  #addClosest(found: Contact[], target: Uint8Array, count: number, kind: Kind): void {
    const at = this.#indexOf(target);
    // Seen from the target, its own bucket is nearest; then come all that are nearer to this node, at one distance but for
    // their lower bits; then, one after the other, the buckets farther away.
    this.#collect(found, target, count, kind, at, at + 1);
    if (found.length < count) this.#collect(found, target, count, kind, at + 1, this.#buckets.length);
    for (let index = at - 1; index >= 0 && found.length < count; index--) this.#collect(found, target, count, kind, index, index + 1);
  }

  /** Appends the neighbours of the buckets `from` to `to` (exclusive), or those nearest to `target` if they would be more than `count` in all. */
  #collect(found: Contact[], target: Uint8Array, count: number, kind: Kind, from: number, to: number): void {
    const contacts: Contact[] = [];
    for (let index = from; index < to; index++) {
      for (const neighbour of this.#buckets[index].neighbours) if (kind(neighbour)) contacts.push(neighbour.contact);
    }
    if (contacts.length > count - found.length) contacts.sort((a, b) => compareDistance(target, a.compact, b.compact));
    for (let index = 0; index < contacts.length && found.length < count; index++) found.push(contacts[index]);
  }
}

type Kind = (neighbour: Neighbour) => boolean;
const isSound: Kind = ({ isBound, failures }) => isBound && failures === 0;
const isUnbound: Kind = ({ isBound, failures }) => !isBound && failures === 0;
const isSilent: Kind = ({ failures }) => failures > 0;

/** Who has been silent goes before who has merely not been heard; then the longest unheard. */
function comesFirst(a: Neighbour, b: Neighbour): boolean {
  return a.failures === b.failures ? a.lastHeardMs < b.lastHeardMs : a.failures > b.failures;
}
