/**
 * No tracker, no peer exchange, no local discovery: bare magnet links, and the DHT alone (BEP 5). Every client finds Shoal, and
 * Shoal finds every client, whoever made the one node through which they have all joined.
 */
import test from 'node:test';
import { aria2, startAria2Node } from './aria2.ts';
import type { StartDhtNode } from './client.ts';
import { exchange } from './exchange.ts';
import { libtorrent, startLibtorrentNode } from './libtorrent.ts';
import { inNetwork } from './network-namespace.ts';
import { shoal, startShoalNode } from './shoal.ts';
import { startTransmissionNode, transmission } from './transmission.ts';

const FIRST_NODES: readonly (readonly [name: string, start: StartDhtNode])[] = [
  [shoal.name, startShoalNode],
  [libtorrent.name, startLibtorrentNode],
  [transmission.name, startTransmissionNode],
  [aria2.name, startAria2Node],
];
/**
 * The others have their own pace. Transmission asks for peers once it knows nine nodes, and gets to know one in some seconds;
 * it announces itself when a search has ended, and takes an interest in what a peer has every ten seconds. A node of its names
 * others only once it has asked them something itself, one by one. aria2 looks every six seconds, and calls those it has found
 * at its next turn of ten. It comes to one minute where there is nothing else to do, and to two at most through Transmission.
 */
const PATIENCE_MS = 240_000;

test('by magnet link and DHT alone, everybody finds Shoal, and Shoal everybody', { concurrency: true }, (t) => inNetwork(async (network) => {
  await Promise.all(FIRST_NODES.map(([name, start]) => t.test(`joined through a node of ${name}`, () => network.explained(async () => {
    await exchange(network, `through a node of ${name}`, { bootstrap: await start(network.addHost()) }, PATIENCE_MS);
  }))));
}));
