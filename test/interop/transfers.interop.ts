/** Each client as seed for Shoal and as leecher from it, by torrent file and by magnet link, with the other's metadata. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { OTHERS } from './clients.ts';
import { createWithLibtorrent } from './libtorrent.ts';
import { inNetwork } from './network-namespace.ts';
import { assertWhole, copyPayload, FOLDER, makePayload } from './payload.ts';
import { getOnce, runShoal, startShoalTracker } from './shoal.ts';

for (const client of OTHERS) {
  test(`${client.name} seeds; Shoal gets, by torrent file and by magnet link`, () => inNetwork(async (network) => {
    const [seedHost, fileHost, magnetHost] = network.addHosts(3);
    const payload = await makePayload(network.hub.folder('payload'), FOLDER);
    const tracker = await startShoalTracker(network.hub);
    const { torrent, magnet } = await createWithLibtorrent(network.hub, payload, 'v1', [tracker.http]);
    const seedDirectory = seedHost.folder('files');
    await copyPayload(payload, seedDirectory);
    const seed = await client.start({ host: seedHost, source: torrent, directory: seedDirectory, role: 'seed' });
    await seed.whenWhole();
    await tracker.whenPeers(1);

    const byFile = getOnce(fileHost, torrent, fileHost.folder('files'));
    await byFile.whenWhole();
    await assertWhole(payload, byFile);
    assert.equal((await byFile.command.program.whenEnded).code, 0);

    // Without a tracker, so that nobody else can have told it the metadata.
    const byMagnet = getOnce(magnetHost, magnet.replace(/&tr=[^&]*/g, ''), magnetHost.folder('files'), [seed.endpoint]);
    await byMagnet.whenWhole();
    await assertWhole(payload, byMagnet);
    assert.equal((await byMagnet.command.program.whenEnded).code, 0);
    assert.equal((await byMagnet.totals()).downloaded, payload.length);
  }));

  test(`Shoal shares; ${client.name} gets, by torrent file and by magnet link`, () => inNetwork(async (network) => {
    const [shareHost, fileHost, magnetHost] = network.addHosts(3);
    const directory = shareHost.folder('files');
    const payload = await makePayload(directory, FOLDER);
    const share = runShoal(shareHost, ['share', payload.path], { directory });
    const { torrent, magnet } = await share.command.event('ready');

    const byFile = await client.start({ host: fileHost, source: String(torrent), directory: fileHost.folder('files'), role: 'leecher' });
    await byFile.whenWhole();
    await assertWhole(payload, byFile, client);
    await byFile.stop();

    const byMagnet = await client.start({ host: magnetHost, source: String(magnet), directory: magnetHost.folder('files'), role: 'leecher' });
    await byMagnet.whenWhole();
    await assertWhole(payload, byMagnet, client);

    const exit = await share.command.stop();
    assert.equal(exit.code, 0);
    const uploaded = share.command.figure('done', 'uploaded');
    assert.ok(uploaded >= 2 * payload.length, `Shoal has uploaded ${uploaded} bytes to two leechers of ${payload.length}`);
  }));
}
