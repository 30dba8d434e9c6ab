/** Shoal's tracker serves everyone, over HTTP and over UDP; and Shoal is served by opentracker, over both. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { scrapeTracker } from '../../src/discovery/tracker/tracker-client.ts';
import { nodeRuntime } from '../../src/runtime/node/runtime.ts';
import type { RunningClient } from './client.ts';
import { OTHERS } from './clients.ts';
import { inNetwork, type Network } from './network-namespace.ts';
import { startOpentracker } from './opentracker.ts';
import { assertWhole, copyPayload, makePayload, oneFile, type Payload } from './payload.ts';
import { createWithShoal, getOnce, shoal, startShoalTracker } from './shoal.ts';
import { until } from './waiting.ts';

const PROTOCOLS = ['http', 'udp'] as const;

async function startSeed(network: Network, payload: Payload, torrent: string): Promise<RunningClient> {
  const host = network.addHost();
  const directory = host.folder('files');
  await copyPayload(payload, directory);
  const seed = await shoal.start({ host, source: torrent, directory, role: 'seed' });
  await seed.whenWhole();
  return seed;
}

for (const protocol of PROTOCOLS) {
  test(`Shoal's tracker serves every client over ${protocol.toUpperCase()}`, () => inNetwork(async (network) => {
    const payload = await makePayload(network.hub.folder('payload'), oneFile(8));
    const tracker = await startShoalTracker(network.hub);
    const { torrent } = await createWithShoal(network.hub, payload, 'v1', [tracker[protocol]]);
    await startSeed(network, payload, torrent);
    await tracker.whenPeers(1);
    const leechers: RunningClient[] = [];
    for (const client of [shoal, ...OTHERS]) {
      const host = network.addHost();
      leechers.push(await client.start({ host, source: torrent, directory: host.folder('files'), role: 'leecher' }));
    }
    for (const leecher of leechers) {
      await leecher.whenWhole();
      await assertWhole(payload, leecher);
    }
    // Everyone has told it of having finished, and it has refused nobody.
    await until('the tracker to count five seeds', () => tracker.count('seeds') === 1 + leechers.length);
    assert.equal(tracker.count('refusals'), 0);
    const [first, ...others] = leechers;
    await first.stop();
    await until('the tracker to be told that Shoal has left', () => tracker.count('peers') === 1 + others.length);
  }));

  test(`opentracker serves Shoal over ${protocol.toUpperCase()}`, () => inNetwork(async (network) => {
    const payload = await makePayload(network.hub.folder('payload'), oneFile(8));
    const draft = await createWithShoal(network.hub, payload, 'v1');
    const tracker = await startOpentracker(network.hub, [String(draft.infoHash)]);
    const { torrent, infoHash } = await createWithShoal(network.hub, payload, 'v1', [tracker[protocol]]);
    assert.equal(infoHash, draft.infoHash);
    await startSeed(network, payload, torrent);
    const scrape = async (): Promise<Awaited<ReturnType<typeof scrapeTracker>>[0]> => (await scrapeTracker(nodeRuntime(), tracker[protocol], [Buffer.from(String(infoHash), 'hex')]))[0];
    await until('opentracker to count a seed', async () => (await scrape())?.seeds === 1);
    const leecher = getOnce(network.addHost(), torrent, network.hub.folder('got'));
    await leecher.whenWhole();
    await assertWhole(payload, leecher);
    assert.equal((await leecher.command.program.whenEnded).code, 0);
    // It has said that it completed, and then goodbye.
    await until('opentracker to count a download, and the seed alone', async () => {
      const counts = await scrape();
      return counts?.downloads === 1 && counts.seeds === 1 && counts.leechers === 0;
    });
  }));
}
