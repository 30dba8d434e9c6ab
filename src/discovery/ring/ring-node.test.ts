import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { lyingWith, type Lie } from '../../../test/support/lying-peer.ts';
import { endpointOf, RING_PORT, RingNetwork, type RingPeer } from '../../lab/ring-network.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import { decodeMessage, encodeMessage, ERROR, type Query } from './messages.ts';
import { nameKey } from './names.ts';
import type { Publication } from './publisher.ts';
import { contactAt } from './ring-id.ts';
import { RingNode } from './ring-node.ts';
import type { RingSettings } from './settings.ts';

/** As on the Internet, but ten times as fast. */
const QUICK: Partial<RingSettings> = {
  stabiliseIntervalMs: 1000, fixFingerIntervalMs: 1500, mergeIntervalMs: 6000, repairIntervalMs: 6000, silenceMs: 6000,
};

function file(number: number, name = `Film number ${number}.mkv`): Publication {
  return { infoHash: Buffer.alloc(20, number + 1), name, length: 1000 + number, port: 6881 };
}

async function publishAll(network: RingNetwork, count: number): Promise<Publication[]> {
  const files = Array.from({ length: count }, (_, number) => file(number));
  const results = await network.complete(Promise.all(files.map((one) => network.randomPeer().node.publish(one))));
  for (const { keys, stored } of results) assert.equal(stored, keys);
  return files;
}

async function assertAllFound(network: RingNetwork, files: readonly Publication[], by: readonly RingPeer[] = network.peers): Promise<void> {
  for (const { node } of by) {
    const found = await network.complete(Promise.all(files.map(({ name }) => node.findByKey(nameKey(name)))));
    for (const [index, records] of found.entries()) assert.equal(records[0]?.name, files[index].name, `found by ${node.contact.key}`);
  }
}

test('peers that join one after the other stand on one circle', async () => {
  const network = await RingNetwork.joined(25, { seed: 1, settings: QUICK });
  await network.run(30_000);
  assert.deepEqual(network.circleFaults(), []);
});

test('peers that all join at once through one peer stand on one circle', async () => {
  const network = await RingNetwork.joined(1, { seed: 2, settings: QUICK });
  const [wellKnown] = network.peers;
  for (let count = 0; count < 24; count++) (await network.add()).node.join([endpointOf(wellKnown)]).catch(() => {});
  await network.run(60_000);
  assert.deepEqual(network.circleFaults(), []);
});

test('a newcomer has the records that are its own as soon as it stands on the circle', async () => {
  const network = await RingNetwork.joined(10, { seed: 3, settings: QUICK });
  await network.run(10_000);
  const files = await publishAll(network, 60);
  const newcomer = await network.add();
  await network.complete(newcomer.node.join([endpointOf(network.peers[0])]));
  const own = files.filter(({ name }) => network.ownerOf(nameKey(name)) === newcomer);
  assert.ok(own.length > 0);
  for (const { name } of own) assert.equal(newcomer.node.records.find(nameKey(name), [], network.simulation.now()).length, 1);
});

test('a quarter of the peers vanishes at once: the circle closes and every record is found from every peer', async () => {
  const network = await RingNetwork.joined(24, { seed: 4, settings: QUICK });
  await network.run(10_000);
  const files = await publishAll(network, 30);
  await network.run(2000);
  for (const peer of network.peers.filter((_, index) => index % 4 === 1)) network.crash(peer);
  await network.run(60_000);
  assert.deepEqual(network.circleFaults(), []);
  await assertAllFound(network, files);
});

test('while peers leave politely not one lookup fails, and nothing is lost', async () => {
  const network = await RingNetwork.joined(24, { seed: 5, settings: QUICK });
  await network.run(20_000);
  const files = await publishAll(network, 15);
  const leaving = network.peers.slice(5, 13);
  const staying = network.peers.filter((peer) => !leaving.includes(peer));
  const goodbyes = Promise.all(leaving.map(async (peer, index) => {
    await new Promise((resolve) => void network.simulation.after(index * 300, () => resolve(undefined)));
    await network.leave(peer);
  }));
  for (let round = 0; round < 10; round++) {
    await assertAllFound(network, files, [staying[round], staying[round + 1]]);
    await network.run(300);
  }
  await network.complete(goodbyes);
  await network.run(30_000);
  assert.deepEqual(network.circleFaults(), []);
  await assertAllFound(network, files);
});

