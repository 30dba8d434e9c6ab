import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { sha1 } from '../bytes/digest.ts';
import { toHex } from '../bytes/hex.ts';
import { SeededRandom, Simulation } from '../runtime/simulated/simulation.ts';
import { MemorySwarmStore, type MemorySwarmStoreOptions } from './memory-swarm-store.ts';
import type { Announcement, PeerState, SwarmView } from './swarm-store.ts';

const HOUR_MS = 3_600_000;

function newStore(options: Partial<MemorySwarmStoreOptions> = {}): { store: MemorySwarmStore; clock: Simulation } {
  const clock = new Simulation();
  return { clock, store: new MemorySwarmStore(clock, new SeededRandom(7), { expiryMs: HOUR_MS, ...options }) };
}

const infoHash = (swarm: number): Uint8Array => Buffer.alloc(20, swarm);

/** Peer `number` of its own address, or of `address` on a port of its own. */
function announcement(number: number, options: Partial<Announcement> & { readonly swarm?: number; readonly isIPv6?: boolean } = {}): Announcement {
  const endpoint = Buffer.alloc(options.isIPv6 ? 18 : 6, 1);
  endpoint.writeUInt32BE(number, 0);
  return {
    infoHash: infoHash(options.swarm ?? 1),
    peerId: Buffer.from(`-XX0000-${String(number).padStart(12, '0')}`),
    endpoint,
    state: 'downloader',
    completed: false,
    wantsGivers: options.state === undefined || options.state === 'downloader',
    wanted: { 4: 50, 6: 50 },
    withPeerIds: false,
    ...options,
  };
}

/** The endpoints of one family that a view tells of, in hexadecimal. */
function told(view: SwarmView, family: 4 | 6 = 4): string[] {
  const { endpoints } = view.peers[family];
  const size = family === 4 ? 6 : 18;
  return Array.from({ length: endpoints.length / size }, (_, index) => toHex(endpoints.subarray(index * size, (index + 1) * size)));
}

test('peers of a swarm are told of each other, never of themselves or of another swarm', () => {
  const { store } = newStore();
  assert.deepEqual(told(store.announce(announcement(1))), []);
  assert.deepEqual(told(store.announce(announcement(2))), [toHex(announcement(1).endpoint)]);
  assert.deepEqual(told(store.announce(announcement(1))), [toHex(announcement(2).endpoint)]);
  assert.deepEqual(told(store.announce(announcement(3, { swarm: 2 }))), []);
});

test('a client with two addresses is not told of its other one', () => {
  const { store } = newStore();
  const { peerId } = announcement(1);
  store.announce(announcement(1));
  assert.deepEqual(told(store.announce(announcement(9, { peerId, isIPv6: true }))), []);
});

test('both families are told, each as many as were wanted', () => {
  const { store } = newStore();
  for (let number = 1; number <= 10; number++) store.announce(announcement(number, { isIPv6: number > 5 }));
  const view = store.announce(announcement(11, { wanted: { 4: 3, 6: 2 } }));
  assert.equal(told(view, 4).length, 3);
  assert.equal(told(view, 6).length, 2);
});

test('peer ids come in the order of the endpoints', () => {
  const { store } = newStore();
  for (let number = 1; number <= 20; number++) store.announce(announcement(number));
  const view = store.announce(announcement(21, { withPeerIds: true }));
  for (const [index, endpoint] of told(view).entries()) {
    const number = Number.parseInt(endpoint.slice(0, 8), 16);
    assert.deepEqual(Buffer.from(view.peers[4].peerIds.subarray(index * 20, index * 20 + 20)), announcement(number).peerId);
  }
});

test('who has no use for givers is told only of those who want something, and others of all', () => {
  const { store } = newStore();
  const states: PeerState[] = ['seed', 'seed', 'partial seed', 'downloader', 'downloader'];
  for (const [index, state] of states.entries()) store.announce(announcement(index + 1, { state }));
  for (const [index, state] of states.entries()) {
    const view = store.announce(announcement(index + 1, { state }));
    assert.deepEqual(view.counts, { seeds: 2, leechers: 3, partialSeeds: 1, downloads: 0 });
    assert.equal(told(view).length, state === 'downloader' ? 4 : 2, `peer ${index + 1}`);
  }
});

