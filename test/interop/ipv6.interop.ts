/** Where there is nothing but IPv6 (BEP 7): named peers, trackers over HTTP and UDP, `share`'s own tracker and links. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createWithLibtorrent, libtorrent } from './libtorrent.ts';
import { inNetwork } from './network-namespace.ts';
import { assertWhole, copyPayload, makePayload, oneFile } from './payload.ts';
import { getOnce, runShoal, startShoalTracker } from './shoal.ts';

test('IPv6 alone: libtorrent seeds; Shoal gets from a named peer, and by trackers over HTTP and UDP', () => inNetwork(async (network) => {
  const [seedHost, ...hosts] = network.addHosts(4);
  const payload = await makePayload(network.hub.folder('payload'), oneFile(8));
  const tracker = await startShoalTracker(network.hub);
  const { torrent, magnet } = await createWithLibtorrent(network.hub, payload, 'v1', [tracker.http]);
  const directory = seedHost.folder('files');
  await copyPayload(payload, directory);
  const seed = await libtorrent.start({ host: seedHost, source: torrent, directory, role: 'seed' });
  await seed.whenWhole();
  await tracker.whenPeers(1);
  const link = magnet.replace(/&tr=[^&]*/g, '');
  for (const [index, [source, peers]] of ([
    [link, [seed.endpoint]],
    [`${link}&tr=${encodeURIComponent(tracker.http)}`, []],
    [`${link}&tr=${encodeURIComponent(tracker.udp)}`, []],
  ] as const).entries()) {
    const leecher = getOnce(hosts[index], source, hosts[index].folder('files'), peers);
    await leecher.whenWhole();
    await assertWhole(payload, leecher);
    assert.equal((await leecher.command.program.whenEnded).code, 0);
  }
}, { family: 6 }));

test('IPv6 alone: Shoal shares; libtorrent gets', () => inNetwork(async (network) => {
  const [shareHost, leecherHost] = network.addHosts(2);
  const directory = shareHost.folder('files');
  const payload = await makePayload(directory, oneFile(8));
  const share = runShoal(shareHost, ['share', payload.path], { directory });
  const { magnet } = await share.command.event('ready');
  const leecher = await libtorrent.start({ host: leecherHost, source: String(magnet), directory: leecherHost.folder('files'), role: 'leecher' });
  await leecher.whenWhole();
  await assertWhole(payload, leecher);
}, { family: 6 }));