test('who is alone on its circle leaves at once', async () => {
  const network = await RingNetwork.joined(1, { seed: 4, settings: QUICK });
  const [{ node }] = network.peers;
  const startMs = network.simulation.now();
  await network.complete(node.leave());
  assert.ok(network.simulation.now() - startMs <= 100, 'one step of the simulation');
});

test('who leaves takes nothing along that nobody else has yet', async () => {
  // Copies are made neither at once nor by comparing, so only the hand-over is left.
  const network = await RingNetwork.joined(6, { seed: 6, settings: { ...QUICK, replicateDelayMs: 1e9, repairIntervalMs: 1e9, stabiliseIntervalMs: 4000 } });
  await network.run(40_000);
  const [publication] = await publishAll(network, 1);
  await network.complete(network.leave(network.ownerOf(nameKey(publication.name))));
  await assertAllFound(network, [publication]);
});

test('each record is at its own peer and the r that follow, and after joins nowhere else', async () => {
  const network = await RingNetwork.joined(8, { seed: 7, settings: { ...QUICK, successors: 2 } });
  await network.run(10_000);
  const files = await publishAll(network, 20);
  for (let count = 0; count < 8; count++) {
    await network.complete((await network.add()).node.join([endpointOf(network.peers[0])]));
    await network.run(10_000);
  }
  for (const { name } of files) {
    const keepers = network.peers.filter(({ node }) => node.records.find(nameKey(name), [], network.simulation.now()).length > 0);
    const should = network.peers.filter(({ node }) => node.table.keeps(nameKey(name)));
    assert.deepEqual(keepers.map(({ node }) => node.contact.key), should.map(({ node }) => node.contact.key));
  }
});

test('files are found by any of their words, whatever the spelling, with everybody who holds them', async () => {
  const network = await RingNetwork.joined(12, { seed: 8, settings: QUICK });
  const [one, other, asker] = network.peers;
  await network.complete(one.node.publish(file(1, 'Big.Buck_Bunny.2008.mkv')));
  await network.complete(other.node.publish(file(1, 'Big.Buck_Bunny.2008.mkv')));
  await network.complete(other.node.publish(file(2, 'Bunny Girl')));
  const holders = [one, other].map(({ node }) => ({ host: node.contact.endpoint.host, port: 6881 }));
  for (const text of ['bunny buck', 'BIG BUCK BÜNNY', '2008', 'big buck bunny 2008 mkv', 'buck mkv']) {
    const found = await network.complete(asker.node.find(text));
    assert.deepEqual(found.map(({ name }) => name), ['Big.Buck_Bunny.2008.mkv'], text);
    assert.deepEqual(new Set(found[0].holders.map(formatEndpoint)), new Set(holders.map(formatEndpoint)), text);
  }
  assert.equal((await network.complete(asker.node.find('bunny'))).length, 2);
  assert.deepEqual(await network.complete(asker.node.find('bunny hare')), []);
  assert.deepEqual(await network.complete(asker.node.find('')), []);
});

test('what is not renewed is forgotten, and what is withdrawn goes at once, copies too', async () => {
  const network = await RingNetwork.joined(8, { seed: 9, settings: { ...QUICK, recordLifetimeMs: 60_000 } });
  const [{ node }, asker] = network.peers;
  await network.complete(node.publish(file(1)));
  await network.complete(node.publish(file(2)));
  await network.run(2000);
  await network.complete(node.withdraw(file(2)));
  await network.run(1000);
  assert.deepEqual(await network.complete(asker.node.find(file(2).name)), []);
  await network.run(40_000);
  await network.complete(node.publish(file(1)));
  await network.run(40_000);
  assert.equal((await network.complete(asker.node.find(file(1).name))).length, 1);
  await network.run(61_000);
  assert.deepEqual(await network.complete(asker.node.find(file(1).name)), []);
  assert.ok(network.peers.every((peer) => peer.node.status().keys === 0));
});

