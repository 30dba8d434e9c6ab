import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../bytes/hex.ts';
import type { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { openDhtNode, type DhtNode, type DhtOptions } from './dht-node.ts';

class World {
  readonly simulation = new Simulation({ seed: 5 });
  readonly #network = new SimulatedNetwork(this.simulation);

  /** A machine on which one node after another, or beside it, may run; they have joined when they are given. */
  machine(address: string, disk = new MemoryDisk()): (options?: Partial<DhtOptions>) => Promise<DhtNode> {
    const runtime = simulatedRuntime(this.#network.addHost(address), { disk });
    return async (options = {}) => {
      const dht = await openDhtNode(runtime, { port: 6881, stateDirectory: '/state', bootstrap: [], ...options });
      await this.simulation.complete(dht.node.joined, 60_000);
      // Those whom it has asked look whether it is there.
      await this.simulation.run(1000);
      return dht;
    };
  }
}

const at = (host: string): { host: string; port: number } => ({ host, port: 6881 });
const idOf = (node: KademliaNode): string => toHex(node.status()[0].id);

test('who was met in one run is met again in the next, though the well-known node is gone, and the id is kept', async () => {
  const world = new World();
  const [wellKnown, other, machine] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => world.machine(address));
  const bootstrap = [at('10.0.0.1')];
  const entry = await wellKnown();
  const met = await other({ bootstrap });
  const first = await machine({ bootstrap });
  const id = idOf(first.node);
  await first.close();
  await entry.close();
  const second = await machine({ bootstrap });
  assert.deepEqual((await world.simulation.complete(second.node.findNodes(new Uint8Array(20)), 60_000)).nodes.map(({ endpoint }) => endpoint), [at('10.0.0.2')]);
  assert.equal(idOf(second.node), id);
  await met.close();
});

test('who was met in one network is not asked about another', async () => {
  const world = new World();
  const inOne = await world.machine('10.0.0.1')();
  await world.machine('10.0.0.2')();
  const disk = new MemoryDisk();
  await (await world.machine('10.0.0.3', disk)({ bootstrap: [at('10.0.0.1')] })).close();
  const heard = inOne.node.status()[0].traffic.datagramsReceived;
  // The same machine at a new address, for those whom it has left may still ask for it at the old one.
  const moved = world.machine('10.0.0.4', disk);
  const elsewhere = await moved({ bootstrap: [at('10.0.0.2')] });
  assert.equal(elsewhere.node.status()[0].nodes, 1);
  assert.equal(inOne.node.status()[0].traffic.datagramsReceived, heard);
  await elsewhere.close();
  assert.equal((await moved({ bootstrap: [at('10.0.0.1')] })).node.status()[0].nodes, 1);
});

test('two nodes that run side by side have two ids, and know each other', async () => {
  const world = new World();
  await world.machine('10.0.0.1')();
  const machine = world.machine('10.0.0.3');
  const bootstrap = [at('10.0.0.1')];
  await (await machine({ bootstrap })).close();
  const [first, second] = [await machine({ bootstrap }), await machine({ bootstrap, port: 6882 })];
  assert.notEqual(idOf(first.node), idOf(second.node));
  const { nodes } = await world.simulation.complete(second.node.findNodes(new Uint8Array(20)), 60_000);
  assert.deepEqual(nodes.map(({ endpoint }) => endpoint.host).toSorted(), ['10.0.0.1', '10.0.0.3']);
});

test('a node that met nobody leaves what is known as it is', async () => {
  const world = new World();
  const entry = await world.machine('10.0.0.1')();
  const machine = world.machine('10.0.0.3');
  const bootstrap = [at('10.0.0.1')];
  const first = await machine({ bootstrap });
  const id = idOf(first.node);
  await first.close();
  await entry.close();
  const alone = await machine({ bootstrap, port: 6882 });
  assert.ok(alone.node.isAlone);
  await alone.close();
  const again = await machine({ bootstrap });
  assert.equal(idOf(again.node), id);
});
