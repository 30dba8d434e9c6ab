import assert from 'node:assert/strict';
import test from 'node:test';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { endpointOf, RingNetwork, type RingPeer } from '../../lab/ring-network.ts';
import type { Search, SwarmIdentity } from '../discovery.ts';
import { ringDiscovery } from './ring-discovery.ts';

const INFO_HASH = new Uint8Array(20).fill(5);

function identity(changes: Partial<SwarmIdentity> = {}): SwarmIdentity {
  return {
    infoHashes: [INFO_HASH], peerId: new Uint8Array(20), port: 6881, isPrivate: false,
    trackers: () => [],
    totals: () => ({ uploaded: 0, downloaded: 0, left: 0 }),
    isPartialSeed: () => false,
    description: () => ({ name: 'Big Buck Bunny', length: 1000, infoHash: INFO_HASH }),
    ...changes,
  };
}

interface Seeker {
  readonly search: Search;
  readonly found: Set<string>;
  readonly lines: string[];
}

function seek(network: RingNetwork, { node }: RingPeer, who: SwarmIdentity): Seeker {
  const found = new Set<string>();
  const lines: string[] = [];
  const search = ringDiscovery(node, network.simulation, Promise.resolve()).search(who, {
    found: (endpoints) => { for (const endpoint of endpoints) found.add(formatEndpoint(endpoint)); },
    status: (line) => lines.push(line),
  });
  return { search, found, lines };
}

async function ring(seed: number): Promise<RingNetwork> {
  return RingNetwork.joined(10, { seed, settings: { stabiliseIntervalMs: 1000, repairIntervalMs: 5000, renewIntervalMs: 60_000, recordLifetimeMs: 150_000 } });
}

const peerAt = (peer: RingPeer): string => formatEndpoint({ host: peer.host.addresses[0], port: 6881 });

test('peers of one torrent find one another, and others find it by its name', async () => {
  const network = await ring(1);
  const [sharer, getter, asker] = network.peers;
  seek(network, sharer, identity());
  await network.run(5000);
  // Who has a magnet link only, knows no name yet.
  const { found, lines } = seek(network, getter, identity({ description: () => undefined }));
  await network.run(5000);
  assert.ok(found.has(peerAt(sharer)));
  assert.match(lines[0], /^ring: 1 peer, published under 1 of 1 keys$/);
  const [file] = await network.complete(asker.node.find('bunny'));
  assert.equal(file.name, 'Big Buck Bunny');
  assert.equal(file.length, 1000);
  assert.deepEqual(file.holders.map(formatEndpoint), [peerAt(sharer)]);
});

test('the name is published as soon as it is known', async () => {
  const network = await ring(2);
  const [getter, asker] = network.peers;
  let isKnown = false;
  const known = identity().description?.();
  seek(network, getter, identity({ description: () => (isKnown ? known : undefined) }));
  await network.run(5000);
  assert.deepEqual(await network.complete(asker.node.find('bunny')), []);
  isKnown = true;
  await network.run(60_000);
  assert.equal((await network.complete(asker.node.find('bunny'))).length, 1);
});

test('what is published is renewed while the search lasts, and taken back at its end', async () => {
  const network = await ring(3);
  const [sharer, asker] = network.peers;
  const { search } = seek(network, sharer, identity());
  await network.run(400_000);
  assert.equal((await network.complete(asker.node.find('big buck'))).length, 1);
  await network.complete(search.stop());
  await network.run(1000);
  assert.deepEqual(await network.complete(asker.node.find('big buck')), []);
  await network.run(200_000);
  assert.deepEqual(await network.complete(asker.node.findByKey(INFO_HASH)), []);
});

test('a hybrid is found by both its info-hashes, and once by its name', async () => {
  const network = await ring(4);
  const [sharer, asker] = network.peers;
  const second = new Uint8Array(20).fill(6);
  seek(network, sharer, identity({ infoHashes: [INFO_HASH, second] }));
  await network.run(5000);
  assert.equal((await network.complete(asker.node.findByKey(second))).length, 1);
  assert.equal((await network.complete(asker.node.find('bunny'))).length, 1);
});

test('a private torrent is not told of', async () => {
  const network = await ring(5);
  const [sharer, asker] = network.peers;
  const { search, found, lines } = seek(network, sharer, identity({ isPrivate: true }));
  search.wantMore();
  await network.run(100_000);
  await search.stop();
  assert.deepEqual([found.size, lines], [0, []]);
  assert.deepEqual(await network.complete(asker.node.findByKey(INFO_HASH)), []);
});

test('without a ring it says so, tries again, and ends when told', async () => {
  const network = await ring(6);
  const outsider = await network.add();
  const { search, lines } = seek(network, outsider, identity());
  await network.run(60_000);
  assert.match(lines[0], /no peer of it answers/);
  assert.ok(lines.length > 2);
  await network.complete(outsider.node.connect([endpointOf(network.peers[0])]));
  await network.run(120_000);
  assert.match(lines.at(-1) ?? '', /published under 5 of 5 keys$/);
  await network.complete(search.stop());
  const count = lines.length;
  await network.run(200_000);
  assert.equal(lines.length, count);
});

test('a name that no record may have is cut to one that it may', async () => {
  const network = await ring(7);
  const [sharer, asker] = network.peers;
  const name = `Bunny\u0007${'ü'.repeat(300)}`;
  seek(network, sharer, identity({ description: () => ({ name, length: 1, infoHash: INFO_HASH }) }));
  await network.run(5000);
  const [file] = await network.complete(asker.node.find('bunny'));
  assert.ok(file.name.startsWith('Bunny ü') && Buffer.byteLength(file.name) <= 255);
});
