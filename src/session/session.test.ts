import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomTorrent } from '../../test/support/swarm-world.ts';
import { toHex } from '../bytes/hex.ts';
import { keyPairFromSeed } from '../bytes/signature.ts';
import { publishTorrent } from '../discovery/kademlia/mutable-torrent.ts';
import { sleep } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { Session } from './session.ts';

const { metainfo, payload } = randomTorrent(3, 50 * 32 * 1024 + 77, 32 * 1024);

function world(): { simulation: Simulation; runtimeOf(address: string, disk?: MemoryDisk): Runtime } {
  const simulation = new Simulation({ seed: 11 });
  const network = new SimulatedNetwork(simulation);
  const runtimeOf = (address: string, disk = new MemoryDisk()): Runtime =>
    simulatedRuntime(network.addHost(address, { upBytesPerSecond: 1_000_000 }), { disk });
  return { simulation, runtimeOf };
}

async function seedAt(runtime: Runtime): Promise<Session> {
  await runtime.disk.writeWhole('/data/test.bin', payload);
  const session = await Session.open(runtime, { port: 6881 });
  await session.add(metainfo, { directory: '/data', check: 'full' });
  return session;
}

test('a torrent is got from a seed, and the files are there', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const runtime = runtimeOf('10.0.0.2');
  const session = await Session.open(runtime, { stateDirectory: '/state' });
  const torrent = await session.add(metainfo, { directory: '/got', peers: [{ host: '10.0.0.1', port: 6881 }] });
  await simulation.complete(torrent.whenDone(), 60_000);
  assert.deepEqual(await runtime.disk.readWhole('/got/test.bin', 1e9), payload);
  assert.equal(torrent.state, 'seeding');
  await simulation.complete(session.close(), 60_000);
  assert.equal(torrent.state, 'stopped');
});

test('what was verified before a stop is not downloaded again', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const disk = new MemoryDisk();
  const options = { directory: '/got', peers: [{ host: '10.0.0.1', port: 6881 }] };
  const first = await Session.open(runtimeOf('10.0.0.2', disk), { stateDirectory: '/state' });
  const begun = await first.add(metainfo, options);
  await simulation.runUntil(() => begun.status().progress > 0.4, 60_000);
  await simulation.complete(first.close(), 60_000);
  const had = begun.status().haveBytes;
  assert.ok(had < payload.length);
  const second = await Session.open(runtimeOf('10.0.0.3', disk), { stateDirectory: '/state' });
  const resumed = await second.add(metainfo, options);
  await simulation.complete(resumed.whenDone(), 60_000);
  assert.equal(resumed.status().downloadedBytes, payload.length - had);
  assert.deepEqual(await disk.readWhole('/got/test.bin', 1e9), payload);
});

test('a file that is there already and holds nothing of the torrent is left alone, unless it may be overwritten', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const runtime = runtimeOf('10.0.0.2');
  const session = await Session.open(runtime, { stateDirectory: '/state' });
  const options = { directory: '/got', peers: [{ host: '10.0.0.1', port: 6881 }] };
  const thesis = Buffer.from('years of work');
  await runtime.disk.writeWhole('/got/test.bin', thesis);
  const refused = await session.add(metainfo, options);
  await assert.rejects(simulation.complete(refused.whenDone(), 60_000), { code: 'FILE_IN_THE_WAY', message: /^\/got\/test\.bin is there already/ });
  await simulation.complete(session.remove(refused), 60_000);
  assert.deepEqual(await runtime.disk.readWhole('/got/test.bin', 1e9), thesis);
  const allowed = await session.add(metainfo, { ...options, overwrite: true });
  await simulation.complete(allowed.whenDone(), 60_000);
  assert.deepEqual(await runtime.disk.readWhole('/got/test.bin', 1e9), payload);
});

for (const [what, bytes] of [['empty', new Uint8Array(0)], ['the beginning of the torrent\'s', payload.subarray(0, 100_000)]] as const) {
  test(`a file that is there already is gone on with where it is ${what}`, async () => {
    const { simulation, runtimeOf } = world();
    await seedAt(runtimeOf('10.0.0.1'));
    const runtime = runtimeOf('10.0.0.2');
    const session = await Session.open(runtime, { stateDirectory: '/state' });
    await runtime.disk.writeWhole('/got/test.bin', bytes);
    const torrent = await session.add(metainfo, { directory: '/got', peers: [{ host: '10.0.0.1', port: 6881 }] });
    await simulation.complete(torrent.whenDone(), 60_000);
    assert.deepEqual(await runtime.disk.readWhole('/got/test.bin', 1e9), payload);
  });
}

