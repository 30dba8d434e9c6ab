import assert from 'node:assert/strict';
import test from 'node:test';
import { encode, type Encodable } from '../../bytes/bencode.ts';
import { addressToBytes, formatCompactEndpoints, formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { sleep } from '../../runtime/clock.ts';
import { SimulatedNetwork, type SimulatedHost } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import type { HttpReply } from '../../runtime/network.ts';
import type { Search, SwarmIdentity } from '../discovery.ts';
import type { AnnounceRequest } from './announcement.ts';
import { parseAnnounceQuery } from './http-protocol.ts';
import { trackerDiscovery } from './tracker-discovery.ts';

const MINUTE_MS = 60_000;

interface Announced extends AnnounceRequest {
  readonly tracker: string;
  readonly atMs: number;
  readonly from: string;
}

type Answer = Record<string, Encodable> | HttpReply | Promise<HttpReply>;

class World {
  readonly simulation: Simulation;
  readonly network: SimulatedNetwork;
  readonly announced: Announced[] = [];
  readonly found: Endpoint[] = [];
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly ownAddresses: string[] = [];
  readonly client: SimulatedHost;
  totals: { uploaded: number; downloaded: number; left: number | undefined } = { uploaded: 0, downloaded: 0, left: 1000 };
  isPartialSeed = false;
  trackers: string[][];

  constructor(trackers: string[][], addresses: string[] = ['10.0.0.1'], seed = 1) {
    this.simulation = new Simulation({ seed });
    this.network = new SimulatedNetwork(this.simulation);
    this.client = this.network.addHost(addresses);
    this.trackers = trackers;
  }

  /** A tracker at `http://NAME/announce` that answers with what `answer` gives. */
  async tracker(name: string, address: string | string[], answer: (request: AnnounceRequest) => Answer): Promise<void> {
    const host = this.network.addHost(address);
    this.network.names.set(name, [...host.addresses]);
    await host.serveHttp({ port: 80 }, ({ path, query, from }) => {
      const request = parseAnnounceQuery(query, path);
      assert.ok(!('refusal' in request));
      this.announced.push({ ...request, tracker: name, atMs: this.simulation.now(), from: from.host });
      const answered = answer(request);
      if (answered instanceof Promise || 'status' in answered) return answered as HttpReply;
      return { status: 200, body: encode(answered) };
    });
  }

  search(identity: Partial<SwarmIdentity> = {}): Search {
    return trackerDiscovery({ runtime: simulatedRuntime(this.client) }).search({
      infoHashes: [Buffer.alloc(20, 1)],
      peerId: Buffer.alloc(20, 2),
      port: 6881,
      isPrivate: false,
      trackers: () => this.trackers,
      totals: () => this.totals,
      isPartialSeed: () => this.isPartialSeed,
      ...identity,
    }, {
      found: (endpoints) => this.found.push(...endpoints),
      status: (line, isError) => (isError ? this.errors : this.lines).push(line),
      ownAddress: (address) => this.ownAddresses.push(address),
    });
  }

  /** The announces so far as `name event`. */
  get events(): string[] {
    return this.announced.map(({ tracker, event }) => `${tracker} ${event ?? '-'}`);
  }

  /** When announces came, in whole seconds. */
  get times(): number[] {
    return this.announced.map(({ atMs }) => Math.floor(atMs / 1000));
  }
}

const HTTP = 'http://a.example/announce';

test('it announces when it starts, and again after each interval, and says what it is told', async () => {
  const world = new World([[HTTP]]);
  const peers = formatCompactEndpoints([{ host: '1.2.3.4', port: 5 }], 4);
  await world.tracker('a.example', '10.0.0.2', () => ({
    interval: 1800, peers, 'external ip': addressToBytes('9.9.9.9') as Uint8Array, 'warning message': 'moving soon', 'tracker id': 'xyz',
  }));
  world.search();
  await world.simulation.run(61 * MINUTE_MS);
  assert.deepEqual(world.events, ['a.example started', 'a.example -', 'a.example -']);
  assert.deepEqual(world.times, [0, 1800, 3600]);
  const [first, second] = world.announced;
  assert.deepEqual([first.port, first.left, first.compact, first.trackerId], [6881, 1000, true, undefined]);
  assert.equal(first.key, second.key);
  assert.equal(Buffer.from(second.trackerId ?? []).toString(), 'xyz');
  assert.deepEqual(world.found.map(formatEndpoint), ['1.2.3.4:5', '1.2.3.4:5', '1.2.3.4:5']);
  assert.deepEqual(world.ownAddresses[0], '9.9.9.9');
  assert.equal(world.lines[0], 'a.example: 1 peer, next in 30m');
  assert.equal(world.errors[0], 'a.example warns: moving soon');
});

test('wanting more brings the next announce forward, but not before the tracker\'s least interval', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, 'min interval': 120, peers: '' }));
  const search = world.search();
  for (let second = 0; second < 300; second++) {
    search.wantMore();
    await world.simulation.run(1000);
  }
  assert.deepEqual(world.times, [0, 120, 240]);
});

