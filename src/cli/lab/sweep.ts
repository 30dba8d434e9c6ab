/**
 * `shoal lab sweep`: a range of parameters over all cores. Each run's summary is a file of its own in the folder, named
 * after what was run: a sweep that was stopped goes on where it was, and one that has grown runs only what is new.
 */
import type { Command } from 'commander';
import { sha1 } from '../../bytes/digest.ts';
import { toHex } from '../../bytes/hex.ts';
import { comparisonText, planJobs, RUN_COLUMNS, type RunJob, type RunSummary } from '../../lab/comparison.ts';
import { tableCsv } from '../../lab/table.ts';
import { variantsOf } from '../../lab/variants.ts';
import type { Disk } from '../../runtime/disk.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import { openDisplay } from '../open-display.ts';
import { addExamples } from '../help.ts';
import { interruption } from '../interruption.ts';
import { resolvePath } from '../invocation.ts';
import { Stopwatch } from '../stopwatch.ts';
import { jobsView } from './jobs-view.ts';
import { runJobs } from './run-pool.ts';
import { loadScenarioFile, readPositiveCount } from './values.ts';

interface Options {
  readonly vary: readonly string[];
  readonly runs: number;
  readonly out: string;
  readonly threads?: number;
  readonly json?: boolean;
}

const SUMMARY_BYTES = 1024 * 1024;

export function define(lab: Command): void {
  const command = lab.command('sweep').argument('<scenario>', 'a file, or a preset').description('Run a scenario over ranges of its fields, on all cores; goes on where it was stopped.')
    .requiredOption('--vary <values>', 'a field and its values, such as peers.count=100,300,1000; may be given several times', (text: string, before: string[] = []) => [...before, text])
    .requiredOption('--out <dir>', 'where the runs\' summaries are kept, and sweep.csv is written')
    .option('--runs <count>', 'runs of each, with random seeds 1, 2 …', readPositiveCount, 1)
    .option('--threads <count>', 'runs at the same time; default: one a core', readPositiveCount)
    .option('--json', 'print one event a line')
    .action(sweep);
  addExamples(command, [['lab sweep bharambe-2006 --vary seeds.up=200kbps,1Mbps,6Mbps --runs 3 --out sweep', 'how much the seed matters']]);
}

async function sweep(name: string, { vary, runs, out, threads, json }: Options): Promise<void> {
  const { disk, clock } = nodeRuntime();
  const { file } = await loadScenarioFile(disk, name);
  const jobs = planJobs(variantsOf(file, vary), runs);
  const folder = resolvePath(out);
  const done = new Map<RunJob, RunSummary>();
  for (const job of jobs) {
    const summary = await earlierRun(disk, `${folder}/${fileName(job)}`);
    if (summary !== undefined) done.set(job, summary);
  }
  const signal = interruption();
  const stopwatch = new Stopwatch(clock);
  const display = await openDisplay({ json });
  const earlier = done.size;
  const show = (): void => display.show(jobsView({ what: name, done: done.size, total: jobs.length, earlier, elapsedMs: stopwatch.elapsedMs }));
  try {
    if (earlier > 0) display.note(`${earlier} of ${jobs.length} runs were done before`);
    await runJobs(jobs.filter((job) => !done.has(job)), {
      signal, threads,
      done: async (job, summary) => {
        await disk.writeWhole(`${folder}/${fileName(job)}`, Buffer.from(JSON.stringify(summary)));
        done.set(job, summary);
        show();
      },
    });
    const inOrder = jobs.map((job) => done.get(job)).filter((summary) => summary !== undefined);
    await disk.writeWhole(`${folder}/sweep.csv`, Buffer.from(tableCsv(RUN_COLUMNS, inOrder)));
    display.tell({ event: 'done', seconds: stopwatch.seconds, runs: inOrder }, `${comparisonText(inOrder)}\nWritten to ${folder}/sweep.csv`);
  } finally {
    display.close();
  }
}

/** The same scenario and seed give the same name. */
function fileName({ scenario, seed }: RunJob): string {
  return `run-${toHex(sha1(Buffer.from(JSON.stringify(scenario)))).slice(0, 16)}-${seed}.json`;
}

async function earlierRun(disk: Disk, path: string): Promise<RunSummary | undefined> {
  if (await disk.status(path) === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(await disk.readWhole(path, SUMMARY_BYTES)).toString('utf8')) as RunSummary;
  } catch {
    return undefined; // Not a run's summary: it is done again.
  }
}