test('what is taken back in leaving is gone with who leaves', async () => {
  for (const size of [2, 6]) {
    // The leaver goes long before it would copy anything by itself.
    const network = await RingNetwork.joined(size, { seed: 16, settings: { ...QUICK, replicateDelayMs: 60_000 } });
    await network.run(5000);
    const [leaver] = network.peers;
    const files = Array.from({ length: 5 }, (_, number) => file(number));
    for (const one of files) await network.complete(leaver.node.publish(one));
    await network.run(10_000);
    await network.complete(Promise.all(files.map((one) => leaver.node.withdraw(one))));
    await network.complete(network.leave(leaver));
    await network.run(80_000);
    assert.deepEqual(network.peers.map(({ node }) => node.records.announcementCount), network.peers.map(() => 0), `${size} peers`);
  }
});

test('who was not reached when something was taken back is told when copies are compared', async () => {
  const network = await RingNetwork.joined(6, { seed: 17, settings: QUICK });
  await network.run(5000);
  const { name } = file(1);
  const owner = network.ownerOf(nameKey(name));
  await network.complete(owner.node.publish(file(1)));
  await network.run(2000);
  const [follower] = owner.node.table.successors.all;
  const copy = network.peers.find(({ node }) => node.contact.key === follower.key)!;
  assert.equal(copy.node.records.find(nameKey(name), [], network.simulation.now()).length, 1);
  // As if no word of it had come through.
  owner.node.records.withdraw({ key: nameKey(name), infoHash: file(1).infoHash }, { ...endpointOf(owner), port: 6881 }, 3600_000, network.simulation.now());
  await network.run(20_000);
  assert.equal(copy.node.records.find(nameKey(name), [], network.simulation.now()).length, 0);
});

test('who stays outside can look up, publish and find, and is in nobody\'s table', async () => {
  const network = await RingNetwork.joined(15, { seed: 10, settings: QUICK });
  const outsider = await network.add();
  network.remove(outsider);
  await network.complete(outsider.node.connect([endpointOf(network.peers[3])]));
  const key = network.randomKey();
  const { owner } = await network.complete(outsider.node.lookup(key));
  assert.equal(owner?.key, network.ownerOf(key).node.contact.key);
  const { keys, stored } = await network.complete(outsider.node.publish(file(1)));
  assert.equal(stored, keys);
  assert.equal((await network.complete(outsider.node.find('film'))).length, 1);
  await network.run(30_000);
  assert.equal(outsider.node.state, 'outside');
  for (const { node } of network.peers) assert.ok(node.table.all.every(({ endpoint }) => endpoint.host !== outsider.host.addresses[0]));
});

test('where nobody answers, a peer begins alone, and merges with the ring when it hears of it', async () => {
  const network = await RingNetwork.joined(6, { seed: 11, settings: QUICK });
  const late = await network.add();
  network.world.reachable = (from, to) => ![from, to].includes(late.host.addresses[0]) || from === to;
  await assert.rejects(network.complete(late.node.join([endpointOf(network.peers[0])])), { code: 'RING_UNREACHABLE' });
  assert.equal(late.node.state, 'member');
  network.world.reachable = () => true;
  await network.run(60_000);
  assert.deepEqual(network.circleFaults(), []);
});

test('two halves of a partition close into circles of their own, and merge again', async () => {
  const network = await RingNetwork.joined(16, { seed: 12, settings: QUICK });
  await network.run(20_000);
  const half = (address: string): number => Number(address.split('.')[3]) % 2;
  network.world.reachable = (from, to) => half(from) === half(to);
  await network.run(60_000);
  const [even, odd] = [0, 1].map((which) => network.peers.filter(({ host }) => half(host.addresses[0]) === which));
  for (const part of [even, odd]) {
    for (const { node } of part) assert.ok(part.some((peer) => peer.node.contact.key === node.status().successors[0].key));
  }
  const [publication] = [file(7)];
  await network.complete(odd[0].node.publish(publication));
  network.world.reachable = () => true;
  await network.run(120_000);
  assert.deepEqual(network.circleFaults(), []);
  await assertAllFound(network, [publication]);
});

