import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { decode, encode, type BencodeDictionary, type BencodeValue } from '../bytes/bencode.ts';
import { formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Search, SwarmIdentity } from '../discovery/discovery.ts';
import type { AnnounceRequest } from '../discovery/tracker/announcement.ts';
import { formatAnnounceUrl } from '../discovery/tracker/http-protocol.ts';
import { scrapeTracker } from '../discovery/tracker/tracker-client.ts';
import { trackerDiscovery } from '../discovery/tracker/tracker-discovery.ts';
import { decodeReply, encodeAnnounceRequest, encodeConnectRequest, type UdpReply } from '../discovery/tracker/udp-protocol.ts';
import type { HttpResponse } from '../runtime/network.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { SimulatedNetwork, type SimulatedHost } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { onlyTorrents } from './admission.ts';
import { NO_PEERS } from './swarm-members.ts';
import { startTracker, type Tracker, type TrackerOptions } from './tracker.ts';

const MINUTE_MS = 60_000;
const INFO_HASH = Buffer.alloc(20, 0xab);
const PORT = 6969;

/** A peer that looks for others through the tracker, and whom it has found. */
interface Peer {
  readonly host: SimulatedHost;
  readonly search: Search;
  readonly found: Set<string>;
  readonly errors: string[];
}

class World {
  readonly simulation = new Simulation();
  readonly network = new SimulatedNetwork(this.simulation);
  readonly trackerHost: SimulatedHost;
  #hosts = 0;

  constructor(trackerAddresses: string[] = ['10.0.0.1']) {
    this.trackerHost = this.network.addHost(trackerAddresses);
  }

  track(options: TrackerOptions = {}): Promise<Tracker> {
    return startTracker(simulatedRuntime(this.trackerHost), { http: { port: PORT }, udp: { port: PORT }, ...options });
  }

  newHost(...addresses: string[]): SimulatedHost {
    this.#hosts += 1;
    return this.network.addHost(addresses.length > 0 ? addresses : `10.1.${this.#hosts >> 8}.${this.#hosts & 0xff}`);
  }

  peer(url: string, identity: Partial<SwarmIdentity> = {}, host: SimulatedHost = this.newHost()): Peer {
    const found = new Set<string>();
    const errors: string[] = [];
    const runtime = simulatedRuntime(host);
    const search = trackerDiscovery({ runtime }).search({
      infoHashes: [INFO_HASH],
      peerId: runtime.random.bytes(20),
      port: 6881,
      isPrivate: false,
      trackers: () => [[url]],
      totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
      isPartialSeed: () => false,
      ...identity,
    }, {
      found: (endpoints: readonly Endpoint[]) => { for (const endpoint of endpoints) found.add(formatEndpoint(endpoint)); },
      status: (line, isError) => { if (isError) errors.push(line); },
    });
    return { host, search, found, errors };
  }

  /** One announce over HTTP, as the bytes come. */
  announce(request: Partial<AnnounceRequest>, host: SimulatedHost = this.newHost()): Promise<HttpResponse> {
    return this.fetch(formatAnnounceUrl(`http://10.0.0.1:${PORT}/announce`, {
      infoHash: INFO_HASH, peerId: simulatedRuntime(host).random.bytes(20), port: 6881, uploaded: 0, downloaded: 0, left: 1, key: 0, compact: true, url: '', ...request,
    }), host);
  }

  fetch(url: string, host: SimulatedHost = this.newHost()): Promise<HttpResponse> {
    return this.simulation.complete(host.fetch({ url, maxBodyBytes: 1 << 20, timeoutMs: 10_000 }), 20_000);
  }
}

const HTTP = `http://10.0.0.1:${PORT}/announce`;
const UDP = `udp://10.0.0.1:${PORT}/announce`;
const text = ({ body }: HttpResponse): string => Buffer.from(body).toString();
const dictionary = ({ body }: HttpResponse): BencodeDictionary => decode(body) as BencodeDictionary;
const string = (value: BencodeValue | undefined): string => Buffer.from(value as Uint8Array).toString('latin1');

