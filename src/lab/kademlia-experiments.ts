/**
 * What is asked of the DHT in virtual time: how far lookups go in networks of growing size, whether they succeed while nodes
 * come and go, and whether liars lead them astray.
 */
import { type Endpoint, formatEndpoint } from '../bytes/endpoint.ts';
import type { LookupFigures } from '../discovery/kademlia/kademlia.ts';
import { integerBelow } from '../runtime/random.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { DHT_PORT, KademliaNetwork, type KademliaNetworkOptions, type NetworkNode } from './kademlia-network.ts';
import { Conspiracy, type Lie } from './kademlia-liars.ts';
import { mean } from './statistics.ts';

/** The port that announced peers give. */
const PEER_PORT = 7000;
/** How often a peer announces itself again. */
const ANNOUNCE_INTERVAL_MS = 15 * 60_000;

export interface LookupResults {
  readonly lookups: number;
  /** Share of the lookups that found the peer that was announced. */
  readonly foundShare: number;
  readonly meanHops: number;
  readonly meanQueries: number;
  /** Queries and answers together. */
  readonly meanMessages: number;
  readonly meanMs: number;
}

/** A torrent with one peer. */
interface Announced {
  readonly infoHash: Uint8Array;
  readonly by: NetworkNode;
}

/** Has `keys` random nodes announce a torrent each, then has random nodes look for them, all at the same time. */
export async function measureLookups(network: KademliaNetwork, keys: number, lookups: number): Promise<LookupResults> {
  const announced = await announceFrom(network, Array.from({ length: keys }, () => network.randomNode()));
  return lookUpFrom(network, Array.from({ length: lookups }, () => network.randomNode()), announced);
}

/** Every node looks for one of the torrents that random nodes have announced. */
export async function lookUpFromAll(network: KademliaNetwork, keys: number): Promise<LookupResults> {
  const announced = await announceFrom(network, Array.from({ length: keys }, () => network.randomNode()));
  return lookUpFrom(network, network.nodes, announced);
}

/**
 * Has `keys` random nodes announce a torrent each; then a share of all nodes fails at once, without a word, and random ones of
 * those that are left look for the torrents. The peers' own nodes stay.
 */
export async function lookUpAfterFailures(network: KademliaNetwork, failedShare: number, keys: number, lookups: number): Promise<LookupResults> {
  const announced = await announceFrom(network, Array.from({ length: keys }, () => network.randomNode()));
  const staying = new Set(announced.map(({ by }) => by));
  const failing = network.nodes.filter((node) => !staying.has(node) && network.random.fraction() < failedShare);
  for (const node of failing) network.crash(node);
  return lookUpFrom(network, Array.from({ length: lookups }, () => network.randomNode()), announced);
}

/**
 * Half of the nodes are replaced, one after the other, in every `replacementMs`; peers announce themselves again every 15
 * minutes; and random nodes look for them all the while. The peers' own nodes stay.
 */
export async function lookUpUnderChurn(
  network: KademliaNetwork,
  options: { readonly replacementMs: number; readonly durationMs: number; readonly keys: number; readonly lookups: number },
): Promise<LookupResults> {
  const { simulation } = network;
  const announced = await announceFrom(network, Array.from({ length: options.keys }, () => network.randomNode()));
  const staying = new Set(announced.map(({ by }) => by));
  const recorder = new Recorder(network);
  let looking: NetworkNode | undefined;
  const replace = (): void => {
    const leaving = network.randomNode();
    if (staying.has(leaving) || leaving === looking) return;
    network.crash(leaving);
    void network.add();
  };
  const timers = [simulation.every(options.replacementMs / (network.nodes.length / 2), replace)];
  for (const [key, { by, infoHash }] of announced.entries()) {
    // Each in its own time, so that the announcements are spread over the interval.
    timers.push(simulation.after((key / options.keys) * ANNOUNCE_INTERVAL_MS, () => {
      timers.push(simulation.every(ANNOUNCE_INTERVAL_MS, () => void by.node.announce(infoHash, { port: PEER_PORT })));
    }));
  }
  for (let lookup = 0; lookup < options.lookups; lookup++) {
    await simulation.run(options.durationMs / options.lookups);
    looking = network.randomNode();
    await network.complete(recorder.lookUp(looking, announced[lookup % announced.length]));
    looking = undefined;
  }
  for (const timer of timers) timer.cancel();
  return recorder.results();
}

