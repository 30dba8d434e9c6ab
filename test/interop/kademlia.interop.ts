/**
 * No tracker, no peer exchange, no local discovery: bare magnet links, and the DHT alone (BEP 5). Every client finds Shoal, and
 * Shoal finds every client, whoever made the one node through which they have all joined.
 */
import test from 'node:test';
import type { Endpoint } from '../../src/bytes/endpoint.ts';
import { aria2, startAria2Node } from './aria2.ts';
import type { Client, Part, RunningClient, StartDhtNode } from './client.ts';
import { OTHERS } from './clients.ts';
import { libtorrent, startLibtorrentNode } from './libtorrent.ts';
import { inNetwork, type Network } from './network-namespace.ts';
import { assertWhole, makePayload, type Payload } from './payload.ts';
import { createWithShoal, shoal, startShoalNode } from './shoal.ts';
import { startTransmissionNode, transmission } from './transmission.ts';

const FIRST_NODES: readonly (readonly [name: string, start: StartDhtNode])[] = [
  [shoal.name, startShoalNode],
  [libtorrent.name, startLibtorrentNode],
  [transmission.name, startTransmissionNode],
  [aria2.name, startAria2Node],
];
/**
 * The others have their own pace. Transmission asks for peers once it knows nine nodes, and gets to know one in some seconds;
 * it announces itself when a search has ended, and takes an interest in what a peer has every ten seconds. aria2 looks every
 * six seconds, and calls those it has found at its next turn of ten. A node of Transmission's names others only when it has
 * asked them something itself, one by one; where libtorrent knows none but such a node it waits. It comes to 100 s in all.
 */
const PATIENCE_MS = 240_000;

test('by magnet link and DHT alone, everybody finds Shoal, and Shoal everybody', { concurrency: true }, (t) => inNetwork(async (network) => {
  await Promise.all(FIRST_NODES.map(([name, start]) => t.test(`joined through a node of ${name}`, async () => {
    await exchange(network, await start(network.addHost()));
  })));
}));

/** Each of the others gets something from Shoal, and Shoal something from each, all at once. */
async function exchange(network: Network, bootstrap: Endpoint): Promise<void> {
  const pairs = OTHERS.flatMap((client) => [{ seeder: client, leecher: shoal }, { seeder: shoal, leecher: client }]);
  await Promise.all(pairs.map(async (pair) => {
    const { payload, leecher } = await startTransfer(network, pair, bootstrap);
    await leecher.whenWhole(PATIENCE_MS);
    await assertWhole(payload, leecher, pair.leecher);
  }));
}

/** Of a torrent that nobody else has. */
async function startTransfer(
  network: Network,
  { seeder, leecher }: { readonly seeder: Client; readonly leecher: Client },
  bootstrap: Endpoint,
): Promise<{ readonly payload: Payload; readonly leecher: RunningClient }> {
  const [seedHost, leecherHost] = network.addHosts(2);
  const seedDirectory = seedHost.folder('files');
  const name = `${seeder.name} to ${leecher.name} through ${bootstrap.host}.bin`;
  const payload = await makePayload(seedDirectory, { [name]: 1_000_000 });
  const { torrent, magnet } = await createWithShoal(seedHost, payload, 'v1');
  const start = (client: Client, part: Pick<Part, 'host' | 'role' | 'source' | 'directory'>): Promise<RunningClient> => client.start({ ...part, bootstrap });
  const seed = await start(seeder, { host: seedHost, role: 'seed', source: torrent, directory: seedDirectory });
  await seed.whenWhole(PATIENCE_MS);
  return { payload, leecher: await start(leecher, { host: leecherHost, role: 'leecher', source: magnet, directory: leecherHost.folder('files') }) };
}
