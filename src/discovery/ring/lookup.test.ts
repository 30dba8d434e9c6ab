import assert from 'node:assert/strict';
import test from 'node:test';
import { lyingWith, type Lie } from '../../../test/support/lying-peer.ts';
import { RingNetwork, type RingPeer } from '../../lab/ring-network.ts';
import { plusPowerOfTwo } from './circle.ts';
import type { LookupResult } from './lookup.ts';
import { contactAt, type Contact } from './ring-id.ts';
import type { RingSettings } from './settings.ts';

/** Nobody maintains anything: the tables stay as they were made. */
const STILL: Partial<RingSettings> = {
  stabiliseIntervalMs: 1e12, fixFingerIntervalMs: 1e12, mergeIntervalMs: 1e12, repairIntervalMs: 1e12, shortestTimeoutMs: 1000,
};
/** Chord as the paper has it: fingers and nothing learnt, and whoever claims an arc is believed. */
const CHORD: Partial<RingSettings> = { ...STILL, shortcuts: 'fingers', plausibleGaps: Number.POSITIVE_INFINITY, lookupSteps: 10_000 };

/** One lookup of a random key by each peer that is up, unless told otherwise. */
async function lookUpEach(network: RingNetwork, by: readonly RingPeer[] = network.peers): Promise<{ result: LookupResult; owner: Contact }[]> {
  const lookups = by.map(async ({ node }) => {
    const key = network.randomKey();
    return { result: await node.lookup(key), owner: network.ownerOf(key).node.contact };
  });
  return network.complete(Promise.all(lookups));
}

const stepsOf = (results: readonly { result: LookupResult }[]): number => {
  return results.reduce((sum, { result }) => sum + result.steps.length, 0) / results.length;
};

test('a lookup finds the peer responsible, in half of log2 N steps to its predecessor and one more', async () => {
  const network = await RingNetwork.stabilised(256, { seed: 1, settings: { ...CHORD, successors: 1 } });
  const results = await lookUpEach(network);
  for (const { result, owner } of results) assert.equal(result.owner?.key, owner.key);
  const mean = stepsOf(results);
  assert.ok(Math.abs(mean - 5) < 0.3, `${mean}`);
  assert.ok(results.every(({ result }) => result.steps.length <= 10));
});

test('without shortcuts it walks from successor to successor: N/2 steps', async () => {
  const network = await RingNetwork.stabilised(64, { seed: 2, settings: { ...CHORD, shortcuts: 'none', successors: 2 } });
  const results = [...await lookUpEach(network), ...await lookUpEach(network), ...await lookUpEach(network)];
  for (const { result, owner } of results) assert.equal(result.owner?.key, owner.key);
  const mean = stepsOf(results);
  // Uniform on 0 to 63: one walk deviates by 18.5, the mean of 192 by 1.3.
  assert.ok(Math.abs(mean - 31.5) < 4, `${mean}`);
});

test('each step tells the peer, how far is left and the round trip; the distance only shrinks until the last', async () => {
  const network = await RingNetwork.stabilised(64, { seed: 3, settings: { ...CHORD, successors: 1 } });
  const [{ node }] = network.peers;
  // Nearly around, by several fingers.
  const key = [159, 158, 157, 156].reduce<Uint8Array>(plusPowerOfTwo, node.contact.id);
  const seen: string[] = [];
  const { steps } = await network.complete(node.lookup(key, { onStep: ({ contact }) => seen.push(contact.key) }));
  assert.deepEqual(seen, steps.map(({ contact }) => contact.key));
  const walk = steps.slice(0, -1).map(({ distanceLeft }) => Buffer.from(distanceLeft).toString('hex'));
  assert.ok(walk.length >= 3);
  assert.deepEqual(walk, walk.toSorted().toReversed());
  assert.deepEqual(steps.map(({ isBehindKey }) => isBehindKey), [...walk.map(() => false), true]);
  for (const { roundTripMs } of steps) assert.ok(roundTripMs !== undefined && roundTripMs >= 40 && roundTripMs <= 320);
});

test('after a fifth of the peers has vanished every lookup succeeds, with nobody having mended anything', async () => {
  const network = await RingNetwork.stabilised(300, { seed: 4, settings: { ...CHORD, successors: 16, lookupAttempts: 1 } });
  await network.run(2000);
  for (const peer of network.peers.slice()) if (network.random.fraction() < 0.2) network.crash(peer);
  const results = await lookUpEach(network);
  for (const { result, owner } of results) assert.equal(result.owner?.key, owner.key);
  const silent = results.flatMap(({ result }) => result.steps).filter(({ roundTripMs }) => roundTripMs === undefined);
  assert.ok(silent.length > results.length / 3, 'some steps went to those who are gone');
});