/**
 * A network of `count` nodes of which a share lies together, and what honest nodes find in it. All have joined through an
 * honest node: who knows liars only is lost in any case.
 */
export async function lookUpAmongLiars(
  count: number,
  options: KademliaNetworkOptions & { readonly lie: Lie; readonly liarShare: number; readonly keys: number; readonly lookups: number },
): Promise<LookupResults> {
  const network = new KademliaNetwork(options);
  const conspiracy = new Conspiracy(options.lie, network.random.fork(), () => network.freshAddress());
  const honest: NetworkNode[] = [];
  const pick = (): NetworkNode => honest[integerBelow(network.random, honest.length)];
  await network.grow(count, async () => {
    const bootstrap = honest.length === 0 ? [] : [pick().endpoint];
    const isLiar = honest.length > 0 && network.random.fraction() < options.liarShare;
    const added = await network.add({ bootstrap }, (host) => {
      const runtime = simulatedRuntime(host);
      return isLiar ? { ...runtime, network: conspiracy.corrupt(host, { host: host.addresses[0], port: DHT_PORT }) } : runtime;
    });
    if (!isLiar) honest.push(added);
    return added;
  });
  const announced = await announceFrom(network, Array.from({ length: options.keys }, pick));
  return lookUpFrom(network, Array.from({ length: options.lookups }, pick), announced);
}

/** Has each node announce a torrent of its own. */
function announceFrom(network: KademliaNetwork, nodes: readonly NetworkNode[]): Promise<Announced[]> {
  return network.complete(Promise.all(nodes.map(async (by) => {
    const infoHash = network.random.bytes(20);
    await by.node.announce(infoHash, { port: PEER_PORT });
    return { infoHash, by };
  })));
}

/** Has the nodes look for the torrents in turn, all at the same time. */
async function lookUpFrom(network: KademliaNetwork, nodes: readonly NetworkNode[], announced: readonly Announced[]): Promise<LookupResults> {
  const recorder = new Recorder(network);
  await network.complete(Promise.all(nodes.map((node, index) => recorder.lookUp(node, announced[index % announced.length]))));
  return recorder.results();
}

/** Carries out lookups and keeps count. */
class Recorder {
  readonly #network: KademliaNetwork;
  readonly #figures: LookupFigures[] = [];
  readonly #durationsMs: number[] = [];
  #found = 0;

  constructor(network: KademliaNetwork) {
    this.#network = network;
  }

  /** Has a node look for the peer, while somebody lets time pass. */
  async lookUp(from: NetworkNode, { infoHash, by }: Announced): Promise<void> {
    const { simulation } = this.#network;
    const startMs = simulation.now();
    const { peers, figures } = await from.node.getPeers(infoHash);
    const peer: Endpoint = { host: by.host.addresses[0], port: PEER_PORT };
    if (peers.some((each) => formatEndpoint(each) === formatEndpoint(peer))) this.#found += 1;
    this.#figures.push(figures);
    this.#durationsMs.push(simulation.now() - startMs);
  }

  results(): LookupResults {
    return {
      lookups: this.#figures.length,
      foundShare: this.#found / this.#figures.length,
      meanHops: mean(this.#figures.map(({ hops }) => hops)),
      meanQueries: mean(this.#figures.map(({ queries }) => queries)),
      meanMessages: mean(this.#figures.map(({ queries, answers }) => queries + answers)),
      meanMs: mean(this.#durationsMs),
    };
  }
}