test('a tracker that names no least interval is left alone for five minutes', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  const search = world.search();
  await world.simulation.run(MINUTE_MS);
  search.wantMore();
  await world.simulation.run(10 * MINUTE_MS);
  assert.deepEqual(world.times, [0, 300]);
});

test('mad intervals are bounded', async () => {
  for (const [interval, boundMs] of [[1, LIMITS.shortestAnnounceMs], [2 ** 50, LIMITS.longestAnnounceMs]] as const) {
    const world = new World([[HTTP]]);
    await world.tracker('a.example', '10.0.0.2', () => ({ interval, peers: '' }));
    world.search();
    await world.simulation.run(boundMs * 2.5);
    assert.deepEqual(world.times, [0, boundMs / 1000, (2 * boundMs) / 1000]);
  }
});

test('the end of the download is told at once, and only to a tracker that knew of its beginning', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, 'min interval': 1800, peers: '' }));
  const search = world.search();
  await world.simulation.run(MINUTE_MS);
  world.totals = { uploaded: 5, downloaded: 1000, left: 0 };
  search.completed();
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual(world.events, ['a.example started', 'a.example completed']);
  assert.equal(world.announced[1].left, 0);
});

test('a download that ends while the first announce is under way is told right after it', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  const search = world.search();
  await world.simulation.run(1);
  search.completed();
  await world.simulation.run(1000);
  assert.deepEqual(world.events, ['a.example started', 'a.example completed']);
});

test('a partial seed says so in every announce', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  const search = world.search();
  await world.simulation.run(MINUTE_MS);
  world.isPartialSeed = true;
  search.completed();
  await world.simulation.run(40 * MINUTE_MS);
  assert.deepEqual(world.events, ['a.example started', 'a.example paused', 'a.example paused']);
});

test('while the metadata is unknown something is left', async () => {
  const world = new World([[HTTP]]);
  world.totals = { uploaded: 0, downloaded: 0, left: undefined };
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  world.search();
  await world.simulation.run(1000);
  assert.ok(world.announced[0].left > 0);
});

test('within a tier the first that works is used, and stays; one that fails is told of, and passed over', async () => {
  let failures = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const world = new World([[HTTP, 'http://b.example/announce']], ['10.0.0.1'], seed);
    await world.tracker('a.example', '10.0.0.2', () => ({ 'failure reason': 'come back later' }));
    await world.tracker('b.example', '10.0.0.3', () => ({ interval: 1800, peers: '' }));
    world.search();
    await world.simulation.run(65 * MINUTE_MS);
    failures += world.errors.length;
    for (const error of world.errors) assert.match(error, /^a\.example: come back later; trying again in /);
    const toB = ['b.example started', 'b.example -', 'b.example -'];
    assert.deepEqual(world.events, world.errors.length === 0 ? toB : ['a.example started', ...toB]);
  }
  assert.ok(failures > 0 && failures < 10, 'either is first now and then');
});

test('a slow tracker does not hold up the next of its tier, and is told goodbye as well; a private torrent waits', async () => {
  for (const isPrivate of [false, true]) {
    const world = new World([[HTTP]]);
    await world.tracker('a.example', '10.0.0.2', () => sleep(world.simulation, 20_000).then(() => ({ status: 200, body: encode({ interval: 1800, peers: '' }) })));
    await world.tracker('b.example', '10.0.0.3', () => ({ interval: 1800, peers: '' }));
    const search = world.search({ isPrivate });
    // What comes later stands behind, so the slow one is asked first.
    world.trackers = [[HTTP, 'http://b.example/announce']];
    search.wantMore();
    await world.simulation.run(10_000);
    assert.deepEqual(world.events, isPrivate ? ['a.example started'] : ['a.example started', 'b.example started']);
    await world.simulation.run(MINUTE_MS);
    assert.equal(world.lines[0], `${isPrivate ? 'a' : 'b'}.example: 0 peers, next in 30m`);
    world.announced.length = 0;
    await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
    assert.deepEqual(world.events, isPrivate ? ['a.example stopped'] : ['a.example stopped', 'b.example stopped']);
  }
});

