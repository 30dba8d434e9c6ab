/** `shoal lab kademlia`: how far lookups go in DHTs of production's nodes in virtual time, and what they find while nodes go. */
import type { Command } from 'commander';
import { formatDuration, formatPercent } from '../../bytes/units.ts';
import { lookUpAfterFailures, lookUpUnderChurn, measureLookups, type LookupResults } from '../../lab/kademlia-experiments.ts';
import { KademliaNetwork } from '../../lab/kademlia-network.ts';
import { tableObjects, tableText, type Column } from '../../lab/table.ts';
import { addExamples } from '../help.ts';
import { readCounts, readDurations, readPositiveCount, readSeed, readShares } from './values.ts';

/** While nodes come and go, lookups are spread over so long. */
const CHURN_MS = 30 * 60_000;

interface Options {
  readonly nodes: readonly number[];
  readonly fail: readonly number[];
  readonly churn?: readonly number[];
  readonly keys: number;
  readonly lookups: number;
  readonly seed: number;
  readonly json?: boolean;
}

interface Row extends LookupResults {
  readonly nodes: number;
  readonly failed: number;
  /** In which half of the nodes are replaced; undefined where nobody comes or goes. */
  readonly replacementMs: number | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'nodes', heading: 'N', value: ({ nodes }) => nodes },
  { key: 'failed', heading: 'Failed', value: ({ failed }) => failed, show: formatPercent },
  { key: 'halfReplacedMs', heading: 'Half replaced in', value: ({ replacementMs }) => replacementMs, show: formatDuration },
  { key: 'found', heading: 'Found', value: ({ foundShare }) => foundShare, show: formatPercent },
  { key: 'hops', heading: 'Hops', value: ({ meanHops }) => meanHops, show: (hops) => hops.toFixed(2) },
  { key: 'log2Nodes', heading: 'log2 N', value: ({ nodes }) => Math.log2(nodes), show: (hops) => hops.toFixed(2) },
  { key: 'queries', heading: 'Queries', value: ({ meanQueries }) => meanQueries, show: (queries) => queries.toFixed(1) },
  { key: 'milliseconds', heading: 'Time', value: ({ meanMs }) => meanMs, show: formatDuration },
];

export function define(lab: Command): void {
  const command = lab.command('kademlia').description('Measure lookups in DHTs in virtual time (Maymounkov and Mazières 2002).')
    .requiredOption('--nodes <counts>', 'N; several with commas', readCounts)
    .option('--fail <shares>', 'shares of the nodes that fail at once; several with commas', readShares, [0])
    .option('--churn <times>', 'in which half of the nodes are replaced by others, such as 30m; several with commas', readDurations)
    .option('--keys <count>', 'nodes that announce a torrent each, for the others to find', readPositiveCount, 50)
    .option('--lookups <count>', 'lookups in each network', readPositiveCount, 500)
    .option('--seed <number>', 'all randomness is drawn from it', readSeed, 1)
    .option('--json', 'print the table as JSON')
    .action(kademlia);
  addExamples(command, [
    ['lab kademlia --nodes 64,256,1024', 'lookups as the network grows'],
    ['lab kademlia --nodes 1000 --fail 0,0.2,0.5', 'after many have failed at once'],
    ['lab kademlia --nodes 1000 --churn 60m,10m', 'while nodes come and go'],
  ]);
}

async function kademlia({ nodes, fail, churn, keys, lookups, seed, json }: Options): Promise<void> {
  const rows: Row[] = [];
  for (const count of nodes) {
    for (const failed of churn === undefined ? fail : []) {
      const network = await KademliaNetwork.of(count, { seed });
      const results = failed === 0 ? await measureLookups(network, keys, lookups) : await lookUpAfterFailures(network, failed, keys, lookups);
      rows.push({ nodes: count, failed, replacementMs: undefined, ...results });
    }
    for (const replacementMs of churn ?? []) {
      const results = await lookUpUnderChurn(await KademliaNetwork.of(count, { seed }), { replacementMs, durationMs: CHURN_MS, keys, lookups });
      rows.push({ nodes: count, failed: 0, replacementMs, ...results });
    }
  }
  process.stdout.write(json === true ? `${JSON.stringify(tableObjects(COLUMNS, rows), undefined, 1)}\n` : tableText(COLUMNS, rows));
}
