/**
 * Runs many scenarios on all cores, one thread each.
 *
 * Invariant: a job is done once, in the order of the list as threads become free; after `runJobs` no thread is left.
 */
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ShoalError } from '../../bytes/errors.ts';
import type { RunJob, RunSummary } from '../../lab/comparison.ts';

const WORKER_CODE = new URL(`./run-worker${path.extname(import.meta.url)}`, import.meta.url);

export interface RunJobsOptions {
  /** Threads at once; default: as many as there are cores. */
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  done(job: RunJob, summary: RunSummary): Promise<void> | void;
}

/** Rejects with the signal's reason, or `ShoalError` 'RUN_FAILED'. */
export async function runJobs(jobs: readonly RunJob[], { threads = os.availableParallelism(), signal, done }: RunJobsOptions): Promise<void> {
  const waiting = [...jobs];
  const work = async (): Promise<void> => {
    const worker = new Worker(WORKER_CODE);
    try {
      for (let job = waiting.shift(); job !== undefined && !signal.aborted; job = waiting.shift()) await done(job, await runOn(worker, job, signal));
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work));
  signal.throwIfAborted();
}

function runOn(worker: Worker, job: RunJob, signal: AbortSignal): Promise<RunSummary> {
  const { promise, resolve, reject } = Promise.withResolvers<RunSummary>();
  const fail = (error: Error): void => reject(new ShoalError('RUN_FAILED', `the run of ${job.variant === '' ? 'the scenario' : job.variant} with seed ${job.seed} failed: ${error.message}`, { cause: error }));
  const interrupt = (): void => reject(signal.reason);
  const receive = ({ summary, error }: { summary?: RunSummary; error?: string }): void => {
    if (summary === undefined) fail(new Error(error));
    else resolve(summary);
  };
  worker.once('message', receive);
  worker.once('error', fail);
  signal.addEventListener('abort', interrupt, { once: true });
  worker.postMessage(job);
  return promise.finally(() => {
    worker.off('message', receive);
    worker.off('error', fail);
    signal.removeEventListener('abort', interrupt);
  });
}