test('peers find each other, over HTTP and UDP alike', async () => {
  const world = new World();
  const tracker = await world.track();
  const peers = [world.peer(HTTP), world.peer(UDP), world.peer(HTTP), world.peer(UDP)];
  await world.simulation.run(31 * MINUTE_MS * 1.1);
  for (const peer of peers) {
    const others = peers.filter((other) => other !== peer).map(({ host }) => `${host.addresses[0]}:6881`);
    assert.deepEqual([...peer.found].sort(), others.sort());
    assert.deepEqual(peer.errors, []);
  }
  assert.deepEqual((await tracker.counts()).peers, 4);
});

test('who stops is gone; who vanishes is forgotten after half an interval more', async () => {
  const world = new World();
  const tracker = await world.track();
  const [leaving, vanishing] = [world.peer(UDP), world.peer(HTTP), world.peer(HTTP)];
  await world.simulation.run(MINUTE_MS);
  await world.simulation.complete(leaving.search.stop(), LIMITS.goodbyeMs);
  assert.equal((await tracker.counts()).peers, 2);
  world.network.reachable = (from) => from !== vanishing.host.addresses[0];
  await world.simulation.run(44 * MINUTE_MS);
  assert.equal((await tracker.counts()).peers, 2);
  await world.simulation.run(3 * MINUTE_MS);
  assert.equal((await tracker.counts()).peers, 1);
});

test('peers find each other though a third of all datagrams is lost', async () => {
  const world = new World();
  world.network.faults = { lossRate: 1 / 3, duplicateRate: 0.1, jitterMs: 200 };
  await world.track();
  const peers = Array.from({ length: 20 }, () => world.peer(UDP));
  await world.simulation.run(90 * MINUTE_MS);
  for (const { found } of peers) assert.equal(found.size, 19);
});

test('seeds are counted, and downloads when they end', async () => {
  const world = new World();
  await world.track();
  let left = 5;
  const peer = world.peer(UDP, { totals: () => ({ uploaded: 0, downloaded: 0, left }) });
  const partial = world.peer(HTTP, { isPartialSeed: () => true });
  await world.simulation.run(MINUTE_MS);
  partial.search.completed();
  left = 0;
  peer.search.completed();
  await world.simulation.run(MINUTE_MS);
  const runtime = simulatedRuntime(world.newHost());
  const unknown = Buffer.alloc(20, 1);
  const counts = { seeds: 1, leechers: 1, partialSeeds: 1, downloads: 1 };
  const nothing = { seeds: 0, leechers: 0, partialSeeds: 0, downloads: 0 };
  assert.deepEqual(await world.simulation.complete(scrapeTracker(runtime, HTTP, [INFO_HASH, unknown]), MINUTE_MS), [counts, nothing]);
  // UDP has no number for partial seeds.
  assert.deepEqual(await world.simulation.complete(scrapeTracker(runtime, UDP, [unknown, INFO_HASH]), MINUTE_MS), [nothing, { ...counts, partialSeeds: 0 }]);
});

test('seeds are told of no seeds, but who says that nothing is left and has not moved a byte may have no more than a magnet link', async () => {
  const world = new World();
  await world.track();
  const seed = (uploaded: number): Peer => world.peer(HTTP, { totals: () => ({ uploaded, downloaded: 0, left: 0 }) });
  const giver = seed(1000);
  await world.simulation.run(MINUTE_MS);
  const [other, newcomer] = [seed(1), seed(0)];
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual([giver, other, newcomer].map(({ found }) => found.size > 0), [false, false, true]);
});

test('a dual-stack tracker tells both families over HTTP, and the asker\'s over UDP', async () => {
  const world = new World(['10.0.0.1', '2001:db8::1']);
  world.network.names.set('t.example', ['10.0.0.1', '2001:db8::1']);
  const tracker = await world.track();
  assert.equal(tracker.udp.length, 2);
  world.peer(`http://t.example:${PORT}/announce`, {}, world.newHost('10.2.0.1', '2001:db8:2::1'));
  await world.simulation.run(MINUTE_MS);
  const overHttp = world.peer(HTTP);
  const overUdp = world.peer(`udp://[2001:db8::1]:${PORT}`, {}, world.newHost('2001:db8:3::1'));
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual([...overHttp.found].sort(), ['10.2.0.1:6881', '[2001:db8:2::1]:6881']);
  assert.deepEqual([...overUdp.found], ['[2001:db8:2::1]:6881']);
});