test('recursive lookups come to the same peers', async () => {
  const network = await RingNetwork.stabilised(100, { seed: 5, settings: STILL });
  for (const { node } of network.peers.slice(0, 40)) {
    const key = network.randomKey();
    const result = await network.complete(node.route(key));
    assert.equal(result?.owner.key, network.ownerOf(key).node.contact.key);
  }
});

test('a recursive lookup goes around peers that are gone', async () => {
  const network = await RingNetwork.stabilised(100, { seed: 6, settings: { ...STILL, shortestTimeoutMs: 400, firstTimeoutMs: 400, lookupAttempts: 1 } });
  await network.run(2000);
  for (const peer of network.peers.slice(60)) if (network.random.fraction() < 0.4) network.crash(peer);
  let arrived = 0;
  for (const { node } of network.peers.slice(0, 40)) {
    const key = network.randomKey();
    const result = await network.complete(node.route(key));
    if (result !== undefined) assert.equal(result.owner.key, network.ownerOf(key).node.contact.key);
    if (result !== undefined) arrived += 1;
  }
  assert.ok(arrived >= 36, `${arrived} of 40 have arrived`);
});

let nobodyCount = 0;
/** A contact where nobody is. */
function nobody(): Contact {
  nobodyCount += 1;
  return contactAt({ host: `11.${nobodyCount >>> 16}.${(nobodyCount >>> 8) & 255}.${nobodyCount & 255}`, port: 1 }, 0) as Contact;
}

const misplaced = (contacts: readonly Contact[] = []): Contact[] => {
  return contacts.map(({ endpoint, slot }) => contactAt(endpoint, (slot + 1) % 8) as Contact);
};
const several = <Item>(make: () => Item): Item[] => Array.from({ length: 8 }, make);

const LIES: Readonly<Record<string, Lie>> = {
  'passes over its successors': (query, truth) => (query.type === 'closest'
    ? { ...truth, closer: [], successors: (truth.successors ?? []).slice(3) } : truth),
  'claims every key, with a predecessor that does not exist': (query) => (query.type === 'closest' ? { predecessors: [nobody()] } : {}),
  'claims every key, and names nobody': () => ({}),
  'names peers that do not exist': (query, truth) => (query.type === 'closest'
    ? { closer: several(nobody), successors: several(nobody), predecessors: several(nobody) } : truth),
  'names peers on places that are not theirs': (query, truth) => (query.type === 'closest'
    ? { closer: misplaced(truth.closer), successors: misplaced(truth.successors), predecessors: misplaced(truth.predecessors) } : truth),
};

for (const [what, lie] of Object.entries(LIES)) {
  test(`lookups go around peers of whom each ${what}`, async () => {
    const isLiar = (index: number): boolean => index % 5 === 0;
    const network = await RingNetwork.stabilised(150, { seed: 7, settings: STILL }, (index) => (isLiar(index) ? lyingWith(lie) : undefined));
    const liars = new Set(network.peers.filter((_, index) => isLiar(index)).map(({ node }) => node.contact.key));
    const honest = network.peers.filter(({ node }) => !liars.has(node.contact.key));
    for (const { result, owner } of await lookUpEach(network, honest)) {
      // A key that is a liar's own, is lost with it: that is what copies are for.
      if (!liars.has(owner.key)) assert.equal(result.owner?.key, owner.key);
    }
  });
}

test('accomplices who name one another mislead few lookups', async () => {
  const liars: Contact[] = [];
  const accomplices: Lie = (query, truth) => {
    if (query.type !== 'closest') return truth;
    const around = [...liars].sort((a, b) => Buffer.compare(a.id, b.id));
    const at = around.findIndex(({ id }) => Buffer.compare(id, query.target) >= 0);
    const following = [...around.slice(at), ...around.slice(0, Math.max(0, at))];
    return { closer: following.toReversed().slice(0, 8), successors: following.slice(0, 8), predecessors: following.slice(-1) };
  };
  const isLiar = (index: number): boolean => index % 10 === 0;
  const network = await RingNetwork.stabilised(200, { seed: 8, settings: STILL }, (index) => (isLiar(index) ? lyingWith(accomplices) : undefined));
  liars.push(...network.peers.filter((_, index) => isLiar(index)).map(({ node }) => node.contact));
  const honest = network.peers.filter((_, index) => !isLiar(index));
  const results = await lookUpEach(network, honest);
  const misled = results.filter(({ result, owner }) => !liars.includes(owner) && result.owner?.key !== owner.key);
  assert.ok(misled.length / results.length < 0.06, `${misled.length} of ${results.length}`);
});