test('a magnet link is enough', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const session = await Session.open(runtimeOf('10.0.0.2'), {});
  const torrent = await session.add(`magnet:?xt=urn:btih:${Buffer.from(metainfo.infoHash!).toString('hex')}&x.pe=10.0.0.1:6881`, { directory: '/got' });
  await simulation.complete(torrent.whenDone(), 60_000);
  assert.equal(torrent.metainfo?.name, 'test.bin');
});

test('a file can be read while it comes', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const session = await Session.open(runtimeOf('10.0.0.2'), {});
  const torrent = await session.add(metainfo, { directory: '/got', peers: [{ host: '10.0.0.1', port: 6881 }] });
  const read = async (): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await torrent.stream('test.bin', { start: 100_000, end: 900_001 })) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const bytes = await simulation.complete(read(), 60_000);
  assert.deepEqual(bytes, Buffer.from(payload.subarray(100_000, 900_001)));
});

test('a full disk stops the torrent with a clear error, and nothing verified is lost', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const disk = new MemoryDisk({ capacityBytes: 700_000 });
  // In order, for what is written far on takes all the room before it too.
  const options = { directory: '/got', sequential: true, peers: [{ host: '10.0.0.1', port: 6881 }] };
  const session = await Session.open(runtimeOf('10.0.0.2', disk), { stateDirectory: '/state' });
  const torrent = await session.add(metainfo, options);
  await assert.rejects(simulation.complete(torrent.whenDone(), 60_000), { code: 'DISK_FULL', message: /test\.bin: the disk is full/ });
  assert.equal(torrent.state, 'failed');
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  const had = torrent.status().haveBytes;
  assert.ok(had > 0);
  await simulation.complete(session.close(), 60_000);
  const again = await Session.open(runtimeOf('10.0.0.3', disk), { stateDirectory: '/state' });
  const resumed = await again.add(metainfo, options);
  await simulation.complete(resumed.whenDone(), 60_000);
  assert.ok(resumed.status().downloadedBytes <= payload.length - had);
});

test('a seed\'s first word to its tracker is that it lacks nothing', async () => {
  const { simulation, runtimeOf } = world();
  const announces: string[] = [];
  await runtimeOf('10.0.0.9').network.serveHttp({ port: 6969 }, ({ query }) => {
    announces.push(query);
    return { status: 200, body: 'd8:intervali1800e5:peers0:e' };
  });
  const runtime = runtimeOf('10.0.0.1');
  await runtime.disk.writeWhole('/data/test.bin', payload);
  const slowHasher: Runtime['hasher'] = {
    ...runtime.hasher,
    sha1: async (bytes) => {
      await sleep(simulation, 1000);
      return runtime.hasher.sha1(bytes);
    },
  };
  const session = await Session.open({ ...runtime, hasher: slowHasher }, { discovery: ['tracker'] });
  await session.add({ ...metainfo, trackers: [['http://10.0.0.9:6969/announce']] }, { directory: '/data', check: 'full' });
  await simulation.run(120_000);
  assert.equal(announces.length, 1);
  assert.match(announces[0], /\bleft=0\b/);
  assert.match(announces[0], /\bevent=started\b/);
});

test('a torrent is in a session once', async () => {
  const { runtimeOf } = world();
  const session = await Session.open(runtimeOf('10.0.0.2'), {});
  await session.add(metainfo, { directory: '/got' });
  await assert.rejects(session.add(metainfo, { directory: '/elsewhere' }), { code: 'DUPLICATE_TORRENT' });
});

test('without any tracker, peers find each other in the DHT', async () => {
  const { simulation, runtimeOf } = world();
  const bootstrap = [{ host: '10.0.0.9', port: 6881 }];
  await Session.open(runtimeOf('10.0.0.9'), { port: 6881, discovery: ['kademlia'], bootstrap: [] });
  const seedRuntime = runtimeOf('10.0.0.1');
  await seedRuntime.disk.writeWhole('/data/test.bin', payload);
  const seed = await Session.open(seedRuntime, { discovery: ['kademlia'], bootstrap });
  await seed.add(metainfo, { directory: '/data', check: 'full' });
  await simulation.run(60_000);
  const session = await Session.open(runtimeOf('10.0.0.2'), { discovery: ['kademlia'], bootstrap });
  const torrent = await session.add(`magnet:?xt=urn:btih:${Buffer.from(metainfo.infoHash!).toString('hex')}`, { directory: '/got' });
  await simulation.complete(torrent.whenDone(), 300_000);
  assert.equal(torrent.metainfo?.name, 'test.bin');
});