test('intervals handed out differ a little; the least one is a minute, or less where the interval is', async () => {
  const world = new World();
  await world.track();
  const intervals = new Set<number>();
  for (let index = 0; index < 20; index++) {
    const answer = dictionary(await world.announce({}));
    const interval = answer.get('interval') as number;
    assert.ok(interval >= 1800 && interval <= 1980);
    assert.equal(answer.get('min interval'), 60);
    intervals.add(interval);
  }
  assert.ok(intervals.size > 10);
  const hasty = new World();
  await hasty.track({ intervalMs: 20_000 });
  assert.equal(dictionary(await hasty.announce({})).get('min interval'), 20);
});

test('as many peers are told as are wanted, within bounds, with ids where asked for', async () => {
  const world = new World();
  await world.track({ peersPerAnswer: 7 });
  for (let port = 1; port <= 300; port++) await world.announce({ port });
  const compactCount = async (wanted?: number): Promise<number> =>
    string(dictionary(await world.announce(wanted === undefined ? {} : { wanted })).get('peers')).length / 6;
  assert.equal(await compactCount(), 7);
  assert.equal(await compactCount(3), 3);
  assert.equal(await compactCount(0), 0);
  assert.equal(await compactCount(100_000), LIMITS.peersPerAnswer);
  const named = dictionary(await world.announce({ compact: false, wanted: 5 })).get('peers') as BencodeDictionary[];
  assert.equal(named.length, 5);
  for (const peer of named) {
    assert.match(string(peer.get('ip')), /^10\.1\.\d+\.\d+$/);
    assert.equal(string(peer.get('peer id')).length, 20);
  }
});

test('an address other than one\'s own is believed only of those on this network', async () => {
  const world = new World();
  await world.track();
  await world.announce({ address: '198.51.100.7', port: 1 }, world.newHost('203.0.113.5'));
  await world.announce({ address: '198.51.100.8', port: 2 }, world.newHost('192.168.1.5'));
  await world.announce({ address: '255.255.255.255', port: 3 }, world.newHost('192.168.1.6'));
  await world.announce({ address: 'elsewhere.example', port: 4 }, world.newHost('192.168.1.7'));
  const peer = world.peer(HTTP);
  await world.simulation.run(MINUTE_MS);
  assert.deepEqual([...peer.found].sort(), ['192.168.1.6:3', '192.168.1.7:4', '198.51.100.8:2', '203.0.113.5:1']);
});

test('a peer on the tracker\'s own machine is told to others under the address nearest to them', async () => {
  const world = new World();
  await world.track({ ownAddresses: () => ['172.17.0.1', '192.168.1.2', '203.0.113.9', '2001:db8::7'] });
  await world.announce({ port: 7001 }, world.newHost('127.0.0.1'));
  await world.announce({ port: 7002 }, world.newHost('::1'));
  const told = async (address: string): Promise<string[]> => {
    const peer = world.peer(HTTP, {}, world.newHost(address));
    await world.simulation.run(1000);
    await world.simulation.complete(peer.search.stop(), LIMITS.goodbyeMs);
    return [...peer.found].sort();
  };
  assert.deepEqual(await told('192.168.1.50'), ['192.168.1.2:7001', '[2001:db8::7]:7002']);
  assert.deepEqual(await told('172.17.0.3'), ['172.17.0.1:7001', '[2001:db8::7]:7002']);
  assert.deepEqual(await told('203.0.113.200'), ['203.0.113.9:7001', '[2001:db8::7]:7002']);
  assert.deepEqual(await told('127.0.0.2'), ['127.0.0.1:7001', '[::1]:7002']);
});

test('without an address of its own to give, a loopback peer is kept from others', async () => {
  const world = new World();
  await world.track({ ownAddresses: () => [] });
  await world.announce({}, world.newHost('127.0.0.1'));
  await world.announce({ port: 5 });
  const answer = dictionary(await world.announce({ compact: false }));
  assert.deepEqual((answer.get('peers') as BencodeDictionary[]).map((peer) => peer.get('port')), [5]);
  assert.equal(answer.get('incomplete'), 3);
});

