/** `shoal lab compare`: scenarios, or variants of one, side by side, each with several random seeds. */
import type { Command } from 'commander';
import { comparisonText, planJobs, type RunSummary } from '../../lab/comparison.ts';
import { variantsOf } from '../../lab/variants.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import { openDisplay } from '../open-display.ts';
import { addExamples } from '../help.ts';
import { interruption } from '../interruption.ts';
import { Stopwatch } from '../stopwatch.ts';
import { jobsView } from './jobs-view.ts';
import { runJobs } from './run-pool.ts';
import { loadScenarioFile, readPositiveCount } from './values.ts';

interface Options {
  readonly vary?: readonly string[];
  readonly runs: number;
  readonly threads?: number;
  readonly json?: boolean;
}

const USUAL_RUNS = 3;

export function define(lab: Command): void {
  const command = lab.command('compare').argument('<scenario...>', 'files or presets').description('Compare scenarios, or variants of one, by several runs each.')
    .option('--vary <values>', 'a field and its values, such as peers.choking=textbook,random; may be given several times', (text: string, before: string[] = []) => [...before, text])
    .option('--runs <count>', 'runs of each, with random seeds 1, 2 …', readPositiveCount, USUAL_RUNS)
    .option('--threads <count>', 'runs at the same time; default: one a core', readPositiveCount)
    .option('--json', 'print one event a line')
    .action(compare);
  addExamples(command, [['lab compare free-riders --vary peers.choking=textbook,random --runs 5', 'two choking policies']]);
}

async function compare(names: string[], { vary = [], runs, threads, json }: Options): Promise<void> {
  const { disk, clock } = nodeRuntime();
  const variants = (await Promise.all(names.map((name) => loadScenarioFile(disk, name)))).flatMap(({ name, file }) =>
    variantsOf(file, vary).map((variant) => ({ ...variant, name: names.length === 1 ? variant.name : [name, variant.name].filter((part) => part !== '').join(' ') })));
  const jobs = planJobs(variants, runs);
  const signal = interruption();
  const stopwatch = new Stopwatch(clock);
  const display = await openDisplay({ json });
  const results = new Map<number, RunSummary>();
  try {
    await runJobs(jobs, {
      signal, threads,
      done: (job, summary) => {
        results.set(jobs.indexOf(job), summary);
        display.show(jobsView({ what: names.join(', '), done: results.size, total: jobs.length, earlier: 0, elapsedMs: stopwatch.elapsedMs }));
      },
    });
    const inOrder = jobs.map((_, index) => results.get(index)).filter((result) => result !== undefined);
    display.tell({ event: 'done', seconds: stopwatch.seconds, runs: inOrder }, comparisonText(inOrder).trimEnd());
  } finally {
    display.close();
  }
}
