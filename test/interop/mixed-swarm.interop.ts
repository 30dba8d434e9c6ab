/** One swarm of everybody: two slow seeds, eight leechers of four makers, who can only be done soon if they give to each other. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { RunningClient } from './client.ts';
import { OTHERS } from './clients.ts';
import { createWithLibtorrent, libtorrent } from './libtorrent.ts';
import { inNetwork } from './network-namespace.ts';
import { assertWhole, copyPayload, makePayload, oneFile } from './payload.ts';
import { shoal, startShoalTracker } from './shoal.ts';

const SEED_BYTES_PER_SECOND = 2_000_000;

test('everybody in one swarm: all end with the right bytes, and Shoal gives as well as it takes', () => inNetwork(async (network) => {
  const payload = await makePayload(network.hub.folder('payload'), oneFile(24));
  const tracker = await startShoalTracker(network.hub);
  const { torrent } = await createWithLibtorrent(network.hub, payload, 'v1', [tracker.udp, tracker.http]);
  const seeds: RunningClient[] = [];
  for (const client of [shoal, libtorrent]) {
    const host = network.addHost();
    const directory = host.folder('files');
    await copyPayload(payload, directory);
    const seed = await client.start({ host, source: torrent, directory, role: 'seed', uploadBytesPerSecond: SEED_BYTES_PER_SECOND });
    await seed.whenWhole();
    seeds.push(seed);
  }
  await tracker.whenPeers(seeds.length);

  const leechers = await Promise.all([shoal, shoal, ...OTHERS, ...OTHERS].map(async (client) => {
    const host = network.addHost();
    return { client, running: await client.start({ host, source: torrent, directory: host.folder('files'), role: 'leecher' }) };
  }));
  for (const { client, running } of leechers) {
    await running.whenWhole();
    await assertWhole(payload, running, client);
  }

  const totals = await Promise.all([...seeds, ...leechers.map(({ running }) => running)].map(async (running) => {
    if (running.name.startsWith('shoal')) await running.stop();
    return { name: running.name, ...await running.totals() };
  }));
  const ofShoal = totals.filter(({ name }) => name.startsWith('shoal get'));
  assert.equal(ofShoal.length, 2);
  for (const { name, downloaded, uploaded } of ofShoal) {
    assert.ok(downloaded >= payload.length, `${name} has downloaded ${downloaded} bytes`);
    assert.ok(uploaded > 0, `${name} has uploaded nothing`);
  }
  const fromSeeds = totals.slice(0, seeds.length).reduce((sum, { uploaded }) => sum + uploaded, 0);
  assert.ok(fromSeeds < (payload.length * leechers.length) / 2, `the seeds alone have sent ${fromSeeds} bytes`);
}));
