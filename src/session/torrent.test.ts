import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, PIECE, SEED, SessionWorld } from '../../test/support/session-world.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';

async function filesOn(disk: Runtime['disk']): Promise<string[]> {
  const there = [];
  for (const path of Object.keys(FILES)) if (await disk.readWhole(`/got${path}`, 1e9).catch(() => undefined) !== undefined) there.push(path);
  return there;
}

test('only the selected files come, and others when they are selected too; what they share is not had twice', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const runtime = world.runtime();
  const { torrent } = await world.get(runtime, metainfo, { select: ({ path }) => (path.at(-1) === 'b.bin' ? 'normal' : 'none') });
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.deepEqual(await filesOn(runtime.disk), ['/t/b.bin']);
  assert.deepEqual(await runtime.disk.readWhole('/got/t/b.bin', 1e9), FILES['/t/b.bin']);
  const first = torrent.status().downloadedBytes;
  assert.ok(first < FILES['/t/b.bin'].length + 2 * PIECE);
  const part = new Map(torrent.files().map(({ path, haveBytes, isWanted }) => [path, { haveBytes, isWanted }]));
  assert.deepEqual(part.get('b.bin'), { haveBytes: FILES['/t/b.bin'].length, isWanted: true });
  // A piece may hold the end of one file and the beginning of the next.
  assert.ok(part.get('c.bin')!.haveBytes < 2 * PIECE && !part.get('c.bin')!.isWanted);
  await world.simulation.complete(torrent.select(() => 'high'), 10_000);
  assert.equal(torrent.state, 'downloading');
  const againMs = world.simulation.now();
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.equal(torrent.state, 'seeding');
  assert.ok(world.simulation.now() - againMs < 5000, 'the seed, from which it had parted, is met again at once');
  for (const [path, bytes] of Object.entries(FILES)) assert.deepEqual(await runtime.disk.readWhole(`/got${path}`, 1e9), bytes);
  assert.equal(torrent.status().downloadedBytes, metainfo.length);
  assert.ok(torrent.files().every(({ haveBytes, length, isWanted }) => isWanted && haveBytes === length));
});

for (const format of ['v2', 'hybrid'] as const) {
  test(`a magnet link is enough for a ${format} torrent, also where files are alike`, async () => {
    const world = new SessionWorld();
    const metainfo = await world.seed(format);
    const runtime = world.runtime();
    const { torrent } = await world.get(runtime, formatMagnet(magnetOf(metainfo)));
    await world.simulation.complete(torrent.whenDone(), 120_000);
    for (const [path, bytes] of Object.entries(FILES)) assert.deepEqual(await runtime.disk.readWhole(`/got${path}`, 1e9), bytes);
    assert.equal(torrent.status().wastedBytes, 0);
  });
}

test('a file that vanishes while it comes stops the torrent with a clear error; what was verified elsewhere is not lost', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const disk = new MemoryDisk();
  const { session, torrent } = await world.get(world.runtime(disk), metainfo, { sequential: true });
  await world.simulation.runUntil(() => torrent.status().progress > 0.5, 60_000);
  await disk.remove('/got/t/b.bin');
  await assert.rejects(world.simulation.complete(torrent.whenDone(), 60_000), ({ message }: Error) => /b\.bin/.test(message));
  assert.equal(torrent.state, 'failed');
  await assert.rejects(torrent.select(() => 'normal'), /b\.bin/);
  assert.equal(torrent.state, 'failed');
  await world.simulation.complete(session.close(), 10_000);
  const again = await world.get(world.runtime(disk), metainfo);
  await world.simulation.complete(again.torrent.whenDone(), 60_000);
  for (const [path, bytes] of Object.entries(FILES)) assert.deepEqual(await disk.readWhole(`/got${path}`, 1e9), bytes);
  assert.ok(again.torrent.status().downloadedBytes < metainfo.length);
});

test('a file that vanishes under a seed stops it with a clear error, once somebody wants it', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  await world.seedDisk.remove('/t/c.bin');
  assert.equal(world.seeding?.state, 'seeding');
  const { torrent } = await world.get(world.runtime(), metainfo);
  await world.simulation.runUntil(() => world.seeding?.state === 'failed', 60_000);
  await assert.rejects(async () => { for await (const status of world.seeding!.progress()) assert.equal(status.state, 'failed'); }, /c\.bin/);
  assert.equal(torrent.state, 'downloading', 'others may have it');
});

