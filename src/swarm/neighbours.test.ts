import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawPeer } from '../../test/support/raw-peer.ts';
import { PORT, SwarmWorld, type Peer } from '../../test/support/swarm-world.ts';
import { LIMITS } from '../bytes/limits.ts';
import { peerProtocol } from '../wire/peer-protocol.ts';
import { Bans } from './neighbours.ts';

const neighboursOf = (peer: Peer): string[] => [...peer.swarm.neighbours.all].map(({ endpoint }) => endpoint.host);

test('two that connect to each other at once keep one connection, the same at both ends', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const world = new SwarmWorld({ seed });
    const [a, b] = [await world.add(), await world.add()];
    world.introduce();
    await world.simulation.run(5000);
    assert.deepEqual([neighboursOf(a), neighboursOf(b)], [[b.host.addresses[0]], [a.host.addresses[0]]]);
    assert.equal([...a.swarm.neighbours.all][0].channel.incoming, ![...b.swarm.neighbours.all][0].channel.incoming);
  }
});

test('nobody is connected to himself, even when named by an address that he does not know to be his', async () => {
  const world = new SwarmWorld();
  const peer = await world.add();
  peer.swarm.addPeers([{ host: peer.host.addresses[0], port: PORT }]);
  await world.simulation.run(60_000);
  assert.deepEqual(neighboursOf(peer), []);
  // However often it is named.
  peer.swarm.addPeers([{ host: peer.host.addresses[0], port: PORT }]);
  assert.equal(peer.swarm.neighbours.candidates.take(1e9), undefined);
});

test('a stranger who takes another\'s peer id does not take his place', async () => {
  const world = new SwarmWorld();
  for (const [first, second] of [[0, 255], [255, 0]]) {
    const target = await world.add();
    const peerId = new Uint8Array(20).fill(first);
    // Whichever of the two ids is the greater.
    const honest = await RawPeer.await(world, target, { peerId });
    const impostor = await RawPeer.dial(world, target, { peerId });
    assert.deepEqual([honest.isClosed, impostor.isClosed], [false, true], `${second}`);
    const alsoHonest = await RawPeer.dial(world, target, { peerId: new Uint8Array(20).fill(7) });
    const alsoImpostor = await RawPeer.await(world, target, { peerId: new Uint8Array(20).fill(7) });
    assert.deepEqual([alsoHonest.isClosed, alsoImpostor.isClosed], [false, true]);
  }
});

test('never more neighbours than there is room for; places are filled when they become free', async () => {
  const world = new SwarmWorld();
  const target = await world.add({ swarm: { maxNeighbours: 3 } });
  const others = [];
  for (let count = 0; count < 8; count++) others.push(await RawPeer.await(world, target));
  assert.equal(target.swarm.neighbours.all.size, 3);
  const late = await RawPeer.dial(world, target);
  assert.equal(late.isClosed, true);
  const inside = neighboursOf(target);
  others.find(({ host }) => inside.includes(host.addresses[0]))?.close();
  await world.simulation.run(1000);
  assert.equal(target.swarm.neighbours.all.size, 3);
});

test('who speaks of another torrent, or of nothing, is no neighbour, and is tried again later and later', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const elsewhere = await RawPeer.await(world, target, { infoHash: new Uint8Array(20).fill(9) });
  await world.simulation.run(10 * 60_000);
  const attempts = elsewhere.of('handshake').length;
  // After 5, 10, 20, ... seconds, a quarter more or less.
  assert.ok(attempts >= 5 && attempts <= 9, `${attempts} attempts`);
  assert.deepEqual(neighboursOf(target), []);
});

test('a failed handshake counts once: no more connections are being made at once than there may be', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  let open = 0;
  let mostOpen = 0;
  for (let count = 0; count < 40; count++) {
    const host = world.network.addHost(`203.0.113.${count + 1}`);
    await host.listen({ port: PORT }, peerProtocol, (channel) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      // The first half answer for another torrent at once, the others never.
      if (count < 20) channel.send({ type: 'handshake', infoHash: new Uint8Array(20), peerId: new Uint8Array(20).fill(count), supports: { extensions: false, fast: false, dht: false, v2: false } });
      channel.handle({ message: () => undefined, drained: () => undefined, closed: () => { open -= 1; } });
    });
    target.swarm.addPeers([{ host: host.addresses[0], port: PORT }]);
  }
  await world.simulation.run(9000);
  assert.equal(mostOpen, 16);
});

