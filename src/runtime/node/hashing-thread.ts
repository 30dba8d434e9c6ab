/** What the hashing thread runs: it answers each piece with the hashes of its blocks, in order. `hasher.ts` is the other end. */
import { parentPort } from 'node:worker_threads';
import { sha256Blocks } from '../../bytes/digest.ts';
import type { HashingJob } from './hasher.ts';

parentPort?.on('message', ({ memory, length }: HashingJob) => {
  parentPort?.postMessage(sha256Blocks(new Uint8Array(memory, 0, length)));
});