test('while one tracker is slow and the other fails, they are asked at a measured pace', async () => {
  const world = new World([[HTTP]]);
  let isBroken = false;
  await world.tracker('a.example', '10.0.0.2', () => new Promise(() => undefined));
  await world.tracker('b.example', '10.0.0.3', () => (isBroken ? { status: 500, body: '' } : { interval: 60, peers: '' }));
  const search = world.search();
  world.trackers = [[HTTP, 'http://b.example/announce']];
  search.wantMore();
  await world.simulation.run(30_000);
  isBroken = true;
  const before = world.simulation.eventCount;
  await world.simulation.run(10 * MINUTE_MS);
  assert.equal(world.events.filter((event) => event.startsWith('a')).length, 1, 'never twice at a time');
  const asked = world.events.filter((event) => event === 'b.example -').length;
  assert.ok(asked >= 3 && asked <= 7, `asked ${asked} times`);
  assert.ok(world.simulation.eventCount - before < 1000);
});

test('every tier is announced to, but a private torrent only to one tracker, changed only when it fails', async () => {
  const tiers = [[HTTP], ['http://b.example/announce'], ['http://c.example/announce']];
  for (const isPrivate of [false, true]) {
    const world = new World(tiers);
    let isUp = true;
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await world.tracker(`${name}.example`, `10.0.0.${index + 2}`, () => (isUp || name === 'b' ? { interval: 1800, peers: '' } : { status: 503, body: '' }));
    }
    world.search({ isPrivate });
    await world.simulation.run(MINUTE_MS);
    assert.deepEqual(world.events, isPrivate ? ['a.example started'] : ['a.example started', 'b.example started', 'c.example started']);
    if (!isPrivate) continue;
    isUp = false;
    await world.simulation.run(30 * MINUTE_MS);
    isUp = true;
    await world.simulation.run(60 * MINUTE_MS);
    assert.deepEqual(world.events, ['a.example started', 'a.example -', 'b.example started', 'b.example -', 'b.example -']);
    assert.match(world.errors[0], /^a\.example: it answers with HTTP status 503; trying again in /);
  }
});

test('a failing tracker is asked at growing distances, never closer than half the back-off', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ status: 500, body: 'oops' }));
  const search = world.search();
  for (let minute = 0; minute < 24 * 60; minute++) {
    search.wantMore();
    await world.simulation.run(MINUTE_MS);
  }
  const gaps = world.times.slice(1).map((time, index) => time - world.times[index]);
  for (const [index, gap] of gaps.entries()) {
    const backOff = Math.min(15 * 2 ** index, 3600);
    assert.ok(gap >= backOff / 2 && gap <= backOff * 1.5 + 1, `${gap} s after ${index + 1} failures`);
  }
  assert.ok(gaps.length > 20);
});

test('a tracker\'s wish when to be asked again is granted, never included (BEP 31)', async () => {
  const world = new World([[HTTP]]);
  const wishes = ['7', 'never'];
  await world.tracker('a.example', '10.0.0.2', () => ({ 'failure reason': 'Overloaded', 'retry in': wishes.shift() ?? 'never' }));
  const search = world.search();
  await world.simulation.run(24 * 60 * MINUTE_MS);
  search.wantMore();
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual(world.times, [0, 420]);
  assert.deepEqual(world.errors, ['a.example: Overloaded; trying again in 7m', 'a.example: Overloaded; not trying again']);
});

test('trackers that appear later are asked as soon as somebody looks', async () => {
  const world = new World([]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  await world.tracker('b.example', '10.0.0.3', () => ({ interval: 1800, peers: '' }));
  const search = world.search();
  await world.simulation.run(MINUTE_MS);
  world.trackers = [[HTTP]];
  search.wantMore();
  await world.simulation.run(MINUTE_MS);
  world.trackers = [[HTTP], ['http://b.example/announce']];
  search.wantMore();
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual(world.events, ['a.example started', 'b.example started']);
});

test('a hybrid torrent announces both its info-hashes', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', ({ infoHash }) => (infoHash[0] === 1 ? { 'failure reason': 'not tracked' } : { interval: 900, peers: '' }));
  const search = world.search({ infoHashes: [Buffer.alloc(20, 1), Buffer.alloc(20, 2)] });
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual(world.announced.map(({ infoHash }) => infoHash[0]).sort(), [1, 2]);
  assert.deepEqual(world.errors, [], 'one that is tracked is enough');
  await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
});

