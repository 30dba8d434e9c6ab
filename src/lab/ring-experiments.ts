/**
 * What the Chord paper measured (Stoica and others, IEEE/ACM Transactions on Networking 11(1), 2003), measured of production's
 * ring in virtual time: how far lookups go as the ring grows, and after many peers have failed at once.
 *
 * A hop is a peer that answered. Of the path lengths over N the paper counts those up to the key's predecessor, so the
 * responsible peer itself, which production asks as well, is left out; of those after failures it counts the last one too
 * (½ log2 N - ½ log2 r + 1 for r successors). A timeout is a peer asked that has failed.
 */
import { mean, standardDeviation } from './statistics.ts';
import { integerBelow } from '../runtime/random.ts';
import { endpointOf, RingNetwork, type RingPeer } from './ring-network.ts';
import type { RingSettings } from '../discovery/ring/settings.ts';
import type { LookupResult } from '../discovery/ring/lookup.ts';

/** The paper's figures. */
export const PATH_LENGTHS = [
  { peers: 64, hops: 2.96 },
  { peers: 256, hops: 3.88 },
  { peers: 1024, hops: 4.89 },
  { peers: 4096, hops: 5.85 },
] as const;
/** Of 1,000 peers with 20 successors each. */
export const AFTER_FAILURES = [
  { failed: 0, hops: 3.84, timeouts: 0 },
  { failed: 0.1, hops: 4.03, timeouts: 0.6 },
  { failed: 0.2, hops: 4.22, timeouts: 1.17 },
] as const;
export const FAILING_RING = { peers: 1000, successors: 20 } as const;

/** What was measured on several rings, each of other ids. */
export interface Measured {
  readonly mean: number;
  /** Of one ring's mean: the sampling error of a figure that was measured on one ring. */
  readonly deviation: number;
}

export interface PathLengths {
  readonly peers: number;
  readonly rings: number;
  readonly lookups: number;
  readonly hops: Measured;
  /** Lookups that found the peer that is in truth responsible, as a share. */
  readonly correct: number;
}

/** Tables stay as they were made: the paper's lookups find the ring as stabilising has left it. */
const STILL: Partial<RingSettings> = {
  stabiliseIntervalMs: 1e12,
  fixFingerIntervalMs: 1e12,
  mergeIntervalMs: 1e12,
  repairIntervalMs: 1e12,
  tokenIntervalMs: 1e12,
  // Nobody is taken for gone who only has a long way.
  shortestTimeoutMs: 1000,
  lookupSteps: 1_000_000,
};
/** Chord itself: fingers, nothing learnt besides, one attempt, and whoever claims an arc is believed. */
const CHORD: Partial<RingSettings> = {
  ...STILL, shortcuts: 'fingers', attempts: 1, lookupAttempts: 1, plausibleGaps: Number.POSITIVE_INFINITY,
};

/** The mean path length of Chord lookups of random keys, over N. */
export function measurePathLengths(peers: number, rings: number, lookups: number): Promise<PathLengths> {
  return measurePaths(peers, rings, lookups, { ...CHORD, successors: 1 }, hopsToPredecessor);
}

/** The same from successor to successor, without shortcuts: N/2. */
export function measureWalks(peers: number, rings: number, lookups: number): Promise<PathLengths> {
  return measurePaths(peers, rings, lookups, { ...CHORD, shortcuts: 'none', successors: 2 }, hopsToPredecessor);
}

/** Lookups as production makes them by default, the responsible peer asked and counted. */
export function measureProduction(peers: number, rings: number, lookups: number): Promise<PathLengths> {
  return measurePaths(peers, rings, lookups, STILL, hopsToOwner);
}

export interface AfterFailures {
  readonly failed: number;
  readonly rings: number;
  readonly lookups: number;
  readonly hops: Measured;
  readonly timeouts: Measured;
  readonly correct: number;
}

/**
 * Of `FAILING_RING`, a share of the peers fails at once; then each of the others looks up one random key, with nobody having
 * mended anything.
 */
export async function measureAfterFailures(
  failed: number, rings: number, ring: { readonly peers: number; readonly successors: number } = FAILING_RING,
): Promise<AfterFailures> {
  const hops: number[] = [];
  const timeouts: number[] = [];
  let lookups = 0;
  let correct = 0;
  for (let seed = 1; seed <= rings; seed++) {
    const network = await RingNetwork.stabilised(ring.peers, { seed, settings: { ...CHORD, successors: ring.successors }, settleEvery: 10_000 });
    await network.run(2000);
    const failing = network.peers.filter(() => network.random.fraction() < failed);
    for (const peer of failing) network.crash(peer);
    const results = await lookUp(network, network.peers.length);
    hops.push(mean(results.map(({ result }) => hopsToOwner(result))));
    timeouts.push(mean(results.map(({ result }) => result.steps.length - hopsToOwner(result))));
    lookups += results.length;
    correct += results.filter(({ isCorrect }) => isCorrect).length;
    close(network);
  }
  return { failed, rings, lookups, hops: measured(hops), timeouts: measured(timeouts), correct: correct / lookups };
}

