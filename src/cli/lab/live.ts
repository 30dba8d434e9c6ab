/**
 * `shoal lab live`: a swarm of real processes on this machine, their rates limited by the engine, beside the simulation of
 * the same swarm and the bound.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../../bytes/units.ts';
import { checkScenario } from '../../lab/scenario.ts';
import { runScenario } from '../../lab/swarm-experiment.ts';
import { createTorrent } from '../../metainfo/create.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import { startTracker } from '../../tracker/tracker.ts';
import { openDisplay } from '../open-display.ts';
import { addExamples } from '../help.ts';
import { interruption } from '../interruption.ts';
import { readRate } from '../options.ts';
import { jobsView } from './jobs-view.ts';
import { LivePeer } from './live-peer.ts';
import { readPositiveCount, readPositiveSize } from './values.ts';

interface Options {
  readonly peers: number;
  readonly up: number;
  readonly seedUp?: number;
  readonly down: number;
  readonly size: number;
  readonly json?: boolean;
}

const LOOPBACK = '127.0.0.1';
/** One way: what a message between two processes takes. */
const LOOPBACK_LATENCY = '0.1ms';
const WRITE_BYTES = 4 * 1024 * 1024;

export function define(lab: Command): void {
  const command = lab.command('live').description('Run a real swarm on this machine, beside its simulation and the bound.')
    .addOption(new Option('--peers <count>', 'processes that download').argParser(readPositiveCount).default(8))
    .requiredOption('--up <rate>', 'the uplink of each, such as 20Mbps', readLimit)
    .option('--seed-up <rate>', "the seed's; default: the same", readLimit)
    .addOption(new Option('--down <rate>', 'the downlink of each').argParser(readRate).default(Number.POSITIVE_INFINITY, 'without limit'))
    .addOption(new Option('--size <size>', 'of the file').argParser(readPositiveSize).default(64 * 2 ** 20, '64MiB'))
    .option('--json', 'print one event a line')
    .action(live);
  addExamples(command, [['lab live --peers 8 --up 20Mbps', 'half a minute']]);
}

function readLimit(text: string): number {
  const bytesPerSecond = readRate(text);
  if (!Number.isFinite(bytesPerSecond)) throw new InvalidArgumentError('expected a finite rate: without a limit this machine is what is measured');
  return bytesPerSecond;
}

async function live({ peers: count, up, seedUp = up, down, size, json }: Options): Promise<void> {
  const signal = interruption();
  const display = await openDisplay({ json });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'shoal-live-'));
  try {
    const { arrivalsMs, doneMs } = await runLive(folder, { count, up, seedUp, down, size }, signal, (done) => {
      display.show(jobsView({ what: `${count} processes`, noun: 'peers', done, total: count, earlier: 0, elapsedMs: 0 }));
    });
    const firstMs = Math.min(...arrivalsMs);
    const liveSeconds = (Math.max(...doneMs) - firstMs) / 1000;
    const rate = (bytesPerSecond: number): string => (bytesPerSecond === Number.POSITIVE_INFINITY ? 'inf' : `${bytesPerSecond}B/s`);
    const scenario = checkScenario({
      name: 'live', file: { size: `${size}B`, pieceLength: `${livePieceLength(size)}B` }, duration: '1d',
      seeds: { up: rate(seedUp), latency: LOOPBACK_LATENCY },
      peers: [{
        count, up: rate(up), down: rate(down), latency: LOOPBACK_LATENCY, departure: { kind: 'never' },
        arrival: { kind: 'trace', times: arrivalsMs.map((atMs) => `${Math.round(atMs - firstMs)}ms`) },
      }],
    }, 'live');
    const results = await runScenario(scenario, { signal });
    const simulatedSeconds = Math.max(...results.peers.map((peer) => peer.doneSeconds ?? 0));
    const boundSeconds = results.bound.seconds;
    display.tell(
      { event: 'done', seconds: liveSeconds, live: liveSeconds, simulated: simulatedSeconds, bound: boundSeconds },
      [
        `${formatBytes(size, 'binary')} to ${count} peers of ${formatRate(up, 'bit')} up from a seed of ${formatRate(seedUp, 'bit')}; time to the last:`,
        `  processes   ${formatDuration(liveSeconds * 1000)}`,
        `  simulation  ${formatDuration(simulatedSeconds * 1000)}  (${formatPercent(simulatedSeconds / liveSeconds)} of it)`,
        `  bound       ${formatDuration(boundSeconds * 1000)}  (${formatPercent(boundSeconds / liveSeconds)} of it; ${results.bound.binding.formula})`,
      ].join('\n'),
    );
  } finally {
    display.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface LiveSwarm {
  readonly count: number;
  readonly up: number;
  readonly seedUp: number;
  readonly down: number;
  readonly size: number;
}

/** When each process was ready, and when it had everything, on one clock. */
async function runLive(folder: string, { count, up, seedUp, down, size }: LiveSwarm, signal: AbortSignal, progress: (done: number) => void): Promise<{ arrivalsMs: number[]; doneMs: number[] }> {
  const runtime = nodeRuntime();
  const tracker = await startTracker(runtime, { http: { host: LOOPBACK, port: 0 } });
  const processes: LivePeer[] = [];
  try {
    const source = path.join(folder, 'seed', 'file');
    await writeRandom(source, size);
    const created = await createTorrent(runtime, {
      paths: [source], format: 'v1', pieceLength: livePieceLength(size), trackers: [[`http://${LOOPBACK}:${tracker.http?.port}/announce`]],
      createdBy: 'shoal lab live', isPrivate: false, signal,
    });
    const torrent = path.join(folder, 'file.torrent');
    await runtime.disk.writeWhole(torrent, created.bytes);
    const start = (command: 'seed' | 'get', name: string, upBytesPerSecond: number): LivePeer => {
      const peer = new LivePeer([command, torrent, '--dir', path.join(folder, name), '--up', `${upBytesPerSecond}B/s`,
        ...(command === 'get' ? ['--stay', ...(Number.isFinite(down) ? ['--down', `${down}B/s`] : [])] : [])], path.join(folder, `${name}-state`));
      processes.push(peer);
      return peer;
    };
    await start('seed', 'seed', seedUp).whenReady(signal);
    const peers = Array.from({ length: count }, (_, index) => start('get', `peer-${index}`, up));
    let done = 0;
    const arrivalsMs = await Promise.all(peers.map((peer) => peer.whenReady(signal)));
    const doneMs = await Promise.all(peers.map(async (peer) => {
      const atMs = await peer.whenDone(signal);
      progress(done += 1);
      return atMs;
    }));
    return { arrivalsMs, doneMs };
  } finally {
    await Promise.all(processes.map((peer) => peer.end()));
    await tracker.close();
  }
}

/** Small enough that there is something to exchange. */
function livePieceLength(size: number): number {
  let pieceLength = 16 * 1024;
  while (size / pieceLength > 512) pieceLength *= 2;
  return pieceLength;
}

async function writeRandom(file: string, size: number): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'w');
  try {
    for (let written = 0; written < size; written += WRITE_BYTES) await handle.write(randomBytes(Math.min(WRITE_BYTES, size - written)));
  } finally {
    await handle.close();
  }
}
