/**
 * A command in namespaces of its own, network and processes, with a folder for its files.
 *
 * Invariant: when the command ends, however it does, the kernel ends all that it started and takes down every interface that
 * it made, and its folder is gone; nothing outside has been touched.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SCRATCH_VARIABLE } from './scratch.ts';

const FAILED = 1;
/** Namespaces that `ip netns` names are seen by this run alone. */
const ENTER = 'mkdir -p /run/netns && mount -t tmpfs shoal-interop /run/netns && exec "$@"';

/** Gives the command's exit code. What runs longer than `longestMs` is ended. */
export async function runInNamespaces(command: readonly string[], longestMs: number): Promise<number> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'shoal-interop-'));
  // opentracker gives up being root, and is to find its way all the same.
  chmodSync(scratch, 0o755);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', ENTER, 'sh', ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [SCRATCH_VARIABLE]: scratch },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGKILL'));
  const timer = setTimeout(() => {
    process.stderr.write(`given up after ${longestMs / 60_000} minutes\n`);
    child.kill('SIGKILL');
  }, longestMs);
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