test('behind a proxy on its own machine it goes by the address that the proxy names last', async () => {
  const world = new World();
  await world.track();
  const url = formatAnnounceUrl(HTTP, { infoHash: INFO_HASH, peerId: INFO_HASH, port: 5, uploaded: 0, downloaded: 0, left: 1, key: 0, compact: true, url: '' });
  const announceFor = async (from: string, forwarded: string): Promise<void> => {
    const headers = { 'x-forwarded-for': forwarded };
    await world.simulation.complete(world.newHost(from).fetch({ url, headers, maxBodyBytes: 1000, timeoutMs: 1000 }), 1000);
  };
  await announceFor('127.0.0.1', '198.51.100.1, 203.0.113.7');
  await announceFor('192.168.1.9', '198.51.100.2');
  await announceFor('127.0.0.2', 'nonsense');
  const peer = world.peer(HTTP, {}, world.newHost('127.0.0.3'));
  await world.simulation.run(1000);
  assert.deepEqual([...peer.found].sort(), ['127.0.0.2:5', '192.168.1.9:5', '203.0.113.7:5']);
});

test('a store that answers later is waited for, and one that fails costs an answer, not the tracker', async () => {
  const world = new World();
  let isBroken = false;
  const counts = { seeds: 1, leechers: 0, partialSeeds: 0, downloads: 0 };
  const later = async <Value>(value: Value): Promise<Value> => {
    if (isBroken) throw new Error('the store is away');
    return value;
  };
  const tracker = await world.track({
    store: {
      announce: () => later({ counts, peers: { 4: { endpoints: Buffer.from([1, 2, 3, 4, 0, 5]), peerIds: Buffer.alloc(20) }, 6: NO_PEERS } }),
      count: () => later(counts),
      totals: () => later({ swarms: 1, peers: 1, seeds: 1 }),
    },
  });
  const [overHttp, overUdp] = [world.peer(HTTP), world.peer(UDP)];
  await world.simulation.run(1000);
  for (const { found } of [overHttp, overUdp]) assert.deepEqual([...found], ['1.2.3.4:5']);
  assert.equal((await tracker.counts()).announces, 2);
  const runtime = simulatedRuntime(world.newHost());
  for (const url of [HTTP, UDP]) assert.deepEqual(await world.simulation.complete(scrapeTracker(runtime, url, [INFO_HASH]), 1000), [counts]);
  isBroken = true;
  const failing = world.peer(UDP);
  await world.simulation.run(MINUTE_MS);
  assert.match(failing.errors[0], /does not answer/);
});

test('a closed tracker refuses other torrents, and says so to whoever asks', async () => {
  const world = new World();
  const admitted = new Set<string>();
  const tracker = await world.track({ admit: onlyTorrents(admitted) });
  const [overHttp, overUdp] = [world.peer(HTTP), world.peer(UDP)];
  await world.simulation.run(1000);
  for (const { errors } of [overHttp, overUdp]) assert.match(errors[0], /^10\.0\.0\.1:6969: this torrent is not tracked here; /);
  admitted.add(toHex(INFO_HASH));
  await world.simulation.run(10 * MINUTE_MS);
  assert.equal((await tracker.counts()).peers, 2);
});

test('an address that asks too often is put off, and others are not', async () => {
  const world = new World();
  await world.track();
  const [eager, other, local] = [world.newHost(), world.newHost(), world.newHost('127.0.0.1')];
  const ask = (host: SimulatedHost): Promise<HttpResponse> => host.fetch({
    url: formatAnnounceUrl(HTTP, { infoHash: INFO_HASH, peerId: INFO_HASH, port: 1, uploaded: 0, downloaded: 0, left: 1, key: 0, compact: true, url: '' }),
    maxBodyBytes: 10_000,
    timeoutMs: 1000,
  });
  const asks = Array.from({ length: LIMITS.announceBurst + 10 }, () => [ask(eager), ask(local)]).flat();
  const refused = (await world.simulation.complete(Promise.all(asks), 10_000)).map(dictionary).filter((answer) => answer.has('failure reason'));
  assert.equal(refused.length, 10);
  assert.equal(string(refused[0].get('retry in')), '1');
  assert.ok(!dictionary(await world.simulation.complete(ask(other), 1000)).has('failure reason'));
});

