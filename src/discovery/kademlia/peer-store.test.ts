import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { endpointToCompact } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { SeededRandom } from '../../runtime/simulated/simulation.ts';
import { BloomFilter } from './bloom.ts';
import { PEER_LIFE_MS, PeerStore } from './peer-store.ts';

const HASH = new Uint8Array(20).fill(1);
const ALL = { noSeeds: false };

const peer = (host: string, port = 6881): Uint8Array => endpointToCompact({ host, port }) ?? assert.fail(host);
const hash = (number: number): Uint8Array => Uint8Array.from({ length: 20 }, (_, index) => (index < 4 ? (number >>> (index * 8)) & 0xff : 0));
const store = (): PeerStore => new PeerStore(new SeededRandom(1));
/** Different hosts in different blocks. */
const host = (number: number): string => `${20 + (number >>> 16)}.${(number >>> 8) & 0xff}.${number & 0xff}.1`;
const hexes = (peers: readonly Uint8Array[]): Set<string> => new Set(peers.map(toHex));

test('what is announced is named until it lapses, and lives on where it is announced again', () => {
  const peers = store();
  assert.ok(peers.announce(HASH, peer('20.0.0.1'), false, 0));
  assert.ok(peers.announce(HASH, peer('20.0.1.1'), false, 0));
  assert.ok(peers.announce(HASH, peer('20.0.0.1'), false, PEER_LIFE_MS / 2));
  assert.equal(peers.peers(HASH, 10, ALL, PEER_LIFE_MS - 1).length, 2);
  assert.deepEqual(hexes(peers.peers(HASH, 10, ALL, PEER_LIFE_MS)), hexes([peer('20.0.0.1')]));
  peers.expire(PEER_LIFE_MS * 2);
  assert.deepEqual([peers.torrentCount, peers.peerCount], [0, 0]);
});

test('an address has one peer in a swarm, the one announced last; on local addresses each port is one', () => {
  const peers = store();
  for (const port of [1000, 2000]) {
    peers.announce(HASH, peer('20.0.0.1', port), false, port);
    peers.announce(HASH, peer('127.0.0.1', port), false, port);
  }
  const expected = [peer('20.0.0.1', 2000), peer('127.0.0.1', 1000), peer('127.0.0.1', 2000)];
  assert.deepEqual(hexes(peers.peers(HASH, 10, ALL, 2000)), hexes(expected));
});

test('no more peers are named than asked for, drawn from all of them', () => {
  const peers = store();
  for (let number = 0; number < 300; number++) peers.announce(HASH, peer(host(number)), false, 0);
  const seen = new Set<string>();
  for (let round = 0; round < 30; round++) {
    const drawn = hexes(peers.peers(HASH, 50, ALL, 0));
    assert.equal(drawn.size, 50);
    for (const each of drawn) seen.add(each);
  }
  assert.ok(seen.size > 290);
});

test('seeds can be left out, and are counted apart (BEP 33)', () => {
  const peers = store();
  for (let number = 0; number < 100; number++) peers.announce(HASH, peer(host(number)), number < 30, 0);
  assert.equal(peers.peers(HASH, 200, { noSeeds: true }, 0).length, 70);
  const filters = peers.filters(HASH, 0) ?? assert.fail();
  assert.ok(Math.abs(filters.seeds.estimate() - 30) < 4 && Math.abs(filters.peers.estimate() - 70) < 6);
  const expected = new BloomFilter();
  for (let number = 0; number < 30; number++) expected.insert(peer(host(number)).subarray(0, -2));
  assert.deepEqual(filters.seeds.bytes, expected.bytes);
  assert.equal(peers.filters(hash(7), 0), undefined);
  peers.announce(HASH, peer(host(0)), false, 1);
  assert.equal(peers.peers(HASH, 200, { noSeeds: true }, 1).length, 71);
});