test('peers that lie about their neighbours, to those who keep the circle too, do not bend it', async () => {
  const nobody = contactAt({ host: '203.0.113.77', port: 1 }, 0)!;
  const lies: readonly Lie[] = [
    (_, truth) => ({ ...truth, successors: (truth.successors ?? []).slice(2) }),
    (_, truth) => ({ ...truth, successors: [nobody], predecessors: [nobody] }),
    (_, truth) => ({ ...truth, successors: (truth.predecessors ?? []), predecessors: (truth.successors ?? []) }),
  ];
  for (const [index, lie] of lies.entries()) {
    const network = await RingNetwork.stabilised(16, { seed: 30 + index, settings: QUICK }, (peer) => (peer % 5 === 1 ? lyingWith(lie) : undefined));
    await network.run(2000);
    const [wellKnown, ...others] = network.peers;
    for (const peer of others.filter((_, at) => at % 5 === 3)) network.crash(peer);
    for (let count = 0; count < 3; count++) await network.complete((await network.add()).node.join([endpointOf(wellKnown)]));
    await network.run(30_000);
    assert.deepEqual(network.circleFaults(), [], `lie ${index}`);
  }
});

test('an address has eight places on the circle, and the ninth peer is told so', async () => {
  const network = await RingNetwork.joined(5, { seed: 13, settings: QUICK });
  const host = network.world.addHost('203.0.113.80');
  const nodes: RingNode[] = [];
  for (let number = 0; number < 9; number++) {
    const node = await RingNode.open({ clock: network.simulation, random: network.random.fork(), network: host }, { port: 7000 + number, settings: QUICK });
    const joining = node.join([endpointOf(network.peers[0])]);
    if (number < 8) await network.complete(joining);
    else await assert.rejects(network.complete(joining), { code: 'RING_ADDRESS_FULL' });
    nodes.push(node);
  }
  assert.equal(new Set(nodes.slice(0, 8).map(({ contact }) => contact.slot)).size, 8);
  assert.equal(nodes[8].state, 'outside');
});

/** A translator that lets only those in who have been written to. */
function translated(socket: DatagramSocket): DatagramSocket {
  const writtenTo = new Set<string>();
  return {
    endpoint: { host: '192.168.1.5', port: 4000 },
    close: () => socket.close(),
    send: (bytes, to) => {
      writtenTo.add(formatEndpoint(to));
      socket.send(bytes, to);
    },
    receive: (handler) => socket.receive((bytes, from) => { if (writtenTo.has(formatEndpoint(from))) handler(bytes, from); }),
  };
}

/** The same with everybody's datagrams let in. */
function letIn(socket: DatagramSocket): DatagramSocket {
  return { ...translated(socket), send: socket.send.bind(socket), receive: socket.receive.bind(socket) };
}

test('a peer that strangers cannot reach is not let on the circle, but may ask', async () => {
  const network = await RingNetwork.joined(12, { seed: 14, settings: QUICK });
  await network.complete(network.peers[0].node.publish(file(1)));
  const hidden = await network.add({ tamper: translated });
  network.remove(hidden);
  // JOIN-ACK comes from whoever is responsible; through that one itself it would get in.
  const through = network.peers.find((peer) => peer !== network.ownerOf(hidden.node.contact.id) && peer.node.table.shortcuts.all.length > 3);
  await assert.rejects(network.complete(hidden.node.join([endpointOf(through ?? network.peers[0])])), { code: 'RING_UNREACHABLE' });
  assert.equal(hidden.node.state, 'outside');
  assert.equal((await network.complete(hidden.node.find('film'))).length, 1);
});

test('who began a ring behind a translator that lets everybody in learns its address from the first who comes', async () => {
  const network = new RingNetwork({ seed: 16, settings: QUICK });
  const first = await network.add({ tamper: letIn });
  first.node.begin();
  await network.run(60_000);
  const newcomer = await network.add();
  await network.complete(newcomer.node.join([{ host: first.host.addresses[0], port: RING_PORT }]));
  await network.complete(newcomer.node.publish(file(1)));
  assert.equal((await network.complete(first.node.find('film'))).length, 1);
  await network.run(10_000);
  assert.deepEqual(network.circleFaults(), []);
});

test('behind a translator that lets everybody in, a peer learns its address from others, and stands where that is', async () => {
  const network = await RingNetwork.joined(12, { seed: 15, settings: QUICK });
  const inside = await network.add({ tamper: letIn });
  await network.complete(inside.node.join([endpointOf(network.peers[0])]));
  assert.deepEqual(inside.node.status().endpoint, { host: inside.host.addresses[0], port: RING_PORT });
  await network.run(30_000);
  assert.deepEqual(network.circleFaults(), []);
});

