import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FileServer } from '../../test/support/file-server.ts';
import { assertSame, MEGABYTE, randomFiles, torrentOf, WEB_SEED, WebSeedWorld, type Getting } from '../../test/support/web-seed-world.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import { sleep } from '../runtime/clock.ts';
import { Session } from '../session/session.ts';

const LENGTH = 6 * MEGABYTE + 77;
const LARGE = randomFiles({ '/large.bin': LENGTH });

test('a web seed alone is enough, at full speed and with few requests', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: MEGABYTE });
  const getting = await world.get(await torrentOf(LARGE));
  const seconds = await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(seconds < 6.3, `${seconds} s for what the link brings in 6`);
  assert.ok(server.requests.length <= 3, `${server.requests.length} requests`);
  const { downloadedBytes, wastedBytes, webSeeds } = getting.torrent.status();
  assert.deepEqual([downloadedBytes, wastedBytes, webSeeds[0].receivedBytes], [LENGTH, 0, LENGTH]);
  assert.equal(webSeeds[0].trouble, undefined);
});

test('a pause breaks off what a web seed is bringing; afterwards it brings the rest, and no more', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: MEGABYTE });
  const getting = await world.get(await torrentOf(LARGE));
  await world.simulation.run(3000);
  await world.simulation.complete(getting.torrent.pause(), 1000);
  const { downloadedBytes } = getting.torrent.status();
  assert.ok(downloadedBytes > 2 * MEGABYTE && downloadedBytes < 3.5 * MEGABYTE, `${downloadedBytes} bytes`);
  const asked = server.requests.length;
  await world.simulation.run(60_000);
  assert.deepEqual([getting.torrent.status().downloadedBytes, server.requests.length], [downloadedBytes, asked]);
  getting.torrent.resume();
  assert.ok(await world.whole(getting) < 5);
  await assertSame(getting, LARGE);
  assert.ok(getting.torrent.status().downloadedBytes - LENGTH < 32 * 1024, 'what was half here is not lost');
});

const MANY = randomFiles({
  '/many/a b&c.txt': 100_000, '/many/50% #1?.bin': 1, '/many/empty': 0, '/many/sub/ünï+code;.dat': 33_000, '/many/sub/deep/er/x': 32 * 1024,
  '/many/sub/deep/er/y': 70_001, '/many/z/[z].bin': 250_000,
});

for (const format of ['v1', 'v2', 'hybrid'] as const) {
  test(`every file of a folder is found, whatever its name, and nothing is asked for padding or empty files (${format}, private)`, async () => {
    const world = new WebSeedWorld();
    const server = new FileServer(MANY);
    await world.serve(server);
    const getting = await world.get(await torrentOf(MANY, { format, isPrivate: true }));
    await world.whole(getting);
    await assertSame(getting, MANY);
    const asked = new Set(server.requests.map(({ path }) => decodeURIComponent(path)));
    assert.deepEqual([...asked].sort(), Object.keys(MANY).filter((path) => path !== '/many/empty').sort());
    assert.equal(server.sentBytes, Object.values(MANY).reduce((sum, { length }) => sum + length, 0));
  });
}

test('only what is selected is asked for', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(MANY);
  await world.serve(server);
  const metainfo = await torrentOf(MANY, { format: 'v2' });
  const getting = await world.get(metainfo, { select: ({ path }) => (path.at(-1) === 'y' ? 'normal' : 'none') });
  await world.whole(getting);
  assert.deepEqual(new Set(server.requests.map(({ path }) => path)), new Set(['/many/sub/deep/er/y']));
});

for (const [what, files, most] of [['one file', LARGE, 2], ['several files', MANY, 12]] as const) {
  test(`a server that knows no ranges is asked for each file from its beginning, about once (${what})`, async () => {
    const world = new WebSeedWorld();
    const server = new FileServer(files, { knowsRanges: false });
    await world.serve(server);
    const getting = await world.get(await torrentOf(files));
    await world.whole(getting);
    await assertSame(getting, files);
    assert.ok(server.requests.length <= most, `${server.requests.length} requests`);
    const { downloadedBytes, wantedBytes, wastedBytes } = getting.torrent.status();
    assert.equal(downloadedBytes - wastedBytes, wantedBytes);
    // At most what came before it was known: a first run, and what lay before it.
    assert.ok(wastedBytes < 2.2 * MEGABYTE, `${wastedBytes} bytes wasted`);
  });
}

