import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmWorld } from '../../test/support/swarm-world.ts';

const MEGABIT = 125_000;

test('a leecher gets everything from a seed, byte for byte', async () => {
  const world = new SwarmWorld();
  await world.add({ seed: true });
  const leecher = await world.add();
  world.introduce();
  await world.finish([leecher], 60_000);
  assert.deepEqual(leecher.store.bytes, world.payload);
  assert.equal(leecher.swarm.transfer?.download.wastedBytes, 0);
});

test('a leecher with a magnet link gets the metadata from peers first', async () => {
  const world = new SwarmWorld();
  await world.add({ seed: true });
  const leecher = await world.add({ knowsMetadata: false });
  world.introduce();
  await world.finish([leecher], 60_000);
  assert.deepEqual(leecher.store.bytes, world.payload);
});

async function fiftyPeers(seed: number): Promise<{ finishedMs: number[]; seedBytes: number }> {
  const world = new SwarmWorld({ seed, length: 100 * 32 * 1024 });
  const source = await world.add({ seed: true, link: { upBytesPerSecond: 8 * MEGABIT } });
  for (let count = 0; count < 49; count++) await world.add({ link: { upBytesPerSecond: 4 * MEGABIT, downBytesPerSecond: 40 * MEGABIT } });
  world.introduce(30);
  const leechers = world.peers.slice(1);
  await world.finish(leechers, 600_000);
  for (const leecher of leechers) assert.deepEqual(leecher.store.bytes, world.payload);
  return { finishedMs: leechers.map((peer) => peer.finishedMs!), seedBytes: source.swarm.transfer!.upload.sentBytes };
}

test('fifty peers come near to the fluid bound, though the file is small; the same seed gives the same', async () => {
  const first = await fiftyPeers(5);
  const bytes = 100 * 32 * 1024;
  const boundSeconds = Math.max(bytes / (8 * MEGABIT), (49 * bytes) / (8 * MEGABIT + 49 * 4 * MEGABIT));
  const lastSeconds = Math.max(...first.finishedMs) / 1000;
  assert.ok(lastSeconds < boundSeconds / 0.7, `${lastSeconds} s, where nothing is faster than ${boundSeconds} s`);
  assert.ok(lastSeconds > boundSeconds);
  // What the seed could have sent by then is two copies and a half; had it sent the same to all, most would lack the rest.
  assert.ok(first.seedBytes < 3 * bytes, `${first.seedBytes / bytes} copies`);
  assert.deepEqual(await fiftyPeers(5), first);
});

test('a seed that has no room left gives everybody a turn: whoever has had one makes room', async () => {
  const world = new SwarmWorld();
  await world.add({ seed: true, swarm: { maxNeighbours: 6 }, link: { upBytesPerSecond: MEGABIT } });
  // They know nobody but the seed, so that they can get it from nobody else.
  const leechers = [];
  for (let count = 0; count < 12; count++) leechers.push(await world.add({ swarm: { exchangePeers: false, choking: { slots: 0, choose: () => new Set() } } }));
  for (const leecher of leechers) leecher.swarm.addPeers([{ host: world.peers[0].host.addresses[0], port: 6881 }]);
  await world.simulation.run(180_000);
  const had = leechers.map((leecher) => leecher.contents.have.count);
  assert.ok(had.every((pieces) => pieces > 0), had.join(' '));
});
