/** `shoal tracker`: a tracker on its own. */
import { type Command, Option } from 'commander';
import { counted, formatCount, formatDuration } from '../bytes/units.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { startTracker, type ListenOptions, type Tracker } from '../tracker/tracker.ts';
import { cut } from './columns.ts';
import type { View } from './display.ts';
import { UsageError } from './failure.ts';
import { addExamples } from './help.ts';
import { interruption } from './interruption.ts';
import { openDisplay } from './open-display.ts';
import { readDuration, readListenEndpoint } from './options.ts';
import { announceUrls } from './reachable.ts';
import { Stopwatch } from './stopwatch.ts';
import { showUntilStopped } from './waiting.ts';

interface Options {
  readonly http?: ListenOptions;
  readonly udp?: ListenOptions;
  /** Milliseconds. */
  readonly interval: number;
  readonly json?: boolean;
}

/** The custom of trackers. */
const USUAL_PORT = 6969;
const USUAL_INTERVAL = '30m';
const SHORTEST_INTERVAL_MS = 1000;

export function define(command: Command): void {
  command
    .option('--http <addr:port>', `where to serve HTTP; without this and --udp both are served on port ${USUAL_PORT}`, readListenEndpoint)
    .option('--udp <addr:port>', 'where to serve UDP', readListenEndpoint)
    .addOption(new Option('--interval <duration>', 'how often peers are to announce').argParser(readDuration).default(readDuration(USUAL_INTERVAL), USUAL_INTERVAL))
    .option('--json', 'print one event a line')
    .action(tracker);
  addExamples(command, [
    ['tracker', `on port ${USUAL_PORT}, over HTTP and UDP`],
    ['tracker --http 0.0.0.0:8080 --interval 10m', 'over HTTP alone, on another port'],
  ]);
}

async function tracker({ http, udp, interval, json }: Options): Promise<void> {
  if (interval < SHORTEST_INTERVAL_MS) throw new UsageError('--interval must be a second or more');
  const runtime = nodeRuntime();
  const signal = interruption();
  const stopwatch = new Stopwatch(runtime.clock);
  const both = http === undefined && udp === undefined ? { http: { port: USUAL_PORT }, udp: { port: USUAL_PORT } } : {};
  const server = await startTracker(runtime, {
    ...both, ...(http === undefined ? {} : { http }), ...(udp === undefined ? {} : { udp }), intervalMs: interval,
  });
  const display = await openDisplay({ json });
  try {
    const urls = announceUrls(server, runtime.network);
    display.tell({ event: 'ready', trackers: urls.map((url) => [url]) }, `This tracker announces at\n${urls.map((url) => `  ${url}`).join('\n')}`);
    await showUntilStopped(display, runtime.clock, signal, async () => trackerView(await server.counts(), stopwatch.elapsedMs));
    const counts = await server.counts();
    display.tell({ event: 'done', seconds: stopwatch.seconds, ...counts }, `stopped after ${countsText(counts)}`);
  } finally {
    display.close();
    await server.close();
  }
}

type Counts = Awaited<ReturnType<Tracker['counts']>>;

const LINE_EVERY_MS = 60_000;

function trackerView(counts: Counts, elapsedMs: number): View {
  const swarms = `${counted(counts.peers, 'peer')} (${counted(counts.seeds, 'seed')}) in ${counted(counts.swarms, 'swarm')}`;
  return {
    state: 'tracking',
    lineEveryMs: LINE_EVERY_MS,
    firstLineMs: 0,
    event: () => ({ event: 'progress', ...counts }),
    line: () => `${swarms}; ${countsText(counts)}`,
    lines: ({ columns }, { bold, dim }) => [
      bold(cut(swarms, columns)),
      dim(cut(`${countsText(counts)} in ${formatDuration(elapsedMs)}`, columns)),
    ],
  };
}

function countsText({ announces, scrapes, refusals }: Counts): string {
  return `${counted(announces, 'announce')}, ${counted(scrapes, 'scrape')}, ${formatCount(refusals)} refused`;
}