test('a server that knows no ranges is used beside neighbours too, who take what it would come to last', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE, { knowsRanges: false });
  await world.serve(server, { upBytesPerSecond: MEGABYTE });
  const metainfo = await torrentOf(LARGE);
  await world.seed({ ...metainfo, webSeeds: [] }, LARGE, '10.0.0.1', { upBytesPerSecond: MEGABYTE / 3 });
  const getting = await world.get(metainfo, { peers: [{ host: '10.0.0.1', port: 6881 }] });
  const seconds = await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(seconds < 12, `${seconds} s`);
  assert.ok(server.requests.length <= 4, `${server.requests.length} requests`);
});

test('a web seed whose bytes are not the torrent\'s is dropped, and the rest comes from another', async () => {
  const world = new WebSeedWorld();
  const bad = new FileServer({ '/large.bin': LARGE['/large.bin'].map((byte, index) => (index === 4_000_000 ? byte ^ 1 : byte)) });
  const good = new FileServer(LARGE);
  await world.serve(bad, { upBytesPerSecond: 10 * MEGABYTE });
  await world.serve(good, { upBytesPerSecond: MEGABYTE / 2 }, '192.0.2.2');
  const getting = await world.get(await torrentOf(LARGE, { webSeeds: [WEB_SEED, 'http://192.0.2.2/'] }));
  await world.whole(getting);
  await assertSame(getting, LARGE);
  const [dropped, kept] = getting.torrent.status().webSeeds.toSorted((a, b) => a.url.localeCompare(b.url));
  assert.match(dropped.trouble!, /piece 122 from it was not the torrent's/);
  assert.equal(kept.trouble, undefined);
  assert.ok(getting.torrent.status().messages.some((message) => message.startsWith('! web seed 192.0.2.1: piece 122')));
});

test('spoilt bytes of a web seed cost no neighbour its place', async () => {
  const world = new WebSeedWorld();
  const bad = new FileServer({ '/large.bin': LARGE['/large.bin'].map((byte) => byte ^ 1) });
  await world.serve(bad, { upBytesPerSecond: 10 * MEGABYTE });
  const metainfo = await torrentOf(LARGE);
  await world.seed({ ...metainfo, webSeeds: [] }, LARGE, '10.0.0.1', { upBytesPerSecond: MEGABYTE });
  const getting = await world.get(metainfo, { peers: [{ host: '10.0.0.1', port: 6881 }] });
  await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(bad.requests.length <= 2, `${bad.requests.length} requests`);
  assert.ok(!getting.torrent.status().messages.some((message) => message.includes('banned')));
});

test('what a server lacks is asked of another, and not of it again soon', async () => {
  const world = new WebSeedWorld();
  const { '/many/z/[z].bin': _, ...rest } = MANY;
  const partial = new FileServer(rest);
  const full = new FileServer(MANY);
  await world.serve(partial);
  await world.serve(full, { upBytesPerSecond: 50_000 }, '192.0.2.2');
  const getting = await world.get(await torrentOf(MANY, { webSeeds: [WEB_SEED, 'http://192.0.2.2/'] }));
  await world.whole(getting);
  await assertSame(getting, MANY);
  assert.ok(partial.requests.filter(({ path }) => path.endsWith('z%5D.bin')).length <= 1);
});

test('a server that has nothing of the torrent is not pestered', async () => {
  const world = new WebSeedWorld();
  const files = randomFiles(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`/many/${index}`, 40_000])));
  const server = new FileServer({});
  await world.serve(server);
  const getting = await world.get(await torrentOf(files));
  await world.simulation.run(600_000);
  assert.ok(server.requests.length < 15, `${server.requests.length} requests in ten minutes`);
  assert.match(getting.torrent.status().webSeeds[0].trouble!, /status 404/);
});

