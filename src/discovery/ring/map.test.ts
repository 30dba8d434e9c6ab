import assert from 'node:assert/strict';
import test from 'node:test';
import { lyingWith } from '../../../test/support/lying-peer.ts';
import { endpointOf, RingNetwork } from '../../lab/ring-network.ts';
import { drawMap } from './map-drawing.ts';
import { walkCircle } from './map.ts';

test('a walk around the circle meets every peer once, in order, from a peer on it or outside', async () => {
  const network = await RingNetwork.stabilised(30, { seed: 1 });
  const order = network.inOrder().map(({ node }) => node.contact.key);
  const [{ node }] = network.peers;
  const seen: string[] = [];
  const map = await network.complete(walkCircle(node, ({ contact }) => seen.push(contact.key)));
  const at = order.indexOf(node.contact.key);
  assert.deepEqual(seen, [...order.slice(at), ...order.slice(0, at)]);
  assert.ok(map.isWhole);

  const outsider = await network.add();
  network.remove(outsider);
  await network.complete(outsider.node.connect([endpointOf(network.peers[7])]));
  assert.equal((await network.complete(walkCircle(outsider.node))).peers.length, 30);
});

test('it steps over peers that are gone, and names them', async () => {
  const network = await RingNetwork.stabilised(20, { seed: 2, settings: { stabiliseIntervalMs: 1e9, mergeIntervalMs: 1e9, fixFingerIntervalMs: 1e9 } });
  await network.run(3000);
  const gone = network.inOrder().slice(3, 6);
  const keys = gone.map(({ node }) => node.contact.key);
  const asker = network.inOrder()[0];
  for (const peer of gone) network.crash(peer);
  const map = await network.complete(walkCircle(asker.node));
  assert.equal(map.peers.length, 17);
  assert.deepEqual(map.silent.map(({ key }) => key), keys);
  assert.ok(map.isWhole);
});

test('a peer alone is a whole circle', async () => {
  const network = await RingNetwork.joined(1, { seed: 3 });
  const map = await network.complete(walkCircle(network.peers[0].node));
  assert.deepEqual([map.peers.length, map.isWhole], [1, true]);
});

test('a peer that sends the walk back and forth does not keep it from ending', async () => {
  const lie = lyingWith((query, truth) => (query.type === 'describe' ? { ...truth, successors: (truth.predecessors ?? []).toReversed() } : truth));
  const network = await RingNetwork.stabilised(20, { seed: 4 }, (index) => (index % 4 === 3 ? lie : undefined));
  const map = await network.complete(walkCircle(network.peers[0].node));
  const seen = map.peers.map(({ contact }) => contact.key);
  assert.equal(new Set(seen).size, seen.length);
});

test('the drawing has a dot for every peer, a chord for every pair that has a shortcut, and names where there is room', async () => {
  const network = await RingNetwork.stabilised(12, { seed: 5, settings: { shortcuts: 'fingers' } });
  const [{ node }] = network.peers;
  const map = await network.complete(walkCircle(node));
  const drawing = drawMap(map, node.contact.key);
  const count = (pattern: RegExp): number => drawing.match(pattern)?.length ?? 0;
  assert.equal(count(/<circle [^>]*><title>/g), 12);
  const pairs = new Set(map.peers.flatMap(({ contact, shortcuts }) => shortcuts.map(({ key }) => [contact.key, key].toSorted().join(' '))));
  assert.equal(count(/<path d="[^"]*"\/>/g), pairs.size);
  assert.equal(count(/<text /g), 12 + 2);
  assert.match(drawing, /^<svg[^>]*xmlns/);
  assert.ok(!drawing.includes('NaN'));
  assert.ok(drawing.includes('Ring of 12 peers'));
});