test('with an address of each family a tracker that has both is told both (BEP 7)', async () => {
  const world = new World([[HTTP]], ['10.0.0.1', '2001:db8::1']);
  await world.tracker('a.example', ['10.0.0.2', '2001:db8::2'], () => ({ interval: 1800, peers: '' }));
  world.search();
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual(world.announced.map(({ from }) => from).sort(), ['10.0.0.1', '2001:db8::1']);
  assert.equal(world.announced[0].key, world.announced[1].key);
  const alone = new World([[HTTP]], ['10.0.0.1']);
  await alone.tracker('a.example', ['10.0.0.2', '2001:db8::2'], () => ({ interval: 1800, peers: '' }));
  alone.search();
  await alone.simulation.run(MINUTE_MS);
  assert.deepEqual(alone.announced.map(({ from }) => from), ['10.0.0.1']);
});

test('stopping says goodbye to those who know of us', async () => {
  const world = new World([[HTTP], ['http://b.example/announce']]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  await world.tracker('b.example', '10.0.0.3', () => ({ status: 404, body: '' }));
  const search = world.search();
  await world.simulation.run(MINUTE_MS);
  world.announced.length = 0;
  const startMs = world.simulation.now();
  await world.simulation.complete(Promise.all([search.stop(), search.stop()]), LIMITS.goodbyeMs);
  assert.ok(world.simulation.now() - startMs < 100, 'as soon as the answer is there');
  assert.deepEqual(world.events, ['a.example stopped']);
  assert.equal(world.announced[0].wanted, 0);
  search.wantMore();
  search.completed();
  await world.simulation.run(24 * 60 * MINUTE_MS);
  assert.equal(world.announced.length, 1, 'nothing more after that');
});

test('who leaves as soon as everything is there says that it is, and then goodbye', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: '' }));
  const search = world.search();
  await world.simulation.run(MINUTE_MS);
  search.completed();
  await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
  assert.deepEqual(world.events, ['a.example started', 'a.example completed', 'a.example stopped']);
});

test('a tracker that has fallen silent delays stopping no longer than the limit', async () => {
  for (const isComplete of [false, true]) {
    const world = new World([[HTTP]]);
    let isSilent = false;
    await world.tracker('a.example', '10.0.0.2', () => (isSilent ? new Promise(() => undefined) : { interval: 1800, peers: '' }));
    const search = world.search();
    await world.simulation.run(MINUTE_MS);
    isSilent = true;
    if (isComplete) search.completed();
    const startMs = world.simulation.now();
    await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
    assert.equal(world.simulation.now() - startMs, LIMITS.goodbyeMs);
  }
});

test('a tracker that has never answered is told goodbye, but hardly waited for', async () => {
  const world = new World([[HTTP], ['udp://b.example:1']]);
  await world.tracker('a.example', '10.0.0.2', () => new Promise(() => undefined));
  world.network.names.set('b.example', ['10.0.0.3']);
  const search = world.search();
  await world.simulation.run(10_000);
  const startMs = world.simulation.now();
  await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
  assert.equal(world.simulation.now() - startMs, LIMITS.goodbyeToSilentMs);
  assert.deepEqual(world.events, ['a.example started', 'a.example stopped']);
});

test('stopping before the first answer still says goodbye, for the tracker may have heard', async () => {
  const world = new World([[HTTP]]);
  await world.tracker('a.example', '10.0.0.2', () => ({ interval: 1800, peers: formatCompactEndpoints([{ host: '1.2.3.4', port: 5 }], 4) }));
  const search = world.search();
  await world.simulation.run(1);
  await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
  assert.deepEqual(world.found, [], 'what comes after stopping is not reported');
  assert.equal(world.events.at(-1), 'a.example stopped');
});

test('whatever stands for a tracker or comes from one, the search goes on and says one line about it', async () => {
  const urls = ['', 'nonsense', 'wss://x.example/', 'udp://x.example', 'http://unknown.example/announce', 'http://127.0.0.1:9091/admin?reset', HTTP];
  for (const url of urls) {
    const world = new World([[url]]);
    await world.tracker('a.example', '10.0.0.2', () => ({ status: 200, body: '<html>\x1b[31m' }));
    const search = world.search();
    await world.simulation.run(1000);
    assert.equal(world.errors.length, 1, url);
    assert.match(world.errors[0], /^[^\p{C}]*; (not trying again|trying again in [^\p{C}]*)$/u);
    await world.simulation.complete(search.stop(), LIMITS.goodbyeMs);
  }
});

test('a key in a tracker\'s URL is not shown', async () => {
  const world = new World([['http://a.example/secret/announce?key=secret']]);
  await world.tracker('a.example', '10.0.0.2', () => ({ status: 403, body: '' }));
  world.search();
  await world.simulation.run(1000);
  assert.equal(world.errors.length, 1);
  assert.doesNotMatch(world.errors[0], /secret/);
});