test('a server that is busy is left alone as long as it asks for, and one that is down for longer and longer', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  const times: number[] = [];
  server.twist = (reply) => {
    times.push(world.simulation.now() / 1000);
    return world.simulation.now() < 100_000 ? { status: 503, headers: { 'retry-after': '60' }, body: '' } : reply;
  };
  await world.serve(server);
  const getting = await world.get(await torrentOf(LARGE));
  assert.ok(Math.abs(await world.whole(getting) - 121) < 3);
  assert.deepEqual(times.slice(0, 3).map((seconds) => Math.round(seconds / 10)), [0, 6, 12]);

  const broken = new WebSeedWorld();
  const brokenServer = new FileServer(LARGE);
  brokenServer.twist = () => ({ status: 500, body: '' });
  await broken.serve(brokenServer);
  const waiting = await broken.get(await torrentOf(LARGE));
  await broken.simulation.run(600_000);
  assert.ok(brokenServer.requests.length >= 5 && brokenServer.requests.length <= 8, `${brokenServer.requests.length} requests in ten minutes`);
  assert.match(waiting.torrent.status().webSeeds[0].trouble!, /status 500/);
});

test('a server that comes late is found', async () => {
  const world = new WebSeedWorld();
  const getting = await world.get(await torrentOf(LARGE));
  await world.simulation.run(120_000);
  assert.match(getting.torrent.status().webSeeds[0].trouble!, /does not answer/);
  await world.serve(new FileServer(LARGE));
  await world.whole(getting);
  await assertSame(getting, LARGE);
});

test('a server that breaks off is asked again for what is missing', async () => {
  const world = new WebSeedWorld();
  const first = new FileServer(LARGE);
  const host = world.network.addHost('192.0.2.1', { upBytesPerSecond: MEGABYTE });
  await host.serveHttp({ port: 80 }, first.handler);
  const getting = await world.get(await torrentOf(LARGE));
  await world.simulation.run(3000);
  host.crash();
  const again = new FileServer(LARGE);
  await world.serve(again);
  await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(again.sentBytes < 4 * MEGABYTE);
  assert.equal(getting.torrent.status().wastedBytes, 0);
});

const WRONG: readonly [string, RegExp, FileServer['twist']][] = [
  ['another range', /another range/, (reply) => ({ ...reply, headers: { 'content-range': `bytes 1-${reply.body.length}/${LENGTH}` } })],
  ['no word of which range', /another range/, ({ status, body }) => ({ status, body })],
  ['a file of another length', /of 5 bytes/, (reply) => ({ ...reply, headers: { 'content-range': reply.headers!['content-range'].replace(/\/.*/, '/5') } })],
  ['a page for people', /another file/, () => ({ status: 200, headers: { 'content-length': '12' }, body: 'please log in' })],
  ['zipped bytes', /zipped/, (reply) => ({ ...reply, headers: { ...reply.headers, 'content-encoding': 'gzip' } })],
  ['less than it says', /ends before/, (reply) => ({ ...reply, body: reply.body.slice(0, 1000) as Uint8Array })],
  ['a refusal', /status 403/, () => ({ status: 403, body: '' })],
  ['nonsense', /status 304/, () => ({ status: 304, body: '' })],
];

for (const [what, trouble, twist] of WRONG) {
  test(`a server that sends ${what} does no harm, and is told of`, async () => {
    const world = new WebSeedWorld();
    const server = new FileServer(LARGE);
    server.twist = twist;
    await world.serve(server);
    const getting = await world.get(await torrentOf(LARGE));
    await world.simulation.run(60_000);
    assert.match(getting.torrent.status().webSeeds[0].trouble!, trouble);
    assert.ok(server.requests.length < 8, `${server.requests.length} requests`);
    assert.equal(getting.torrent.status().haveBytes, 0);
    server.twist = (reply) => reply;
    await world.whole(getting, 1_800_000);
    await assertSame(getting, LARGE);
  });
}