test('every peer is as likely to be told as any other', () => {
  const { store } = newStore();
  const [size, wanted, rounds] = [40, 10, 4000];
  for (let number = 1; number <= size; number++) store.announce(announcement(number, { state: number % 3 === 0 ? 'seed' : 'downloader' }));
  const times = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const endpoints = told(store.announce(announcement(0, { wanted: { 4: wanted, 6: 0 } })));
    assert.equal(new Set(endpoints).size, wanted);
    for (const endpoint of endpoints) times.set(endpoint, (times.get(endpoint) ?? 0) + 1);
  }
  const expected = (rounds * wanted) / size;
  const deviation = Math.sqrt(expected * (1 - wanted / size));
  assert.equal(times.size, size);
  for (const count of times.values()) assert.ok(Math.abs(count - expected) < 5 * deviation, `${count} for ${expected}`);
});

test('a download counts once, when it ends', () => {
  const { store } = newStore();
  store.announce(announcement(1));
  const done = { state: 'seed', completed: true } as const;
  assert.equal(store.announce(announcement(1, done)).counts.downloads, 1);
  assert.equal(store.announce(announcement(1, done)).counts.downloads, 1);
  assert.equal(store.announce(announcement(2, done)).counts.downloads, 2);
});

test('who says goodbye is gone at once, and is told nothing', () => {
  const { store } = newStore();
  store.announce(announcement(1));
  store.announce(announcement(2));
  const goodbye = store.announce(announcement(1, { state: 'gone' }));
  assert.deepEqual(told(goodbye), []);
  assert.equal(goodbye.counts.leechers, 1);
  store.announce(announcement(3, { state: 'gone' }));
  store.announce(announcement(2, { state: 'gone' }));
  assert.deepEqual(store.totals(), { swarms: 0, peers: 0, seeds: 0 });
});

test('who is silent for longer than the expiry is forgotten, and with the last peer its swarm', async () => {
  const { store, clock } = newStore();
  store.announce(announcement(1, { state: 'seed' }));
  await clock.run(HOUR_MS / 2);
  store.announce(announcement(2));
  await clock.run(HOUR_MS / 2);
  assert.deepEqual(store.totals(), { swarms: 1, peers: 2, seeds: 1 });
  await clock.run(1000);
  assert.deepEqual(store.totals(), { swarms: 1, peers: 1, seeds: 0 });
  await clock.run(HOUR_MS / 2);
  assert.deepEqual(store.totals(), { swarms: 0, peers: 0, seeds: 0 });
  assert.deepEqual(store.count(infoHash(1)), { seeds: 0, leechers: 0, partialSeeds: 0, downloads: 0 });
});

test('of one address in one swarm only the newest stay', () => {
  const { store } = newStore({ maxPeersPerAddress: 3 });
  const neighbour = (port: number, isIPv6: boolean): Announcement => {
    const endpoint = Buffer.alloc(isIPv6 ? 18 : 6, 1);
    endpoint.writeUInt16BE(port, endpoint.length - 2);
    // Other addresses of the same /64.
    if (isIPv6) endpoint[12] = port;
    return { ...announcement(port), endpoint };
  };
  for (const isIPv6 of [false, true]) {
    for (let port = 1; port <= 5; port++) store.announce(neighbour(port, isIPv6));
    store.announce(neighbour(3, isIPv6));
    store.announce(neighbour(6, isIPv6));
  }
  const view = store.announce(announcement(99));
  assert.deepEqual(told(view, 4).map((endpoint) => Number.parseInt(endpoint.slice(-4), 16)).sort(), [3, 5, 6]);
  assert.deepEqual(told(view, 6).map((endpoint) => Number.parseInt(endpoint.slice(-4), 16)).sort(), [3, 5, 6]);
});

