import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { type SimulatedHost, SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import type { Search, SwarmIdentity } from '../discovery.ts';
import { encodeAnnouncement, GROUPS, parseAnnouncement } from './announcement.ts';
import { type LocalDiscovery, openLocalDiscovery } from './local-discovery.ts';

const MINUTE_MS = 60_000;
const hash = (number: number): Uint8Array => Uint8Array.from({ length: 20 }, (_, index) => (index < 2 ? (number >>> (index * 8)) & 0xff : 1));

/** One local network, and somebody who writes down what is said on it. */
class World {
  readonly simulation = new Simulation();
  readonly network = new SimulatedNetwork(this.simulation);
  readonly heard: { readonly atMs: number; readonly host: string; readonly hashes: string[] }[] = [];

  static async create(): Promise<World> {
    const world = new World();
    const { host: multicastGroup, port } = GROUPS[4];
    const listener = await world.network.addHost('192.168.0.250').bindDatagrams({ family: 4, port, multicastGroup });
    listener.receive((bytes, from) => {
      const announcement = parseAnnouncement(bytes) ?? assert.fail();
      world.heard.push({ atMs: world.simulation.now(), host: from.host, hashes: announcement.infoHashes.map(toHex) });
    });
    return world;
  }

  async peer(number: number, addresses: readonly string[] = [`192.168.0.${number}`]): Promise<Peer> {
    const host = this.network.addHost(addresses);
    return new Peer(host, await openLocalDiscovery(simulatedRuntime(host)));
  }

  from(peer: Peer): { readonly atMs: number; readonly hashes: string[] }[] {
    return this.heard.filter(({ host }) => host === peer.host.addresses[0]);
  }
}

class Peer {
  readonly host: SimulatedHost;
  readonly discovery: LocalDiscovery;
  readonly found = new Set<string>();
  readonly statuses: string[] = [];

  constructor(host: SimulatedHost, discovery: LocalDiscovery) {
    this.host = host;
    this.discovery = discovery;
  }

  search(infoHashes: readonly Uint8Array[], identity: Partial<SwarmIdentity> = {}): Search {
    const whole: SwarmIdentity = {
      infoHashes, port: 6881, peerId: new Uint8Array(20), isPrivate: false, trackers: () => [],
      totals: () => ({ uploaded: 0, downloaded: 0, left: 0 }), isPartialSeed: () => false, ...identity,
    };
    return this.discovery.search(whole, {
      found: (endpoints) => { for (const endpoint of endpoints) this.found.add(formatEndpoint(endpoint)); },
      status: (line) => this.statuses.push(line),
    });
  }
}

test('peers of one torrent find each other at once, whoever comes last; others do not, and nobody finds itself', async () => {
  const world = await World.create();
  const [one, two, other] = [await world.peer(1), await world.peer(2), await world.peer(3)];
  one.search([hash(1)]);
  other.search([hash(2)]);
  await world.simulation.run(2 * MINUTE_MS);
  two.search([hash(1)], { port: 7000 });
  await world.simulation.run(1000);
  assert.deepEqual([...one.found], ['192.168.0.2:7000']);
  assert.deepEqual([...two.found], ['192.168.0.1:6881'], 'the first has named the torrent again for the newcomer');
  assert.equal(other.found.size, 0);
  assert.deepEqual(two.statuses, ['local network: 1 peer']);
});

test('a torrent is named every five minutes, and its peers do not excite each other', async () => {
  const world = await World.create();
  const peers = [await world.peer(1), await world.peer(2), await world.peer(3)];
  for (const peer of peers) {
    peer.search([hash(1)]);
    await world.simulation.run(2 * MINUTE_MS);
  }
  world.heard.length = 0;
  await world.simulation.run(60 * MINUTE_MS);
  for (const peer of peers) assert.equal(world.from(peer).length, 12);
});

test('no more than one announcement a minute goes out, which takes its turn through all torrents', async () => {
  const world = await World.create();
  const peer = await world.peer(1);
  const torrents = Array.from({ length: 60 }, (_, number) => hash(number));
  for (const torrent of torrents) peer.search([torrent]).wantMore();
  await world.simulation.run(30 * MINUTE_MS);
  const announcements = world.from(peer);
  for (const [index, { atMs, hashes }] of announcements.entries()) {
    assert.ok(hashes.length <= LIMITS.localInfoHashes);
    assert.ok(index === 0 || atMs - announcements[index - 1].atMs >= MINUTE_MS - 1);
  }
  const times = new Map(torrents.map((torrent) => [toHex(torrent), announcements.filter(({ hashes }) => hashes.includes(toHex(torrent))).length]));
  assert.ok([...times.values()].every((count) => count === 6), [...times.values()].join());
});

test('a flood of newcomers gets one answer a minute', async () => {
  const world = await World.create();
  const peer = await world.peer(1);
  peer.search([hash(1)]);
  const socket = await world.network.addHost('192.168.0.66').bindDatagrams({ family: 4, port: 1234 });
  await world.simulation.run(2 * MINUTE_MS);
  for (let port = 1; port <= 600; port++) {
    socket.send(encodeAnnouncement({ port, infoHashes: [hash(1)], cookie: undefined }, 4), GROUPS[4]);
    await world.simulation.run(1000);
  }
  await world.simulation.run(MINUTE_MS);
  assert.ok(world.from(peer).length <= 14, String(world.from(peer).length));
  assert.ok(peer.found.size <= LIMITS.localAnnouncementsAtOnce + 602);
});

test('one sender is heard so often and no more, and what is no announcement not at all', async () => {
  const world = await World.create();
  const peer = await world.peer(1);
  peer.search([hash(1)]);
  const socket = await world.network.addHost('192.168.0.66').bindDatagrams({ family: 4, port: 1234 });
  for (let port = 1; port <= 200; port++) socket.send(encodeAnnouncement({ port, infoHashes: [hash(1)], cookie: undefined }, 4), { host: '192.168.0.1', port: 6771 });
  await world.simulation.run(1000);
  assert.equal(peer.found.size, LIMITS.localAnnouncementsAtOnce);
  socket.send(Buffer.from('BT-SEARCH'), { host: '192.168.0.1', port: 6771 });
  await world.simulation.run(1000);
  assert.equal(peer.found.size, LIMITS.localAnnouncementsAtOnce);
});

test('a private torrent is never named, nor anybody found for it (BEP 27)', async () => {
  const world = await World.create();
  const [secretive, open] = [await world.peer(1), await world.peer(2)];
  secretive.search([hash(1)], { isPrivate: true });
  open.search([hash(1)]);
  await world.simulation.run(10 * MINUTE_MS);
  assert.deepEqual([world.from(secretive).length, secretive.found.size, open.found.size], [0, 0, 0]);
});

test('both info-hashes of a hybrid are named; what is stopped is named no more', async () => {
  const world = await World.create();
  const peer = await world.peer(1);
  const search = peer.search([hash(1), hash(2)]);
  await world.simulation.run(1000);
  assert.deepEqual(world.from(peer).map(({ hashes }) => hashes), [[toHex(hash(1)), toHex(hash(2))]]);
  await search.stop();
  await world.simulation.run(20 * MINUTE_MS);
  assert.equal(world.from(peer).length, 1);
});

test('torrents of different ports are announced apart', async () => {
  const world = await World.create();
  const [peer, other] = [await world.peer(1), await world.peer(2)];
  peer.search([hash(1)], { port: 1000 });
  peer.search([hash(2)], { port: 2000 });
  other.search([hash(1)]);
  other.search([hash(2)]);
  await world.simulation.run(2 * MINUTE_MS);
  assert.deepEqual([...other.found].sort(), ['192.168.0.1:1000', '192.168.0.1:2000']);
});

test('either family is enough, and both are used', async () => {
  const world = await World.create();
  const [both, six] = [await world.peer(1, ['192.168.0.1', 'fd00::1']), await world.peer(2, ['fd00::2'])];
  both.search([hash(1)]);
  await world.simulation.run(2 * MINUTE_MS);
  six.search([hash(1)]);
  await world.simulation.run(1000);
  assert.deepEqual([[...both.found], [...six.found]], [['[fd00::2]:6881'], ['[fd00::1]:6881']]);
});

test('when it is closed it falls silent, and its port is free', async () => {
  const world = await World.create();
  const peer = await world.peer(1);
  peer.search([hash(1)]);
  peer.discovery.close();
  await world.simulation.run(20 * MINUTE_MS);
  assert.equal(world.from(peer).length, 0);
  (await openLocalDiscovery(simulatedRuntime(peer.host))).close();
  await openLocalDiscovery(simulatedRuntime(peer.host));
  await assert.rejects(openLocalDiscovery(simulatedRuntime(peer.host)), { code: 'LISTEN_FAILED' });
});
