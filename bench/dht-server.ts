/**
 * One DHT node in a process of its own, to be asked by `dht-queries.ts`: `node dht-server.ts shoal|bittorrent-dht ENTRY_PORT`.
 * It joins through 127.0.0.1:ENTRY_PORT, and on every message from its parent tells what processor time it has used.
 */
import { KademliaNode } from '../src/discovery/kademlia/kademlia.ts';
import { nodeRuntime } from '../src/runtime/node/runtime.ts';
import { importRival } from './rivals.ts';

/** What is used of bittorrent-dht. */
interface RivalModule {
  default: new (options: object) => { listen(port: number, host: string, ready: () => void): void; address(): { port: number } };
}

const HOST = '127.0.0.1';
const STARTERS: Readonly<Record<string, (entryPort: number) => Promise<number>>> = {
  async shoal(entryPort) {
    const node = await KademliaNode.start(nodeRuntime(), {
      port: 0, families: [4], hosts: { 4: HOST }, bootstrap: [{ host: HOST, port: entryPort }], answersPerSecond: Number.POSITIVE_INFINITY,
    });
    return node.status()[0].endpoint.port;
  },
  async 'bittorrent-dht'(entryPort) {
    const rival = await importRival('bittorrent-dht', 'index.js') as RivalModule;
    const node = new rival.default({ bootstrap: [`${HOST}:${entryPort}`], host: false });
    await new Promise<void>((resolve) => { node.listen(0, HOST, resolve); });
    return node.address().port;
  },
};

const [name, entryPort] = process.argv.slice(2);
const port = await STARTERS[name](Number(entryPort));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6 });
});
process.send?.({ port });
