import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../../bytes/bencode.ts';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { keyPairFromSeed } from '../../bytes/signature.ts';
import { DHT_PORT, KademliaNetwork } from '../../lab/kademlia-network.ts';
import { type SimulatedHost, SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import { compareDistance } from './distance.ts';
import { isMutable, signItem, targetOf } from './item.ts';
import { KademliaNode } from './kademlia.ts';

const PAIR = keyPairFromSeed(new Uint8Array(32).fill(1));
const NO_SALT = new Uint8Array(0);
const HASH = new Uint8Array(20).fill(0x33);
const idOf = (node: KademliaNode): Uint8Array => node.status()[0].id;

test('any node finds the nodes nearest to any target', async () => {
  const network = await KademliaNetwork.of(60);
  const target = network.random.bytes(20);
  const sorted = network.nodes.map(({ node }) => idOf(node)).sort((a, b) => compareDistance(target, a, b)).map(toHex);
  for (let count = 0; count < 10; count++) {
    const { node } = network.randomNode();
    const { nodes, figures } = await network.complete(node.findNodes(target));
    const others = sorted.filter((id) => id !== toHex(idOf(node)));
    assert.deepEqual(nodes.map(({ id }) => toHex(id)), others.slice(0, 8));
    assert.ok(figures.nodes === 8 && figures.answers <= figures.queries);
  }
});

test('in a network of a few, one that has gone without a word costs a lookup no more than a second or two', async () => {
  const network = await KademliaNetwork.of(6);
  const gone = network.nodes[3];
  gone.node.stop();
  for (const { node } of network.nodes.filter((each) => each !== gone)) {
    const startMs = network.simulation.now();
    const { nodes } = await network.complete(node.findNodes(idOf(gone.node)));
    assert.equal(nodes.length, 4);
    assert.ok(network.simulation.now() - startMs < 2500, `${network.simulation.now() - startMs} ms`);
  }
});

test('who announces itself is found by all, as the peers are named', async () => {
  const network = await KademliaNetwork.of(60);
  const announcers = [network.nodes[3], network.nodes[30], network.nodes[59]];
  for (const [index, { node }] of announcers.entries()) {
    const { stored } = await network.complete(node.announce(HASH, { port: 7000 + index, isSeed: index === 0 }));
    assert.equal(stored, 8);
  }
  const expected = announcers.map(({ host }, index) => `${host.addresses[0]}:${7000 + index}`).sort();
  for (const { node } of network.nodes.slice(0, 20)) {
    const told: string[] = [];
    const { peers } = await network.complete(node.getPeers(HASH, { found: (some) => told.push(...some.map(formatEndpoint)) }));
    assert.deepEqual(peers.map(formatEndpoint).sort(), expected);
    assert.deepEqual(told.sort(), expected);
  }
  const { seeds, peers } = await network.complete(network.randomNode().node.scrape(HASH));
  assert.deepEqual([seeds, peers], [1, 2]);
  const { infoHashes } = await network.complete(network.randomNode().node.sample(HASH));
  assert.deepEqual(infoHashes.map(toHex), [toHex(HASH)]);
});

test('an announcement is forgotten unless it is repeated', async () => {
  const network = await KademliaNetwork.of(30);
  await network.complete(network.nodes[3].node.announce(HASH, { port: 7000 }));
  await network.simulation.run(31 * 60_000);
  assert.deepEqual((await network.complete(network.nodes[9].node.getPeers(HASH))).peers, []);
});

test('items: immutable, and mutable ones that only their owner replaces (BEP 44)', async () => {
  const network = await KademliaNetwork.of(40);
  const [writer, reader] = [network.nodes[5].node, network.nodes[25].node];
  const fixed = await network.complete(writer.put({ value: encode('fixed') }));
  assert.deepEqual([fixed.stored, fixed.refusals], [8, []]);
  assert.deepEqual((await network.complete(reader.get(fixed.target))).item, { value: Uint8Array.from(encode('fixed')) });

  const salt = Buffer.from('s');
  const version = (sequence: number): ReturnType<typeof signItem> => signItem(PAIR, { value: encode({ n: sequence }), salt, sequence });
  const target = targetOf(version(1));
  assert.equal((await network.complete(writer.put(version(1)))).stored, 8);
  assert.equal((await network.complete(writer.put(version(3), { expected: 1 }))).stored, 8);
  const old = await network.complete(writer.put(version(2)));
  assert.deepEqual([old.stored, new Set(old.refusals.map(({ code }) => code))], [0, new Set([302])]);
  const mismatched = await network.complete(writer.put(version(4), { expected: 1 }));
  assert.deepEqual([mismatched.stored, new Set(mismatched.refusals.map(({ code }) => code))], [0, new Set([301])]);
  const { item, copies } = await network.complete(reader.get(target, { salt }));
  assert.ok(item !== undefined && isMutable(item) && item.sequence === 3 && copies >= 7);
  assert.equal((await network.complete(reader.get(target))).item, undefined, 'not without its salt');
  await assert.rejects(network.complete(writer.put({ value: Buffer.from('not bencoded') })), { code: 'DHT_BAD_ITEM' });
});

/** Hosts with addresses of both families. */
class DualWorld {
  readonly simulation = new Simulation();
  readonly network = new SimulatedNetwork(this.simulation);

  host(number: number, families: readonly (4 | 6)[] = [4, 6]): SimulatedHost {
    return this.network.addHost(families.map((family) => (family === 4 ? `20.${number}.0.1` : `2001:db8:${(number + 1).toString(16)}::1`)));
  }

  async start(host: SimulatedHost, bootstrap: readonly string[] = []): Promise<KademliaNode> {
    const node = await KademliaNode.start(simulatedRuntime(host), { port: DHT_PORT, bootstrap: bootstrap.map((each) => ({ host: each, port: DHT_PORT })) });
    await this.complete(node.joined);
    return node;
  }

  complete<Value>(promise: Promise<Value>): Promise<Value> {
    return this.simulation.complete(promise, 600_000);
  }
}

test('nodes of both families find peers of both, whichever family they joined through (BEP 32)', async () => {
  const world = new DualWorld();
  const first = await world.start(world.host(0));
  const nodes = [first];
  // Each is told of the first one's IPv4 address only, or of its IPv6 address only.
  for (let number = 1; number < 20; number++) nodes.push(await world.start(world.host(number), [number % 2 === 0 ? '20.0.0.1' : '2001:db8:1::1']));
  await world.simulation.run(60_000);
  for (const node of nodes) assert.ok(node.status().every(({ nodes: known }) => known >= 8));
  const onlyFour = await world.start(world.host(100, [4]), ['20.0.0.1']);
  const onlySix = await world.start(world.host(101, [6]), ['2001:db8:1::1']);
  assert.deepEqual([onlyFour, onlySix].map((node) => node.status().map(({ family }) => family)), [[4], [6]]);
  for (const node of [onlyFour, onlySix]) assert.equal((await world.complete(node.announce(HASH, { port: 7000 }))).stored, 8);
  const peersOf = async (node: KademliaNode): Promise<string[]> => (await world.complete(node.getPeers(HASH))).peers.map(({ host }) => host).sort();
  assert.deepEqual(await peersOf(nodes[7]), ['20.100.0.1', '2001:db8:66::1']);
  assert.deepEqual(await peersOf(onlyFour), ['20.100.0.1']);
  assert.deepEqual(await peersOf(onlySix), ['2001:db8:66::1']);
});

test('well-known nodes may be given by name, and a name that nobody has is passed over', async () => {
  const world = new DualWorld();
  const first = await world.start(world.host(0));
  world.network.names.set('router.example', ['20.0.0.1', '2001:db8:1::1']);
  const second = await world.start(world.host(1), ['nobody.example', 'router.example']);
  assert.deepEqual(second.status().map(({ nodes }) => nodes), [1, 1]);
  assert.deepEqual(toHex((await world.complete(second.ping({ host: 'router.example', port: DHT_PORT }))).id), toHex(idOf(first)));
});

test('a ping tells the id and how long it took, or why there is none', async () => {
  const network = await KademliaNetwork.of(2);
  const [{ node }, other] = network.nodes;
  const { id, roundTripMs } = await network.complete(node.ping(other.endpoint));
  assert.deepEqual(toHex(id), toHex(idOf(other.node)));
  assert.ok(roundTripMs >= 40 && roundTripMs <= 330);
  await assert.rejects(network.complete(node.ping({ host: '99.9.9.9', port: 9 })), { code: 'DHT_NO_ANSWER', message: /99\.9\.9\.9:9: it does not answer/ });
  await assert.rejects(network.complete(node.ping({ host: '2001:db8::1', port: 9 })), { code: 'DHT_NO_ANSWER' });
});

test('a node without others answers everything with nothing, and joins when there is somebody', async () => {
  const world = new DualWorld();
  const node = await world.start(world.host(1), ['20.0.0.1']);
  assert.ok(node.isAlone);
  assert.deepEqual((await world.complete(node.getPeers(HASH))).peers, []);
  assert.equal((await world.complete(node.announce(HASH, { port: 1 }))).stored, 0);
  assert.equal((await world.complete(node.get(HASH))).item, undefined);
  assert.equal((await world.complete(node.put({ value: encode(1) }))).stored, 0);
  await world.start(world.host(0));
  await world.simulation.run(60_000);
  assert.ok(!node.isAlone);
});

test('a call can be given up at any time, and a node stopped', async () => {
  const network = await KademliaNetwork.of(20);
  const { node } = network.nodes[3];
  const giving = new AbortController();
  const given = Promise.allSettled([node.getPeers(HASH, { signal: giving.signal }), node.get(HASH, { signal: giving.signal }), node.findNodes(HASH, giving.signal)]);
  await network.simulation.run(50);
  giving.abort(new Error('enough'));
  for (const call of await given) assert.match(String(call.status === 'rejected' && call.reason), /enough/);
  await assert.rejects(node.getPeers(HASH, { signal: giving.signal }), /enough/);
  const stopped = Promise.allSettled([node.announce(HASH, { port: 1 }), node.put({ value: encode(1) }), node.ping(network.nodes[9].endpoint)]);
  await network.simulation.run(50);
  node.stop();
  for (const call of await stopped) assert.match(String(call.status === 'rejected' && call.reason), /stopped/);
  await assert.rejects(node.getPeers(HASH), { code: 'DHT_STOPPED' });
  node.stop();
});

test('a table that was kept leads back into the DHT without any well-known node, under the same id', async () => {
  const network = await KademliaNetwork.of(40);
  const leaving = network.nodes[20];
  const [savedTables, id] = [leaving.node.exportTables(), idOf(leaving.node)];
  network.crash(leaving);
  await network.simulation.run(60_000);
  const host = network.world.addHost(leaving.host.addresses);
  const again = await KademliaNode.start(simulatedRuntime(host), { port: DHT_PORT, families: [4], savedTables });
  await network.complete(again.joined);
  assert.deepEqual(toHex(idOf(again)), toHex(id));
  assert.ok(again.status()[0].nodes >= 8);
  await network.complete(network.nodes[0].node.announce(HASH, { port: 7000 }));
  assert.equal((await network.complete(again.getPeers(HASH))).peers.length, 1);
});

test('a table of any bytes is no harm', async () => {
  const network = await KademliaNetwork.of(5);
  const { node } = await network.add({ savedTables: Buffer.from('d7:version') });
  await network.complete(node.joined);
  assert.ok(!node.isAlone);
});

test('a node that a peer has named is taken in (BEP 5)', async () => {
  const network = await KademliaNetwork.of(2, { nodeOptions: { bootstrap: [] } });
  const [first, second] = network.nodes;
  assert.ok(first.node.isAlone);
  first.node.addNode(second.endpoint);
  await network.simulation.run(10_000);
  assert.ok(!first.node.isAlone && !second.node.isAlone);
});

test('status tells what a node is and has', async () => {
  const network = await KademliaNetwork.of(30);
  await network.complete(network.nodes[1].node.announce(HASH, { port: 7000 }));
  const holder = network.nodes.find(({ node }) => node.status()[0].peers > 0) ?? assert.fail();
  const [status] = holder.node.status();
  assert.deepEqual([status.family, status.torrents, status.peers, status.items, status.isIdBound], [4, 1, 1, 0, true]);
  assert.equal(status.buckets.reduce((sum, count) => sum + count, 0), status.nodes);
  assert.ok(status.traffic.datagramsReceived > 10 && status.traffic.bytesSent > 1000 && status.traffic.answered.announce_peer === 1);
  assert.equal(status.externalAddress, holder.host.addresses[0]);
});

test('where no port can be had it says so', async () => {
  const world = new DualWorld();
  const host = world.host(0, [4]);
  await world.start(host);
  await assert.rejects(KademliaNode.start(simulatedRuntime(host), { port: DHT_PORT }), { code: 'LISTEN_FAILED' });
});

test('one seed gives one course of events', async () => {
  const run = async (seed: number): Promise<unknown> => {
    const network = await KademliaNetwork.of(40, { seed, faults: { lossRate: 0.05, duplicateRate: 0.02, jitterMs: 30 } });
    await network.complete(network.randomNode().node.announce(HASH, { port: 7000 }));
    const { figures } = await network.complete(network.randomNode().node.getPeers(HASH));
    return [figures, network.simulation.eventCount, network.simulation.now(), network.nodes.map(({ node }) => toHex(idOf(node)))];
  };
  assert.deepEqual(await run(3), await run(3));
  assert.notDeepEqual(await run(3), await run(4));
});

test('lost, doubled and belated datagrams do not keep peers from being found', async () => {
  const network = await KademliaNetwork.of(60, { faults: { lossRate: 0.1, duplicateRate: 0.1, jitterMs: 200 } });
  await network.complete(network.nodes[7].node.announce(HASH, { port: 7000 }));
  for (const { node } of network.nodes.slice(20, 40)) assert.equal((await network.complete(node.getPeers(HASH))).peers.length, 1);
});

test('an item of whatever size goes through the wire whole', async () => {
  const network = await KademliaNetwork.of(20);
  const item = signItem(PAIR, { value: encode(new Uint8Array(996).fill(7)), salt: NO_SALT, sequence: 2n ** 62n });
  assert.equal((await network.complete(network.nodes[1].node.put(item))).stored, 8);
  const { item: found } = await network.complete(network.nodes[11].node.get(targetOf(item)));
  assert.ok(found !== undefined && isMutable(found));
  assert.deepEqual([toHex(found.value), found.sequence], [toHex(item.value), item.sequence]);
});