/** What one peer of the ring answers to datagrams of anybody. */
async function stranger(network: RingNetwork): Promise<{ ask: (query: Query, to: Endpoint, token?: Uint8Array) => Promise<ReturnType<typeof decodeMessage> | undefined>; socket: DatagramSocket; received: Uint8Array[] }> {
  const host = network.world.addHost('198.51.100.77');
  const socket = await host.bindDatagrams({ family: 4, port: 999 });
  const received: Uint8Array[] = [];
  socket.receive((bytes) => received.push(bytes));
  return {
    socket,
    received,
    ask: async (query, to, token) => {
      received.length = 0;
      socket.send(encodeMessage({ kind: 'query', transaction: Buffer.from('1234'), query, ...(token && { token }) }, 4), to);
      await network.run(1000);
      return received[0] && decodeMessage(received[0], 4);
    },
  };
}

test('nobody announces another, nor at all without a token for its own address', async () => {
  const network = await RingNetwork.joined(1, { seed: 16, settings: QUICK });
  const [{ node }] = network.peers;
  const { ask } = await stranger(network);
  const { name, ...rest } = file(1);
  const announce: Query = { type: 'announce', key: nameKey(name), name, ...rest, lifetimeSeconds: 100 };
  const without = await ask(announce, node.localEndpoint);
  assert.equal(without?.kind === 'error' && without.code, ERROR.badToken);
  const guessed = await ask(announce, node.localEndpoint, new Uint8Array(8));
  assert.equal(guessed?.kind === 'error' && guessed.code, ERROR.badToken);
  assert.equal(node.status().announcements, 0);

  const token = without?.kind === 'error' ? without.token : undefined;
  assert.equal((await ask(announce, node.localEndpoint, token))?.kind, 'answer');
  const [{ holders }] = node.records.find(nameKey(name), [], network.simulation.now());
  assert.deepEqual(holders.map(({ endpoint }) => endpoint), [{ host: '198.51.100.77', port: 6881 }], 'it is who the datagram came from');
  const wrongKey = await ask({ ...announce, key: nameKey('something else') }, node.localEndpoint, token);
  assert.equal(wrongKey?.kind === 'error' && wrongKey.code, ERROR.malformed);
});

test('copies are taken from neighbours only', async () => {
  const network = await RingNetwork.joined(3, { seed: 17, settings: QUICK });
  const [{ node }] = network.peers;
  const { ask } = await stranger(network);
  const { infoHash, name, length } = file(1);
  const records = [{ key: nameKey(name), infoHash, name, length, holders: [{ endpoint: { host: '9.9.9.9', port: 9 }, secondsLeft: 1000 }] }];
  const refused = await ask({ type: 'store', records }, node.localEndpoint);
  const token = refused?.kind === 'error' ? refused.token : undefined;
  const stored = await ask({ type: 'store', records }, node.localEndpoint, token);
  assert.equal(stored?.kind === 'error' && stored.code, ERROR.notResponsible);
  assert.equal(node.status().announcements, 0);
});

test('a stranger who floods gets the answers of its allowance, and others theirs', async () => {
  const network = await RingNetwork.joined(1, { seed: 18, settings: { ...QUICK, queriesPerSecond: 10, queryBurst: 50 } });
  const [{ node }] = network.peers;
  const { socket, received, ask } = await stranger(network);
  const ping = encodeMessage({ kind: 'query', transaction: Buffer.from('1234'), query: { type: 'ping' } }, 4);
  for (let count = 0; count < 5000; count++) socket.send(ping, node.localEndpoint);
  await network.run(1000);
  assert.ok(received.length >= 50 && received.length <= 60, `${received.length}`);
  const other = await network.add();
  network.remove(other);
  await network.complete(other.node.connect([endpointOf(network.peers[0])]));
  await network.run(10_000);
  assert.equal((await ask({ type: 'ping' }, node.localEndpoint))?.kind, 'answer', 'later it is answered again');
});

test('answers to those who have shown no token are little more than the questions', async () => {
  const network = await RingNetwork.stabilised(100, { seed: 19, settings: QUICK });
  const [{ node }] = network.peers;
  const { ask, received } = await stranger(network);
  const questions: Query[] = [
    { type: 'ping' }, { type: 'closest', target: network.randomKey() }, { type: 'stabilise', successors: [], predecessors: [] },
    { type: 'find', key: network.randomKey(), words: [], cursor: new Uint8Array() }, { type: 'describe' },
  ];
  for (const query of questions) {
    await ask(query, node.localEndpoint);
    const asked = encodeMessage({ kind: 'query', transaction: Buffer.from('1234'), query }, 4).length;
    assert.ok(received[0].length <= asked + 300, `${query.type}: ${asked} bytes got ${received[0].length}`);
  }
});

