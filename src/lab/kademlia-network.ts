/**
 * A DHT of any number of nodes in virtual time: the real node, on simulated hosts all over the address space, with the
 * latencies and losses of a wide network. For tests and for measuring how lookups grow with the network.
 *
 * Invariant: one seed gives one network and one course of events.
 */
import { addressScope } from '../bytes/address-scope.ts';
import type { Endpoint } from '../bytes/endpoint.ts';
import { KademliaNode, type KademliaOptions } from '../discovery/kademlia/kademlia.ts';
import { integerBelow, sample } from '../runtime/random.ts';
import { type DatagramFaults, type SimulatedHost, SimulatedNetwork } from '../runtime/simulated/network.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { type SeededRandom, Simulation } from '../runtime/simulated/simulation.ts';

export const DHT_PORT = 6881;
/** Latency from a host to the middle of the network, one way: round trips take 40 to 320 ms. */
const LATENCY_MS = { least: 10, most: 80 };
/** While a network is built, so large a share of it may be joining at the same time. */
const JOINING_SHARE = 1 / 8;
/** Well-known nodes that each new node is told of. */
const ENTRY_POINTS = 3;

export interface NetworkNode {
  readonly host: SimulatedHost;
  readonly node: KademliaNode;
  readonly endpoint: Endpoint;
}

export interface KademliaNetworkOptions {
  readonly seed?: number;
  readonly faults?: DatagramFaults;
  /** For every node, unless `add` is given others. */
  readonly nodeOptions?: Partial<KademliaOptions>;
}

export class KademliaNetwork {
  readonly simulation: Simulation;
  readonly world: SimulatedNetwork;
  readonly random: SeededRandom;
  /** Those that are up. */
  readonly nodes: NetworkNode[] = [];
  readonly #nodeOptions: Partial<KademliaOptions>;
  readonly #addresses = new Set<string>();

  constructor(options: KademliaNetworkOptions = {}) {
    // The nodes work in callbacks; promises are for whoever asks them, and may wait a little.
    this.simulation = new Simulation({ seed: options.seed ?? 1, settleEvery: 64 });
    this.world = new SimulatedNetwork(this.simulation, options.faults);
    this.random = this.simulation.random.fork();
    this.#nodeOptions = options.nodeOptions ?? {};
  }

  /** A network of `count` nodes that have joined one after the other, each through one that was there before. */
  static async of(count: number, options: KademliaNetworkOptions = {}): Promise<KademliaNetwork> {
    const network = new KademliaNetwork(options);
    await network.grow(count);
    return network;
  }

  /** Adds nodes, by `add` if need be in another way, and waits until they have joined. */
  async grow(count: number, add: () => Promise<NetworkNode> = () => this.add()): Promise<void> {
    for (let added = 0; added < count;) {
      const some = Math.min(count - added, Math.ceil(this.nodes.length * JOINING_SHARE) + 1);
      const joining = await Promise.all(Array.from({ length: some }, add));
      await this.simulation.complete(Promise.all(joining.map(({ node }) => node.joined)), 120_000);
      added += some;
    }
  }

  /** Starts one more node on a host of its own, to join through a few random ones that are up. */
  async add(options: Partial<KademliaOptions> = {}, runtimeOn: (host: SimulatedHost) => Runtime = simulatedRuntime): Promise<NetworkNode> {
    const host = this.addHost();
    const entryPoints = sample(this.random, this.nodes, ENTRY_POINTS).map(({ endpoint }) => endpoint);
    const node = await KademliaNode.start(runtimeOn(host), {
      port: DHT_PORT, families: [4], bootstrap: entryPoints, ...this.#nodeOptions, ...options,
    });
    const added = { host, node, endpoint: { host: host.addresses[0], port: DHT_PORT } };
    this.nodes.push(added);
    return added;
  }

  /** A host at a random public address. */
  addHost(): SimulatedHost {
    const { least, most } = LATENCY_MS;
    return this.world.addHost(this.freshAddress(), { latencyMs: least + this.random.fraction() * (most - least) });
  }

  /** A random public address that nobody has had before. */
  freshAddress(): string {
    for (;;) {
      const address = Array.from({ length: 4 }, () => integerBelow(this.random, 256)).join('.');
      if (addressScope(address) !== 'global' || this.#addresses.has(address)) continue;
      this.#addresses.add(address);
      return address;
    }
  }

  /** The node's host is gone, from one moment to the next. */
  crash(gone: NetworkNode): void {
    this.nodes.splice(this.nodes.indexOf(gone), 1);
    gone.node.stop();
    gone.host.crash();
  }

  randomNode(): NetworkNode {
    return this.nodes[integerBelow(this.random, this.nodes.length)];
  }

  /** Lets virtual time pass until the promise settles, a quarter of an hour at most. */
  complete<Value>(promise: Promise<Value>): Promise<Value> {
    return this.simulation.complete(promise, 15 * 60_000);
  }
}
