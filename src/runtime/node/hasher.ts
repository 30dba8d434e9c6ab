/**
 * Hashing on a real machine: off the main thread where there is more than one core, else here and now.
 *
 * One GiB in pieces of 256 KiB (AMD EPYC with SHA instructions, Node 24), as CPU seconds on the main thread, CPU seconds in
 * all, and GiB/s on two cores:
 *
 *                                            SHA-1              SHA-256 of 16 KiB blocks
 *   here and now                             0.47  0.47  2.1    0.54  0.54  1.8
 *   crypto.subtle, on libuv's thread pool    0.07  0.54  3.6    0.30  0.90  2.1
 *   one worker thread with shared memory     0.08  0.57  2.0    0.09  0.66  1.8
 *
 * So whole pieces go to the pool, which has several threads and needs no start. Single blocks would cost it too much, so a
 * worker thread takes all blocks of a piece together; it needs 28 MiB, and starts with the first v2 piece. On one core
 * nothing is to be gained: there, hashing here and now is cheapest.
 *
 * In a download pieces come one by one, and a thread is woken for each, gets a copy that no cache holds any more, and takes
 * the core from whoever sends: 512 MiB took 0.82 CPU seconds in all so, and 0.69 with hashing here and now. So the thrifty way
 * is that one, but for pieces so large that they would hold up everything else, and processors without instructions for it.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { sha1, sha256Blocks } from '../../bytes/digest.ts';
import type { Hasher, PieceHasher } from '../hasher.ts';

/** What is shorter is hashed sooner than it could be handed over. */
const WORTH_HANDING_OVER_BYTES = 64 * 1024;
/** What is longer keeps the main thread from other work for too long: this takes it 2 ms at 2 GiB/s. */
const TOO_LONG_TO_WAIT_FOR_BYTES = 4 * 1024 * 1024;
/** A processor that is slower than this has no instructions for hashing. */
const QUICK_BYTES_PER_MS = 1_000_000;
/** Before a processor is called slow: each piece may have been held up by another program. */
const TRIALS = 8;
/** One for the thread to work on, and one at hand when it is done. */
const PIECES_AT_ONCE = 2;
/** This file's neighbour, in source or built. */
const THREAD_CODE = new URL(`./hashing-thread${path.extname(import.meta.url)}`, import.meta.url);

/** Hashes off the main thread, if `cores`, by default those that this process may use, are more than one. */
export function nodeHasher(cores: number = availableParallelism()): Hasher {
  const here = (bytes: Uint8Array): boolean => cores === 1 || bytes.length < WORTH_HANDING_OVER_BYTES;
  let thread: HashingThread | undefined;
  const elsewhere: PieceHasher = {
    sha1: async (bytes) => (here(bytes) ? sha1(bytes) : sha1OnPool(bytes)),
    sha256Blocks: async (bytes) => (here(bytes) ? sha256Blocks(bytes) : (thread ??= new HashingThread()).sha256Blocks(bytes)),
  };
  return {
    ...elsewhere,
    thrifty: {
      sha1: unlessSlow(sha1, elsewhere.sha1),
      sha256Blocks: unlessSlow(sha256Blocks, elsewhere.sha256Blocks),
    },
  };
}

/** Hashes here and now as long as this turns out to be quick, and `elsewhere` what is long. */
function unlessSlow(hash: (bytes: Uint8Array) => Uint8Array, elsewhere: PieceHasher['sha1']): PieceHasher['sha1'] {
  let trials = 0;
  let bestBytesPerMs = 0;
  return async (bytes) => {
    const isSlow = trials >= TRIALS && bestBytesPerMs < QUICK_BYTES_PER_MS;
    if (isSlow || bytes.length > TOO_LONG_TO_WAIT_FOR_BYTES) return elsewhere(bytes);
    if (trials >= TRIALS || bytes.length < WORTH_HANDING_OVER_BYTES) return hash(bytes);
    const startMs = performance.now();
    const digest = hash(bytes);
    trials += 1;
    bestBytesPerMs = Math.max(bestBytesPerMs, bytes.length / (performance.now() - startMs));
    return digest;
  };
}

async function sha1OnPool(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-1', bytes as Uint8Array<ArrayBuffer>));
}

/** What the thread is sent: a piece is the first `length` bytes of `memory`. */
export interface HashingJob {
  readonly memory: SharedArrayBuffer;
  readonly length: number;
}

interface Request {
  readonly bytes: Uint8Array;
  readonly resolve: (hashes: Uint8Array) => void;
}

/**
 * A thread that hashes pieces, block by block.
 *
 * Invariant: it answers in the order of the pieces sent, and memory is not used again before its answer is in. It keeps the
 * process alive only while a piece is under way.
 */
class HashingThread {
  readonly #worker = new Worker(THREAD_CODE, { execArgv: [] });
  readonly #waiting: Request[] = [];
  readonly #sent: (Request & { readonly memory: SharedArrayBuffer })[] = [];
  /** Memory that is shared with the thread; kept, for fresh memory costs as much as a third of the hashing. */
  readonly #spareMemory: SharedArrayBuffer[] = [];
  #failed = false;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (hashes: Uint8Array) => this.#answered(hashes));
    // Where a thread cannot be had, as under a tight limit of memory, the main one does its work.
    this.#worker.on('error', () => {
      this.#failed = true;
      for (const { bytes, resolve } of [...this.#sent.splice(0), ...this.#waiting.splice(0)]) resolve(sha256Blocks(bytes));
    });
  }

  async sha256Blocks(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#failed) return sha256Blocks(bytes);
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, resolve });
      this.#send();
    });
  }

  #send(): void {
    while (this.#sent.length < PIECES_AT_ONCE) {
      const request = this.#waiting.shift();
      if (request === undefined) return;
      const { length } = request.bytes;
      let memory = this.#spareMemory.pop();
      if (memory === undefined || memory.byteLength < length) memory = new SharedArrayBuffer(length);
      new Uint8Array(memory).set(request.bytes);
      if (this.#sent.push({ ...request, memory }) === 1) this.#worker.ref();
      this.#worker.postMessage({ memory, length } satisfies HashingJob);
    }
  }

  #answered(hashes: Uint8Array): void {
    const request = this.#sent.shift();
    if (request === undefined) return;
    this.#spareMemory.push(request.memory);
    if (this.#sent.length === 0) this.#worker.unref();
    this.#send();
    request.resolve(hashes);
  }
}
