import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PORT, SwarmWorld } from '../../test/support/swarm-world.ts';
import { encodeExtensionHandshake, EXTENSIONS } from '../wire/extensions.ts';
import { peerProtocol } from '../wire/peer-protocol.ts';

test('neighbours are told when nothing more is wanted, and when something is again (BEP 21)', async () => {
  const world = new SwarmWorld();
  const { swarm, host: { addresses: [address] } } = await world.add();
  const connecting = world.network.addHost('10.1.0.1').connect({ host: address, port: PORT }, peerProtocol, { timeoutMs: 1000 });
  await world.simulation.run(1000);
  const channel = await connecting;
  const told: number[] = [];
  channel.handle({
    message: (message) => { if (message.type === 'extended' && message.id === EXTENSIONS.upload_only) told.push(message.payload[0]); },
    drained: () => undefined,
    closed: () => undefined,
  });
  channel.send({
    type: 'handshake', infoHash: world.metainfo.infoHash!, peerId: new Uint8Array(20).fill(65),
    supports: { extensions: true, fast: true, dht: false, v2: false },
  });
  channel.send({ type: 'extended', id: 0, payload: encodeExtensionHandshake({
    names: ['upload_only'], metadataBytes: undefined, client: 'test', listenPort: undefined, requestQueueLength: 100, yourAddress: address, uploadOnly: false,
  }) });
  channel.send({ type: 'have-none' });
  await world.simulation.run(1000);
  for (const priority of ['none', 'normal', 'high', 'none'] as const) {
    swarm.setPriorities(() => priority);
    await world.simulation.run(1000);
  }
  assert.deepEqual(told, [1, 0, 1]);
});
