import assert from 'node:assert/strict';
import test from 'node:test';
import { KademliaNode } from '../../discovery/kademlia/kademlia.ts';
import { SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import { joined } from './with-node.ts';

test('nobody is asked anything in a DHT that does not answer: it is told which option names one that does', async () => {
  const simulation = new Simulation({ seed: 1 });
  const network = new SimulatedNetwork(simulation);
  const start = (address: string, bootstrap: string[]): Promise<KademliaNode> => KademliaNode.start(simulatedRuntime(network.addHost(address)), {
    port: 6881, families: [4], bootstrap: bootstrap.map((host) => ({ host, port: 6881 })),
  });
  const join = (node: KademliaNode): Promise<void> =>
    simulation.complete(joined({ node, signal: new AbortController().signal, waitFor: (_what, promise) => promise }), 60_000);
  await start('10.0.0.1', []);
  await join(await start('10.0.0.2', ['10.0.0.1']));
  await assert.rejects(join(await start('10.0.0.3', ['10.0.0.9'])), { code: 'DHT_NO_ANSWER', message: /--bootstrap HOST:PORT/ });
});
