/**
 * How fast one peer downloads from one seed, and what that costs: Shoal beside libtorrent, aria2 and WebTorrent, as far as
 * they are installed, in one run: `node bench/download.ts [MIB] [ROUNDS]`.
 *
 * The seed is libtorrent where it is there, else Shoal; it has one core, the leecher another. The leechers take turns, round
 * by round, so that a machine that grows slower does so for all; a row is the medians of its rounds. Wall time is from the
 * start of the process to its end, so it counts the time that a program needs to start.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { randomFillSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTracker } from '../src/tracker/tracker.ts';
import { createTorrent } from '../src/metainfo/create.ts';
import { nodeRuntime } from '../src/runtime/node/runtime.ts';
import { rivalFolder } from './rivals.ts';

const PIECE_LENGTH = 256 * 1024;
const SEED_PORT = 17_881;
const LEECH_PORT = 17_882;
const PYTHON = '/usr/bin/python3';
const ROUND_TIMEOUT_MS = 120_000;

const sizeMiB = Number(process.argv[2] ?? 512);
const rounds = Number(process.argv[3] ?? 5);
const root = path.dirname(import.meta.dirname);
const shoal = path.join(root, 'bin', 'shoal');
const folder = mkdtempSync(path.join(tmpdir(), 'shoal-bench-'));
const payload = path.join(folder, 'seed', 'payload.bin');
const torrentFile = path.join(folder, 'payload.torrent');

interface Round {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** The command by which each downloads into a folder and then ends. */
const leechers: Record<string, (into: string) => string[]> = {
  shoal: (into) => [shoal, 'get', torrentFile, '--dir', into, '--port', `${LEECH_PORT}`, '--peer', `127.0.0.1:${SEED_PORT}`, '--no-dht', '--no-lsd'],
};
const hasLibtorrent = spawnSync(PYTHON, ['-c', 'import libtorrent']).status === 0;
const driver = (name: string): string => path.join(import.meta.dirname, 'drivers', name);
if (hasLibtorrent) leechers.libtorrent = (into) => [PYTHON, driver('libtorrent-peer.py'), 'leech', torrentFile, into, `${LEECH_PORT}`, `${SEED_PORT}`];
if (spawnSync('aria2c', ['--version']).status === 0) {
  leechers.aria2 = (into) => ['aria2c', '--no-conf', '--dir', into, '--seed-time=0', '--enable-dht=false', '--bt-enable-lpd=false',
    `--listen-port=${LEECH_PORT}`, '--file-allocation=none', '--summary-interval=0', '--console-log-level=warn', '--disable-ipv6', torrentFile];
}
const webtorrent = rivalFolder('webtorrent');
if (webtorrent !== undefined) leechers.webtorrent = (into) => [process.execPath, driver('webtorrent-peer.mjs'), webtorrent, torrentFile, into, `${SEED_PORT}`];

try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const runtime = nodeRuntime();
  await writePayload();
  const tracker = await startTracker(runtime, { http: { host: '127.0.0.1', port: 0 } });
  const trackerUrl = `http://127.0.0.1:${tracker.http?.port}/announce`;
  const { bytes } = await createTorrent(runtime, { paths: [payload], pieceLength: PIECE_LENGTH, trackers: [[trackerUrl]] });
  await runtime.disk.writeWhole(torrentFile, bytes);
  const seed = startSeed();
  await once(seed.stdout!, 'data');
  const measured = new Map<string, Round[]>(Object.keys(leechers).map((name) => [name, []]));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, command] of Object.entries(leechers)) measured.get(name)?.push(await leech(name, command));
    }
  } finally {
    seed.kill();
    await tracker.close();
  }
  print(measured);
}

async function writePayload(): Promise<void> {
  await nodeRuntime().disk.makeDirectory(path.dirname(payload));
  const file = await open(payload, 'w');
  const chunk = new Uint8Array(1 << 20);
  for (let count = 0; count < sizeMiB; count++) await file.write(randomFillSync(chunk));
  await file.close();
}

function startSeed(): ChildProcess {
  const command = hasLibtorrent
    ? [PYTHON, driver('libtorrent-peer.py'), 'seed', torrentFile, path.dirname(payload), `${SEED_PORT}`]
    : [shoal, 'seed', torrentFile, '--dir', path.dirname(payload), '--port', `${SEED_PORT}`, '--json'];
  return spawn('taskset', ['-c', '0', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function leech(name: string, command: (into: string) => string[]): Promise<Round> {
  const into = mkdtempSync(path.join(folder, 'leech-'));
  const startedMs = performance.now();
  // The shell's own clock counts the processor time of everything that the command started.
  const child = spawn('taskset', ['-c', '1', 'bash', '-c', 'TIMEFORMAT="%U %S"; time "$@" >"$0" 2>&1', path.join(folder, `${name}.log`), ...command(into)], {
    stdio: ['ignore', 'ignore', 'pipe'], timeout: ROUND_TIMEOUT_MS, env: { ...process.env, SHOAL_HOME: path.join(into, 'home') },
  });
  let times = '';
  child.stderr.on('data', (text) => { times += text; });
  let peakKiB = 0;
  const watch = setInterval(() => { peakKiB = Math.max(peakKiB, ...descendants(child.pid ?? 0).map(residentKiB)); }, 20);
  const [code] = await once(child, 'close') as [number | null];
  clearInterval(watch);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const same = spawnSync('cmp', ['-s', payload, path.join(into, 'payload.bin')]).status === 0;
  rmSync(into, { recursive: true, force: true });
  if (code !== 0 || !same) throw new Error(`${name} did not download the file: ${readFileSync(path.join(folder, `${name}.log`), 'utf8').slice(-500)}`);
  const cpuSeconds = times.trim().split(/\s+/).slice(-2).reduce((sum, text) => sum + Number(text), 0);
  return { wallSeconds, cpuSeconds, peakMiB: peakKiB / 1024 };
}

function descendants(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  const children = readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [...children, ...children.flatMap(descendants)];
}

function residentKiB(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // It has just ended.
  }
}

function print(measured: ReadonlyMap<string, readonly Round[]>): void {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const seedName = hasLibtorrent ? 'libtorrent' : 'Shoal';
  process.stdout.write(`${sizeMiB} MiB from a ${seedName} seed over loopback, a core each; medians of ${rounds} rounds\n\n`);
  process.stdout.write('| leecher | MiB/s | CPU-s/GiB | peak MiB |\n|---|---|---|---|\n');
  for (const [name, all] of measured) {
    const rate = median(all.map(({ wallSeconds }) => sizeMiB / wallSeconds));
    const cpu = median(all.map(({ cpuSeconds }) => cpuSeconds / (sizeMiB / 1024)));
    const peak = median(all.map(({ peakMiB }) => peakMiB));
    process.stdout.write(`| ${name} | ${rate.toFixed(0)} | ${cpu.toFixed(2)} | ${peak.toFixed(0)} |\n`);
  }
}
