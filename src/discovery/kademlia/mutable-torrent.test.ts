import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '../../bytes/hex.ts';
import { keyPairFromSeed } from '../../bytes/signature.ts';
import { parseMagnet } from '../../metainfo/magnet.ts';
import type { Clock } from '../../runtime/clock.ts';
import { SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import { targetOf } from './item.ts';
import { KademliaNode } from './kademlia.ts';
import { followTorrent, type Pointer, publishTorrent, resolveTorrent } from './mutable-torrent.ts';
import { keepPublished, publishItem } from './publication.ts';

const HOUR_MS = 3_600_000;
const keyPair = keyPairFromSeed(new Uint8Array(32).fill(7));
const salt = Buffer.from('films');
const publisher = { publicKey: keyPair.publicKey, salt };
const torrent = (byte: number): Uint8Array => new Uint8Array(20).fill(byte);
const ENTRY = { host: '10.0.0.1', port: 6881 };

/** Twelve nodes, and those that a test adds. */
class World {
  readonly simulation = new Simulation({ seed: 9 });
  readonly clock: Clock = this.simulation;
  readonly nodes: KademliaNode[] = [];
  readonly #network = new SimulatedNetwork(this.simulation);
  #hosts = 0;

  static async create(): Promise<World> {
    const world = new World();
    for (let count = 0; count < 12; count++) world.nodes.push(await world.add());
    return world;
  }

  async add(): Promise<KademliaNode> {
    this.#hosts += 1;
    const runtime = simulatedRuntime(this.#network.addHost(`10.0.0.${this.#hosts}`));
    const node = await KademliaNode.start(runtime, { port: ENTRY.port, families: [4], bootstrap: this.#hosts === 1 ? [] : [ENTRY] });
    await this.simulation.complete(node.joined, 60_000);
    return node;
  }

  publish(node: KademliaNode, infoHash: Uint8Array): ReturnType<typeof publishTorrent> {
    return this.simulation.complete(publishTorrent(node, this.clock, { keyPair, salt, infoHash }), 60_000);
  }

  resolve(node: KademliaNode): Promise<Pointer> {
    return this.simulation.complete(resolveTorrent(node, publisher), 60_000);
  }

  /** Follows until told to stop; what came is in `seen`. */
  follow(node: KademliaNode, signal: AbortSignal): { seen: number[]; ended: Promise<unknown> } {
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { infoHash } of followTorrent(node, this.clock, publisher, { intervalMs: 300_000, signal })) seen.push(infoHash[0]);
    };
    return { seen, ended: run().catch((error: unknown) => error) };
  }
}

test('where a pointer is (BEP 46)', () => {
  const link = 'magnet:?xs=urn:btpk:8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e';
  for (const [text, target] of [[link, 'cc3f9d90b572172053626f9980ce261a850d050b'], [`${link}&s=6e`, '59ee7c2cb9b4f7eb1986ee2d18fd2fdb8a56554f']] as const) {
    assert.equal(toHex(targetOf(parseMagnet(text).publisher ?? assert.fail())), target);
  }
});

test('what is published is found; the same torrent keeps its number, another gets a higher one', async () => {
  const world = await World.create();
  const [one, other, reader] = [await world.add(), await world.add(), await world.add()];
  const first = await world.publish(one, torrent(1));
  assert.equal(first.stored, 8);
  assert.deepEqual((await world.resolve(reader)).infoHash, torrent(1));
  assert.equal((await world.publish(other, torrent(1))).item.sequence, first.item.sequence);
  const second = await world.publish(other, torrent(2));
  assert.ok(second.item.sequence > first.item.sequence);
  const found = await world.resolve(reader);
  assert.deepEqual([found.infoHash, found.item.sequence], [torrent(2), second.item.sequence]);
  const numbered = publishItem(one, world.clock, { keyPair, salt, value: first.item.value, sequence: first.item.sequence });
  await assert.rejects(world.simulation.complete(numbered, 60_000), { code: 'DHT_SUPERSEDED', message: /already/ });
});

test('numbers rise without limit, and stop at the highest that there is', async () => {
  const world = await World.create();
  const [node] = world.nodes;
  const publish = (value: string, sequence?: number | bigint): ReturnType<typeof publishItem> =>
    world.simulation.complete(publishItem(node, world.clock, { keyPair, salt, value: Buffer.from(value), ...(sequence === undefined ? {} : { sequence }) }), 60_000);
  await publish('1:a', Number.MAX_SAFE_INTEGER - 1);
  assert.equal((await publish('1:b')).item.sequence, Number.MAX_SAFE_INTEGER);
  assert.equal((await publish('1:c')).item.sequence, 2n ** 53n);
  await publish('1:d', 2n ** 63n - 1n);
  await assert.rejects(publish('1:e'), { code: 'DHT_BAD_ITEM' });
});

test('nothing published, something else published, nobody there', async () => {
  const world = await World.create();
  const [node] = world.nodes;
  await assert.rejects(world.resolve(node), { code: 'NOT_PUBLISHED' });
  await world.simulation.complete(publishItem(node, world.clock, { keyPair, salt, value: fromHex('343a74657874') ?? assert.fail() }), 60_000);
  await assert.rejects(world.resolve(node), { code: 'BAD_POINTER' });
  const { ended } = world.follow(node, new AbortController().signal);
  assert.equal((await world.simulation.complete(ended, 60_000) as { code: string }).code, 'BAD_POINTER');
  for (const each of world.nodes.slice(1)) each.stop();
  await assert.rejects(world.publish(node, torrent(1)), { code: 'DHT_NOT_STORED', message: /none answers/ });
});

test('who follows waits for a first version, is told of each newer one once, and stops when told', async () => {
  const world = await World.create();
  const [publishing, reader] = [await world.add(), await world.add()];
  const stopping = new AbortController();
  const { seen, ended } = world.follow(reader, stopping.signal);
  await world.simulation.run(20_000);
  assert.deepEqual(seen, []);
  for (const byte of [1, 2]) {
    await world.publish(publishing, torrent(byte));
    await world.simulation.run(301_000);
    assert.deepEqual(seen, byte === 1 ? [1] : [1, 2]);
  }
  const reason = new Error('enough');
  stopping.abort(reason);
  assert.equal(await world.simulation.complete(ended, 1000), reason);
});

test('a version stays for as long as somebody follows, or the publisher keeps it, and no longer', async () => {
  const world = await World.create();
  const [publishing, reader, newcomer] = [await world.add(), await world.add(), await world.add()];
  const [keeping, following] = [new AbortController(), new AbortController()];
  const { item } = await world.publish(publishing, torrent(1));
  const kept = keepPublished(publishing, world.clock, item, keeping.signal).catch((error: unknown) => error);
  await world.simulation.run(5 * HOUR_MS);
  assert.deepEqual((await world.resolve(newcomer)).infoHash, torrent(1));
  const { ended } = world.follow(reader, following.signal);
  await world.simulation.run(60_000);
  keeping.abort();
  await world.simulation.complete(kept, 1000);
  publishing.stop();
  await world.simulation.run(5 * HOUR_MS);
  assert.deepEqual((await world.resolve(newcomer)).infoHash, torrent(1));
  following.abort();
  await world.simulation.complete(ended, 1000);
  await world.simulation.run(3 * HOUR_MS);
  await assert.rejects(world.resolve(newcomer), { code: 'NOT_PUBLISHED' });
});

test('who keeps a version learns that another has replaced it', async () => {
  const world = await World.create();
  const [one, other] = [await world.add(), await world.add()];
  const { item } = await world.publish(one, torrent(1));
  const kept = keepPublished(one, world.clock, item, new AbortController().signal).catch((error: unknown) => error);
  await world.publish(other, torrent(2));
  assert.equal((await world.simulation.complete(kept, 2 * HOUR_MS) as { code: string }).code, 'DHT_SUPERSEDED');
  assert.deepEqual((await world.resolve(other)).infoHash, torrent(2));
});