/**
 * Half of the peers are replaced, one after the other, in every `replacementMs`: they leave without a word, and as many join.
 * Production's ring with its defaults mends itself meanwhile, and random peers look up random keys. A lookup is right if it
 * finds the peer that is responsible when it ends, or was when it began.
 */
export async function measureUnderChurn(
  peers: number, options: { readonly replacementMs: number; readonly durationMs: number; readonly lookups: number; readonly seed: number },
): Promise<AfterFailures> {
  const network = await RingNetwork.stabilised(peers, { seed: options.seed });
  let looking: RingPeer | undefined;
  const replace = async (): Promise<void> => {
    const leaving = network.randomPeer(looking);
    network.crash(leaving);
    const joining = await network.add();
    // It may come upon peers that are gone, and its own host may be next: then others come.
    await joining.node.join([endpointOf(network.randomPeer(joining))]).catch(() => { if (network.peers.includes(joining)) network.crash(joining); });
  };
  const timer = network.simulation.every(options.replacementMs / (peers / 2), () => void replace());
  const results: LookupResult[] = [];
  let correct = 0;
  for (let lookup = 0; lookup < options.lookups; lookup++) {
    await network.run(options.durationMs / options.lookups);
    const members = network.peers.filter(({ node }) => node.status().state === 'member');
    looking = members[integerBelow(network.random, members.length)];
    const key = network.randomKey();
    const before = network.ownerOf(key).node.contact.key;
    const result = await network.complete(looking.node.lookup(key));
    looking = undefined;
    if (result.owner?.key === before || result.owner?.key === network.ownerOf(key).node.contact.key) correct += 1;
    results.push(result);
  }
  timer.cancel();
  const hops = results.map(hopsToOwner);
  const timeouts = results.map((result) => result.steps.length - hopsToOwner(result));
  close(network);
  return { failed: 0, rings: 1, lookups: options.lookups, hops: measured(hops), timeouts: measured(timeouts), correct: correct / options.lookups };
}

async function measurePaths(
  peers: number, rings: number, lookups: number, settings: Partial<RingSettings>, hopsOf: (result: LookupResult) => number,
): Promise<PathLengths> {
  const hops: number[] = [];
  let correct = 0;
  for (let seed = 1; seed <= rings; seed++) {
    const network = await RingNetwork.stabilised(peers, { seed, settings, settleEvery: 10_000 });
    await network.run(2000);
    const results = await lookUp(network, lookups);
    hops.push(mean(results.map(({ result }) => hopsOf(result))));
    correct += results.filter(({ isCorrect }) => isCorrect).length;
    close(network);
  }
  return { peers, rings, lookups: rings * lookups, hops: measured(hops), correct: correct / (rings * lookups) };
}

/** Each peer in turn looks up a random key. */
async function lookUp(network: RingNetwork, count: number): Promise<{ result: LookupResult; isCorrect: boolean }[]> {
  const results: { result: LookupResult; isCorrect: boolean }[] = [];
  const ownerOf = network.owners();
  // All at once would take the memory of all at once.
  for (let begun = 0; begun < count;) {
    const some = Math.min(count - begun, network.peers.length);
    const lookups = Array.from({ length: some }, async (_, index) => {
      const { node } = network.peers[(begun + index) % network.peers.length];
      const key = network.randomKey();
      const owner = ownerOf(key).node;
      // Chord looks up its own keys too, all the way around, where production knows that they are its own.
      const result = await node.lookup(key, owner === node ? { seeds: [...node.table.routes()] } : {});
      return { result, isCorrect: result.owner?.key === owner.contact.key };
    });
    results.push(...await network.complete(Promise.all(lookups)));
    begun += some;
  }
  return results;
}

function hopsToOwner({ steps }: LookupResult): number {
  return steps.filter(({ roundTripMs }) => roundTripMs !== undefined).length;
}

function hopsToPredecessor({ steps, owner }: LookupResult): number {
  return steps.filter(({ roundTripMs, contact }) => roundTripMs !== undefined && contact.key !== owner?.key).length;
}

function measured(values: readonly number[]): Measured {
  return { mean: mean(values), deviation: standardDeviation(values) };
}

function close(network: RingNetwork): void {
  for (const { node } of network.peers) node.close();
}
