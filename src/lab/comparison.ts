/**
 * Runs of several variants of a scenario, each with several random seeds, side by side.
 *
 * Invariant: what is told of a variant is a mean over its runs and the interval in which the true mean lies with 95 %.
 */
import { formatDuration, formatPercent } from '../bytes/units.ts';
import { checkScenario, type Scenario } from './scenario.ts';
import { confidenceInterval, mean } from './statistics.ts';
import { runScenario } from './swarm-experiment.ts';
import { summarise, type Summary } from './swarm-results.ts';
import { tableText, type Column } from './table.ts';
import type { Variant } from './variants.ts';

/** One run to be done. */
export interface RunJob {
  readonly variant: string;
  readonly scenario: Scenario;
  readonly seed: number;
}

/** One run, as short as a comparison needs it. */
export interface RunSummary {
  readonly variant: string;
  readonly seed: number;
  readonly boundSeconds: number;
  readonly events: number;
  readonly summary: Summary;
}

/** The runs of one variant. */
export interface VariantRuns {
  readonly variant: string;
  readonly runs: readonly RunSummary[];
}

/** So many runs of each variant, with the random seeds 1, 2 … Throws `ShoalError` 'BAD_SCENARIO' where a variant makes no sense. */
export function planJobs(variants: readonly Variant[], runs: number): RunJob[] {
  return variants.flatMap(({ name, file }) => {
    const scenario = checkScenario(file, name === '' ? 'scenario' : name);
    return Array.from({ length: runs }, (_, index) => ({ variant: name, scenario, seed: index + 1 }));
  });
}

export async function summariseRun({ variant, scenario, seed }: RunJob): Promise<RunSummary> {
  const results = await runScenario(scenario, { seed });
  return { variant, seed, boundSeconds: results.bound.seconds, events: results.events, summary: summarise(results) };
}

/** For CSV: one line a run. */
export const RUN_COLUMNS: readonly Column<RunSummary>[] = [
  { key: 'variant', heading: 'Variant', value: ({ variant }) => variant },
  { key: 'seed', heading: 'Seed', value: ({ seed }) => seed },
  { key: 'boundSeconds', heading: 'Bound', value: ({ boundSeconds }) => boundSeconds },
  { key: 'meanSeconds', heading: 'Mean', value: ({ summary }) => summary.meanSeconds },
  { key: 'medianSeconds', heading: 'Median', value: ({ summary }) => summary.medianSeconds },
  { key: 'lastSeconds', heading: 'Last', value: ({ summary }) => summary.lastSeconds },
  { key: 'doneCount', heading: 'Done', value: ({ summary }) => summary.doneCount },
  { key: 'peerUplinkUse', heading: 'Uplink use', value: ({ summary }) => summary.peerUplinkUse },
  { key: 'wastedShare', heading: 'Duplicates', value: ({ summary }) => summary.wastedShare },
  { key: 'fairness', heading: 'Fairness', value: ({ summary }) => summary.fairness },
  { key: 'events', heading: 'Events', value: ({ events }) => events },
];

function groupByVariant(runs: readonly RunSummary[]): VariantRuns[] {
  return [...Map.groupBy(runs, ({ variant }) => variant)].map(([variant, own]) => ({ variant, runs: own }));
}

type Measure = (run: RunSummary) => number | undefined;

/** `37m17s ± 12s`; a dash where a run has no such thing. */
function measured(runs: readonly RunSummary[], measure: Measure, show: (value: number) => string): string {
  const values = runs.map(measure).filter((value): value is number => Number.isFinite(value));
  if (values.length < runs.length) return values.length === 0 ? '–' : `– in ${runs.length - values.length} of ${runs.length}`;
  if (values.length === 1) return show(values[0]);
  const { high } = confidenceInterval(values);
  return `${show(mean(values))} ± ${show(high - mean(values))}`;
}

const time = (seconds: number): string => formatDuration(seconds * 1000);

function column(heading: string, measure: Measure, show: (value: number) => string): Column<VariantRuns> {
  return { key: heading, heading, value: ({ runs }) => measured(runs, measure, show) };
}

const COLUMNS: readonly Column<VariantRuns>[] = [
  { key: 'variant', heading: 'Variant', value: ({ variant }) => (variant === '' ? 'as it is' : variant) },
  { key: 'runs', heading: 'Runs', value: ({ runs }) => runs.length },
  { key: 'bound', heading: 'Bound', value: ({ runs }) => time(runs[0].boundSeconds) },
  column('Mean', ({ summary }) => summary.meanSeconds, time),
  column('Last', ({ summary }) => summary.lastSeconds, time),
  column('Bound/mean', ({ summary, boundSeconds }) => boundSeconds / summary.meanSeconds, (share) => share.toFixed(3)),
  column('Uplink use', ({ summary }) => summary.peerUplinkUse, formatPercent),
  column('Duplicates', ({ summary }) => summary.wastedShare, formatPercent),
  column('Fairness', ({ summary }) => summary.fairness, (index) => index.toFixed(3)),
];

/** The comparison as aligned text; with a table of the classes behind it where there is more than one. */
export function comparisonText(runs: readonly RunSummary[]): string {
  const variants = groupByVariant(runs);
  const classNames = [...new Set(runs.flatMap(({ summary }) => summary.classes.filter(({ doneCount }) => doneCount > 0).map(({ className }) => className)))];
  const classColumns = classNames.flatMap((name) => {
    const own = (run: RunSummary) => run.summary.classes.find(({ className }) => className === name);
    return [column(`${name}: median`, (run) => own(run)?.medianSeconds, time), column('last', (run) => own(run)?.lastSeconds, time)];
  });
  const classes = classNames.length < 2 ? '' : `\n${tableText([COLUMNS[0], ...classColumns], variants)}`;
  return tableText(COLUMNS, variants) + classes;
}
