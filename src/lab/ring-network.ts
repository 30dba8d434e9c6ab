/**
 * A ring of any number of peers in virtual time: production's `RingNode` on simulated hosts. For tests, and for measuring what
 * the Chord paper measured.
 *
 * Invariant: one seed gives one network and one course of events.
 */
import { addressScope } from '../bytes/address-scope.ts';
import { compareBytes } from '../bytes/compare.ts';
import { formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { ID_BITS, plusPowerOfTwo } from '../discovery/ring/circle.ts';
import type { Contact } from '../discovery/ring/ring-id.ts';
import { RingNode } from '../discovery/ring/ring-node.ts';
import type { RingSettings } from '../discovery/ring/settings.ts';
import type { DatagramSocket } from '../runtime/network.ts';
import { integerBelow } from '../runtime/random.ts';
import { SimulatedNetwork, type DatagramFaults, type SimulatedHost } from '../runtime/simulated/network.ts';
import { Simulation, type SeededRandom } from '../runtime/simulated/simulation.ts';

export const RING_PORT = 6882;
/** Latency from a host to the middle of the network, one way: round trips take 40 to 320 ms. */
const LATENCY_MS = { least: 10, most: 80 };
const MOST_TENTHS = 15 * 60 * 10;

export interface RingPeer {
  readonly host: SimulatedHost;
  readonly node: RingNode;
}

/** Stands between a peer and its socket: for peers that misbehave. */
export type Tamper = (socket: DatagramSocket) => DatagramSocket;

export interface RingNetworkOptions {
  readonly seed?: number;
  readonly faults?: DatagramFaults;
  /** For every peer. */
  readonly settings?: Partial<RingSettings>;
  /** Promises settle after so many events (see `Simulation`). Default 16. */
  readonly settleEvery?: number;
}

export class RingNetwork {
  readonly simulation: Simulation;
  readonly world: SimulatedNetwork;
  readonly random: SeededRandom;
  /** Those that are up, in the order in which they came. */
  readonly peers: RingPeer[] = [];
  readonly #settings: Partial<RingSettings>;
  readonly #addresses = new Set<string>();

  constructor(options: RingNetworkOptions = {}) {
    this.simulation = new Simulation({ seed: options.seed ?? 1, settleEvery: options.settleEvery ?? 16 });
    this.world = new SimulatedNetwork(this.simulation, options.faults);
    this.random = this.simulation.random.fork();
    this.#settings = options.settings ?? {};
  }

  /** A ring of `count` peers that have joined one after the other, each through one that was there before. */
  static async joined(count: number, options: RingNetworkOptions = {}): Promise<RingNetwork> {
    const network = new RingNetwork(options);
    for (let index = 0; index < count; index++) {
      const peer = await network.add();
      if (index === 0) peer.node.begin();
      else await network.complete(peer.node.join([endpointOf(network.randomPeer(peer))]));
    }
    return network;
  }

  /**
   * A ring of `count` peers as stabilising would leave it after a long time: neighbours and fingers exact, nothing learnt.
   * Nobody has joined, so it is there at once whatever its size.
   * @param tamper which peers misbehave, by the order in which they are added
   */
  static async stabilised(count: number, options: RingNetworkOptions = {}, tamper?: (index: number) => Tamper | undefined): Promise<RingNetwork> {
    const network = new RingNetwork(options);
    for (let index = 0; index < count; index++) await network.add({ tamper: tamper?.(index) });
    const contacts = network.peers.map(({ node }) => node.contact).sort(byId);
    const ids = contacts.map(({ id }) => id);
    for (const { node } of network.peers) fillTable(node, contacts, ids);
    for (const { node } of network.peers) node.begin();
    return network;
  }

  /** One more peer, on a host of its own at a random public address unless given one; it is outside still. */
  async add(options: { readonly address?: string; readonly tamper?: Tamper | undefined } = {}): Promise<RingPeer> {
    const { least, most } = LATENCY_MS;
    const host = this.world.addHost(options.address ?? this.#freshAddress(), { latencyMs: least + this.random.fraction() * (most - least) });
    const { tamper } = options;
    if (tamper !== undefined) {
      const bind = host.bindDatagrams.bind(host);
      host.bindDatagrams = async (where) => tamper(await bind(where));
    }
    const runtime = { clock: this.simulation, random: this.simulation.random.fork(), network: host };
    const node = await RingNode.open(runtime, { port: RING_PORT, settings: this.#settings });
    const peer = { host, node };
    this.peers.push(peer);
    return peer;
  }

  /** The peer's host is gone, from one moment to the next. */
  crash(peer: RingPeer): void {
    this.remove(peer);
    peer.node.close();
    peer.host.crash();
  }

  /** The peer says goodbye, and its host goes. */
  async leave(peer: RingPeer): Promise<void> {
    this.remove(peer);
    await peer.node.leave();
    peer.host.crash();
  }

  remove(peer: RingPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
  }

  /** Any peer, but not the one given. */
  randomPeer(other?: RingPeer): RingPeer {
    const others = this.peers.filter((peer) => peer !== other);
    return others[integerBelow(this.random, others.length)];
  }

  randomKey(): Uint8Array {
    return this.random.bytes(20);
  }

  /** The peer that is in truth responsible for a key. */
  ownerOf(key: Uint8Array): RingPeer {
    return this.owners()(key);
  }

  /** The same for many keys, of the peers that are up now. */
  owners(): (key: Uint8Array) => RingPeer {
    const order = this.inOrder();
    const ids = order.map(({ node }) => node.contact.id);
    return (key) => order[successorOf(key, ids)];
  }

  /** Peers by id. */
  inOrder(): RingPeer[] {
    return this.peers.toSorted((a, b) => byId(a.node.contact, b.node.contact));
  }

  /** What is not as it should be of each peer's neighbours; nothing where the circle is right. */
  circleFaults(): string[] {
    const order = this.inOrder();
    const faults: string[] = [];
    for (const [index, { node }] of order.entries()) {
      const { state, successors, predecessors } = node.status();
      if (state !== 'member') faults.push(`${formatEndpoint(node.contact.endpoint)} is ${state}`);
      const around = [...order.slice(index + 1), ...order.slice(0, index)].map((peer) => peer.node.contact.key);
      const capacity = node.settings.successors;
      const right = { after: around.slice(0, capacity).join(' '), before: around.toReversed().slice(0, capacity + 1).join(' ') };
      if (keysOf(successors) !== right.after) faults.push(`${node.contact.key} has successors ${keysOf(successors)}, not ${right.after}`);
      if (keysOf(predecessors) !== right.before) faults.push(`${node.contact.key} has predecessors ${keysOf(predecessors)}, not ${right.before}`);
    }
    return faults;
  }

  run(durationMs: number): Promise<void> {
    return this.simulation.run(durationMs);
  }

  /** Lets virtual time pass until the promise settles, tenths of a second at a time, a quarter of an hour at most. */
  async complete<Value>(promise: Promise<Value>): Promise<Value> {
    const outcome = { isSettled: false };
    const settled = (): void => { outcome.isSettled = true; };
    promise.then(settled, settled);
    for (let tenths = 0; tenths < MOST_TENTHS && !outcome.isSettled; tenths++) await this.simulation.run(100);
    if (!outcome.isSettled) throw new Error('the promise has not settled after a quarter of an hour of virtual time');
    return promise;
  }

  #freshAddress(): string {
    for (;;) {
      const address = Array.from({ length: 4 }, () => integerBelow(this.random, 256)).join('.');
      if (addressScope(address) !== 'global' || this.#addresses.has(address)) continue;
      this.#addresses.add(address);
      return address;
    }
  }
}

/** What others are told to join through. */
export function endpointOf({ node }: RingPeer): Endpoint {
  return node.contact.endpoint;
}

function byId(a: Contact, b: Contact): number {
  return compareBytes(a.id, b.id);
}

function keysOf(contacts: readonly Contact[]): string {
  return contacts.map(({ key }) => key).join(' ');
}

/** @param contacts of all peers, by id */
function fillTable({ contact, settings, table }: RingNode, contacts: readonly Contact[], ids: readonly Uint8Array[]): void {
  const index = successorOf(contact.id, ids);
  const at = (offset: number): Contact => contacts[(index + offset + contacts.length) % contacts.length];
  for (let offset = 1; offset < contacts.length && offset <= settings.successors + 1; offset++) {
    table.successors.add(at(offset), true);
    table.predecessors.add(at(-offset), true);
  }
  for (let exponent = 0; exponent < ID_BITS; exponent++) {
    const finger = contacts[successorOf(plusPowerOfTwo(contact.id, exponent), ids)];
    if (finger !== contact) table.shortcuts.setFingers(exponent, exponent, finger);
  }
}

/** The index of the first at or behind `id`, around the circle. */
function successorOf(id: Uint8Array, sorted: readonly Uint8Array[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(sorted[middle], id) < 0) low = middle + 1;
    else high = middle;
  }
  return low % sorted.length;
}
