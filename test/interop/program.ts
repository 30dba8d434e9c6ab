/**
 * A program that runs on one of the network's hosts.
 *
 * Invariant: whoever waits for something of a program is told when it ends, instead of waiting on.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PATIENCE_MS, until } from './waiting.ts';

const LINES_KEPT = 40;
const STOP_PATIENCE_MS = 10_000;

export interface Exit {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Told of each line of standard output. */
  readonly onLine?: (line: string) => void;
}

export class Program {
  readonly name: string;
  readonly whenEnded: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  #exit: Exit | undefined;

  constructor({ name, command, directory, environment = {}, onLine = () => undefined }: ProgramOptions) {
    this.name = name;
    const child = spawn(command[0], command.slice(1), {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      // The leader of a group of its own, so that what it starts can be ended with it.
      detached: true,
      env: { PATH: STANDARD_PATH, HOME: directory, LANG: 'C.UTF-8', ...environment },
    });
    this.#child = child;
    for (const [stream, tell] of [[child.stdout, onLine], [child.stderr, () => undefined]] as const) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#lastLines.push(line);
        if (this.#lastLines.length > LINES_KEPT) this.#lastLines.shift();
        tell(line);
      });
    }
    this.whenEnded = new Promise((resolve) => {
      child.once('error', (error) => this.#lastLines.push(String(error)));
      child.once('close', (code, signal) => resolve((this.#exit = { code, signal })));
    });
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** What it said last, for whoever wonders what went wrong. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  /** As the function of that name, but not longer than the program lives. */
  until<Seen>(what: string, look: () => Seen | undefined | false | Promise<Seen | undefined | false>, patienceMs = PATIENCE_MS): Promise<Seen> {
    return until(`${this.name}: ${what}`, async () => {
      // Asked before the look: what it left behind when it ended is still to be seen.
      const ended = this.#exit;
      const seen = await look();
      if (ended !== undefined && (seen === undefined || seen === false)) {
        throw new Error(`${this.name} ended with ${ended.signal ?? `exit code ${ended.code}`} before this: ${what}`);
      }
      return seen;
    }, patienceMs);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === undefined && this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }

  /** Asks it to end; makes it end where it does not within ten seconds. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), STOP_PATIENCE_MS);
    try {
      return await this.whenEnded;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What a person's shell has, whatever npm put before it: bin/shoal is to find its own Node. */
const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
