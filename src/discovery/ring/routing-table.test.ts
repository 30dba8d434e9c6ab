import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { RingNetwork } from '../../lab/ring-network.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import { clockwiseDistance, isWithin, shareOfCircle } from './circle.ts';
import { contactAt, type Contact } from './ring-id.ts';
import { RoutingTable } from './routing-table.ts';
import { DEFAULT_SETTINGS, type RingSettings } from './settings.ts';

function tableOf(settings: Partial<RingSettings> = {}): { table: RoutingTable; simulation: Simulation; changes: () => number } {
  const simulation = new Simulation();
  let changes = 0;
  const own = contactAt({ host: '198.51.100.1', port: 6882 }, 0) as Contact;
  const table = new RoutingTable(own, { ...DEFAULT_SETTINGS, ...settings }, simulation, () => { changes += 1; });
  return { table, simulation, changes: () => changes };
}

const peer = (number: number): Contact => contactAt({ host: `203.0.${number >>> 8}.${number & 0xff}`, port: 6882 }, 0) as Contact;

test('alone, a peer owns every key; with a predecessor, those behind it', () => {
  const { table } = tableOf();
  assert.ok(table.owns(peer(1).id));
  table.answered(peer(1));
  assert.ok(table.owns(table.own.id));
  assert.ok(!table.owns(peer(1).id));
});

test('hearsay is followed for places beside us, and not of those who were silent just now', async () => {
  const { table, simulation } = tableOf({ silenceMs: 1000 });
  assert.ok(table.wants(peer(1), false));
  table.answered(peer(1));
  assert.ok(!table.wants(peer(1), true), 'it is there already');
  table.silent(peer(1));
  assert.ok(table.isAlone);
  assert.ok(!table.wants(peer(1), true));
  await simulation.run(1001);
  assert.ok(table.wants(peer(1), true));
});

test('who has been heard of itself is forgiven its silence', () => {
  const { table } = tableOf();
  table.silent(peer(1));
  assert.ok(!table.wants(peer(1), true));
  table.forgive(peer(1));
  assert.ok(table.wants(peer(1), true));
});

test('a change among the neighbours is told, and none among the others', () => {
  const { table, changes } = tableOf({ successors: 2 });
  const known = Array.from({ length: 200 }, (_, number) => peer(number));
  for (const contact of known) table.answered(contact, true);
  const before = changes();
  for (const contact of known) table.answered(contact, true);
  assert.equal(changes(), before);
  const far = table.shortcuts.all.find((contact) => !table.isNeighbour(contact)) as Contact;
  table.silent(far);
  assert.equal(changes(), before);
  table.silent(table.successors.all[0]);
  assert.equal(changes(), before + 1);
});

test('oneself is in no table', () => {
  const { table } = tableOf();
  table.answered(table.own, true);
  assert.ok(table.isAlone);
  assert.deepEqual(table.all, []);
  assert.ok(!table.wants(table.own, true));
});

const modes = fc.constantFrom<RingSettings['shortcuts']>('none', 'fingers', 'all');

test('what a peer says of a target is true, whatever the target and the ring', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), modes, fc.integer(), async (count, successors, shortcuts, seed) => {
    const network = await RingNetwork.stabilised(count, { seed, settings: { successors, shortcuts } });
    for (const { node } of network.peers) {
      const target = network.randomKey();
      const owner = network.ownerOf(target).node.contact;
      const view = node.table.view(target);
      assert.equal(view.isOwn, owner.key === node.contact.key);
      assert.equal(node.table.owns(target), view.isOwn);
      if (view.owners.length > 0) assert.equal(view.owners[0].key, owner.key);
      for (const contact of view.closer) assert.ok(isWithin(contact.id, node.contact.id, target));
      if (!view.isOwn && view.owners.length === 0) assert.ok(view.closer.length > 0, 'there is always a way on');
      // The best of those on the way comes first.
      const left = view.closer.map(({ id }) => shareOfCircle(clockwiseDistance(id, target)));
      assert.deepEqual(left, left.toSorted((a, b) => a - b));
      node.close();
    }
  }), { numRuns: 60 });
});

test('each key is kept by its own peer and the r that follow, and by no other', async () => {
  const network = await RingNetwork.stabilised(30, { seed: 4, settings: { successors: 3 } });
  for (let count = 0; count < 50; count++) {
    const key = network.randomKey();
    const order = network.inOrder();
    const at = order.indexOf(network.ownerOf(key));
    const keepers = Array.from({ length: 4 }, (_, offset) => order[(at + offset) % order.length].node.contact.key);
    const keeping = order.filter(({ node }) => node.table.keeps(key)).map(({ node }) => node.contact.key);
    assert.deepEqual(keeping.toSorted(), keepers.toSorted());
  }
});
