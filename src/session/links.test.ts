import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, PIECE, SEED, SessionWorld } from '../../test/support/session-world.ts';
import { decode, encode, type BencodeDictionary, type Encodable } from '../bytes/bencode.ts';
import { exportTorrent } from '../metainfo/export.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { parseInfo, parseTorrent } from '../metainfo/parse.ts';
import { filesWithoutLayer } from '../metainfo/piece-layers.ts';

const LINKS = { v1: { infoHashV2: undefined }, v2: { infoHash: undefined }, hybrid: {} } as const;

function linkOf(metainfo: Metainfo, names: keyof typeof LINKS): string {
  return formatMagnet({ ...magnetOf(metainfo), ...LINKS[names] });
}

for (const names of ['v1', 'v2', 'hybrid'] as const) {
  test(`a hybrid that was got by a ${names} link is whole: it can be exported, and given to those who know only v2`, async () => {
    const world = new SessionWorld();
    const metainfo = await world.seed('hybrid');
    const { session, torrent } = await world.get(world.runtime(), linkOf(metainfo, names));
    await world.simulation.complete(torrent.whenDone(), 60_000);
    const exported = parseTorrent(exportTorrent(torrent.metainfo!));
    assert.deepEqual(new Map(exported.pieceLayers), new Map(metainfo.pieceLayers));
    assert.deepEqual([exported.infoHash, exported.infoHashV2], [metainfo.infoHash, metainfo.infoHashV2]);

    await world.simulation.complete(world.seedSession!.close(), 60_000);
    session.limitRates({ up: 100_000 });
    const runtime = world.runtime();
    const late = await world.get(runtime, linkOf(metainfo, 'v2'), { peers: [{ host: '10.0.1.1', port: session.port }] });
    await world.simulation.runUntil(() => late.torrent.metainfo !== undefined && filesWithoutLayer(late.torrent.metainfo).length === 0, 60_000);
    assert.ok(late.torrent.files().every(({ length, haveBytes }) => haveBytes < length), 'it has been told the layers, for it has no file of which to make one');
    await world.simulation.complete(late.torrent.whenDone(), 60_000);
    for (const [path, bytes] of Object.entries(FILES)) assert.deepEqual(await runtime.disk.readWhole(`/got${path}`, 1e9), bytes);
  });
}

test('files that are there already tell the layers too, however many are wanted', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('hybrid');
  const { torrent } = await world.get(world.runtime(), linkOf(metainfo, 'v1'), { select: ({ path }) => (path.at(-1) === 'b.bin' ? 'normal' : 'none') });
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.deepEqual(filesWithoutLayer(torrent.metainfo!).map(({ path }) => path.at(-1)), ['a.bin', 'c.bin', 'same.bin']);
  await torrent.select(() => 'normal');
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.deepEqual(filesWithoutLayer(torrent.metainfo!), []);
});

test('a v2 link finds what is on disk, as soon as its Merkle layers are here: nothing of it comes again, what is spoilt does', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('v2');
  const runtime = world.runtime();
  for (const [path, bytes] of Object.entries(FILES)) await runtime.disk.writeWhole(`/got${path}`, path === '/t/b.bin' ? bytes.map((byte, index) => (index === 5 ? byte ^ 1 : byte)) : bytes);
  const { torrent } = await world.get(runtime, linkOf(metainfo, 'v2'));
  await world.simulation.complete(torrent.whenDone(), 60_000);
  assert.equal(torrent.status().downloadedBytes, PIECE, 'the one piece that was wrong');
  assert.deepEqual(await runtime.disk.readWhole('/got/t/b.bin', 1e9), FILES['/t/b.bin']);
});

test('a hybrid whose halves are of different contents stops with an error that says so', async () => {
  const world = new SessionWorld();
  const { infoBytes } = await world.seed('hybrid');
  const info = decode(infoBytes) as BencodeDictionary;
  const file = ((info.get('file tree') as BencodeDictionary).get('b.bin') as BencodeDictionary).get('') as BencodeDictionary;
  (file.get('pieces root') as Uint8Array)[5] ^= 1;
  await world.simulation.complete(world.seedSession!.remove(world.seeding!), 10_000);
  const torrent = await world.seedSession!.add(parseInfo(encode(info as Encodable)), { directory: '/', check: 'full' });
  await assert.rejects(world.simulation.complete(torrent.whenDone(), 10_000), { code: 'BAD_TORRENT', message: /b\.bin is right by v1's hashes and wrong by v2's/ });
  assert.equal(torrent.state, 'failed');
});

test('two links that turn out to name one torrent: one of them fails, and harms nobody', async () => {
  const world = new SessionWorld();
  const metainfo = await world.seed('hybrid');
  const { session, torrent } = await world.get(world.runtime(), linkOf(metainfo, 'v1'));
  const second = await session.add(linkOf(metainfo, 'v2'), { directory: '/got', peers: [SEED] });
  const outcomes = await world.simulation.complete(Promise.allSettled([torrent.whenDone(), second.whenDone()]), 60_000);
  assert.deepEqual(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'done')).sort(), ['DUPLICATE_TORRENT', 'done']);
  const failed = session.torrents.find(({ state }) => state === 'failed');
  await world.simulation.complete(session.remove(failed!), 10_000);
  for (const names of ['v1', 'v2'] as const) await assert.rejects(session.add(linkOf(metainfo, names), { directory: '/got' }), { code: 'DUPLICATE_TORRENT' });
});
