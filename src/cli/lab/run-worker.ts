/** A thread that runs scenarios, one after the other, as it is told to. */
import { parentPort } from 'node:worker_threads';
import { summariseRun, type RunJob } from '../../lab/comparison.ts';

// Peers refuse one another thousands of times a second; where in the code, nobody reads.
Error.stackTraceLimit = 0;

parentPort?.on('message', (job: RunJob) => {
  summariseRun(job).then(
    (summary) => parentPort?.postMessage({ summary }),
    (error: Error) => parentPort?.postMessage({ error: error.message }),
  );
});
