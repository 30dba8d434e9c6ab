/** `shoal lab ring`: how far lookups go in rings of production's code in virtual time, as the Chord paper measured it. */
import type { Command } from 'commander';
import { formatDuration, formatPercent } from '../../bytes/units.ts';
import { FAILING_RING, measureAfterFailures, measurePathLengths, measureUnderChurn, type Measured } from '../../lab/ring-experiments.ts';
import { tableObjects, tableText, type Column } from '../../lab/table.ts';
import { addExamples } from '../help.ts';
import { readCounts, readDurations, readPositiveCount, readShares } from './values.ts';

interface Options {
  readonly nodes: readonly number[];
  readonly fail?: readonly number[];
  readonly churn?: readonly number[];
  readonly rings: number;
  readonly lookups: number;
  readonly json?: boolean;
}

/** While peers come and go, lookups are spread over so long. */
const CHURN_MS = 30 * 60_000;

interface Row {
  readonly nodes: number;
  readonly failed: number;
  /** In which half of the peers are replaced; undefined where nobody comes or goes. */
  readonly replacementMs?: number;
  readonly hops: Measured;
  readonly timeouts: Measured | undefined;
  readonly correct: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'nodes', heading: 'N', value: ({ nodes }) => nodes },
  { key: 'failed', heading: 'Failed', value: ({ failed }) => failed, show: formatPercent },
  { key: 'halfReplacedMs', heading: 'Half replaced in', value: ({ replacementMs }) => replacementMs, show: formatDuration },
  { key: 'hops', heading: 'Hops', value: ({ hops }) => hops.mean, show: (hops) => hops.toFixed(2) },
  { key: 'halfLog2Nodes', heading: '½ log2 N', value: ({ nodes }) => Math.log2(nodes) / 2, show: (hops) => hops.toFixed(2) },
  { key: 'timeouts', heading: 'Timeouts', value: ({ timeouts }) => timeouts?.mean, show: (timeouts) => timeouts.toFixed(2) },
  { key: 'correct', heading: 'Right', value: ({ correct }) => correct, show: formatPercent },
];

export function define(lab: Command): void {
  const command = lab.command('ring').description('Measure lookups in rings in virtual time (Stoica and others 2003).')
    .requiredOption('--nodes <counts>', 'N; several with commas', readCounts)
    .option('--fail <shares>', `shares of the nodes that fail at once, with ${FAILING_RING.successors} successors each; several with commas`, readShares)
    .option('--churn <times>', 'in which half of the peers are replaced by others, such as 30m, while the ring mends itself; several with commas', readDurations)
    .option('--rings <count>', 'rings of each kind, each of other ids', readPositiveCount, 3)
    .option('--lookups <count>', 'lookups in each where nobody fails; else each node makes one', readPositiveCount, 500)
    .option('--json', 'print the table as JSON')
    .action(ring);
  addExamples(command, [
    ['lab ring --nodes 64,256,1024', 'path lengths as the ring grows'],
    ['lab ring --nodes 1000 --fail 0,0.1,0.2', 'after many have failed at once'],
    ['lab ring --nodes 256 --churn 60m,10m', 'while peers come and go'],
  ]);
}

async function ring({ nodes, fail, churn, rings, lookups, json }: Options): Promise<void> {
  const rows: Row[] = [];
  for (const count of nodes) {
    if (fail === undefined && churn === undefined) rows.push({ nodes: count, failed: 0, timeouts: undefined, ...await measurePathLengths(count, rings, lookups) });
    for (const failed of fail ?? []) rows.push({ nodes: count, ...await measureAfterFailures(failed, rings, { ...FAILING_RING, peers: count }) });
    for (const replacementMs of churn ?? []) rows.push({ nodes: count, replacementMs, ...await measureUnderChurn(count, { replacementMs, durationMs: CHURN_MS, lookups, seed: 1 }) });
  }
  process.stdout.write(json === true ? `${JSON.stringify(tableObjects(COLUMNS, rows), undefined, 1)}\n` : tableText(COLUMNS, rows));
}
