/** `shoal lab swarm`: runs a scenario in virtual time, and reports what it came to. */
import type { Command } from 'commander';
import { formatCount, formatDuration, formatPercent } from '../../bytes/units.ts';
import { reportFiles, reportText } from '../../lab/report.ts';
import { checkScenario } from '../../lab/scenario.ts';
import { runScenario, type RunProgress } from '../../lab/swarm-experiment.ts';
import { summarise } from '../../lab/swarm-results.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import { cut } from '../columns.ts';
import type { View } from '../display.ts';
import { openDisplay } from '../open-display.ts';
import { addExamples } from '../help.ts';
import { interruption } from '../interruption.ts';
import { resolvePath } from '../invocation.ts';
import { barWith } from '../progress-bar.ts';
import { Stopwatch } from '../stopwatch.ts';
import { withChange } from '../../lab/variants.ts';
import { loadScenarioFile, readSeed } from './values.ts';

interface Options {
  readonly seed?: number;
  readonly out?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export function define(lab: Command): void {
  const command = lab.command('swarm').argument('<scenario>', 'a scenario\'s file, or a preset').description('Run a scenario with the production code in virtual time.')
    .option('--seed <number>', 'all randomness is drawn from it, in place of the scenario\'s own', readSeed)
    .option('--set <change>', 'change the scenario first, such as peers.count=300; may be given several times', (text: string, before: string[] = []) => [...before, text])
    .option('--out <dir>', 'write results.json, CSV files and report.html there')
    .option('--json', 'print one event a line')
    .action(swarm);
  addExamples(command, [
    ['lab swarm free-riders --seed 7 --out results', 'a preset, with its report'],
    ['lab swarm bharambe-2006 --set peers.count=300', 'a smaller one'],
  ]);
}

/** Peers refuse one another thousands of times a second; where in the code, nobody reads. */
function forgoStackTraces(): void {
  if ((process.env['SHOAL_DEBUG'] ?? '') === '') Error.stackTraceLimit = 0;
}

async function swarm(name: string, { seed, out, set = [], json }: Options): Promise<void> {
  forgoStackTraces();
  const { disk, clock } = nodeRuntime();
  const { file } = await loadScenarioFile(disk, name);
  const scenario = checkScenario(set.reduce<unknown>(withChange, file), name);
  const signal = interruption();
  const stopwatch = new Stopwatch(clock);
  const display = await openDisplay({ json });
  try {
    const results = await runScenario(scenario, {
      signal,
      ...(seed === undefined ? {} : { seed }),
      onProgress: (progress) => display.show(runView(scenario.name, progress, stopwatch.seconds)),
    });
    const eventsPerSecond = results.events / stopwatch.seconds;
    const written = out === undefined ? '' : `\nWritten to ${resolvePath(out)}: ${reportFiles(results).map((one) => one.name).join(', ')}`;
    if (out !== undefined) for (const one of reportFiles(results)) await disk.writeWhole(`${resolvePath(out)}/${one.name}`, Buffer.from(one.text));
    display.tell(
      { event: signal.aborted ? 'stopped' : 'done', seconds: stopwatch.seconds, scenario: results.scenario, seed: results.seed, events: results.events, eventsPerSecond, bound: results.bound.seconds, ...summarise(results) },
      `${reportText(results)}\n${formatCount(results.events)} events in ${formatDuration(stopwatch.elapsedMs)}: ${formatCount(eventsPerSecond)} a second${written}`,
    );
  } finally {
    display.close();
  }
  signal.throwIfAborted();
}

function runView(name: string, { seconds, present, done, total, events }: RunProgress, elapsedSeconds: number): View {
  const share = total === 0 ? 1 : done / total;
  const virtual = formatDuration(seconds * 1000);
  const eventsPerSecond = events / Math.max(elapsedSeconds, 1e-3);
  return {
    state: name,
    firstLineMs: 5000,
    lineEveryMs: 5000,
    event: () => ({ event: 'progress', progress: share, virtualSeconds: seconds, present, done, total, events, eventsPerSecond }),
    line: () => `${name}: ${virtual}, ${formatCount(done)} of ${formatCount(total)} peers done, ${formatCount(eventsPerSecond)} events a second`,
    lines: ({ columns }, style) => [
      style.bold(cut(name, columns)),
      barWith(share, [formatPercent(share).padStart(7), `${formatCount(done)} of ${formatCount(total)} peers`, virtual, `${formatCount(present)} there`, `${formatCount(eventsPerSecond)} events/s`], columns, style),
    ],
  };
}
