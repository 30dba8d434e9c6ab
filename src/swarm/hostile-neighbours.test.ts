import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { LoneTransfer } from '../../test/support/lone-transfer.ts';
import { RawPeer } from '../../test/support/raw-peer.ts';
import { SwarmWorld } from '../../test/support/swarm-world.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { PeerMessage } from '../wire/messages.ts';

const BLOCK = LIMITS.blockBytes;

/** Whether a neighbour that has all, and says this over and over in one moment, is still there after so many times. */
function staysAfter(times: number, ...messages: PeerMessage[]): boolean {
  const lone = new LoneTransfer();
  const neighbour = lone.joinGiver();
  const one = { type: 'request', piece: 1, begin: 0, length: BLOCK } as const;
  lone.say(neighbour, { type: 'interested' }, { type: 'have-all' }, one);
  for (let time = 0; time < times && lone.neighbours.has(neighbour); time++) lone.say(neighbour, ...messages);
  return lone.neighbours.has(neighbour);
}

const hashRequest = { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 };
const somewhere = { piece: 3, begin: 0, length: BLOCK };

for (const message of [
  { type: 'keep-alive' }, { type: 'unchoke' }, { type: 'interested' }, { type: 'have-all' }, { type: 'have-none' }, { type: 'have', piece: 3 },
  { type: 'bitfield', bytes: Bitfield.full(12).bytes }, { type: 'suggest', piece: 3 }, { type: 'allowed-fast', piece: 3 }, { type: 'request', ...somewhere },
  { type: 'cancel', ...somewhere }, { type: 'reject', piece: 99, begin: 0, length: 1 }, { type: 'hash-request', ...hashRequest }, { type: 'hash-reject', ...hashRequest },
  { type: 'hashes', ...hashRequest, hashes: new Uint8Array(64) },
] satisfies PeerMessage[]) {
  test(`thousands of ${message.type} messages that tell nothing cost the connection, hundreds do not`, () => {
    assert.equal(staysAfter(1000, message), true);
    assert.equal(staysAfter(LIMITS.idleMessages + 10, message), false);
  });
}

test('who says little that is new, but says it for days, stays', async () => {
  const lone = new LoneTransfer();
  const neighbour = lone.joinGiver();
  for (let second = 0; second < 600; second++) {
    for (let count = 0; count < LIMITS.idleMessagesPerSecond; count++) lone.say(neighbour, { type: 'suggest', piece: 1 });
    await lone.simulation.run(1000);
  }
  assert.ok(lone.neighbours.has(neighbour));
});

test('blocks that nobody wants of it earn a neighbour nothing, do not keep it from being snubbed, and cost it its connection', async () => {
  const lone = new LoneTransfer();
  const neighbour = lone.joinGiver();
  const junk = { type: 'piece', piece: 11, begin: 3, length: 1000, data: new Uint8Array(1000) } as const;
  const [asked] = lone.asked(neighbour);
  for (let second = 0; second < 70; second++) {
    lone.say(neighbour, junk, { type: 'piece', ...asked, length: 7, data: new Uint8Array(7) });
    await lone.tick();
  }
  assert.deepEqual([neighbour.download.totalBytes, neighbour.snubbed], [0, true]);
  for (let count = 0; count < LIMITS.uselessBlocks; count++) lone.say(neighbour, junk);
  assert.equal(lone.neighbours.has(neighbour), false);
  const honest = lone.joinGiver();
  await lone.give(honest);
  assert.equal(lone.finished, 1);
  assert.equal(honest.download.totalBytes, lone.payload.length);
});

test('who refuses all that it is asked for is asked again now and then, not as fast as it can refuse', async () => {
  const lone = new LoneTransfer();
  const refusing = lone.joinGiver();
  let refused = 0;
  for (let second = 0; second < 60; second++) {
    for (const request of lone.asked(refusing)) {
      lone.say(refusing, { type: 'reject', ...request });
      refused += 1;
    }
    await lone.tick();
  }
  assert.ok(refused >= 80 && refused <= 13 * 8, `${refused} requests in a minute`);
  const honest = lone.joinGiver();
  await lone.give(honest);
  assert.equal(lone.finished, 1);
});

test('a piece taken back and had again does not become common by it', async () => {
  const lone = new LoneTransfer();
  const liar = lone.join();
  lone.say(liar, { type: 'have-all' });
  for (let time = 0; time < 50; time++) {
    lone.takeBack(liar, 7);
    lone.say(liar, { type: 'have', piece: 7 });
  }
  lone.leave(liar);
  for (let count = 0; count < 2; count++) lone.say(lone.join(), { type: 'bitfield', bytes: lone.bitfield([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]).bytes });
  lone.transfer.setPriorities((piece) => (piece < 5 ? 'high' : 'normal'));
  const giver = lone.joinGiver();
  for (let piece = 0; piece < 5; piece++) for (const request of lone.asked(giver).slice(0, 2)) lone.say(giver, lone.data(request));
  await lone.settle();
  // Past the first pieces the rarest is next.
  const others = lone.asked(giver).map(({ piece }) => piece).filter((piece) => piece > 4);
  assert.equal(others[0], 7);
});

