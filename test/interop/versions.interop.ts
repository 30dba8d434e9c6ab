/** v2 and hybrid torrents (BEP 52) with libtorrent, in both directions, by torrent file and by magnet link, of either's making. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createWithLibtorrent, libtorrent } from './libtorrent.ts';
import { inNetwork } from './network-namespace.ts';
import { assertWhole, copyPayload, FOLDER, makePayload } from './payload.ts';
import { createWithShoal, getOnce, shoal, startShoalTracker } from './shoal.ts';

for (const format of ['v2', 'hybrid'] as const) {
  test(`libtorrent makes and seeds ${format}; Shoal gets, by torrent file and by magnet link`, () => inNetwork(async (network) => {
    const [seedHost, fileHost, magnetHost] = network.addHosts(3);
    const payload = await makePayload(network.hub.folder('payload'), FOLDER);
    const { torrent, magnet } = await createWithLibtorrent(network.hub, payload, format);
    const directory = seedHost.folder('files');
    await copyPayload(payload, directory);
    const seed = await libtorrent.start({ host: seedHost, source: torrent, directory, role: 'seed' });
    await seed.whenWhole();

    // Each from the seed alone: the second must have the metadata, and in v2 the hashes, from libtorrent.
    for (const [host, source] of [[fileHost, torrent], [magnetHost, magnet]] as const) {
      const leecher = getOnce(host, source, host.folder('files'), [seed.endpoint]);
      await leecher.whenWhole();
      await assertWhole(payload, leecher);
      assert.equal((await leecher.command.program.whenEnded).code, 0);
    }
  }));

  test(`Shoal makes and seeds ${format}; libtorrent gets, by torrent file and by magnet link`, () => inNetwork(async (network) => {
    const [seedHost, fileHost, magnetHost] = network.addHosts(3);
    const payload = await makePayload(network.hub.folder('payload'), FOLDER);
    const tracker = await startShoalTracker(network.hub);
    const { torrent, magnet } = await createWithShoal(network.hub, payload, format, [tracker.http]);
    const directory = seedHost.folder('files');
    await copyPayload(payload, directory);
    const seed = await shoal.start({ host: seedHost, source: torrent, directory, role: 'seed' });
    await seed.whenWhole();
    await tracker.whenPeers(1);

    for (const [host, source] of [[fileHost, torrent], [magnetHost, magnet]] as const) {
      const leecher = await libtorrent.start({ host, source, directory: host.folder('files'), role: 'leecher' });
      await leecher.whenWhole();
      await assertWhole(payload, leecher);
      await leecher.stop();
    }
    await seed.stop();
    const { uploaded } = await seed.totals();
    assert.ok(uploaded >= 2 * payload.length, `Shoal has uploaded ${uploaded} bytes to two leechers of ${payload.length}`);
  }));
}

test('a v2 leecher in a hybrid\'s swarm: libtorrent by the v2 half of the magnet link, Shoal too', () => inNetwork(async (network) => {
  const [seedHost, shoalHost, otherHost] = network.addHosts(3);
  const payload = await makePayload(network.hub.folder('payload'), FOLDER);
  const tracker = await startShoalTracker(network.hub);
  const { torrent, magnet } = await createWithShoal(network.hub, payload, 'hybrid', [tracker.http]);
  const v2Half = magnet.replace(/xt=urn:btih:[0-9a-f]+&/, '');
  assert.notEqual(v2Half, magnet);
  const directory = seedHost.folder('files');
  await copyPayload(payload, directory);
  const seed = await shoal.start({ host: seedHost, source: torrent, directory, role: 'seed' });
  await seed.whenWhole();
  await tracker.whenPeers(1);
  const leechers = [
    await shoal.start({ host: shoalHost, source: v2Half, directory: shoalHost.folder('files'), role: 'leecher' }),
    await libtorrent.start({ host: otherHost, source: v2Half, directory: otherHost.folder('files'), role: 'leecher' }),
  ];
  for (const leecher of leechers) {
    await leecher.whenWhole();
    await assertWhole(payload, leecher);
  }
}));
