import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Encodable, encode, field } from '../../bytes/bencode.ts';
import { addressToBytes, type Endpoint, endpointToCompact, formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { keyPairFromSeed } from '../../bytes/signature.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import { type SimulatedHost, SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { SeededRandom, Simulation } from '../../runtime/simulated/simulation.ts';
import { Contact, formatContacts } from './contact.ts';
import { type Answer, decodeMessage, encodeAnswer, encodeError, encodeQuery, type KrpcMessage } from './krpc.ts';
import { isBoundTo, nodeIdFor } from './node-id.ts';
import { Node, type NodeOptions } from './node.ts';

const PORT = 6881;
const HASH = new Uint8Array(20).fill(2);
const bytesOf = (host: string): Uint8Array => addressToBytes(host) ?? assert.fail(host);

/** A node under test, and strangers who send what they like. */
class World {
  readonly simulation = new Simulation();
  readonly network = new SimulatedNetwork(this.simulation);
  readonly random = new SeededRandom(5);

  async node(options: Partial<NodeOptions> = {}, host = '20.0.0.1'): Promise<Node> {
    const family = host.includes(':') ? 6 : 4;
    const socket = await this.network.addHost(host).bindDatagrams({ family, port: PORT });
    return new Node({
      family, socket, clock: this.simulation, random: this.random.fork(), policy: 'prefer', isReadOnly: false,
      queriesPerSecond: 250, answersPerSecond: 2000, rejoin: () => undefined, ...options,
    });
  }

  async stranger(host: string, port = PORT): Promise<Stranger> {
    const machine = this.network.addHost(host);
    return new Stranger(machine, await machine.bindDatagrams({ family: host.includes(':') ? 6 : 4, port }), this.random);
  }

  /** Nodes that answer pings and name nobody, each in a block of its own, which ask the node something. */
  async neighbours(count: number, node: Node, reply: (stranger: Stranger) => Record<string, Encodable> = () => ({})): Promise<Stranger[]> {
    const strangers: Stranger[] = [];
    for (let number = 0; number < count; number++) {
      const stranger = await this.stranger(`40.${number >>> 8}.${number & 0xff}.1`);
      stranger.playNode(reply);
      strangers.push(stranger);
      stranger.ask(node.endpoint, 'ping', {});
      await this.simulation.run(200);
    }
    return strangers;
  }
}

class Stranger {
  readonly host: SimulatedHost;
  readonly socket: DatagramSocket;
  readonly received: KrpcMessage[] = [];
  id: Uint8Array;
  /** Where it says that whoever asks is, if not the truth. */
  lieAboutAsker: Endpoint | undefined;
  #reply: ((stranger: Stranger) => Record<string, Encodable>) | undefined;

  constructor(host: SimulatedHost, socket: DatagramSocket, random: SeededRandom) {
    this.host = host;
    this.socket = socket;
    this.id = nodeIdFor(bytesOf(socket.endpoint.host), random);
    socket.receive((bytes, from) => {
      const message = decodeMessage(bytes);
      if (message === undefined) return;
      this.received.push(message);
      if (message.kind !== 'query' || this.#reply === undefined) return;
      const asker = endpointToCompact(this.lieAboutAsker ?? from) ?? assert.fail();
      socket.send(encodeAnswer(message.transaction, { id: this.id, ...this.#reply(this) }, asker), from);
    });
  }

  /** From now on it answers queries. */
  playNode(reply: (stranger: Stranger) => Record<string, Encodable> = () => ({})): void {
    this.#reply = reply;
  }

  ask(to: Endpoint, method: string, args: Record<string, Encodable>, isReadOnly = false): void {
    this.socket.send(encodeQuery(Uint8Array.of(7), method, { id: this.id, ...args }, isReadOnly), to);
  }

  get answers(): Answer[] {
    return this.received.filter((message) => message.kind === 'answer');
  }

  get errorCodes(): number[] {
    return this.received.filter((message) => message.kind === 'error').map(({ error }) => error.code);
  }

  count(method: string): number {
    return this.received.filter((message) => message.kind === 'query' && message.method === method).length;
  }
}

test('a query is answered, with where the asker is (BEP 42)', async () => {
  const world = new World();
  const node = await world.node();
  const stranger = await world.stranger('30.0.0.1');
  stranger.ask(node.endpoint, 'ping', {}, true);
  await world.simulation.run(100);
  const [answer] = stranger.answers;
  assert.equal(toHex(field.bytes(answer.results, 'id') ?? assert.fail()), toHex(node.id));
  assert.equal(toHex(answer.ownEndpoint ?? new Uint8Array(0)), toHex(endpointToCompact(stranger.socket.endpoint) ?? assert.fail()));
  assert.deepEqual(node.traffic.report().answered, { ping: 1 });
});

test('no datagram does any harm: each is answered, refused or dropped, and counted', async () => {
  const world = new World();
  const node = await world.node();
  const stranger = await world.stranger('30.0.0.1');
  const queries = ['ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put', 'sample_infohashes', 'unheard-of'].map((method) =>
    encodeQuery(Uint8Array.of(7), method, { id: stranger.id, target: HASH, info_hash: HASH, port: 1, token: 'x', v: { a: 1 }, seq: 1 }, false));
  const others = [encodeAnswer(Uint8Array.of(1, 2, 3, 4), { id: HASH }, new Uint8Array(6)), encodeError(Uint8Array.of(1), { code: 201, text: 'x' }), encode([1]), encode({})];
  const damaged = fc.tuple(fc.constantFrom(...queries, ...others), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(20)).map(([whole, changes, cut]) => {
    const bytes = Uint8Array.from(whole);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.subarray(0, bytes.length - (cut > 10 ? cut - 10 : 0));
  });
  let sent = 0;
  await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), async (bytes) => {
    stranger.socket.send(bytes, node.endpoint);
    sent += 1;
    await world.simulation.run(100);
  }), { numRuns: 400 });
  const { answered, refused, dropped } = node.traffic.report();
  const total = [answered, refused, dropped].flatMap((counts) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
  assert.equal(total, sent);
  for (const kind of [answered, refused, dropped]) assert.ok(Object.values(kind).some((count) => count > 0));
});

test('wrong arguments are refused with 203 and unknown methods with 204', async () => {
  const world = new World();
  const node = await world.node();
  const stranger = await world.stranger('30.0.0.1');
  stranger.ask(node.endpoint, 'find_node', {});
  stranger.ask(node.endpoint, 'vote', {});
  stranger.ask(node.endpoint, 'announce_peer', { info_hash: HASH, port: 1, token: 'guess' });
  await world.simulation.run(100);
  assert.deepEqual(stranger.errorCodes, [203, 204, 203]);
  assert.deepEqual(node.traffic.report().refused, { 203: 2, 204: 1 });
});

test('who asks becomes a neighbour once it has answered, and not before', async () => {
  const world = new World();
  const node = await world.node();
  const mute = await world.stranger('30.0.0.1');
  mute.ask(node.endpoint, 'ping', {});
  await world.simulation.run(10_000);
  assert.deepEqual([mute.count('ping'), node.table.size], [1, 0]);
  const [neighbour] = await world.neighbours(1, node);
  assert.deepEqual([...node.table].map(({ endpoint }) => endpoint), [neighbour.socket.endpoint]);
});

test('who says that it answers no queries is answered, and left alone (BEP 43)', async () => {
  const world = new World();
  const node = await world.node();
  const stranger = await world.stranger('30.0.0.1');
  stranger.playNode();
  stranger.ask(node.endpoint, 'ping', {}, true);
  await world.simulation.run(10_000);
  assert.deepEqual([stranger.answers.length, stranger.count('ping'), node.table.size], [1, 0, 0]);
});

test('a read-only node answers nobody, and says so when it asks (BEP 43)', async () => {
  const world = new World();
  const node = await world.node({ isReadOnly: true });
  const stranger = await world.stranger('30.0.0.1');
  stranger.playNode();
  stranger.ask(node.endpoint, 'ping', {});
  node.ask(stranger.socket.endpoint, 'ping', {}, { answered: () => undefined, failed: () => assert.fail() });
  await world.simulation.run(1000);
  assert.equal(stranger.answers.length, 0);
  assert.deepEqual(stranger.received.map((message) => message.kind === 'query' && message.isReadOnly), [true]);
  assert.deepEqual(node.traffic.report().dropped, { 'read-only': 1 });
  assert.equal(node.table.size, 1);
});

test('a flood of queries from one subscriber is answered up to a point, and keeps nobody else from being answered', async () => {
  const world = new World();
  const node = await world.node();
  const [flooder, other] = [await world.stranger('66.6.6.6'), await world.stranger('30.0.0.1')];
  for (let count = 0; count < 2 * LIMITS.dhtQueriesPerSubscriber; count++) flooder.ask(node.endpoint, 'ping', {}, true);
  other.ask(node.endpoint, 'ping', {}, true);
  await world.simulation.run(100);
  assert.deepEqual([flooder.answers.length, other.answers.length], [LIMITS.dhtQueriesPerSubscriber, 1]);
  assert.deepEqual(node.traffic.report().dropped, { 'rate-limited': LIMITS.dhtQueriesPerSubscriber });
});

test('a thousand nodes of one block get no more than its few places in the table, and cost no more than a few pings a second', async () => {
  const world = new World();
  const node = await world.node();
  const honest = await world.neighbours(12, node);
  const attackers: Stranger[] = [];
  for (let number = 0; number < 1000; number++) {
    const attacker = number < 254 ? await world.stranger(`66.6.6.${number + 1}`) : attackers[number % 254];
    attacker.id = world.random.bytes(20);
    attacker.playNode();
    attackers.push(attacker);
    attacker.ask(node.endpoint, 'find_node', { target: node.id });
    await world.simulation.run(20);
  }
  await world.simulation.run(10_000);
  const inTable = [...node.table].map(({ endpoint }) => endpoint.host);
  assert.ok(inTable.filter((host) => host.startsWith('66.6.6.')).length <= LIMITS.dhtNodesPerBlock);
  for (const { socket } of honest) assert.ok(inTable.includes(socket.endpoint.host));
  assert.ok((node.traffic.report().asked.ping ?? 0) <= 12 + 30 * 10);
});

test('neighbours unheard for a quarter of an hour are asked, and those that are gone make way', async () => {
  const world = new World();
  const node = await world.node();
  const neighbours = await world.neighbours(8, node);
  const [gone, ...staying] = neighbours;
  gone.host.crash();
  await world.simulation.run(20 * 60_000);
  const hosts = [...node.table].map(({ endpoint }) => endpoint.host);
  assert.deepEqual(new Set(hosts), new Set(staying.map(({ socket }) => socket.endpoint.host)));
  assert.ok(staying.every((neighbour) => neighbour.count('find_node') > 0));
});

test('when nothing at all is heard any more, the table is kept: the fault may be ours', async () => {
  const world = new World();
  const node = await world.node();
  await world.neighbours(8, node);
  world.network.reachable = () => false;
  await world.simulation.run(60 * 60_000);
  assert.equal(node.table.size, 8);
});

test('an id begins bound to the socket\'s address; a saved one is kept if it is bound too', async () => {
  const world = new World();
  const node = await world.node();
  assert.ok(isBoundTo(node.id, bytesOf('20.0.0.1')));
  const saved = nodeIdFor(bytesOf('20.0.0.2'), world.random);
  assert.deepEqual((await world.node({ id: saved }, '20.0.0.2')).id, saved);
  assert.notDeepEqual((await world.node({ id: saved }, '20.0.0.3')).id, saved);
});

test('a clear majority about the own address is believed, and the id moves there with the neighbours (BEP 42)', async () => {
  const world = new World();
  // As behind a translator: the socket's address says nothing.
  const node = await world.node({}, '192.168.1.2');
  const before = toHex(node.id);
  const outside = { host: '99.1.2.3', port: 4000 };
  const neighbours = await world.neighbours(8, node);
  for (const neighbour of neighbours) neighbour.lieAboutAsker = outside;
  for (const { socket } of neighbours.slice(0, 3)) node.ask(socket.endpoint, 'ping', {}, { answered: () => undefined, failed: () => undefined });
  await world.simulation.run(1000);
  assert.equal(toHex(node.id), before, 'three are not enough');
  for (const { socket } of neighbours) node.ask(socket.endpoint, 'ping', {}, { answered: () => undefined, failed: () => undefined });
  await world.simulation.run(1000);
  assert.deepEqual(node.externalAddress, bytesOf(outside.host));
  assert.ok(isBoundTo(node.id, bytesOf(outside.host)) && toHex(node.id) !== before);
  assert.equal(node.table.size, 8);
});

test('where bound ids are required, nobody else is answered or known', async () => {
  const world = new World();
  const node = await world.node({ policy: 'require' });
  const [unbound, bound] = [await world.stranger('30.0.0.1'), await world.stranger('30.0.1.1')];
  unbound.id = world.random.bytes(20);
  for (const stranger of [unbound, bound]) {
    stranger.playNode();
    stranger.ask(node.endpoint, 'ping', {});
  }
  await world.simulation.run(1000);
  assert.deepEqual([unbound.errorCodes, unbound.answers.length, bound.answers.length], [[203], 0, 1]);
  assert.deepEqual([...node.table].map(({ endpoint }) => endpoint.host), ['30.0.1.1']);
});

test('what others stored runs out by itself', async () => {
  const world = new World();
  const node = await world.node();
  const stranger = await world.stranger('30.0.0.1');
  stranger.ask(node.endpoint, 'get_peers', { info_hash: HASH }, true);
  await world.simulation.run(100);
  const token = field.bytes(stranger.answers[0].results, 'token') ?? assert.fail();
  stranger.ask(node.endpoint, 'announce_peer', { info_hash: HASH, port: 1, token }, true);
  stranger.ask(node.endpoint, 'put', { v: 'item', token }, true);
  await world.simulation.run(100);
  assert.deepEqual([node.peers.peerCount, node.items.size], [1, 1]);
  await world.simulation.run(3 * 60 * 60_000);
  assert.deepEqual([node.peers.peerCount, node.peers.torrentCount, node.items.size], [0, 0, 0]);
  stranger.ask(node.endpoint, 'announce_peer', { info_hash: HASH, port: 1, token }, true);
  await world.simulation.run(100);
  assert.deepEqual(stranger.errorCodes, [203], 'and so does the token');
});

test('a flood of announcements and items stays within the limits', async () => {
  const world = new World();
  const node = await world.node({ answersPerSecond: 1e9 });
  const flooder = await world.stranger('66.6.6.6');
  const pair = keyPairFromSeed(new Uint8Array(32).fill(1));
  let token: Uint8Array = new Uint8Array(0);
  for (let round = 0; round < 8; round++) {
    flooder.ask(node.endpoint, 'get_peers', { info_hash: HASH }, true);
    await world.simulation.run(100);
    token = field.bytes(flooder.answers.at(-1)?.results ?? new Map(), 'token') ?? token;
    for (let count = 0; count < LIMITS.dhtQueriesPerSubscriber; count++) {
      const infoHash = world.random.bytes(20);
      if (count % 2 === 0) flooder.ask(node.endpoint, 'announce_peer', { info_hash: infoHash, port: 1, token }, true);
      else flooder.ask(node.endpoint, 'put', { v: infoHash, token, ...(count % 20 === 1 ? { k: pair.publicKey, sig: new Uint8Array(64), seq: 1 } : {}) }, true);
    }
    await world.simulation.run(10_000);
  }
  assert.deepEqual([node.peers.peerCount, node.items.size], [LIMITS.dhtAnnouncementsPerSubscriber, LIMITS.dhtItemsPerSubscriber]);
});

test('a node with a sibling in the other DHT that knows nobody asks for nodes of both families, and hands them on (BEP 32)', async () => {
  const world = new World();
  const [four, six] = [await world.node(), await world.node({}, '2001:db8::1')];
  [four.sibling, six.sibling] = [six, four];
  const distant = await world.stranger('2001:db8:1::1');
  distant.playNode();
  const guide = await world.stranger('30.0.0.1');
  const named = Contact.of(distant.id, distant.socket.endpoint) ?? assert.fail();
  guide.playNode(() => ({ nodes6: formatContacts([named], 6) }));
  four.join([guide.socket.endpoint], [], () => undefined);
  await world.simulation.run(5000);
  const [query] = guide.received;
  assert.ok(query.kind === 'query');
  assert.deepEqual(field.list(query.args, 'want')?.map((name) => Buffer.from(name as Uint8Array).toString()), ['n4', 'n6']);
  assert.deepEqual([...six.table].map(({ endpoint }) => formatEndpoint(endpoint)), ['[2001:db8:1::1]:6881']);
});