test('more than was asked for is not taken', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  server.twist = (reply) => ({ ...reply, body: Buffer.concat([reply.body as Uint8Array, new Uint8Array(100_000)]) });
  await world.serve(server);
  const getting = await world.get(await torrentOf(LARGE));
  await world.whole(getting);
  await assertSame(getting, LARGE);
});

test('nothing with a question mark is asked of a service of this machine or network', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, {}, '192.168.1.1');
  await world.serve(server);
  const getting = await world.get(await torrentOf(LARGE, { webSeeds: ['http://192.168.1.1/reboot?now='] }));
  await world.simulation.run(60_000);
  assert.equal(server.requests.length, 0);
  assert.match(getting.torrent.status().webSeeds[0].trouble!, /on this machine or network/);
});

test('what neighbours give fast enough is not asked of the server', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: MEGABYTE / 20 });
  const metainfo = await torrentOf(LARGE);
  const peers = Array.from({ length: 4 }, (_, index) => ({ host: `10.0.0.${index + 1}`, port: 6881 }));
  for (const { host } of peers) await world.seed({ ...metainfo, webSeeds: [] }, LARGE, host, { upBytesPerSecond: MEGABYTE / 40 });
  const getting = await world.get(metainfo, { peers });
  await world.whole(getting);
  assert.ok(server.sentBytes < 0.25 * LENGTH, `${server.sentBytes} bytes from the server`);
  assert.ok(server.requests.length <= 2, `${server.requests.length} requests`);
});

test('where neighbours are slow the server does the most', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: MEGABYTE });
  const metainfo = await torrentOf(LARGE);
  await world.seed({ ...metainfo, webSeeds: [] }, LARGE, '10.0.0.1', { upBytesPerSecond: 20_000 });
  const getting = await world.get(metainfo, { peers: [{ host: '10.0.0.1', port: 6881 }] });
  const seconds = await world.whole(getting);
  assert.ok(seconds < 12, `${seconds} s for what the server alone brings in 6, with a look of 4`);
  await assertSame(getting, LARGE);
});

test('only what no neighbour has is asked of the server, where the neighbours give the rest', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: MEGABYTE / 10 });
  const metainfo = await torrentOf(LARGE);
  const gap = 100 * 32 * 1024;
  const damaged = { '/large.bin': LARGE['/large.bin'].map((byte, index) => (index >= gap && index < gap + 64 * 1024 ? 0 : byte)) };
  await world.seed({ ...metainfo, webSeeds: [] }, damaged, '10.0.0.1', { upBytesPerSecond: MEGABYTE / 2 });
  const getting = await world.get(metainfo, { peers: [{ host: '10.0.0.1', port: 6881 }] });
  await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(server.sentBytes < 2.5 * MEGABYTE, `${server.sentBytes} bytes from the server`);
});

test('what a neighbour has left half done is finished by the server', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  const metainfo = await torrentOf(LARGE, { pieceLength: 1024 * 1024 });
  const seed = await world.seed({ ...metainfo, webSeeds: [] }, LARGE, '10.0.0.1', { upBytesPerSecond: MEGABYTE });
  const getting = await world.get(metainfo, { peers: [{ host: '10.0.0.1', port: 6881 }] });
  await world.simulation.run(3000);
  void seed.close();
  await world.simulation.run(1000);
  await world.serve(server);
  await world.whole(getting);
  await assertSame(getting, LARGE);
  const { downloadedBytes, wastedBytes } = getting.torrent.status();
  assert.ok(downloadedBytes > LENGTH * 0.99 && wastedBytes < 100_000, `${wastedBytes} bytes wasted`);
  assert.ok(server.sentBytes < 0.8 * LENGTH);
});

test('the web seeds of a magnet link are used as soon as a neighbour, who need have nothing else, has told the metadata', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server);
  const metainfo = await torrentOf(LARGE);
  await world.seed({ ...metainfo, webSeeds: [] }, {}, '10.0.0.1', {});
  const runtime = world.runtime('10.8.0.1');
  const session = await Session.open(runtime, { port: 6881, discovery: [] });
  const link = formatMagnet(magnetOf(metainfo, [{ host: '10.0.0.1', port: 6881 }]));
  const torrent = await session.add(link, { directory: '/' });
  await world.whole({ session, torrent, runtime });
  await assertSame({ session, torrent, runtime }, LARGE);
});

