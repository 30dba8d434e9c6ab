/** The local network alone (BEP 14): no tracker, no DHT, no peer exchange. Every client hears Shoal, and Shoal every client. */
import test from 'node:test';
import { exchange } from './exchange.ts';
import { inNetwork } from './network-namespace.ts';

const PATIENCE_MS = 150_000;

test('by magnet link and local discovery alone, everybody finds Shoal, and Shoal everybody', () => inNetwork(async (network) => {
  await exchange(network, 'locally', 'local', PATIENCE_MS);
}));
