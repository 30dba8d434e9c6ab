/** `shoal dht status`: how the DHT looks from here. It starts a node, joins, and tells what that one has come to know. */
import type { Command } from 'commander';
import { unlessAborted } from '../../runtime/cancellation.ts';
import { FAILED } from '../failure.ts';
import { addExamples } from '../help.ts';
import { familyFields, statusText } from './node-status.ts';
import { addNodeOptions, withNode, type NodeOptions } from './with-node.ts';

export function define(dht: Command): void {
  const command = dht.command('status').description('Start a node, join, and tell what it knows: its id, the nodes in each bucket, items, traffic.');
  addNodeOptions(command).action(status);
  addExamples(command, [['dht status --json', 'exit code 0 if other nodes answer, else 1']]);
}

async function status(options: NodeOptions): Promise<void> {
  await withNode(options, async ({ node, signal, waitFor, display, stopwatch }) => {
    await waitFor('joining the DHT', unlessAborted(node.joined, signal));
    if (node.isAlone) process.exitCode = FAILED;
    const families = node.status();
    display.tell({ event: 'done', seconds: stopwatch.seconds, families: families.map(familyFields) }, families.map(statusText).join('\n\n'));
  });
}