test('the rate limit holds for what web seeds bring', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: 10 * MEGABYTE });
  const getting = await world.get(await torrentOf(LARGE), { session: { downBytesPerSecond: MEGABYTE } });
  const seconds = await world.whole(getting);
  // One second's worth may come at once.
  assert.ok(seconds > 4.9 && seconds < 6.5, `${seconds} s`);
});

test('once it is stopped nothing more is asked, and nothing is left to happen', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  await world.serve(server, { upBytesPerSecond: MEGABYTE });
  const getting = await world.get(await torrentOf(LARGE));
  await world.simulation.run(2500);
  await world.simulation.complete(getting.session.close(), 10_000);
  const asked = server.requests.length;
  const had = getting.torrent.status().haveBytes;
  assert.ok(had > 0 && had < LENGTH);
  await world.simulation.run(60_000);
  assert.equal(server.requests.length, asked);
  assert.equal(getting.torrent.status().webSeeds[0].isBusy, false);
  await assert.rejects(world.simulation.runUntil(() => false, 1e9), /nothing is left to happen/);
});

test('two mirrors bring it in half the time, each piece once', async () => {
  const world = new WebSeedWorld();
  const servers = [new FileServer(LARGE), new FileServer(LARGE)];
  await world.serve(servers[0], { upBytesPerSecond: MEGABYTE });
  await world.serve(servers[1], { upBytesPerSecond: MEGABYTE }, '192.0.2.2');
  const getting = await world.get(await torrentOf(LARGE, { webSeeds: [WEB_SEED, 'http://192.0.2.2/'] }));
  const seconds = await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(seconds < 3.5, `${seconds} s`);
  assert.ok(getting.torrent.status().wastedBytes <= 2 * 32 * 1024);
});

test('a slow mirror does not hold up a fast one', async () => {
  const world = new WebSeedWorld();
  await world.serve(new FileServer(LARGE), { upBytesPerSecond: 2000 });
  await world.serve(new FileServer(LARGE), { upBytesPerSecond: MEGABYTE }, '192.0.2.2');
  const getting = await world.get(await torrentOf(LARGE, { webSeeds: [WEB_SEED, 'http://192.0.2.2/'] }));
  const seconds = await world.whole(getting);
  await assertSame(getting, LARGE);
  assert.ok(seconds < 7, `${seconds} s`);
});

test('what is read first is brought first', async () => {
  const world = new WebSeedWorld();
  await world.serve(new FileServer(LARGE), { upBytesPerSecond: MEGABYTE / 2 });
  const getting = await world.get(await torrentOf(LARGE));
  await world.simulation.run(4000);
  const read = async (start: number): Promise<Uint8Array> => {
    const stream = await getting.torrent.stream(0, { start, end: start + 1000 });
    for await (const chunk of stream) return chunk;
    return assert.fail('nothing came');
  };
  const { have } = getting.torrent.swarm.transfer!.contents;
  const missing = Array.from({ length: have.length }, (_, piece) => piece).findLast((piece) => !have.has(piece))! * 32 * 1024;
  const beganMs = world.simulation.now();
  const bytes = await world.simulation.complete(read(missing), 60_000);
  assert.deepEqual(Buffer.from(bytes), Buffer.from(LARGE['/large.bin'].subarray(missing, missing + 1000)));
  assert.ok(world.simulation.now() - beganMs < 1000, `${world.simulation.now() - beganMs} ms`);
});

test('a crowd that begins with a web seed alone shares what each has got: the server sends far less than a copy to each', async () => {
  const world = new WebSeedWorld();
  const server = new FileServer(LARGE);
  const host = await world.serve(server, { upBytesPerSecond: MEGABYTE });
  const metainfo = await torrentOf(LARGE);
  const peers = Array.from({ length: 10 }, (_, index) => ({ host: `10.9.0.${index + 1}`, port: 6881 }));
  const crowd: Getting[] = [];
  for (const _ of peers) crowd.push(await world.get(metainfo, { peers, link: { upBytesPerSecond: MEGABYTE / 2 } }));
  await world.simulation.complete(Promise.all(crowd.map(({ torrent }) => torrent.whenDone())), 600_000);
  for (const getting of crowd) await assertSame(getting, LARGE);
  // The server alone would need 60 s; all uplinks together could do it in 10.
  assert.ok(world.simulation.now() < 18_000, `${world.simulation.now()} ms`);
  assert.ok(host.uplink.sentBytes < 3 * LENGTH, `${host.uplink.sentBytes / LENGTH} copies`);
});