test('who wants less may be done at once', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v1', 100_000);
  const { torrent } = await world.get(world.runtime(), metainfo, { select: ({ path }) => (path.at(-1) === 'a.bin' ? 'high' : 'normal') });
  await world.simulation.runUntil(() => torrent.files().some(({ path, haveBytes, length }) => path === 'a.bin' && haveBytes === length), 60_000);
  assert.equal(torrent.state, 'downloading');
  await world.simulation.complete(torrent.select(({ path }) => (path.at(-1) === 'a.bin' ? 'high' : 'none')), 10_000);
  await world.simulation.complete(torrent.whenDone(), 1000);
  assert.deepEqual([torrent.state, torrent.status().progress], ['seeding', 1]);
});

test('a torrent that is removed with its files takes nothing else along', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const runtime = world.runtime();
  const { session, torrent } = await world.get(runtime, metainfo);
  await world.simulation.complete(torrent.whenDone(), 60_000);
  await runtime.disk.writeWhole('/got/t/mine.txt', Buffer.from('mine'));
  await world.simulation.complete(session.remove(torrent, { files: true }), 10_000);
  assert.deepEqual(await runtime.disk.list('/got/t'), ['mine.txt']);
  assert.deepEqual(await runtime.disk.list('/state'), []);
  assert.deepEqual(session.torrents, []);
  const again = await session.add(metainfo, { directory: '/got', peers: [SEED] });
  await world.simulation.complete(again.whenDone(), 60_000);
  await runtime.disk.remove('/got/t/mine.txt');
  await world.simulation.complete(session.remove(again, { files: true }), 10_000);
  assert.equal(await runtime.disk.status('/got/t'), undefined);
  assert.equal((await runtime.disk.status('/got'))?.kind, 'directory');
});

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('any part of a file can be read while it comes, and comes before the rest', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v1', 100_000);
  const { torrent } = await world.get(world.runtime(), metainfo);
  const file = FILES['/t/b.bin'];
  for (const [start, end] of [[file.length - 1000, file.length], [0, 10], [PIECE - 1, 3 * PIECE + 7], [5, 5], [file.length, 1e9], [100, 50]]) {
    const bytes = await world.simulation.complete(readAll(await torrent.stream('b.bin', { start, end })), 10_000);
    assert.deepEqual(bytes, Buffer.from(file.subarray(start, Math.max(start, end))), `${start} to ${end}`);
  }
  assert.equal(torrent.state, 'downloading');
  await assert.rejects(torrent.stream('none.bin'), { code: 'NO_SUCH_FILE' });
  await assert.rejects(torrent.stream(99), { code: 'NO_SUCH_FILE' });
  for (const start of [-1, 0.5, Number.NaN]) await assert.rejects(torrent.stream(0, { start }), { code: 'BAD_RANGE' });
});

test('a stream ends with its torrent, however that ends; one that is given up is done with at once', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v1', 100_000);
  const disk = new MemoryDisk();
  const failing = await world.get(world.runtime(disk), metainfo);
  const reading = readAll(await failing.torrent.stream('b.bin'));
  const failed = assert.rejects(reading, /the disk is full/);
  disk.capacityBytes = 0;
  await world.simulation.run(60_000);
  assert.equal(failing.torrent.state, 'failed');
  await failed;
  const stopped = await world.get(world.runtime(), metainfo);
  const waiting = assert.rejects(readAll(await stopped.torrent.stream('b.bin')), { code: 'STOPPED' });
  const reader = (await stopped.torrent.stream('b.bin', { start: 100_000 })).getReader();
  const never = reader.read();
  await reader.cancel();
  assert.equal((await never).done, true);
  await world.simulation.complete(stopped.session.close(), 10_000);
  await waiting;
});

test('who waits for a torrent that is stopped is told so, and its progress ends', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed();
  const { session, torrent } = await world.get(world.runtime(), metainfo);
  const states: string[] = [];
  const watching = (async () => { for await (const { state } of torrent.progress(100)) states.push(state); })();
  await world.simulation.run(1000);
  const done = assert.rejects(torrent.whenDone(), { code: 'STOPPED' });
  await world.simulation.complete(session.remove(torrent), 10_000);
  await done;
  await world.simulation.complete(watching, 10_000);
  assert.ok(states.includes('downloading'));
  assert.equal(states.at(-1), 'stopped');
});