test('who does not shake hands in ten seconds is let go, from whichever side the connection was made', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const host = world.network.addHost('203.0.113.1');
  let closed = 0;
  const silent = { message: () => undefined, drained: () => undefined, closed: () => { closed += 1; } };
  await host.listen({ port: PORT }, peerProtocol, (channel) => channel.handle(silent));
  target.swarm.addPeers([{ host: '203.0.113.1', port: PORT }]);
  const dialled = await world.simulation.complete(host.connect({ host: target.host.addresses[0], port: PORT }, peerProtocol, { timeoutMs: 1000 }), 5000);
  dialled.handle(silent);
  await world.simulation.run(9000);
  assert.equal(closed, 0);
  await world.simulation.run(2000);
  assert.equal(closed, 2);
});

test('a swarm that stops lets go of everybody, also of those with whom it is only shaking hands', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const neighbour = await RawPeer.dial(world, target);
  const host = world.network.addHost('203.0.113.1');
  let isClosed = false;
  await host.listen({ port: PORT }, peerProtocol, (channel) => channel.handle({ message: () => undefined, drained: () => undefined, closed: () => { isClosed = true; } }));
  target.swarm.addPeers([{ host: '203.0.113.1', port: PORT }]);
  await world.simulation.run(1000);
  target.swarm.stop();
  await world.simulation.run(100);
  assert.deepEqual([neighbour.isClosed, isClosed], [true, true]);
  assert.equal((await RawPeer.dial(world, target)).isClosed, true);
  assert.equal(target.swarm.neighbours.all.size, 0);
});

test('a connection that ends well may be made again after half a minute, one that broke the protocol later and later', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const polite = await RawPeer.await(world, target);
  const rude = await RawPeer.await(world, target, { on: (message, peer) => { if (message.type === 'handshake') peer.send({ type: 'have', piece: 1e6 }); } });
  polite.close();
  await world.simulation.run(29_000);
  assert.equal(polite.of('handshake').length, 1);
  await world.simulation.run(3000);
  assert.equal(polite.of('handshake').length, 2);
  await world.simulation.run(10 * 60_000);
  assert.ok(rude.of('handshake').length < 10, `${rude.of('handshake').length} times`);
});

test('two who have all that they want let go of each other; with a full house so do those who want nothing of each other for a minute', async () => {
  const world = new SwarmWorld();
  const [seed, other] = [await world.add({ seed: true, swarm: { maxNeighbours: 3 } }), await world.add({ seed: true })];
  const idle = await RawPeer.dial(world, seed);
  world.introduce();
  await world.simulation.run(30_000);
  assert.deepEqual(neighboursOf(seed), [idle.host.addresses[0]]);
  assert.deepEqual(neighboursOf(other), []);
  await world.simulation.run(120_000);
  assert.equal(idle.isClosed, false, 'there is room');
  await RawPeer.dial(world, seed);
  await RawPeer.dial(world, seed);
  await world.simulation.run(20_000);
  assert.equal(idle.isClosed, true);
});

test('seeds do not call seeds, until they want more', async () => {
  const world = new SwarmWorld();
  const target = await world.add({ seed: true });
  const seed = await RawPeer.await(world, target, { on: (message, peer) => { if (message.type === 'handshake') peer.hasAll(); } });
  await world.simulation.run(10 * 60_000);
  assert.equal(seed.of('handshake').length, 1);
  const leecher = await world.add();
  const other = await RawPeer.await(world, leecher, { on: (message, peer) => { if (message.type === 'handshake') peer.hasAll(); } });
  await world.simulation.run(1000);
  other.close();
  await world.simulation.run(40_000);
  assert.equal(other.of('handshake').length, 2);
});