test('a connection id is good for its address alone, and for two minutes at most', async () => {
  const world = new World();
  await world.track();
  const [one, other] = await Promise.all([world.newHost(), world.newHost()].map((host) => host.bindDatagrams({ family: 4, port: 5 })));
  const replies: UdpReply[] = [];
  for (const socket of [one, other]) {
    socket.receive((bytes) => {
      const reply = decodeReply(bytes, 4);
      if (reply !== undefined) replies.push(reply);
    });
  }
  const ask = async (socket: typeof one, datagram: Uint8Array): Promise<UdpReply | undefined> => {
    socket.send(datagram, { host: '10.0.0.1', port: PORT });
    await world.simulation.run(100);
    return replies.pop();
  };
  const connected = await ask(one, encodeConnectRequest(1));
  assert.ok(connected?.action === 'connect');
  const announce = encodeAnnounceRequest(connected.connectionId, 2, {
    infoHash: INFO_HASH, peerId: INFO_HASH, port: 1, uploaded: 0, downloaded: 0, left: 1, key: 0, compact: true, url: '',
  });
  assert.equal((await ask(one, announce))?.action, 'announce');
  assert.deepEqual(await ask(other, announce), { action: 'error', transaction: 2, reason: 'connect first' });
  await world.simulation.run(MINUTE_MS - 1000);
  assert.equal((await ask(one, announce))?.action, 'announce', 'after a minute');
  await world.simulation.run(MINUTE_MS + 1000);
  assert.equal((await ask(one, announce))?.action, 'error', 'after two');
});

test('torrents are published at their names, whatever these hold', async () => {
  const world = new World();
  const tracker = await world.track();
  const names = ['holiday.mkv', 'a b&c?d#e%f', '<b>"schön"/../x', '鱼'];
  for (const name of names) {
    const path = tracker.publish({ name, bytes: Buffer.from(`torrent of ${name}`), magnet: `magnet:?dn=${encodeURIComponent(name)}&x=1` });
    assert.match(path, /^\/[A-Za-z0-9%!'()*._~-]+\.torrent$/);
    const response = await world.fetch(`http://10.0.0.1:${PORT}${path}`);
    assert.equal(text(response), `torrent of ${name}`);
    assert.equal(response.headers['content-type'], 'application/x-bittorrent');
  }
  const page = text(await world.fetch(`http://10.0.0.1:${PORT}/`));
  assert.ok(page.includes('holiday.mkv') && page.includes('/holiday.mkv.torrent') && page.includes('magnet:?dn=holiday.mkv&#38;x=1'));
  assert.ok(!page.includes('<b>'));
});

test('other paths are not found, other methods not allowed, and figures are there to read', async () => {
  const world = new World();
  await world.track();
  await world.announce({ left: 0 });
  for (const path of ['/nothing', '/announce/', '/%', '/%ff', '/..%2fx', '//', '/x.torrent']) {
    assert.equal((await world.fetch(`http://10.0.0.1:${PORT}${path}`)).status, 404, path);
  }
  const stats = JSON.parse(text(await world.fetch(`http://10.0.0.1:${PORT}/stats`)));
  assert.deepEqual(stats, { swarms: 1, peers: 1, seeds: 1, announces: 1, scrapes: 0, refusals: 0 });
});

test('a malformed announce is refused with status 400 and a reason, one refused by the rules with 200', async () => {
  const world = new World();
  await world.track();
  for (const path of ['/announce', '/announce?info_hash=%00', '/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=x', '/scrape', '/scrape?info_hash=1']) {
    const response = await world.fetch(`http://10.0.0.1:${PORT}${path}`);
    assert.equal(response.status, 400, path);
    assert.ok(string(dictionary(response).get('failure reason')).length > 0);
  }
  const nowhere = await world.announce({ port: 0 });
  assert.equal(nowhere.status, 200);
  assert.match(string(dictionary(nowhere).get('failure reason')), /port/);
});

test('whatever is asked over HTTP, there is an answer', async () => {
  const world = new World();
  await world.track();
  const host = world.newHost();
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('%ab'.repeat(20)), fc.integer().map(String));
  const parameter = fc.tuple(fc.constantFrom('info_hash', 'peer_id', 'port', 'left', 'event', 'numwant', 'ip', 'compact', 'x'), value).map((pair) => pair.join('='));
  const path = fc.oneof(fc.constantFrom('announce', 'scrape', '', 'stats'), fc.string({ unit: 'binary' }));
  await fc.assert(fc.asyncProperty(path, fc.array(parameter), async (where, parameters) => {
    const response = await world.fetch(`http://10.0.0.1:${PORT}/${where.replaceAll(/[?#]/g, '')}?${parameters.join('&')}`, host);
    assert.ok([200, 400, 404].includes(response.status));
    if (response.status === 400) assert.deepEqual(Buffer.from(encode(decode(response.body))), Buffer.from(response.body));
  }));
});

test('whatever is sent over UDP, the answer is no longer than the question until the asker has proved its address', async () => {
  const world = new World();
  const tracker = await world.track();
  const socket = await world.newHost().bindDatagrams({ family: 4, port: 5 });
  const sizes: number[] = [];
  socket.receive((bytes) => sizes.push(bytes.length));
  const actions = fc.integer({ min: 0, max: 5 }).chain((action) => fc.uint8Array({ maxLength: 300 })
    .map((tail) => Buffer.concat([Buffer.from('0000041727101980', 'hex'), Buffer.of(0, 0, 0, action), tail])));
  await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), actions), async (datagram) => {
    sizes.length = 0;
    socket.send(datagram, { host: '10.0.0.1', port: PORT });
    await world.simulation.run(100);
    assert.ok(sizes.length <= 1);
    for (const size of sizes) assert.ok(size <= datagram.length);
  }));
  assert.equal((await tracker.counts()).announces, 0);
});

