import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomTorrent } from '../../test/support/swarm-world.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { GROUPS } from '../discovery/local/announcement.ts';
import { Session, type SessionOptions } from './session.ts';
import type { Torrent } from './torrent.ts';

const { metainfo, payload } = randomTorrent(3, 50 * 32 * 1024 + 77, 32 * 1024);

/** A seed and somebody who wants what it has, on one local network. */
async function neighbours(given: Metainfo, options: SessionOptions): Promise<{ simulation: Simulation; wanted: Torrent }> {
  const simulation = new Simulation({ seed: 3 });
  const network = new SimulatedNetwork(simulation);
  const disk = new MemoryDisk();
  await disk.writeWhole('/data/test.bin', payload);
  const seeding = await Session.open(simulatedRuntime(network.addHost('10.0.0.1'), { disk }), options);
  await seeding.add(given, { directory: '/data', check: 'full' });
  const getting = await Session.open(simulatedRuntime(network.addHost('10.0.0.2')), options);
  return { simulation, wanted: await getting.add(given, { directory: '/got' }) };
}

test('on one local network peers find each other with nothing else', async () => {
  const { simulation, wanted } = await neighbours(metainfo, { discovery: ['local'] });
  await simulation.complete(wanted.whenDone(), 120_000);
});

test('but not for a private torrent, nor where they are not to (BEP 27)', async () => {
  for (const [given, options] of [[{ ...metainfo, isPrivate: true }, { discovery: ['local'] }], [metainfo, { discovery: ['exchange'] }]] as const) {
    const { simulation, wanted } = await neighbours(given, options);
    await simulation.run(30 * 60_000);
    assert.equal(wanted.status().progress, 0);
  }
});

test('where another program keeps the local network\'s port to itself the other ways remain, and if there are none it is said', async () => {
  const simulation = new Simulation();
  const host = new SimulatedNetwork(simulation).addHost('10.0.0.1');
  await host.bindDatagrams({ family: 4, port: GROUPS[4].port });
  await using session = await Session.open(simulatedRuntime(host), { port: 0, discovery: ['tracker', 'local'] });
  assert.ok(session.port > 0);
  await assert.rejects(Session.open(simulatedRuntime(host), { port: 0, discovery: ['local'] }), { code: 'LISTEN_FAILED' });
});