test('a torrent, the store, one subscriber and one block have their limits, and there is room again when announcements lapse', () => {
  const crowded = store();
  for (let number = 0; number < LIMITS.dhtPeersPerTorrent + 10; number++) crowded.announce(HASH, peer(host(number)), false, 0);
  assert.equal(crowded.peerCount, LIMITS.dhtPeersPerTorrent);
  assert.ok(!crowded.hasRoomFor(HASH) && crowded.hasRoomFor(hash(5)));
  assert.ok(crowded.announce(HASH, peer(host(0)), false, 1), 'a known peer may renew');

  const flooded = store();
  let taken = 0;
  for (let number = 0; number < LIMITS.dhtAnnouncementsPerSubscriber + 10; number++) if (flooded.announce(hash(number), peer('66.6.6.6'), false, 0)) taken += 1;
  assert.equal(taken, LIMITS.dhtAnnouncementsPerSubscriber);
  for (let number = 0; number < LIMITS.dhtAnnouncementsPerBlock; number++) if (flooded.announce(hash(number), peer(`66.6.6.${number % 6}`), false, 0)) taken += 1;
  assert.equal(flooded.peerCount, LIMITS.dhtAnnouncementsPerBlock);
  flooded.expire(PEER_LIFE_MS);
  assert.equal(flooded.peerCount, 0);
  assert.ok(flooded.announce(HASH, peer('66.6.6.6'), false, PEER_LIFE_MS));
});

test('the number of torrents has its limit', () => {
  const full = store();
  for (let number = 0; number < LIMITS.dhtTorrents; number++) assert.ok(full.announce(hash(number), peer(host(number)), false, 0));
  assert.ok(!full.hasRoomFor(hash(LIMITS.dhtTorrents)) && full.hasRoomFor(hash(0)));
  assert.ok(!full.announce(hash(LIMITS.dhtTorrents), peer('99.0.0.1'), false, 0));
});

test('samples are drawn from all torrents, and stay the same for some minutes (BEP 51)', () => {
  const peers = store();
  assert.deepEqual(peers.sample(0), { infoHashes: [], total: 0, seconds: 300 });
  for (let number = 0; number < 100; number++) peers.announce(hash(number), peer(host(number)), false, 0);
  assert.deepEqual(peers.sample(1000), { infoHashes: [], total: 100, seconds: 299 });
  const first = peers.sample(300_000);
  assert.equal(hexes(first.infoHashes).size, LIMITS.dhtSamplesPerAnswer);
  assert.deepEqual(hexes(peers.sample(599_000).infoHashes), hexes(first.infoHashes));
  assert.notDeepEqual(hexes(peers.sample(600_000).infoHashes), hexes(first.infoHashes));
});

test('counts agree with what is held, whatever happens', () => {
  const step = fc.record({ torrent: fc.nat(5), machine: fc.nat(20), isSeed: fc.boolean(), pauseMs: fc.integer({ min: 0, max: PEER_LIFE_MS / 8 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    const peers = store();
    const announcedMs = new Map<string, number>();
    let nowMs = 0;
    for (const { torrent, machine, isSeed, pauseMs } of steps) {
      nowMs += pauseMs;
      assert.ok(peers.announce(hash(torrent), peer(host(machine)), isSeed, nowMs));
      announcedMs.set(`${torrent} ${machine}`, nowMs);
    }
    peers.expire(nowMs);
    const living = [...announcedMs].filter(([, ms]) => nowMs - ms < PEER_LIFE_MS).map(([key]) => key);
    assert.equal(peers.peerCount, living.length);
    assert.equal(peers.torrentCount, new Set(living.map((key) => key.split(' ')[0])).size);
    for (let torrent = 0; torrent <= 5; torrent++) {
      assert.equal(peers.peers(hash(torrent), 100, ALL, nowMs).length, living.filter((key) => key.startsWith(`${torrent} `)).length);
    }
  }), { numRuns: 50 });
});
