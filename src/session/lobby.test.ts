import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../bytes/limits.ts';
import type { Channel } from '../runtime/channel.ts';
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import type { PeerMessage } from '../wire/messages.ts';
import { peerProtocol } from '../wire/peer-protocol.ts';
import { Lobby } from './lobby.ts';

const HANDSHAKE: PeerMessage = {
  type: 'handshake', infoHash: new Uint8Array(20), peerId: new Uint8Array(20), supports: { extensions: true, fast: true, dht: false, v2: false },
};

class World {
  readonly simulation = new Simulation({ seed: 1 });
  readonly network = new SimulatedNetwork(this.simulation);
  readonly server = this.network.addHost('10.0.0.1');
  /** Those who have been taken in. */
  readonly welcomed: string[] = [];
  /** Those who have been shown out. */
  readonly gone: string[] = [];
  readonly #hosts = new Map<string, ReturnType<SimulatedNetwork['addHost']>>();

  async open(): Promise<void> {
    const lobby = new Lobby(this.simulation, (channel) => {
      this.welcomed.push(channel.remote.host);
      channel.handle({ message: () => undefined, drained: () => undefined, closed: () => undefined });
    });
    await this.server.listen<PeerMessage>({ port: 1 }, peerProtocol, (channel) => lobby.enter(channel));
  }

  async call(address: string): Promise<Channel<PeerMessage>> {
    const host = this.#hosts.get(address) ?? this.network.addHost(address);
    this.#hosts.set(address, host);
    const channel = await this.simulation.complete(host.connect({ host: '10.0.0.1', port: 1 }, peerProtocol, { timeoutMs: 1000 }), 2000);
    channel.handle({ message: () => undefined, drained: () => undefined, closed: () => { this.gone.push(address); } });
    return channel;
  }

  async greets(address: string): Promise<boolean> {
    (await this.call(address)).send(HANDSHAKE);
    await this.simulation.run(100);
    return this.welcomed.includes(address);
  }
}

async function openWorld(): Promise<World> {
  const world = new World();
  await world.open();
  return world;
}

test('hundreds who connect and say nothing keep nobody out, and are let go', async () => {
  const world = await openWorld();
  for (let count = 0; count < LIMITS.waitingHandshakes + 50; count++) await world.call(`203.0.${100 + (count >>> 7)}.${count & 127}`);
  await world.simulation.run(100);
  assert.equal(world.gone.length, 50);
  assert.equal(await world.greets('198.51.100.1'), true);
  await world.simulation.run(11_000);
  assert.equal(world.gone.length, LIMITS.waitingHandshakes + 50);
});

test('one subscriber takes few of the places, and none from others', async () => {
  const world = await openWorld();
  await world.call('198.51.100.9');
  for (let count = 0; count < 100; count++) await world.call('203.0.113.1');
  await world.simulation.run(100);
  assert.equal(world.gone.length, 100 - LIMITS.waitingHandshakesPerSubscriber);
  assert.ok(!world.gone.includes('198.51.100.9'));
  assert.equal(await world.greets('203.0.113.1'), true, 'who speaks is taken even from there');
});

test('on a local network many may come from one address', async () => {
  const world = await openWorld();
  for (let count = 0; count < 100; count++) await world.call('192.168.1.1');
  await world.simulation.run(100);
  assert.equal(world.gone.length, 0);
});