test('one subscriber does not take all places; on a local network all are welcome', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const dial = async (host: string, count: number): Promise<number> => {
    const machine = world.network.addHost(host);
    for (let number = 0; number < count; number++) {
      const channel = await world.simulation.complete(machine.connect({ host: target.host.addresses[0], port: PORT }, peerProtocol, { timeoutMs: 1000 }), 5000);
      channel.send({ type: 'handshake', infoHash: world.metainfo.infoHash!, peerId: Buffer.from(host.padEnd(17, 'x') + `${number}`.padStart(3, '0')), supports: { extensions: true, fast: true, dht: false, v2: false } });
      channel.handle({ message: () => undefined, drained: () => undefined, closed: () => undefined });
    }
    await world.simulation.run(1000);
    return neighboursOf(target).filter((one) => one === host).length;
  };
  assert.equal(await dial('203.0.113.9', 20), LIMITS.neighboursPerSubscriber);
  assert.equal(await dial('192.168.7.7', 20), 20);
});

test('who says nothing for three minutes is let go; who is there is told that we are, too', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const peer = await RawPeer.dial(world, target);
  await world.simulation.run(170_000);
  assert.equal(peer.isClosed, false);
  assert.ok(peer.of('keep-alive').length >= 1);
  await world.simulation.run(25_000);
  assert.equal(peer.isClosed, true);
});

test('bans hold for an address, and for all of a subscriber\'s; the oldest is forgiven when there are too many', () => {
  const bans = new Bans();
  bans.add('192.0.2.1');
  bans.add('2001:db8:1:2::3');
  assert.deepEqual(['192.0.2.1', '192.0.2.2', '2001:db8:1:2:ffff::1', '2001:db8:1:3::3'].map((host) => bans.has(host)), [true, false, true, false]);
  for (let count = 0; count < LIMITS.bannedAddresses; count++) bans.add(`10.${count >>> 16}.${(count >>> 8) & 255}.${count & 255}`);
  assert.equal(bans.has('192.0.2.1'), false);
  assert.equal(bans.has('2001:db8:1:2::3'), false);
  assert.equal(bans.has('10.0.0.0'), true);
});

test('who is banned is gone at once with all his connections, and is neither taken nor called again', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const peer = await RawPeer.await(world, target, { host: '203.0.113.5' });
  target.swarm.neighbours.ban('203.0.113.5', new Error('banned'));
  await world.simulation.run(10);
  assert.equal(peer.isClosed, true);
  assert.deepEqual(neighboursOf(target), []);
  target.swarm.addPeers([{ host: '203.0.113.5', port: PORT }]);
  await world.simulation.run(120_000);
  assert.equal(peer.of('handshake').length, 1);
  const channel = await world.simulation.complete(peer.host.connect({ host: target.host.addresses[0], port: PORT }, peerProtocol, { timeoutMs: 1000 }), 5000);
  let isRefused = false;
  channel.handle({ message: () => undefined, drained: () => undefined, closed: () => { isRefused = true; } });
  channel.send({ type: 'handshake', infoHash: world.metainfo.infoHash!, peerId: new Uint8Array(20).fill(3), supports: { extensions: true, fast: true, dht: false, v2: false } });
  await world.simulation.run(1000);
  assert.equal(isRefused, true);
});

test('those who promise everything and give nothing do not hold all places for ever', async () => {
  const world = new SwarmWorld();
  const target = await world.add({ swarm: { maxNeighbours: 6 } });
  const liars: RawPeer[] = [];
  for (let count = 0; count < 6; count++) {
    liars.push(await RawPeer.dial(world, target));
    liars[count].hasAll();
    liars[count].send({ type: 'interested' });
  }
  const seed = await world.add({ seed: true });
  target.swarm.addPeers([{ host: seed.host.addresses[0], port: PORT }]);
  const stopTalking = world.simulation.every(60_000, () => { for (const liar of liars) liar.send({ type: 'keep-alive' }); });
  await world.simulation.run(290_000);
  assert.ok(liars.every(({ isClosed }) => !isClosed));
  await world.finish([target], 300_000);
  stopTalking.cancel();
});
