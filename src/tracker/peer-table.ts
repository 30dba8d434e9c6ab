/**
 * The peers of one address family in all swarms, packed into one array of numbers: 56 bytes each over IPv4 and 68 over IPv6,
 * and nothing for the garbage collector to walk.
 *
 * A record is in two lists at once: one of all peers by when they were heard of last, and one of those that share its swarm
 * and its network (an IPv4 address, or a /64 of IPv6), newest first. A hash table leads to the head of the latter.
 *
 * Invariant: slots are numbered from 1; 0 stands for none, and its record is where the list of all begins and ends.
 */
import { subscriberBytes } from '../bytes/address-scope.ts';
import type { AddressFamily } from '../bytes/endpoint.ts';

/* A record's words … */
const SWARM = 0;
const POSITION = 1;
const OLDER = 2;
const NEWER = 3;
/** Its neighbours of the same swarm and network; of an unused record, NEXT is the next unused one. */
const NEXT = 4;
const PREVIOUS = 5;
const SEEN = 6;
/** … behind which its bytes follow: the endpoint, the state, and from a whole word on the peer id. */
const BYTES = 7;
const PEER_ID_BYTES = 20;

const FIRST_CAPACITY = 64;

/** What there is of an endpoint in a swarm. */
export interface Finding {
  /** The peer with this endpoint; 0 where there is none. */
  readonly slot: number;
  /** Where there is none: how many peers of the swarm share its network, … */
  readonly neighbours: number;
  /** … and the one of them that was heard of least recently. */
  readonly oldestNeighbour: number;
}

export class PeerTable {
  /** 6 or 18. */
  readonly endpointBytes: number;
  /** Peers in the table. */
  size = 0;
  readonly #networkBytes: number;
  readonly #peerIdAt: number;
  /** Words of a record. */
  readonly #stride: number;
  readonly #seed: number;
  #words: Uint32Array;
  #bytes: Uint8Array;
  #capacity = FIRST_CAPACITY;
  /** The lowest slot never used. */
  #fresh = 1;
  /** The first of the slots used before. */
  #unused = 0;
  /** Open addressing with linear probing; a power of two long, at most half full. */
  #heads = new Uint32Array(FIRST_CAPACITY * 2);
  #headCount = 0;

