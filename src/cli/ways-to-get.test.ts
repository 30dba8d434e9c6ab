import assert from 'node:assert/strict';
import test from 'node:test';
import type { Endpoint } from '../bytes/endpoint.ts';
import type { SwarmOptions } from './transfer-options.ts';
import { waysToGet } from './ways-to-get.ts';

const MAGNET = 'magnet:?xt=urn:btih:00';
const OPTIONS: SwarmOptions = { choking: 'adaptive', dht: true, lsd: false, pex: true };
const WELL_KNOWN: Endpoint = { host: '192.0.2.1', port: 6882 };
const network = { localAddresses: () => ['192.168.1.5'] };
const dht = {};
const ring = { node: { localEndpoint: { host: '0.0.0.0', port: 50_000 } } };
const tracked = { name: 'a film.mkv', isPrivate: false, trackers: [['http://tracker.example/announce']] };
const untracked = { ...tracked, trackers: [] };

function ways(session: Partial<Parameters<typeof waysToGet>[0]>, metainfo: Parameters<typeof waysToGet>[1], options: Partial<SwarmOptions> = {}): ReturnType<typeof waysToGet> {
  return waysToGet({ dht: undefined, ring: undefined, port: 6881, ...session }, metainfo, [MAGNET], { ...OPTIONS, ...options }, network);
}

test('with a tracker a link is enough', () => {
  assert.deepEqual(ways({ dht }, tracked), { commands: [[MAGNET]], note: undefined });
});

test('who is on a ring is found by name too, through the peers that were named, or else through this one', () => {
  assert.deepEqual(ways({ dht, ring }, tracked, { ring: [WELL_KNOWN] }).commands, [[MAGNET], ['a film.mkv', '--ring', '192.0.2.1:6882']]);
  assert.deepEqual(ways({ dht, ring }, tracked).commands, [[MAGNET], ['a film.mkv', '--ring', '192.168.1.5:50000']]);
});

test('without a tracker the others are told of the DHT, else of the ring, else of this machine', () => {
  assert.deepEqual(ways({ dht }, untracked, { bootstrap: [WELL_KNOWN] }).commands, [[MAGNET, '--bootstrap', '192.0.2.1:6882']]);
  const onRing = ways({ ring }, untracked, { ring: [WELL_KNOWN] });
  assert.deepEqual(onRing.commands, [[MAGNET, '--ring', '192.0.2.1:6882'], ['a film.mkv', '--ring', '192.0.2.1:6882']]);
  assert.match(onRing.note ?? '', /through the ring/);
  const alone = ways({}, untracked);
  assert.deepEqual(alone.commands, [[MAGNET, '--peer', '192.168.1.5:6881']]);
  assert.match(alone.note ?? '', /others must be told where it is/);
});

test('a private torrent is told of on no DHT and no ring', () => {
  assert.deepEqual(ways({ dht, ring }, { ...untracked, isPrivate: true }).commands, [[MAGNET, '--peer', '192.168.1.5:6881']]);
});
