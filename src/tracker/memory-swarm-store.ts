/**
 * The swarms of one tracker, in its memory: some 90 bytes a peer and 250 a swarm, and an announce costs what its answer is
 * long.
 *
 * Invariant: a swarm is kept as long as it has peers, and its count of downloads with it. All that is past its time is gone
 * before anything is answered.
 */
import type { AddressFamily } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { SwarmCounts } from '../discovery/tracker/announcement.ts';
import type { Clock } from '../runtime/clock.ts';
import { integerBelow, type Random } from '../runtime/random.ts';
import { PeerTable } from './peer-table.ts';
import { NO_PEERS, SwarmMembers } from './swarm-members.ts';
import type { Announcement, StoreTotals, SwarmStore, SwarmView } from './swarm-store.ts';

export interface MemorySwarmStoreOptions {
  /** How long after its last announce a peer is forgotten. */
  readonly expiryMs: number;
  /** Default `LIMITS.trackedPeers`; past it, whoever announced longest ago makes room. */
  readonly maxPeers?: number;
  /** Default `LIMITS.trackedSwarms`. */
  readonly maxSwarms?: number;
  /** Default `LIMITS.trackedPeersPerAddress`: of one swarm at one IPv4 address, or in one /64 of IPv6; the newest stay. */
  readonly maxPeersPerAddress?: number;
}

interface Swarm {
  readonly key: string;
  /** By which records refer to it; given to another swarm when this one is gone. */
  readonly number: number;
  downloads: number;
  ipv4: SwarmMembers | undefined;
  ipv6: SwarmMembers | undefined;
}

const FAMILIES = [4, 6] as const satisfies readonly AddressFamily[];