const SMALL = randomFiles({ '/small/a': 700_001, '/small/b': 3, '/small/sub/c': 250_000, '/small/d': 64 * 1024 });

test('whatever servers and neighbours do, everything comes in the end, and right', async () => {
  const plan = fc.record({
    seed: fc.nat(1000),
    format: fc.constantFrom('v1' as const, 'v2' as const, 'hybrid' as const),
    knowsRanges: fc.boolean(),
    speeds: fc.tuple(fc.integer({ min: 2, max: 400 }), fc.integer({ min: 2, max: 400 })),
    /** What the first server does with each request, in turn. */
    moods: fc.array(fc.constantFrom('well', 'well', 'busy', 'short', 'absent', 'late', 'spoilt'), { minLength: 1, maxLength: 12 }),
    peers: fc.array(fc.record({ speed: fc.integer({ min: 2, max: 200 }), leavesAfter: fc.integer({ min: 1, max: 60 }) }), { maxLength: 3 }),
    unwantedAfter: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
  });
  await fc.assert(fc.asyncProperty(plan, async ({ seed, format, knowsRanges, speeds, moods, peers, unwantedAfter }) => {
    const world = new WebSeedWorld(seed);
    const moody = new FileServer(SMALL);
    moody.twist = async (reply) => {
      const mood = moods[moody.requests.length % moods.length];
      if (mood === 'busy') return { status: 503, body: '' };
      if (mood === 'absent') return { status: 404, body: '' };
      if (mood === 'late') await sleep(world.simulation, 20_000);
      if (mood === 'short') return { ...reply, body: (reply.body as Uint8Array).subarray(0, reply.body.length / 2) };
      return mood === 'spoilt' ? { ...reply, body: (reply.body as Uint8Array).map((byte) => byte ^ 1) } : reply;
    };
    await world.serve(moody, { upBytesPerSecond: speeds[0] * 1000 });
    await world.serve(new FileServer(SMALL, { knowsRanges }), { upBytesPerSecond: speeds[1] * 1000 }, '192.0.2.2');
    const metainfo = await torrentOf(SMALL, { format, webSeeds: [WEB_SEED, 'http://192.0.2.2/'] });
    for (const [index, { speed, leavesAfter }] of peers.entries()) {
      const session = await world.seed({ ...metainfo, webSeeds: [] }, SMALL, `10.0.0.${index + 1}`, { upBytesPerSecond: speed * 1000 });
      world.simulation.after(leavesAfter * 1000, () => void session.close());
    }
    const getting = await world.get(metainfo, { peers: peers.map((_, index) => ({ host: `10.0.0.${index + 1}`, port: 6881 })) });
    const { torrent } = getting;
    if (unwantedAfter !== undefined) {
      world.simulation.after(unwantedAfter * 1000, () => void torrent.select(({ path }) => (path[0] === 'a' ? 'none' : 'high')));
      world.simulation.after(unwantedAfter * 1000 + 3000, () => void torrent.select(() => 'normal'));
    }
    await world.simulation.runUntil(() => torrent.status().haveBytes >= torrent.status().wantedBytes && world.simulation.now() > 25_000, 7_200_000);
    await assertSame(getting, SMALL);
    const { download } = torrent.swarm.transfer!;
    await world.simulation.run(60_000);
    assert.deepEqual([download.demand.missing, [...download.begun].length, torrent.status().webSeeds.some(({ isBusy }) => isBusy)], [0, 0, false]);
    await world.simulation.complete(getting.session.close(), 60_000);
  }), { numRuns: 25 });
});