test('past the most peers or swarms, those heard of longest ago make room', async () => {
  const { store, clock } = newStore({ maxPeers: 10, maxSwarms: 4 });
  for (let number = 1; number <= 15; number++) {
    store.announce(announcement(number, { isIPv6: number % 2 === 0 }));
    await clock.run(1000);
  }
  const view = store.announce(announcement(15));
  assert.equal(store.totals().peers, 10);
  assert.deepEqual([...told(view, 4), ...told(view, 6)].map((endpoint) => Number.parseInt(endpoint.slice(0, 8), 16)).sort((a, b) => a - b),
    [6, 7, 8, 9, 10, 11, 12, 13, 14]);
  for (let swarm = 2; swarm <= 9; swarm++) store.announce(announcement(100, { swarm }));
  assert.equal(store.totals().swarms, 4);
  for (let swarm = 1; swarm <= 9; swarm++) assert.equal(store.count(infoHash(swarm)).leechers, swarm > 5 ? 1 : 0);
});

/** The same rules, as plainly as they can be written. */
class PlainStore {
  readonly peers = new Map<string, { swarm: number; endpoint: Uint8Array; state: PeerState; seenS: number }>();

  announce(swarm: number, { endpoint, state }: Announcement, nowS: number): void {
    const key = `${swarm}/${toHex(endpoint)}`;
    this.peers.delete(key);
    if (state !== 'gone') this.peers.set(key, { swarm, endpoint, state, seenS: nowS });
  }

  expire(nowS: number): void {
    for (const [key, { seenS }] of this.peers) if (seenS < nowS - HOUR_MS / 1000) this.peers.delete(key);
  }

  of(swarm: number): { endpoint: Uint8Array; state: PeerState }[] {
    return [...this.peers.values()].filter((peer) => peer.swarm === swarm);
  }
}

const step = fc.record({
  waitS: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2500 }) }),
  swarm: fc.integer({ min: 0, max: 5 }),
  number: fc.integer({ min: 0, max: 12 }),
  port: fc.integer({ min: 1, max: 4 }),
  isIPv6: fc.boolean(),
  state: fc.constantFrom<PeerState>('downloader', 'partial seed', 'seed', 'gone'),
});

test('whatever happens, the store knows what a plain list would know', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 400, size: 'max' }), async (steps) => {
    const { store, clock } = newStore();
    const plain = new PlainStore();
    for (const { waitS, swarm, number, port, isIPv6, state } of steps) {
      if (waitS > 0) await clock.run(waitS * 1000);
      const { endpoint, ...rest } = announcement(number, { swarm, isIPv6, state, wanted: { 4: 1000, 6: 1000 } });
      endpoint[endpoint.length - 1] = port;
      // Nobody shares the asker's id, so it is told of all that it should be.
      const peerId = sha1(endpoint);
      const view = store.announce({ ...rest, endpoint, peerId });
      plain.expire(clock.now() / 1000);
      plain.announce(swarm, { ...rest, endpoint, peerId }, clock.now() / 1000);
      const members = plain.of(swarm);
      const shown = members.filter((peer) => state !== 'gone' && toHex(peer.endpoint) !== toHex(endpoint)
        && (state === 'downloader' || peer.state === 'downloader'));
      assert.deepEqual([...told(view, 4), ...told(view, 6)].sort(), shown.map((peer) => toHex(peer.endpoint)).sort());
      const count = (wanted: PeerState): number => members.filter((peer) => peer.state === wanted).length;
      assert.deepEqual(view.counts, {
        seeds: count('seed'), leechers: count('downloader') + count('partial seed'), partialSeeds: count('partial seed'), downloads: 0,
      });
    }
    const all = [...plain.peers.values()];
    assert.deepEqual(store.totals(), {
      swarms: new Set(all.map(({ swarm }) => swarm)).size, peers: all.length, seeds: all.filter(({ state }) => state === 'seed').length,
    });
  }), { numRuns: 200 });
});
