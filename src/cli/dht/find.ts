/** `shoal dht find`: the nodes nearest to an id. */
import type { Command } from 'commander';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { addExamples } from '../help.ts';
import { readInfoHash } from './info-hash.ts';
import { addNodeOptions, figureFields, figuresText, joined, withNode, type NodeOptions } from './with-node.ts';

export function define(dht: Command): void {
  const command = dht.command('find').description('Look for the nodes nearest to an id: those that know who has a torrent, or hold an item.')
    .argument('<id>', "a node's id or an item's target in hexadecimal, or whatever names a torrent");
  addNodeOptions(command).action(find);
  addExamples(command, [['dht find 0123456789abcdef0123456789abcdef01234567', 'eight nodes, the nearest first']]);
}

async function find(id: string, options: NodeOptions): Promise<void> {
  await withNode(options, async (running) => {
    const { runtime, node, signal, waitFor, display, stopwatch } = running;
    const { infoHash: target } = await readInfoHash(runtime, id, signal);
    await joined(running);
    const { nodes, figures } = await waitFor('looking for nodes', node.findNodes(target, signal));
    display.tell({
      event: 'done', seconds: stopwatch.seconds, target: toHex(target),
      nodes: nodes.map((found) => ({ id: toHex(found.id), ...found.endpoint })), ...figureFields(figures),
    }, [
      ...nodes.map((found) => `${toHex(found.id)}  ${formatEndpoint(found.endpoint)}`),
      `${counted(nodes.length, 'node')} nearest to ${toHex(target)}; ${figuresText(figures)}`,
    ].join('\n'));
  });
}
