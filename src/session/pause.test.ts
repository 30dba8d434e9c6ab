import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, SEED, SessionWorld } from '../../test/support/session-world.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { Session } from './session.ts';
import type { Torrent } from './torrent.ts';

async function assertWhole({ disk }: Runtime): Promise<void> {
  for (const [path, bytes] of Object.entries(FILES)) assert.deepEqual(await disk.readWhole(`/got${path}`, 1e9), bytes);
}

/** A tracker that knows the seed, and what it has been told. */
async function trackedBy(world: SessionWorld): Promise<{ readonly url: string; readonly events: string[] }> {
  const events: string[] = [];
  await world.runtime().network.serveHttp({ port: 6969 }, ({ query }) => {
    events.push(/event=(\w+)/.exec(query)?.[1] ?? 'more');
    return { status: 200, body: Buffer.concat([Buffer.from('d8:intervali1800e5:peers6:'), Buffer.from([10, 0, 0, 1, SEED.port >> 8, SEED.port & 255]), Buffer.from('e')]) };
  });
  return { url: 'http://10.0.1.1:6969/announce', events };
}

function neighbours(torrent: Torrent | undefined): number {
  return torrent!.status().neighbours.length;
}

test('a pause parts from everybody and keeps what has come, begun pieces too; after it all goes on', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v1', 100_000);
  const tracker = await trackedBy(world);
  const runtime = world.runtime();
  const session = await Session.open(runtime, { discovery: ['tracker'] });
  const torrent = await session.add({ ...metainfo, trackers: [[tracker.url]] }, { directory: '/got' });
  const states: string[] = [];
  const watching = (async () => {
    for await (const { state } of torrent.progress(100)) if (state !== states.at(-1)) states.push(state);
  })();
  const begun = (): boolean => torrent.status().downloadedBytes > torrent.status().haveBytes;
  await world.simulation.runUntil(() => torrent.status().progress > 0.5 && begun(), 60_000);
  await world.simulation.complete(torrent.pause(), 10_000);
  assert.ok(begun(), 'a piece is here in part');
  assert.deepEqual(tracker.events, ['started', 'stopped']);
  const { downloadedBytes } = torrent.status();
  await world.simulation.run(3 * 60_000);
  assert.deepEqual([torrent.state, neighbours(torrent), neighbours(world.seeding), torrent.status().downloadedBytes], ['paused', 0, 0, downloadedBytes]);
  torrent.resume();
  const resumedMs = world.simulation.now();
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.ok(world.simulation.now() - resumedMs < 10_000, 'whom it knew it meets again at once');
  await assertWhole(runtime);
  assert.equal(torrent.status().downloadedBytes, metainfo.length, 'nothing has come twice');
  await world.simulation.complete(session.close(), 10_000);
  await watching;
  assert.deepEqual(states, ['checking', 'downloading', 'paused', 'downloading', 'seeding', 'stopped']);
  assert.deepEqual(tracker.events.slice(2), ['started', 'completed', 'stopped']);
});

test('who pauses takes nobody who comes, and is found again once he goes on', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v1', 100_000);
  await world.simulation.complete(world.seeding!.pause(), 10_000);
  assert.equal(world.seeding!.state, 'paused');
  const { torrent } = await world.get(world.runtime(), metainfo);
  await world.simulation.run(30_000);
  assert.deepEqual([neighbours(torrent), torrent.status().downloadedBytes], [0, 0]);
  world.seeding!.resume();
  await world.simulation.complete(torrent.whenDone(), 120_000);
});

test('a torrent may begin paused: its files are looked at, and nobody is met; a link learns nothing meanwhile', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const tracker = await trackedBy(world);
  const session = await Session.open(world.runtime(), { discovery: ['tracker'] });
  const torrent = await session.add({ ...metainfo, trackers: [[tracker.url]] }, { directory: '/got', paused: true, peers: [SEED] });
  await world.simulation.complete(torrent.whenReady(), 10_000);
  const late = await Session.open(world.runtime(), { discovery: [] });
  const link = await late.add(formatMagnet(magnetOf(metainfo)), { directory: '/got', paused: true, peers: [SEED] });
  await world.simulation.run(60_000);
  assert.deepEqual([torrent.state, link.state, neighbours(world.seeding), tracker.events], ['paused', 'paused', 0, []]);
  torrent.resume();
  link.resume();
  await world.simulation.complete(Promise.all([torrent.whenDone(), link.whenDone()]), 60_000);
});

