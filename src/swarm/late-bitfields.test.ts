import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PORT, SwarmWorld } from '../../test/support/swarm-world.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import type { Channel } from '../runtime/channel.ts';
import { encodeExtensionHandshake, EXTENSIONS } from '../wire/extensions.ts';
import type { PeerMessage } from '../wire/messages.ts';
import { peerProtocol } from '../wire/peer-protocol.ts';

interface Meeting {
  readonly world: SwarmWorld;
  readonly channel: Channel<PeerMessage>;
  /** How much of the torrent Shoal believes the other end to have, 0 to 1; undefined where it is no neighbour any more. */
  believed(): Promise<number | undefined>;
}

/** A peer that says what a test has it say, connected to a seed. */
async function meet(): Promise<Meeting> {
  const world = new SwarmWorld();
  const seed = await world.add({ seed: true });
  const host = world.network.addHost('10.1.0.1');
  const connecting = host.connect({ host: seed.host.addresses[0], port: PORT }, peerProtocol, { timeoutMs: 1000 });
  await world.simulation.run(1000);
  const channel = await connecting;
  channel.handle({ message: () => undefined, drained: () => undefined, closed: () => undefined });
  channel.send({
    type: 'handshake', infoHash: world.metainfo.infoHash!, peerId: new Uint8Array(20).fill(65),
    supports: { extensions: true, fast: true, dht: false, v2: false },
  });
  return {
    world, channel,
    believed: async () => {
      await world.simulation.run(1000);
      return seed.swarm.neighbourStatus()[0]?.progress;
    },
  };
}

function bitfieldOf(pieceCount: number, pieces: readonly number[]): PeerMessage {
  const bitfield = new Bitfield(pieceCount);
  for (const piece of pieces) bitfield.set(piece);
  return { type: 'bitfield', bytes: bitfield.bytes };
}

test('a bitfield after the first word adds to what a neighbour has, as aria2 means it', async () => {
  const { world, channel, believed } = await meet();
  const { pieceCount } = world.metainfo;
  channel.send({ type: 'have-none' });
  channel.send({ type: 'have', piece: 0 });
  channel.send(bitfieldOf(pieceCount, [1, 2, 5]));
  assert.equal(await believed(), 4 / pieceCount);
  channel.send(bitfieldOf(pieceCount, [1, 2, 5, 6]));
  assert.equal(await believed(), 5 / pieceCount);
  channel.send({ type: 'have-all' });
  channel.send({ type: 'have-all' });
  assert.equal(await believed(), 1);
});

test('who takes pieces back may not claim many at once any more', async () => {
  const { channel, believed } = await meet();
  channel.send({ type: 'extended', id: 0, payload: encodeExtensionHandshake({
    names: [], metadataBytes: undefined, client: 'test', listenPort: undefined, requestQueueLength: 100, yourAddress: '10.0.0.1', uploadOnly: false,
  }) });
  channel.send({ type: 'have-all' });
  channel.send({ type: 'extended', id: EXTENSIONS.lt_donthave, payload: Uint8Array.of(0, 0, 0, 3) });
  assert.notEqual(await believed(), undefined);
  channel.send({ type: 'have-all' });
  assert.equal(await believed(), undefined);
});