export class MemorySwarmStore implements SwarmStore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: Required<MemorySwarmStoreOptions>;
  readonly #tables: Readonly<Record<AddressFamily, PeerTable>>;
  readonly #swarms = new Map<string, Swarm>();
  readonly #byNumber: (Swarm | undefined)[] = [];
  readonly #spareNumbers: number[] = [];
  readonly #startMs: number;
  #seeds = 0;

  constructor(clock: Clock, random: Random, options: MemorySwarmStoreOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = {
      maxPeers: LIMITS.trackedPeers,
      maxSwarms: LIMITS.trackedSwarms,
      maxPeersPerAddress: LIMITS.trackedPeersPerAddress,
      ...options,
    };
    this.#tables = { 4: new PeerTable(4, integerBelow(random, 2 ** 32)), 6: new PeerTable(6, integerBelow(random, 2 ** 32)) };
    this.#startMs = clock.now();
  }

  announce(announcement: Announcement): SwarmView {
    const { infoHash, peerId, state, wanted, wantsGivers, withPeerIds } = announcement;
    this.#expire();
    if (state === 'gone') this.#leave(announcement);
    else this.#enter(announcement);
    const swarm = this.#swarms.get(keyOf(infoHash));
    const sample = (members: SwarmMembers | undefined, count: number): SwarmView['peers'][4] =>
      members === undefined || state === 'gone'
        ? NO_PEERS
        : members.sample(this.#random, count, wantsGivers, peerId, withPeerIds);
    return { counts: countsOf(swarm), peers: { 4: sample(swarm?.ipv4, wanted[4]), 6: sample(swarm?.ipv6, wanted[6]) } };
  }

  count(infoHash: Uint8Array): SwarmCounts {
    this.#expire();
    return countsOf(this.#swarms.get(keyOf(infoHash)));
  }

  totals(): StoreTotals {
    this.#expire();
    return { swarms: this.#swarms.size, peers: this.#peerCount(), seeds: this.#seeds };
  }

  #enter({ infoHash, peerId, endpoint, state, completed }: Announcement): void {
    const swarm = this.#swarmOf(keyOf(infoHash));
    const family = familyOf(endpoint);
    const table = this.#tables[family];
    const members = membersOf(swarm, family) ?? (swarm[family === 4 ? 'ipv4' : 'ipv6'] = new SwarmMembers(table));
    const found = table.find(swarm.number, endpoint);
    const wasSeed = found.slot !== 0 && members.stateOf(found.slot) === 'seed';
    const slot = found.slot === 0 ? table.add(swarm.number, endpoint, this.#seconds()) : found.slot;
    if (found.slot === 0) members.add(slot, state);
    else {
      table.touch(slot, this.#seconds());
      members.setState(slot, state);
    }
    table.setPeerId(slot, peerId);
    this.#seeds += Number(state === 'seed') - Number(wasSeed);
    if (completed && !wasSeed) swarm.downloads += 1;
    // Only now: the newcomer is the newest of all and so never the one to go, and its swarm is not empty.
    if (found.neighbours >= this.#options.maxPeersPerAddress) this.#drop(table, found.oldestNeighbour);
    while (this.#peerCount() > this.#options.maxPeers || this.#swarms.size > this.#options.maxSwarms) this.#dropOldest();
  }

  #leave({ infoHash, endpoint }: Announcement): void {
    const swarm = this.#swarms.get(keyOf(infoHash));
    if (swarm === undefined) return;
    const table = this.#tables[familyOf(endpoint)];
    const { slot } = table.find(swarm.number, endpoint);
    if (slot !== 0) this.#drop(table, slot);
  }

  #expire(): void {
    const longestAgo = this.#seconds() - this.#options.expiryMs / 1000;
    for (const family of FAMILIES) {
      const table = this.#tables[family];
      while (table.oldest !== 0 && table.seenAt(table.oldest) < longestAgo) this.#drop(table, table.oldest);
    }
  }

  #dropOldest(): void {
    const { 4: ipv4, 6: ipv6 } = this.#tables;
    const ipv4IsOlder = ipv6.oldest === 0 || (ipv4.oldest !== 0 && ipv4.seenAt(ipv4.oldest) <= ipv6.seenAt(ipv6.oldest));
    const table = ipv4IsOlder ? ipv4 : ipv6;
    this.#drop(table, table.oldest);
  }

  #drop(table: PeerTable, slot: number): void {
    const swarm = this.#byNumber[table.swarmOf(slot)];
    const members = swarm && membersOf(swarm, table === this.#tables[4] ? 4 : 6);
    if (swarm === undefined || members === undefined) return;
    if (members.stateOf(slot) === 'seed') this.#seeds -= 1;
    members.remove(slot);
    table.remove(slot);
    if ((swarm.ipv4?.size ?? 0) + (swarm.ipv6?.size ?? 0) > 0) return;
    this.#swarms.delete(swarm.key);
    this.#byNumber[swarm.number] = undefined;
    this.#spareNumbers.push(swarm.number);
  }

  #swarmOf(key: string): Swarm {
    const known = this.#swarms.get(key);
    if (known !== undefined) return known;
    const number = this.#spareNumbers.pop() ?? this.#byNumber.length;
    const swarm: Swarm = { key, number, downloads: 0, ipv4: undefined, ipv6: undefined };
    this.#byNumber[number] = swarm;
    this.#swarms.set(key, swarm);
    return swarm;
  }

  #peerCount(): number {
    return this.#tables[4].size + this.#tables[6].size;
  }

  /** Whole seconds since the store began. */
  #seconds(): number {
    return Math.floor((this.#clock.now() - this.#startMs) / 1000);
  }
}

function familyOf(endpoint: Uint8Array): AddressFamily {
  return endpoint.length === 6 ? 4 : 6;
}

function membersOf(swarm: Swarm, family: AddressFamily): SwarmMembers | undefined {
  return family === 4 ? swarm.ipv4 : swarm.ipv6;
}

function countsOf(swarm: Swarm | undefined): SwarmCounts {
  const { ipv4, ipv6, downloads = 0 } = swarm ?? {};
  const seeds = (ipv4?.seeds ?? 0) + (ipv6?.seeds ?? 0);
  return {
    seeds,
    leechers: (ipv4?.size ?? 0) + (ipv6?.size ?? 0) - seeds,
    partialSeeds: (ipv4?.partialSeeds ?? 0) + (ipv6?.partialSeeds ?? 0),
    downloads,
  };
}

/** An info-hash as a map's key: one character a byte. */
function keyOf(infoHash: Uint8Array): string {
  return Buffer.from(infoHash.buffer, infoHash.byteOffset, infoHash.length).toString('latin1');
}