test('pausing and going on any number of times, also at once, ends as the last word was', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const tracker = await trackedBy(world);
  const runtime = world.runtime();
  const session = await Session.open(runtime, { discovery: ['tracker'] });
  const torrent = await session.add({ ...metainfo, trackers: [[tracker.url]] }, { directory: '/got' });
  for (let time = 0; time < 20; time++) {
    void torrent.pause();
    void torrent.pause();
    torrent.resume();
    torrent.resume();
    if (time % 4 === 0) await world.simulation.run(50);
  }
  await world.simulation.complete(torrent.whenDone(), 60_000);
  await assertWhole(runtime);
  const told = tracker.events.filter((event) => event === 'started' || event === 'stopped');
  assert.ok(told.every((event, index) => event === (index % 2 === 0 ? 'started' : 'stopped')), `goodbye and welcome in turn: ${told.join(' ')}`);
  assert.equal(told.at(-1), 'started');
});

test('what has ended can neither be paused nor go on, and says why', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const { session, torrent } = await world.get(world.runtime(), metainfo);
  await world.simulation.complete(session.remove(torrent), 10_000);
  await assert.rejects(torrent.pause(), { code: 'STOPPED' });
  assert.throws(() => torrent.resume(), { code: 'STOPPED' });
  const full = await world.get(world.runtime(new MemoryDisk({ capacityBytes: 10_000 })), metainfo);
  await assert.rejects(world.simulation.complete(full.torrent.whenDone(), 60_000), { code: 'DISK_FULL' });
  await assert.rejects(full.torrent.pause(), { code: 'DISK_FULL' });
  assert.throws(() => full.torrent.resume(), { code: 'DISK_FULL' });
  assert.equal(full.torrent.state, 'failed');
});

test('a torrent that fails leaves its trackers', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const tracker = await trackedBy(world);
  const session = await Session.open(world.runtime(new MemoryDisk({ capacityBytes: 10_000 })), { discovery: ['tracker'] });
  const torrent = await session.add({ ...metainfo, trackers: [[tracker.url]] }, { directory: '/got' });
  await world.simulation.runUntil(() => torrent.state === 'failed', 60_000);
  await world.simulation.run(4 * 3_600_000);
  assert.deepEqual(tracker.events, ['started', 'stopped']);
});

test('a torrent has limits of its own within the session\'s', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v1', 1_000_000);
  const { session, torrent } = await world.get(world.runtime(), metainfo);
  torrent.limitRates({ down: 10_000 });
  // A second's worth may pass at once, and each request may overdraw.
  const most = (seconds: number, bytesPerSecond: number): number => (seconds + 1) * bytesPerSecond + 16_384;
  await world.simulation.run(20_000);
  const slow = torrent.status().downloadedBytes;
  assert.ok(slow > 100_000 && slow <= most(20, 10_000), `${slow} bytes in 20 s at 10 kB/s`);
  torrent.limitRates({ down: Number.POSITIVE_INFINITY });
  session.limitRates({ down: 20_000 });
  await world.simulation.run(10_000);
  const shared = torrent.status().downloadedBytes - slow;
  assert.ok(shared > 100_000 && shared <= most(10, 20_000), `${shared} bytes in 10 s at 20 kB/s`);
  for (const down of [-1, Number.NaN]) assert.throws(() => torrent.limitRates({ down, up: 5 }), { code: 'BAD_RATE' });
  session.limitRates({ down: Number.POSITIVE_INFINITY });
  world.seeding!.limitRates({ up: 0 });
  await world.simulation.run(5000);
  const held = torrent.status().downloadedBytes;
  await world.simulation.run(20_000);
  assert.equal(torrent.status().downloadedBytes, held);
  world.seeding!.limitRates({ up: Number.POSITIVE_INFINITY });
  await world.simulation.complete(torrent.whenDone(), 60_000);
});

test('trackers and peers can be named later; what is none is refused', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const tracker = await trackedBy(world);
  const session = await Session.open(world.runtime(), { discovery: ['tracker'] });
  const torrent = await session.add(metainfo, { directory: '/got' });
  await world.simulation.run(20_000);
  assert.equal(neighbours(torrent), 0);
  torrent.addTrackers([tracker.url, tracker.url]);
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.deepEqual(torrent.metainfo?.trackers, [[tracker.url]]);
  assert.throws(() => torrent.addTrackers(['nowhere']), { code: 'BAD_TRACKER', message: /"nowhere" is no tracker's address/ });
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) assert.throws(() => torrent.addPeers([{ host: '10.0.0.1', port }]), { code: 'BAD_ENDPOINT' });
  await assert.rejects(session.add({ ...metainfo, infoHash: new Uint8Array(20) }, { directory: '/other', peers: [{ host: '10.0.0.1', port: 99_999 }] }), {
    code: 'BAD_ENDPOINT', message: '10.0.0.1:99999 is nowhere: a port is a whole number from 1 to 65535',
  });
  const { torrent: told } = await world.get(world.runtime(), metainfo, { peers: [] });
  told.addPeers([SEED]);
  await world.simulation.complete(told.whenDone(), 60_000);
});
