/** `shoal dht sample`: some of the torrents that the DHT knows (BEP 51). */
import type { Command } from 'commander';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { ID_BYTES } from '../../discovery/kademlia/distance.ts';
import { addExamples } from '../help.ts';
import { readInfoHash } from './info-hash.ts';
import { addNodeOptions, figureFields, figuresText, joined, withNode, type NodeOptions } from './with-node.ts';

export function define(dht: Command): void {
  const command = dht.command('sample').description('List some of the info-hashes that nodes hold peers for.')
    .argument('[id]', 'in which part of the key space, in hexadecimal; by default a random one');
  addNodeOptions(command).action(sample);
  addExamples(command, [['dht sample', 'a survey from a random place']]);
}

async function sample(id: string | undefined, options: NodeOptions): Promise<void> {
  await withNode(options, async (running) => {
    const { runtime, node, signal, waitFor, display, stopwatch } = running;
    const target = id === undefined ? runtime.random.bytes(ID_BYTES) : (await readInfoHash(runtime, id, signal)).infoHash;
    await joined(running);
    const { infoHashes, figures } = await waitFor('asking for samples', node.sample(target, signal));
    const found = infoHashes.map(toHex);
    display.tell(
      { event: 'done', seconds: stopwatch.seconds, target: toHex(target), infoHashes: found, ...figureFields(figures) },
      [...found, `${counted(found.length, 'torrent')} on the way to ${toHex(target)}; ${figuresText(figures)}`].join('\n'),
    );
  });
}
