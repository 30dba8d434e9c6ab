/**
 * One k-bucket: the nodes known in one part of the key space, and a few that could take their place (BEP 5; Maymounkov and
 * Mazières 2002, 2.2 and 4.1).
 *
 * Invariant: everyone in it has answered a query of ours, and a node that still answers makes way for no newcomer, but for
 * one whose id is bound to its address where its own is not (BEP 42). So the bucket keeps the long-lived, and who floods it
 * with new nodes gains nothing.
 */
import type { Contact } from './contact.ts';

/** Neighbours of one bucket: Kademlia's k. */
export const BUCKET_SIZE = 8;
/** Silences in a row after which a node is taken for gone. */
const FAILURES_UNTIL_GONE = 2;
/** A full reserve takes somebody new in no more often than this: it need not be the very latest. */
const RESERVE_FRESH_MS = 60_000;

/** A node that has answered. */
export interface Neighbour {
  readonly contact: Contact;
  /** Whether its id is one that its address may have (BEP 42). */
  readonly isBound: boolean;
  /** On the clock: when it last answered, or asked something. */
  lastHeardMs: number;
  /** On the clock: when upkeep last asked it something. */
  lastAskedMs: number;
  /** Queries in a row that it has not answered. */
  failures: number;
}

export class Bucket {
  /** At most `BUCKET_SIZE`. */
  readonly neighbours: Neighbour[] = [];
  /** At most `BUCKET_SIZE`, the one heard last at the end; empty unless the bucket was full when it came. */
  readonly reserve: Neighbour[] = [];
  /** On the clock: when somebody in it last answered, or a lookup looked for some; undefined before the first lookup. */
  refreshedMs: number | undefined;

  get isFull(): boolean {
    return this.neighbours.length >= BUCKET_SIZE;
  }

  /** The neighbour, or the one in reserve, that has the contact's id. */
  find(contact: Contact): Neighbour | undefined {
    const isIt = (neighbour: Neighbour): boolean => neighbour.contact.hasSameId(contact);
    return this.neighbours.find(isIt) ?? this.reserve.find(isIt);
  }

  /** Somebody in it has answered. Before the first lookup that counts for nothing, for there may be much still to find. */
  touch(nowMs: number): void {
    if (this.refreshedMs !== undefined) this.refreshedMs = nowMs;
  }

  /** Whether somebody new could be taken in, if need be in reserve. */
  isOpen(nowMs: number): boolean {
    if (!this.isFull || this.reserve.length < BUCKET_SIZE) return true;
    return nowMs - (this.reserve.at(-1)?.lastHeardMs ?? 0) >= RESERVE_FRESH_MS || this.neighbours.some(({ isBound }) => !isBound);
  }

  /** Takes a newcomer in, if need be in the place of a neighbour with a worse id, or in reserve, which forgets the one heard longest ago. */
  insert(newcomer: Neighbour): void {
    if (!this.isFull) {
      this.neighbours.push(newcomer);
      return;
    }
    const unbound = newcomer.isBound ? this.neighbours.findIndex(({ isBound }) => !isBound) : -1;
    if (unbound >= 0) {
      this.neighbours[unbound] = newcomer;
    } else {
      this.reserve.push(newcomer);
      if (this.reserve.length > BUCKET_SIZE) this.reserve.shift();
    }
  }

  /** Somebody in it has not answered, and is gone if it was not the first time; a neighbour's place goes to the reserve heard last. */
  failed(silent: Neighbour): void {
    silent.failures += 1;
    if (silent.failures < FAILURES_UNTIL_GONE) return;
    const place = this.neighbours.indexOf(silent);
    if (place >= 0) this.neighbours.splice(place, 1, ...this.reserve.splice(-1));
    else this.reserve.splice(this.reserve.indexOf(silent), 1);
  }
}
