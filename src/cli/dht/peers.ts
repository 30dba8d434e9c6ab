/** `shoal dht peers`: who has a torrent, or wants it. */
import type { Command } from 'commander';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { addExamples } from '../help.ts';
import { readInfoHash } from './info-hash.ts';
import { addNodeOptions, figureFields, figuresText, joined, withNode, type NodeOptions } from './with-node.ts';

export function define(dht: Command): void {
  const command = dht.command('peers').description('Look for the peers of a torrent, and estimate how many there are.')
    .argument('<source>', 'an info-hash, a magnet link, a torrent file or its URL');
  addNodeOptions(command).action(peers);
  addExamples(command, [["dht peers 'magnet:?xt=urn:btih:…'", 'without becoming one of them']]);
}

async function peers(source: string, options: NodeOptions): Promise<void> {
  await withNode(options, async (running) => {
    const { runtime, node, signal, waitFor, display, stopwatch } = running;
    const { infoHash, name = toHex(infoHash) } = await readInfoHash(runtime, source, signal);
    await joined(running);
    const both = Promise.all([node.getPeers(infoHash, { signal }), node.scrape(infoHash, signal)]);
    const [{ peers: found, figures }, size] = await waitFor('looking for peers', both);
    display.tell({
      event: 'done', seconds: stopwatch.seconds, infoHash: toHex(infoHash), peers: found.map(formatEndpoint),
      estimate: { seeds: size.seeds, others: size.peers }, ...figureFields(figures),
    }, [
      ...found.map(formatEndpoint),
      `${counted(found.length, 'peer')} of ${name}; by the nodes' counts about ${counted(size.seeds, 'seed')} and ${counted(size.peers, 'other')}; ${figuresText(figures)}`,
    ].join('\n'));
  });
}
