/** One process of a live swarm: `shoal` itself, told of by its events. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ShoalError } from '../../bytes/errors.ts';

const PROGRAM = fileURLToPath(new URL(`../main${path.extname(import.meta.url)}`, import.meta.url));
/** Finding each other by the tracker alone, on any free port of the loopback interface. */
const SURROUNDINGS = ['--discovery', 'tracker', '--listen', '127.0.0.1', '--port', '0', '--json'];

export class LivePeer {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ready = Promise.withResolvers<number>();
  readonly #done = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<void>();
  #errors = '';

  /** @param stateDirectory where it remembers, apart from this person's own */
  constructor(words: readonly string[], stateDirectory: string) {
    this.#child = spawn(process.execPath, [PROGRAM, ...words, ...SURROUNDINGS], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SHOAL_HOME: stateDirectory },
    });
    for (const { promise } of [this.#ready, this.#done]) promise.catch(() => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#told(line));
    this.#child.stderr.on('data', (text: Buffer) => { this.#errors = (this.#errors + text.toString()).slice(-1000); });
    this.#child.once('error', (error) => this.#gone(error.message));
    this.#child.once('close', (code) => this.#gone(`ended with exit code ${code}${this.#errors === '' ? '' : `: ${this.#errors.trim()}`}`));
  }

  /** When it began to look for peers, on `performance.now`'s clock. Rejects with `ShoalError` 'PEER_ENDED', or the signal's reason. */
  whenReady(signal: AbortSignal): Promise<number> {
    return unlessAborted(this.#ready.promise, signal);
  }

  /** When it had everything. Rejects likewise. */
  whenDone(signal: AbortSignal): Promise<number> {
    return unlessAborted(this.#done.promise, signal);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended.promise;
  }

  #told(line: string): void {
    const { event } = JSON.parse(line) as { event: string };
    if (event === 'ready') this.#ready.resolve(performance.now());
    if (event === 'done') this.#done.resolve(performance.now());
  }

  #gone(how: string): void {
    const error = new ShoalError('PEER_ENDED', `a process of the live swarm ${how}`);
    this.#ready.reject(error);
    this.#done.reject(error);
    this.#ended.resolve();
  }
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