test('any datagram is dropped, answered or answered with an error', async () => {
  const network = await RingNetwork.joined(4, { seed: 20, settings: { ...QUICK, queryBurst: 1e9 } });
  await network.run(5000);
  const { socket } = await stranger(network);
  const [{ node }] = network.peers;
  const honest = encodeMessage({ kind: 'query', transaction: Buffer.from('1234'), query: { type: 'closest', target: nameKey('x') }, slot: 1 }, 4);
  const changed = fc.tuple(fc.nat({ max: honest.length - 1 }), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
    const bytes = Uint8Array.from(honest);
    bytes[at] = byte;
    return bytes;
  });
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array({ maxLength: 1500 }), changed), { maxLength: 20 }), async (datagrams) => {
    for (const bytes of datagrams) socket.send(bytes, node.localEndpoint);
    await network.run(500);
  }));
  assert.deepEqual(network.circleFaults(), []);
});

test('no datagram is longer than passes every path', async () => {
  let longest = 0;
  const measured = (socket: DatagramSocket): DatagramSocket => ({
    endpoint: socket.endpoint,
    close: () => socket.close(),
    receive: (handler) => socket.receive(handler),
    send: (bytes, to) => {
      longest = Math.max(longest, bytes.length);
      socket.send(bytes, to);
    },
  });
  const network = await RingNetwork.stabilised(30, { seed: 21, settings: { ...QUICK, successors: LIMITS.ringSuccessors } }, () => measured);
  const long = 'wörd '.repeat(36);
  await network.complete(Promise.all(network.peers.map(({ node }, number) => node.publish(file(number, `${long}${number}`)))));
  await network.run(20_000);
  const [{ node }] = network.peers;
  assert.equal((await network.complete(node.find('word'))).length, 30);
  for (const peer of network.peers) await network.complete(node.describe(peer.node.contact));
  assert.ok(longest > 600 && longest <= LIMITS.ringDatagramBytes, `${longest}`);
});

test('an asker waits for the first peer that answers, not for those who are silent', async () => {
  const network = await RingNetwork.joined(2, { seed: 23, settings: QUICK });
  const outsider = await network.add();
  const startMs = network.simulation.now();
  await network.complete(outsider.node.connect([{ host: '203.0.113.200', port: 1 }, endpointOf(network.peers[0])]));
  assert.ok(network.simulation.now() - startMs < 1000);
});

test('an asker is told of a silent ring rather than left waiting', async () => {
  const network = await RingNetwork.joined(2, { seed: 22, settings: QUICK });
  const outsider = await network.add();
  const nobody = ['203.0.113.200', '203.0.113.201'].map((host) => ({ host, port: 1 }));
  for (const [wellKnown, message] of [[nobody.slice(0, 1), /through 203\.0\.113\.200:1: it does not answer/], [nobody, /none of them answers/]] as const) {
    await assert.rejects(network.complete(outsider.node.connect(wellKnown)), { code: 'RING_UNREACHABLE', message });
  }
  await assert.rejects(network.complete(outsider.node.connect([{ host: 'unknown.example', port: 1 }])), { code: 'LOOKUP_FAILED' });
  const { owner } = await network.complete(outsider.node.lookup(network.randomKey()));
  assert.equal(owner, undefined);
  assert.deepEqual(await network.complete(outsider.node.find('film')), []);
  assert.equal((await network.complete(outsider.node.publish(file(1)))).stored, 0);
});

test('who comes back to its address and port after a crash joins again', async () => {
  const network = await RingNetwork.joined(10, { seed: 23, settings: QUICK });
  await network.run(10_000);
  const gone = network.peers[4];
  const [address] = gone.host.addresses;
  network.crash(gone);
  const back = await network.add({ address });
  await network.complete(back.node.join([endpointOf(network.peers[0])]).catch(() => {}));
  await network.run(60_000);
  assert.deepEqual(network.circleFaults(), []);
  assert.ok(contactAt(back.node.contact.endpoint, back.node.contact.slot) !== undefined);
});
