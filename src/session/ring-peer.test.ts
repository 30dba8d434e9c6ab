import assert from 'node:assert/strict';
import test from 'node:test';
import { randomTorrent } from '../../test/support/swarm-world.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { openRingPeer, rememberedPeers, type RingPeer, type RingPeerOptions } from './ring-peer.ts';
import { findByName } from './ring-source.ts';
import { Session } from './session.ts';

const PORT = 6882;
const at = (host: string): { host: string; port: number } => ({ host, port: PORT });

class World {
  readonly simulation = new Simulation({ seed: 7 });
  readonly #network = new SimulatedNetwork(this.simulation);

  runtime(address: string): Runtime {
    return simulatedRuntime(this.#network.addHost(address), { disk: new MemoryDisk() });
  }

  /** A peer that is where it should be. */
  async peer(runtime: Runtime, options: Partial<RingPeerOptions>): Promise<RingPeer> {
    const peer = await openRingPeer(runtime, { port: PORT, stateDirectory: '/state', wellKnown: [], place: 'member', ...options });
    await this.simulation.complete(peer.ready, 60_000);
    await this.simulation.run(20_000);
    return peer;
  }
}

test('who was met in one run is known in the next, though the well-known peer is gone', async () => {
  const world = new World();
  const first = await world.peer(world.runtime('10.0.0.1'), {});
  await world.peer(world.runtime('10.0.0.2'), { wellKnown: [at('10.0.0.1')] });
  const runtime = world.runtime('10.0.0.3');
  const once = await world.peer(runtime, { wellKnown: [at('10.0.0.1')], place: 'outside' });
  await world.simulation.complete(once.node.lookup(new Uint8Array(20)), 60_000);
  await world.simulation.complete(once.close(), 60_000);
  await world.simulation.complete(first.close(), 60_000);
  const wellKnown = await rememberedPeers(runtime.disk, '/state');
  assert.ok(wellKnown.some(({ host }) => host === '10.0.0.2'));
  const again = await world.peer(runtime, { wellKnown, place: 'outside' });
  const { owner } = await world.simulation.complete(again.node.lookup(new Uint8Array(20)), 60_000);
  assert.equal(owner?.endpoint.host, '10.0.0.2');
});

test('whatever stands where peers are remembered, no more is read from it than peers', async () => {
  const disk = new MemoryDisk();
  assert.deepEqual(await rememberedPeers(disk, '/state'), []);
  assert.deepEqual(await rememberedPeers(disk, undefined), []);
  await disk.writeWhole('/state/ring.peers', Buffer.from('10.0.0.1:6882\nnonsense\n\u0000\n[2001:db8::1]:7\n'));
  assert.deepEqual(await rememberedPeers(disk, '/state'), [at('10.0.0.1'), { host: '2001:db8::1', port: 7 }]);
});

test('by a ring alone a torrent is found by its name, and got', async () => {
  const world = new World();
  const { metainfo, payload } = randomTorrent(4, 5 * 32 * 1024, 32 * 1024);
  await world.peer(world.runtime('10.0.0.9'), {});
  const seedRuntime = world.runtime('10.0.0.1');
  await seedRuntime.disk.writeWhole('/data/test.bin', payload);
  const seed = await Session.open(seedRuntime, { discovery: ['ring'], ring: [at('10.0.0.9')] });
  await seed.add(metainfo, { directory: '/data', check: 'full' });
  await world.simulation.run(30_000);
  const runtime = world.runtime('10.0.0.2');
  const session = await Session.open(runtime, { discovery: ['ring'], ring: [at('10.0.0.9')] });
  const torrent = await session.add(await world.simulation.complete(findByName(session.ring!, 'TEST'), 60_000), { directory: '/got' });
  await world.simulation.complete(torrent.whenDone(), 300_000);
  assert.deepEqual(await runtime.disk.readWhole('/got/test.bin', 1e9), payload);
});

test('where no ring is known a session does without, unless there is nothing else to find peers by', async () => {
  const world = new World();
  const session = await Session.open(world.runtime('10.0.0.1'), { discovery: ['tracker', 'ring'] });
  assert.equal(session.ring, undefined);
  const runtime = world.runtime('10.0.0.2');
  await assert.rejects(Session.open(runtime, { discovery: ['ring'], port: 6881 }), { code: 'RING_UNKNOWN' });
  await Session.open(runtime, { discovery: ['tracker'], port: 6881 });
});

test('the addresses of the well-known peers say whether a ring is of IPv4 or of IPv6', async () => {
  const world = new World();
  const first = await world.peer(world.runtime('2001:db8::1'), { listenHost: '2001:db8::1' });
  const second = await world.peer(world.runtime('2001:db8:1::1'), { wellKnown: [at('2001:db8::1')] });
  assert.deepEqual(second.node.status().successors.map(({ key }) => key), [first.node.contact.key]);
});