  /** @param seed keeps strangers from choosing addresses that collide */
  constructor(family: AddressFamily, seed: number) {
    this.endpointBytes = family === 4 ? 6 : 18;
    this.#networkBytes = subscriberBytes(this.endpointBytes - 2);
    const peerIdWord = BYTES + Math.ceil((this.endpointBytes + 1) / 4);
    this.#peerIdAt = peerIdWord * 4;
    this.#stride = peerIdWord + PEER_ID_BYTES / 4;
    this.#seed = seed;
    this.#words = new Uint32Array(this.#capacity * this.#stride);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** The peer heard of least recently; 0 where there is none. */
  get oldest(): number {
    return this.#words[NEWER];
  }

  swarmOf(slot: number): number {
    return this.#words[slot * this.#stride + SWARM];
  }

  /** Where the swarm's list has the peer; kept here for the list. */
  positionOf(slot: number): number {
    return this.#words[slot * this.#stride + POSITION];
  }

  setPosition(slot: number, position: number): void {
    this.#words[slot * this.#stride + POSITION] = position;
  }

  /** In the unit that `add` and `touch` were given. */
  seenAt(slot: number): number {
    return this.#words[slot * this.#stride + SEEN];
  }

  stateOf(slot: number): number {
    return this.#bytes[(slot * this.#stride + BYTES) * 4 + this.endpointBytes];
  }

  setState(slot: number, state: number): void {
    this.#bytes[(slot * this.#stride + BYTES) * 4 + this.endpointBytes] = state;
  }

  setPeerId(slot: number, peerId: Uint8Array): void {
    this.#bytes.set(peerId, slot * this.#stride * 4 + this.#peerIdAt);
  }

  hasPeerId(slot: number, peerId: Uint8Array): boolean {
    const start = slot * this.#stride * 4 + this.#peerIdAt;
    // From the end, for the beginning is the client's name.
    for (let index = PEER_ID_BYTES - 1; index >= 0; index--) if (this.#bytes[start + index] !== peerId[index]) return false;
    return true;
  }

  copyEndpoint(slot: number, target: Uint8Array, offset: number): void {
    const start = (slot * this.#stride + BYTES) * 4;
    for (let index = 0; index < this.endpointBytes; index++) target[offset + index] = this.#bytes[start + index];
  }

  copyPeerId(slot: number, target: Uint8Array, offset: number): void {
    const start = slot * this.#stride * 4 + this.#peerIdAt;
    target.set(this.#bytes.subarray(start, start + PEER_ID_BYTES), offset);
  }

  /** Costs as much as the endpoint's network has peers in the swarm, which the store keeps few. */
  find(swarm: number, endpoint: Uint8Array): Finding {
    let neighbours = 0;
    let oldestNeighbour = 0;
    for (let slot = this.#heads[this.#findHead(swarm, endpoint)]; slot !== 0; slot = this.#words[slot * this.#stride + NEXT]) {
      if (this.#hasRest(slot, endpoint)) return { slot, neighbours: 0, oldestNeighbour: 0 };
      neighbours += 1;
      oldestNeighbour = slot;
    }
    return { slot: 0, neighbours, oldestNeighbour };
  }

  /** Makes a peer the one heard of most recently. */
  touch(slot: number, now: number): void {
    const base = slot * this.#stride;
    this.#unlinkFromAll(base);
    this.#linkAsNewest(slot, base);
    this.#words[base + SEEN] = now;
    const index = this.#findHeadOf(base);
    if (this.#heads[index] === slot) return;
    this.#unlinkFromNeighbours(base);
    this.#linkAsFirst(slot, base, index);
  }

  /** Adds a peer that is not there yet, as the one heard of most recently. */
  add(swarm: number, endpoint: Uint8Array, now: number): number {
    const slot = this.#takeSlot();
    if (this.#headCount * 2 >= this.#heads.length) this.#growHeads();
    const index = this.#findHead(swarm, endpoint);
    const base = slot * this.#stride;
    if (this.#heads[index] === 0) this.#headCount += 1;
    this.#words[base + SWARM] = swarm;
    this.#words[base + SEEN] = now;
    this.#bytes.set(endpoint, (base + BYTES) * 4);
    this.#linkAsFirst(slot, base, index);
    this.#linkAsNewest(slot, base);
    this.size += 1;
    return slot;
  }

  remove(slot: number): void {
    const base = slot * this.#stride;
    const next = this.#words[base + NEXT];
    if (this.#words[base + PREVIOUS] !== 0) this.#unlinkFromNeighbours(base);
    else if (next === 0) this.#clearHead(this.#findHeadOf(base));
    else {
      this.#heads[this.#findHeadOf(base)] = next;
      this.#words[next * this.#stride + PREVIOUS] = 0;
    }
    this.#unlinkFromAll(base);
    this.#words[base + NEXT] = this.#unused;
    this.#unused = slot;
    this.size -= 1;
  }

  #linkAsFirst(slot: number, base: number, index: number): void {
    const first = this.#heads[index];
    this.#words[base + NEXT] = first;
    this.#words[base + PREVIOUS] = 0;
    if (first !== 0) this.#words[first * this.#stride + PREVIOUS] = slot;
    this.#heads[index] = slot;
  }

  /** For one that has a neighbour before it. */
  #unlinkFromNeighbours(base: number): void {
    const next = this.#words[base + NEXT];
    const previous = this.#words[base + PREVIOUS];
    this.#words[previous * this.#stride + NEXT] = next;
    if (next !== 0) this.#words[next * this.#stride + PREVIOUS] = previous;
  }

  #linkAsNewest(slot: number, base: number): void {
    const newest = this.#words[OLDER];
    this.#words[base + OLDER] = newest;
    this.#words[base + NEWER] = 0;
    this.#words[newest * this.#stride + NEWER] = slot;
    this.#words[OLDER] = slot;
  }

  #unlinkFromAll(base: number): void {
    const older = this.#words[base + OLDER];
    const newer = this.#words[base + NEWER];
    this.#words[older * this.#stride + NEWER] = newer;
    this.#words[newer * this.#stride + OLDER] = older;
  }

  #takeSlot(): number {
    const slot = this.#unused;
    if (slot !== 0) {
      this.#unused = this.#words[slot * this.#stride + NEXT];
      return slot;
    }
    if (this.#fresh === this.#capacity) {
      this.#capacity *= 2;
      const words = new Uint32Array(this.#capacity * this.#stride);
      words.set(this.#words);
      this.#words = words;
      this.#bytes = new Uint8Array(words.buffer);
    }
    return this.#fresh++;
  }

  /** Whether what stands behind the network is the same: the port, and over IPv6 the rest of the address. */
  #hasRest(slot: number, endpoint: Uint8Array): boolean {
    const start = (slot * this.#stride + BYTES) * 4;
    for (let index = this.#networkBytes; index < this.endpointBytes; index++) {
      if (this.#bytes[start + index] !== endpoint[index]) return false;
    }
    return true;
  }

  /** The place in the table of the list for a swarm and a network, or where it would go. */
  #findHead(swarm: number, endpoint: Uint8Array): number {
    const mask = this.#heads.length - 1;
    let index = this.#hash(swarm, endpoint, 0) & mask;
    for (let slot = this.#heads[index]; slot !== 0; slot = this.#heads[index]) {
      if (this.#words[slot * this.#stride + SWARM] === swarm && this.#sharesNetwork(slot, endpoint)) return index;
      index = (index + 1) & mask;
    }
    return index;
  }

  #findHeadOf(base: number): number {
    const start = (base + BYTES) * 4;
    return this.#findHead(this.#words[base + SWARM], this.#bytes.subarray(start, start + this.endpointBytes));
  }

  #sharesNetwork(slot: number, endpoint: Uint8Array): boolean {
    const start = (slot * this.#stride + BYTES) * 4;
    for (let index = 0; index < this.#networkBytes; index++) if (this.#bytes[start + index] !== endpoint[index]) return false;
    return true;
  }

  #hashOf(slot: number): number {
    const base = slot * this.#stride;
    return this.#hash(this.#words[base + SWARM], this.#bytes, (base + BYTES) * 4);
  }

  /** Multiplications and shifts as in MurmurHash3 (Appleby 2011), over the swarm and the network. */
  #hash(swarm: number, bytes: Uint8Array, start: number): number {
    let hash = Math.imul(this.#seed ^ swarm, 0xcc9e2d51);
    for (let index = start; index < start + this.#networkBytes; index += 4) {
      const word = bytes[index] | (bytes[index + 1] << 8) | (bytes[index + 2] << 16) | (bytes[index + 3] << 24);
      hash = Math.imul((hash ^ (hash >>> 15)) + Math.imul(word, 0x1b873593), 0x85ebca6b);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  /** Empties a place, and moves up whoever was pushed behind it. */
  #clearHead(index: number): void {
    const mask = this.#heads.length - 1;
    let hole = index;
    for (let next = (hole + 1) & mask; this.#heads[next] !== 0; next = (next + 1) & mask) {
      const wanted = this.#hashOf(this.#heads[next]) & mask;
      // Whoever wants a place between the hole (exclusive) and where it is stays.
      if (((next - wanted) & mask) < ((next - hole) & mask)) continue;
      this.#heads[hole] = this.#heads[next];
      hole = next;
    }
    this.#heads[hole] = 0;
    this.#headCount -= 1;
  }

  #growHeads(): void {
    const old = this.#heads;
    this.#heads = new Uint32Array(old.length * 2);
    const mask = this.#heads.length - 1;
    for (const slot of old) {
      if (slot === 0) continue;
      let index = this.#hashOf(slot) & mask;
      while (this.#heads[index] !== 0) index = (index + 1) & mask;
      this.#heads[index] = slot;
    }
  }
}
