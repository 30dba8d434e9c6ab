/**
 * The members of one swarm that are of one address family: a list of their slots in the `PeerTable`, so kept that a random
 * subset costs no more than its own size.
 *
 * Invariant: those who only give (seeds and partial seeds) stand before those who still want something, and each one's
 * record says where it stands. Beyond that the order means nothing.
 */
import type { PeerSample } from '../discovery/tracker/announcement.ts';
import { integerBelow, type Random } from '../runtime/random.ts';
import type { PeerTable } from './peer-table.ts';
import type { PeerState } from './swarm-store.ts';

/** What a record's state byte means. */
const STATES: readonly PeerState[] = ['downloader', 'partial seed', 'seed'];

const NOTHING = new Uint8Array();
export const NO_PEERS: PeerSample = { endpoints: NOTHING, peerIds: NOTHING };

export class SwarmMembers {
  seeds = 0;
  readonly #table: PeerTable;
  #slots: number[] = [];
  /** Seeds and partial seeds. */
  #givers = 0;

  constructor(table: PeerTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#slots.length;
  }

  get partialSeeds(): number {
    return this.#givers - this.seeds;
  }

  add(slot: number, state: PeerState): void {
    // Most swarms have one member, and an array made with one takes no room for more.
    if (this.#slots.length === 0) this.#slots = [slot];
    else this.#slots.push(slot);
    this.#table.setPosition(slot, this.#slots.length - 1);
    this.#table.setState(slot, STATES.indexOf('downloader'));
    this.setState(slot, state);
  }

  stateOf(slot: number): PeerState {
    return STATES[this.#table.stateOf(slot)];
  }

  setState(slot: number, state: PeerState): void {
    const before = this.stateOf(slot);
    if (before === state) return;
    if (before === 'seed') this.seeds -= 1;
    if (state === 'seed') this.seeds += 1;
    const position = this.#table.positionOf(slot);
    if (before === 'downloader') this.#swap(position, this.#givers++);
    else if (state === 'downloader') this.#swap(position, --this.#givers);
    this.#table.setState(slot, STATES.indexOf(state));
  }

  remove(slot: number): void {
    this.setState(slot, 'downloader');
    this.#swap(this.#table.positionOf(slot), this.#slots.length - 1);
    this.#slots.pop();
  }

  /**
   * Up to `count` members, each subset as likely as any other. Each one drawn is moved to the front of its part of the list
   * (a shuffle of Fisher and Yates that stops early), so nobody is drawn twice.
   * @param withGivers those who only give too
   * @param ownId leave out whoever has this peer id
   */
  sample(random: Random, count: number, withGivers: boolean, ownId: Uint8Array, withPeerIds: boolean): PeerSample {
    let nextGiver = withGivers ? 0 : this.#givers;
    let nextTaker = this.#givers;
    const room = Math.min(count, this.#slots.length - nextGiver);
    if (room <= 0) return NO_PEERS;
    const size = this.#table.endpointBytes;
    const endpoints = Buffer.allocUnsafe(room * size);
    const peerIds = withPeerIds ? Buffer.allocUnsafe(room * 20) : NOTHING;
    let drawn = 0;
    while (drawn < room && nextGiver + nextTaker < this.#givers + this.#slots.length) {
      const giversLeft = this.#givers - nextGiver;
      const draw = integerBelow(random, giversLeft + this.#slots.length - nextTaker);
      const place = draw < giversLeft ? nextGiver++ : nextTaker++;
      const slot = this.#swap(place, draw < giversLeft ? place + draw : place + draw - giversLeft);
      if (this.#table.hasPeerId(slot, ownId)) continue;
      this.#table.copyEndpoint(slot, endpoints, drawn * size);
      if (withPeerIds) this.#table.copyPeerId(slot, peerIds, drawn * 20);
      drawn += 1;
    }
    return { endpoints: endpoints.subarray(0, drawn * size), peerIds: peerIds.subarray(0, drawn * 20) };
  }

  /** Gives whoever stands at `one` now. */
  #swap(one: number, other: number): number {
    const slot = this.#slots[other];
    if (one !== other) {
      this.#table.setPosition(this.#slots[one], other);
      this.#slots[other] = this.#slots[one];
      this.#table.setPosition(slot, one);
      this.#slots[one] = slot;
    }
    return slot;
  }
}