test('a closed tracker answers nobody, and leaves its ports to others', async () => {
  const world = new World();
  const tracker = await world.track();
  await tracker.close();
  const again = await world.track();
  await again.close();
  await assert.rejects(world.announce({}), { code: 'HTTP_FAILED' });
});

test('where a port is taken nothing is left open', async () => {
  const world = new World();
  const taken = await world.trackerHost.bindDatagrams({ family: 4, port: PORT });
  await assert.rejects(world.track(), { code: 'LISTEN_FAILED' });
  taken.close();
  await (await world.track()).close();
});

test('where any port will do, UDP is served on the same number as HTTP if that is free', async () => {
  const world = new World();
  const anywhere = { http: { port: 0 }, udp: { port: 0 } };
  const tracker = await world.track(anywhere);
  const port = tracker.http?.port ?? assert.fail();
  assert.equal(tracker.udp[0].port, port);
  await world.trackerHost.bindDatagrams({ family: 4, port: port + 1 });
  const beside = await world.track(anywhere);
  assert.equal(beside.http?.port, port + 1);
  assert.notEqual(beside.udp[0].port, port + 1);
});

test('on real sockets two peers find each other, over HTTP and UDP', async (t) => {
  const runtime = nodeRuntime();
  const tracker = await startTracker(runtime, { http: { host: '127.0.0.1', port: 0 }, udp: { host: '127.0.0.1', port: 0 } });
  t.after(() => tracker.close());
  const urls = [`http://127.0.0.1:${tracker.http?.port}/announce`, `udp://127.0.0.1:${tracker.udp[0].port}`];
  const searches: Search[] = [];
  const announce = (port: number, url: string): Promise<Endpoint[]> => new Promise((resolve, reject) => {
    const found: Endpoint[] = [];
    searches.push(trackerDiscovery({ runtime }).search({
      infoHashes: [INFO_HASH],
      peerId: runtime.random.bytes(20),
      port,
      isPrivate: false,
      trackers: () => [[url]],
      totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
      isPartialSeed: () => false,
    }, {
      found: (endpoints) => found.push(...endpoints),
      status: (line, isError) => (isError ? reject(new Error(line)) : resolve(found)),
    }));
  });
  assert.deepEqual(await announce(1001, urls[0]), []);
  assert.deepEqual(await announce(1002, urls[1]), [{ host: '127.0.0.1', port: 1001 }]);
  assert.deepEqual((await announce(1003, urls[0])).map(({ port }) => port).sort(), [1001, 1002]);
  await Promise.all(searches.map((search) => search.stop()));
  assert.equal((await tracker.counts()).peers, 0);
});
