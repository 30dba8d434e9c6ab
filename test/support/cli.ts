/** The real program in a process of its own, as a person or another program would run it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Far longer than anything takes that is going to come at all. */
const PATIENCE_MS = 60_000;

/** On this machine alone, on ports that nobody has. */
export const ON_LOOPBACK = ['--listen', '127.0.0.1', '--port', '0', '--no-dht', '--no-lsd'];

/** The same in a DHT of one's own, for commands with a swarm and for those of `shoal dht`. */
export function inDht(bootstrap: string): { readonly swarm: readonly string[]; readonly dht: readonly string[] } {
  const dht = ['--listen', '127.0.0.1', '--port', '0', '--bootstrap', bootstrap];
  return { swarm: [...dht, '--no-lsd'], dht };
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** A folder for one test, with a state directory in it. */
export class Workplace implements AsyncDisposable {
  readonly directory: string;
  readonly #running = new Set<ChildProcess>();

  static async create(): Promise<Workplace> {
    return new Workplace(await mkdtemp(path.join(os.tmpdir(), 'shoal-cli-')));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  /** Begins a command in this folder. `home` keeps the states of several apart. */
  start(args: readonly string[], { home = 'home', env = {} }: { home?: string; env?: Record<string, string> } = {}): Running {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.directory,
      env: { PATH: process.env['PATH'], HOME: this.directory, SHOAL_HOME: this.path(home), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return new Running(child);
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: { home?: string; env?: Record<string, string> } = {}): Promise<Finished> {
    return this.start(args, options).finished();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map(async (child) => {
      child.kill('SIGKILL');
      await once(child, 'close');
    }));
    await rm(this.directory, { recursive: true });
  }
}

export class Running {
  readonly #child: ChildProcess;
  readonly #events: Event[] = [];
  readonly #finished: Promise<Finished>;
  #stdout = '';
  #changed = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    let stderr = '';
    child.stderr!.on('data', (chunk) => { stderr += chunk; });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#stdout += `${line}\n`;
      if (line.startsWith('{"event"')) this.#events.push(JSON.parse(line));
      this.#notify();
    });
    this.#finished = once(child, 'close').then(([exitCode]) => {
      this.#hasEnded = true;
      this.#notify();
      return { exitCode, stdout: this.#stdout, stderr };
    });
  }

  /** The first event of that name (`--json`) for which `fits` holds, now or later. Rejects where the command ends without it. */
  event(name: string, fits: (event: Event) => boolean = () => true): Promise<Event> {
    return this.#until(`the event "${name}"`, () => this.#events.find((event) => event.event === name && fits(event)));
  }

  /** All that has been printed, once a line of it fits. Rejects where the command ends without it. */
  printed(pattern: RegExp): Promise<string> {
    return this.#until(String(pattern), () => (pattern.test(this.#stdout) ? this.#stdout : undefined));
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  finished(): Promise<Finished> {
    return this.#finished;
  }

  async #until<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      this.#notify();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        if (this.#hasEnded) throw new Error(`the command ended without ${what}: ${JSON.stringify(await this.#finished)}`);
        if (isTooLate) throw new Error(`the command has not come to ${what} in ${PATIENCE_MS / 1000} s: ${this.#stdout}`);
        await this.#changed.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
