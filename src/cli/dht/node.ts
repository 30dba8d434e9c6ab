/** `shoal dht node`: a node that stays, for a network of one's own to join through. */
import type { Command } from 'commander';
import { toHex } from '../../bytes/hex.ts';
import { counted, formatCount, formatDuration } from '../../bytes/units.ts';
import type { KademliaNode, NodeStatus } from '../../discovery/kademlia/kademlia.ts';
import { cut } from '../columns.ts';
import type { View } from '../display.ts';
import { addExamples } from '../help.ts';
import { joinText } from '../join-text.ts';
import { reachableEndpoints } from '../reachable.ts';
import { style } from '../style.ts';
import { showUntilStopped } from '../waiting.ts';
import { familyFields, holdingsText, statusText } from './node-status.ts';
import { addNodeOptions, withNode, type NodeOptions, type Running } from './with-node.ts';

/** The custom of the DHT. */
const USUAL_PORT = 6881;

export function define(dht: Command): void {
  const command = dht.command('node').description("Run a node until it is stopped, for others to join through: all that a network of one's own needs.");
  addNodeOptions(command, { port: String(USUAL_PORT), bootstrap: 'none: it begins a network of its own' }).action(node);
  addExamples(command, [
    ['dht node --port 6881', 'others join with --bootstrap THIS-HOST:6881'],
    ['dht node --port 6882 --bootstrap 192.168.1.5:6881', 'a second one, in case the first goes down'],
    ['dht node --bootstrap router.bittorrent.com:6881', 'a node of the public DHT'],
  ]);
}

async function node(options: NodeOptions): Promise<void> {
  await withNode(options, stay, { port: USUAL_PORT, bootstrap: [], isReadOnly: false });
}

async function stay({ node: own, runtime, display, stopwatch, signal }: Running): Promise<void> {
  const families = own.status();
  const endpoints = reachableEndpoints(families.map(({ endpoint }) => endpoint), runtime.network);
  const { bold } = style(process.stdout);
  display.tell({
    event: 'ready', port: families[0].endpoint.port, endpoints, families: families.map(({ family, id, endpoint }) => ({ family: `ipv${family}`, id: toHex(id), ...endpoint })),
  }, joinText(families.map(({ family, id }) => `${bold(`DHT node ${toHex(id)}`)} (IPv${family})`), '--bootstrap', endpoints));
  await showUntilStopped(display, runtime.clock, signal, () => nodeView(own, stopwatch.elapsedMs));
  display.tell({ event: 'done', seconds: stopwatch.seconds, families: own.status().map(familyFields) }, own.status().map(statusText).join('\n\n'));
}

const LINE_EVERY_MS = 60_000;

function nodeView(own: KademliaNode, elapsedMs: number): View {
  const families = own.status();
  const sum = (count: (family: NodeStatus) => number): number => families.reduce((total, family) => total + count(family), 0);
  const figures = {
    nodes: sum(({ nodes }) => nodes),
    torrents: sum(({ torrents }) => torrents),
    peers: sum(({ peers }) => peers),
    items: sum(({ items }) => items),
    answered: sum(({ traffic }) => Object.values(traffic.answered).reduce((total, count) => total + count, 0)),
  };
  const knows = `knows ${counted(figures.nodes, 'node')}, holds ${holdingsText(figures)}`;
  const answered = `${formatCount(figures.answered)} ${figures.answered === 1 ? 'query' : 'queries'} answered`;
  return {
    state: 'running',
    lineEveryMs: LINE_EVERY_MS,
    firstLineMs: 0,
    event: () => ({ event: 'progress', ...figures }),
    line: () => `${knows}; ${answered}`,
    lines: ({ columns }, { bold, dim }) => [bold(cut(knows, columns)), dim(cut(`${answered} in ${formatDuration(elapsedMs)}`, columns))],
  };
}
