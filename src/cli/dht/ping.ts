/** `shoal dht ping`: is a node there, and who is it? */
import type { Command } from 'commander';
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { formatDuration } from '../../bytes/units.ts';
import { addExamples } from '../help.ts';
import { readEndpoint } from '../options.ts';
import { addNodeOptions, withNode, type NodeOptions } from './with-node.ts';

export function define(dht: Command): void {
  const command = dht.command('ping').description('Ask one node whether it is there.').argument('<host:port>', 'the node', readEndpoint);
  addNodeOptions(command, { port: 'any free one', bootstrap: 'none: one that is asked directly need not be looked for' }).action(ping);
  addExamples(command, [['dht ping router.bittorrent.com:6881', "the node's id, and how long it takes to answer"]]);
}

async function ping(endpoint: Endpoint, options: NodeOptions): Promise<void> {
  await withNode(options, async ({ node, signal, waitFor, display, stopwatch }) => {
    const answer = await waitFor(`waiting for ${formatEndpoint(endpoint)}`, node.ping(endpoint, signal));
    const { host, port } = answer.endpoint;
    display.tell(
      { event: 'done', seconds: stopwatch.seconds, id: toHex(answer.id), host, port, roundTripMs: Math.round(answer.roundTripMs * 1000) / 1000 },
      `${formatEndpoint(answer.endpoint)} answers in ${formatDuration(answer.roundTripMs)}: node ${toHex(answer.id)}`,
    );
  }, { bootstrap: [] });
}
