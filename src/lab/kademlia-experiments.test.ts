import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookUpAfterFailures, lookUpAmongLiars, lookUpFromAll, lookUpUnderChurn, measureLookups } from './kademlia-experiments.ts';
import { KademliaNetwork } from './kademlia-network.ts';

const NODES = 1000;
const MINUTE_MS = 60_000;

test('in a network of 1,000 nodes every announced key is found from every node, in a few hops', async () => {
  const network = await KademliaNetwork.of(NODES);
  const { lookups, foundShare, meanHops, meanQueries } = await lookUpFromAll(network, 20);
  assert.deepEqual([lookups, foundShare], [NODES, 1]);
  // Each hop halves the distance at the least; with 8 neighbours in each bucket it is less than half of that.
  assert.ok(meanHops < Math.log2(NODES) / 2, String(meanHops));
  assert.ok(meanQueries < 16, String(meanQueries));
});

test('with one datagram in twenty lost it is the same', async () => {
  const network = await KademliaNetwork.of(NODES, { faults: { lossRate: 0.05, jitterMs: 50 } });
  const { foundShare } = await measureLookups(network, 20, 500);
  assert.ok(foundShare >= 0.99, String(foundShare));
});

test('hops grow with the logarithm of the network', async () => {
  const hops: number[] = [];
  for (const nodes of [64, 256, 1024]) hops.push((await measureLookups(await KademliaNetwork.of(nodes), 20, 400)).meanHops);
  const steps = [hops[1] - hops[0], hops[2] - hops[1]];
  for (const step of steps) assert.ok(step > 0.1 && step < 1, `four times the nodes, ${step} hops more`);
});

test('while half of 1,000 nodes are replaced every 30 minutes, 99 lookups of 100 succeed', async () => {
  const network = await KademliaNetwork.of(NODES);
  const { foundShare } = await lookUpUnderChurn(network, { replacementMs: 30 * MINUTE_MS, durationMs: 30 * MINUTE_MS, keys: 20, lookups: 200 });
  assert.ok(foundShare >= 0.99, String(foundShare));
});

test('after half of the nodes have failed at once, what the others have announced is found, at the cost of more queries', async () => {
  const before = await measureLookups(await KademliaNetwork.of(300), 20, 200);
  const after = await lookUpAfterFailures(await KademliaNetwork.of(300), 0.5, 20, 200);
  assert.ok(after.foundShare >= 0.98, String(after.foundShare));
  assert.ok(after.meanQueries > before.meanQueries && after.meanQueries < before.meanQueries * 2.5, `${before.meanQueries} ${after.meanQueries}`);
});

test('a tenth of the nodes, naming nodes and peers that do not exist, does not lead lookups astray', async () => {
  const { foundShare, meanQueries } = await lookUpAmongLiars(NODES, { lie: 'nobody', liarShare: 0.1, keys: 20, lookups: 300 });
  assert.ok(foundShare >= 0.99, String(foundShare));
  assert.ok(meanQueries < 25, String(meanQueries));
});

test('nor does a tenth that names itself under ids next to any target', async () => {
  const { foundShare, meanQueries } = await lookUpAmongLiars(NODES, { lie: 'ourselves', liarShare: 0.1, keys: 20, lookups: 300 });
  assert.ok(foundShare >= 0.99, String(foundShare));
  assert.ok(meanQueries < 30, String(meanQueries));
});

test('where it is not asked whether ids are bound, they do: the liars can lie', async () => {
  const { foundShare } = await lookUpAmongLiars(200, { lie: 'ourselves', liarShare: 0.2, keys: 10, lookups: 50, nodeOptions: { policy: 'off' } });
  assert.ok(foundShare < 0.5, String(foundShare));
});

test('the same seed gives the same figures', async () => {
  const run = async (seed: number): Promise<unknown> => {
    const network = await KademliaNetwork.of(150, { seed, faults: { lossRate: 0.02 } });
    return lookUpUnderChurn(network, { replacementMs: 10 * MINUTE_MS, durationMs: 5 * MINUTE_MS, keys: 5, lookups: 30 });
  };
  assert.deepEqual(await run(7), await run(7));
  assert.notDeepEqual(await run(7), await run(8));
});