test('a link that names a publisher gets the torrent that is published now; without a DHT it is refused', async () => {
  const { simulation, runtimeOf } = world();
  const bootstrap = [{ host: '10.0.0.9', port: 6881 }];
  await Session.open(runtimeOf('10.0.0.9'), { port: 6881, bootstrap: [] });
  const runtime = runtimeOf('10.0.0.1');
  await runtime.disk.writeWhole('/data/test.bin', payload);
  const seed = await Session.open(runtime, { bootstrap });
  await seed.add(metainfo, { directory: '/data', check: 'full' });
  const keyPair = keyPairFromSeed(new Uint8Array(32).fill(1));
  const link = `magnet:?xs=urn:btpk:${toHex(keyPair.publicKey)}&s=6e`;
  const session = await Session.open(runtimeOf('10.0.0.2'), { bootstrap });
  await assert.rejects(simulation.complete(session.add(link, { directory: '/got' }), 60_000), { code: 'NOT_PUBLISHED' });
  await simulation.complete(publishTorrent(seed.dht!, runtime.clock, { keyPair, salt: Uint8Array.of(0x6e), infoHash: metainfo.infoHash! }), 60_000);
  const torrent = await simulation.complete(session.add(link, { directory: '/got' }), 60_000);
  await simulation.complete(torrent.whenDone(), 300_000);
  assert.equal(torrent.metainfo?.name, 'test.bin');
  const without = await Session.open(runtimeOf('10.0.0.3'), { discovery: ['tracker'] });
  await assert.rejects(without.add(link, { directory: '/got' }), { code: 'NO_DHT' });
});

test('a session that has been closed takes no torrent; a rate that makes no sense is refused', async () => {
  const { simulation, runtimeOf } = world();
  const runtime = runtimeOf('10.0.0.1');
  for (const upBytesPerSecond of [-1, Number.NaN]) await assert.rejects(Session.open(runtime, { upBytesPerSecond }), { code: 'BAD_RATE' });
  const session = await Session.open(runtime);
  assert.throws(() => session.limitRates({ down: Number.NaN }), { code: 'BAD_RATE' });
  await simulation.complete(session.close(), 60_000);
  await assert.rejects(session.add(metainfo, { directory: '/got' }), { code: 'CLOSED' });
  assert.deepEqual(session.torrents, []);
});

test('a port or an address that there is not is told as such, at once, as it was asked for', async () => {
  const { runtimeOf } = world();
  const runtime = runtimeOf('10.0.0.1');
  for (const port of [99_999, -1, 1.5, Number.NaN]) {
    await assert.rejects(Session.open(runtime, { port }), { name: 'ListenError', code: 'LISTEN_FAILED', message: `cannot listen on port ${port}: a port is a whole number from 0 to 65535` });
  }
  await assert.rejects(Session.open(runtime, { listenHost: '10.9.9.9' }), { code: 'LISTEN_FAILED', message: 'cannot listen on 10.9.9.9:6881: this host has no such address' });
  await assert.rejects(Session.open(runtime, { listenHost: '10.9.9.9', port: 7000 }), { code: 'LISTEN_FAILED', message: /^cannot listen on 10\.9\.9\.9:7000: / });
  await assert.rejects(Session.open(runtime, { listenHost: 'here', port: 7000 }), { code: 'LISTEN_FAILED', message: 'cannot listen on here:7000: "here" is no IP address' });
  const first = await Session.open(runtime, { listenHost: '10.0.0.1', discovery: [] });
  const second = await Session.open(runtime, { discovery: [] });
  assert.deepEqual([first.port, second.port], [6881, 6882]);
  await assert.rejects(Session.open(runtime, { port: 6881 }), { code: 'LISTEN_FAILED', message: /port 6881: it is in use/ });
});

test('a rate of nothing is a pause, which ends soon after the rate is raised', async () => {
  const { simulation, runtimeOf } = world();
  await seedAt(runtimeOf('10.0.0.1'));
  const session = await Session.open(runtimeOf('10.0.0.2'), { downBytesPerSecond: 0 });
  const torrent = await session.add(metainfo, { directory: '/got', peers: [{ host: '10.0.0.1', port: 6881 }] });
  await simulation.run(60_000);
  assert.equal(torrent.status().haveBytes, 0);
  session.limitRates({ down: Number.POSITIVE_INFINITY });
  await simulation.complete(torrent.whenDone(), 15_000);
});