test('a choked neighbour gets its allowance once, however often it asks or connects', async () => {
  // Whoever lacks something himself helps newcomers.
  const have = Bitfield.full(12);
  have.clear(11);
  const lone = new LoneTransfer({ have, choking: { slots: 0, choose: () => new Set() } });
  let sentBytes = 0;
  const askForAll = async (neighbour: LoneNeighbour): Promise<void> => {
    const allowed = neighbour.channel.take('allowed-fast');
    assert.ok(allowed.length > 5);
    for (let round = 0; round < 3; round++) {
      for (const { piece } of allowed) lone.say(neighbour, { type: 'request', ...lone.block(piece, 0) }, { type: 'request', ...lone.block(piece, 1) });
      await lone.simulation.run(100);
    }
    sentBytes += neighbour.channel.take('piece').reduce((sum, { length }) => sum + length, 0);
  };
  for (let time = 0; time < 4; time++) {
    const neighbour = lone.join({ host: '203.0.113.7' });
    lone.say(neighbour, { type: 'have-none' }, { type: 'interested' });
    await askForAll(neighbour);
    lone.leave(neighbour);
  }
  assert.ok(sentBytes > 5 * lone.metainfo.pieceLength && sentBytes <= 10 * lone.metainfo.pieceLength, `${sentBytes}`);
  const other = lone.join({ host: '203.0.113.8' });
  lone.say(other, { type: 'have-none' });
  sentBytes = 0;
  await askForAll(other);
  assert.ok(sentBytes > 5 * lone.metainfo.pieceLength);
});

test('a seed is asked for the same block again and again: it waits in line once, and cancels find it at once', () => {
  const lone = new LoneTransfer({ have: Bitfield.full(12) });
  const neighbour = lone.join();
  neighbour.channel.isStuck = true;
  neighbour.channel.queuedBytes = 1e6;
  lone.say(neighbour, { type: 'have-none' }, { type: 'interested' });
  assert.equal(neighbour.amChoking, false);
  for (let time = 0; time < 10; time++) for (let piece = 0; piece < 12; piece++) lone.say(neighbour, { type: 'request', ...lone.block(piece, 0) });
  assert.equal(neighbour.uploadQueue.length, 12);
  lone.say(neighbour, { type: 'cancel', ...lone.block(5, 0) });
  assert.equal(neighbour.uploadQueue.length, 11);
  assert.deepEqual(neighbour.channel.take('reject'), [{ type: 'reject', ...lone.block(5, 0) }]);
});

test('extension handshakes with ever new ports, two sizes of the metadata, and exchanges of thousands fill no memory', async () => {
  const world = new SwarmWorld();
  const target = await world.add();
  const { candidates } = target.swarm.neighbours;
  const peer = await RawPeer.dial(world, target, { host: '203.0.113.20' });
  for (let port = 1; port < 500; port++) peer.extend(['ut_pex'], { listenPort: port });
  await world.simulation.run(1000);
  assert.equal(candidates.size, 1);
  assert.equal(peer.isClosed, false);
  for (let port = 1; port < 6000; port++) peer.extend([], {});
  await world.simulation.run(1000);
  assert.equal(peer.isClosed, true);
  const victim = { host: '198.51.100.200', port: 0 };
  target.swarm.addPeers(Array.from({ length: 1000 }, (_, index) => ({ ...victim, port: index + 1 })));
  assert.equal(candidates.size, 1 + LIMITS.candidatesPerSubscriber);
  const wavering = await RawPeer.dial(world, await world.add({ knowsMetadata: false }));
  wavering.extend(['ut_metadata'], { metadataBytes: 1000 });
  await world.simulation.run(100);
  assert.equal(wavering.isClosed, false);
  wavering.extend(['ut_metadata'], { metadataBytes: 1001 });
  await world.simulation.run(100);
  assert.equal(wavering.isClosed, true);
});

test('before the metadata is known, too, idle messages cost the connection', async () => {
  const world = new SwarmWorld();
  const target = await world.add({ knowsMetadata: false });
  const peer = await RawPeer.dial(world, target);
  for (let count = 0; count < LIMITS.idleMessages + 10; count++) peer.send({ type: 'have-all' });
  await world.simulation.run(1000);
  assert.equal(peer.isClosed, true);
  const other = await RawPeer.dial(world, await world.add());
  for (let count = 0; count < LIMITS.idleMessages + 10; count++) other.send({ type: 'port', port: 1 });
  await world.simulation.run(1000);
  assert.equal(other.isClosed, true);
});

test('a swarm among liars gets everything, bans each of them and nobody else', async () => {
  const world = new SwarmWorld({ seed: 3, length: 60 * 32 * 1024 });
  await world.add({ seed: true, link: { upBytesPerSecond: 500_000 } });
  for (let count = 0; count < 10; count++) await world.add({ link: { upBytesPerSecond: 250_000 } });
  world.introduce();
  const leechers = world.peers.slice(1);
  const liars = new Set<string>();
  for (let count = 0; count < 6; count++) {
    for (const target of leechers) {
      const liar = await RawPeer.dial(world, target, {
        on: (message, peer) => {
          // The odd ones spoil what they are asked for, the even ones say nothing more.
          if (message.type === 'request' && count % 2 === 1) peer.send({ ...message, type: 'piece', data: new Uint8Array(message.length).fill(count) });
        },
      });
      if (count % 2 === 1) liars.add(liar.host.addresses[0]);
      liar.hasAll();
      liar.send({ type: 'interested' }, { type: 'unchoke' });
    }
  }
  await world.finish(leechers, 600_000);
  for (const { store } of leechers) assert.deepEqual(store.bytes, world.payload);
  const banned = new Set(leechers.flatMap(({ notes }) => notes.map((note) => note.split(' ')[0])));
  assert.ok(banned.size >= 20 && [...banned].every((host) => liars.has(host)), `${[...banned]}`);
});
