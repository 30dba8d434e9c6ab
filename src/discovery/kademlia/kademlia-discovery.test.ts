import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import type { SwarmIdentity } from '../discovery.ts';
import { KademliaNode } from './kademlia.ts';
import { kademliaDiscovery } from './kademlia-discovery.ts';

const FIRST = { host: '20.0.0.1', port: 6881 };
const MINUTE_MS = 60_000;

class World {
  readonly simulation = new Simulation();
  readonly network = new SimulatedNetwork(this.simulation);

  /** A node whose one well-known node is the first, which may not be there. */
  async node(host: string): Promise<KademliaNode> {
    return KademliaNode.start(simulatedRuntime(this.network.addHost(host)), { port: 6881, bootstrap: host === FIRST.host ? [] : [FIRST] });
  }

  /** Begins to look for a torrent; notes who is found and what is said. */
  search(node: KademliaNode, identity: Partial<SwarmIdentity> = {}): { found: Set<string>; said: string[]; stop(): Promise<void> } {
    const found = new Set<string>();
    const said: string[] = [];
    const whole: SwarmIdentity = {
      infoHashes: [new Uint8Array(20).fill(7)], port: 7000, peerId: new Uint8Array(20), isPrivate: false, trackers: () => [],
      totals: () => ({ uploaded: 0, downloaded: 0, left: 0 }), isPartialSeed: () => false, ...identity,
    };
    const search = kademliaDiscovery(node, this.simulation).search(whole, {
      found: (endpoints) => { for (const each of endpoints) found.add(formatEndpoint(each)); },
      status: (line, isError) => said.push(isError ? `! ${line}` : line),
    });
    return { found, said, stop: () => search.stop() };
  }
}

test('peers of one torrent find each other, whoever comes first', async () => {
  const world = new World();
  await world.node(FIRST.host);
  const [one, other] = [world.search(await world.node('20.0.0.2')), world.search(await world.node('20.0.0.3'), { port: 8000 })];
  await world.simulation.run(MINUTE_MS);
  assert.ok(one.found.has('20.0.0.3:8000') && other.found.has('20.0.0.2:7000'), [...one.found, ...other.found].join());
  assert.deepEqual(one.said.slice(0, 2), ['DHT: joining', 'DHT: looking for peers']);
  assert.match(one.said.at(-1) ?? '', /^DHT: [12] peers?, announced to 2 nodes$/);
});

test('where nobody answers it says so soon, and goes on once there is somebody', async () => {
  const world = new World();
  const search = world.search(await world.node('20.0.0.2'));
  await world.simulation.run(15_000);
  assert.deepEqual(search.said, ['DHT: joining', '! DHT: no node answers; --bootstrap HOST:PORT names one that does']);
  await world.node(FIRST.host);
  await world.simulation.run(MINUTE_MS);
  assert.match(search.said.at(-1) ?? '', /announced to 1 node$/);
});

test('a private torrent is neither looked for nor announced (BEP 27); nor is one that has been stopped', async () => {
  const world = new World();
  const first = await world.node(FIRST.host);
  const hidden = world.search(await world.node('20.0.0.2'), { isPrivate: true });
  const stopped = world.search(await world.node('20.0.0.3'));
  await stopped.stop();
  await world.simulation.run(30 * MINUTE_MS);
  assert.equal(first.status()[0].torrents, 0);
  assert.deepEqual([hidden.said, stopped.said], [[], []]);
});
