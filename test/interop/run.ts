/**
 * `npm run test:interop`: the cases of this folder (`*.interop.ts`), one after the other, against real clients of other
 * makers. Words on the command line choose cases by their files' names: `npm run test:interop -- mixed ipv6`.
 *
 * Invariant: everything runs in a network and a process namespace of its own. When this ends, however it does, the kernel
 * ends all that was started and takes down every interface that was made; nothing outside has been touched.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { missingPrerequisites } from './prerequisites.ts';
import { SCRATCH_VARIABLE } from './scratch.ts';

const LONGEST_RUN_MS = 15 * 60_000;
const FAILED = 1;
/** Namespaces that `ip netns` names are seen by this run alone. */
const ENTER = 'mkdir -p /run/netns && mount -t tmpfs shoal-interop /run/netns && exec "$@"';

const here = import.meta.dirname;
const missing = missingPrerequisites();
const cases = chosenCases(process.argv.slice(2));
if (missing.length > 0) {
  process.stderr.write(`test:interop cannot run here:\n${missing.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = FAILED;
} else if (cases.length === 0) {
  process.stderr.write(`test:interop: no case is called ${process.argv.slice(2).join(' or ')}\n`);
  process.exitCode = FAILED;
} else {
  process.exitCode = await run(cases);
}

function chosenCases(words: readonly string[]): string[] {
  const all = readdirSync(here).filter((name) => name.endsWith('.interop.ts')).sort();
  return all.filter((name) => words.length === 0 || words.some((word) => name.includes(word))).map((name) => path.join(here, name));
}

/** Gives the exit code. */
async function run(files: readonly string[]): Promise<number> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'shoal-interop-'));
  // opentracker gives up being root, and is to find its way all the same.
  chmodSync(scratch, 0o755);
  const test = [process.execPath, '--test', '--test-concurrency=1', '--test-reporter=spec', ...files];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', ENTER, 'sh', ...test], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [SCRATCH_VARIABLE]: scratch },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGKILL'));
  const timer = setTimeout(() => {
    process.stderr.write(`test:interop: given up after ${LONGEST_RUN_MS / 60_000} minutes\n`);
    child.kill('SIGKILL');
  }, LONGEST_RUN_MS);
  try {
    return await exitCodeOf(child);
  } finally {
    clearTimeout(timer);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? FAILED));
  });
}
