/**
 * A network made for one case: a hub, which is where the case itself runs, and hosts around it, each in a network namespace
 * of its own on one bridge.
 *
 * Invariant: a host reaches the hub and the other hosts, and nothing else. What runs there has ended, and the network and its
 * files are gone, when the case is over.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, chmodSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { AddressFamily } from '../../src/bytes/endpoint.ts';
import { Program, type ProgramOptions } from './program.ts';
import { scratchDirectory } from './scratch.ts';

const BRIDGE = 'shoal0';
/**
 * By family: the address of host `n`, the hub being 1, and how many of its bits are the network's. Each host has a block (a /24,
 * a /64) of its own, for those who are wary of many peers in one.
 */
const ADDRESSES: Readonly<Record<AddressFamily, { readonly bits: number; of(n: number): string }>> = {
  4: { bits: 16, of: (n) => `10.77.${n}.1` },
  6: { bits: 48, of: (n) => `fd00:77:0:${n.toString(16)}::1` },
};

export class Host {
  readonly name: string;
  readonly address: string;
  /** For the files of what runs here. */
  readonly directory: string;
  readonly #programs: Program[];
  readonly #isHub: boolean;

  constructor(name: string, address: string, directory: string, network: { readonly programs: Program[]; readonly isHub: boolean }) {
    this.name = name;
    this.address = address;
    this.directory = directory;
    this.#programs = network.programs;
    this.#isHub = network.isHub;
  }

  start(options: Omit<ProgramOptions, 'directory'>): Program {
    const enter = this.#isHub ? [] : ['ip', 'netns', 'exec', this.name];
    const program = new Program({ ...options, name: `${options.name} on ${this.name}`, command: [...enter, ...options.command], directory: this.directory });
    this.#programs.push(program);
    return program;
  }

  /** What it sends goes no faster than that from now on, headers of TCP, IP and Ethernet included. */
  limitUplink(bytesPerSecond: number): void {
    execFileSync('tc', ['-n', this.name, 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', 'rate', `${8 * bytesPerSecond}bit`, 'burst', '64kb', 'latency', '100ms']);
  }

  /** A new empty folder of that name. */
  folder(name: string): string {
    const folder = path.join(this.directory, name);
    mkdirSync(folder);
    return folder;
  }
}

export class Network {
  readonly hub: Host;
  readonly #directory = mkdtempSync(path.join(scratchDirectory(), 'case-'));
  readonly #family: AddressFamily;
  readonly #hosts: Host[] = [];
  readonly #programs: Program[] = [];

  constructor(family: AddressFamily) {
    this.#family = family;
    chmodSync(this.#directory, 0o755);
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    this.#addAddress([], 1, BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    this.hub = this.#host('hub', 1);
  }

  addHost(): Host {
    const n = this.#hosts.length + 2;
    const name = `host${n}`;
    const port = portOf(name);
    ip('netns', 'add', name);
    const host = this.#host(name, n);
    this.#hosts.push(host);
    ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('link', 'set', port, 'master', BRIDGE, 'up');
    this.#addAddress(['-n', name], n, 'eth0');
    for (const device of ['lo', 'eth0']) ip('-n', name, 'link', 'set', device, 'up');
    // Who does not say on which interface it means a group goes by the routes, and there is no default one.
    if (this.#family === 4) ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
    return host;
  }

  addHosts(count: number): Host[] {
    return Array.from({ length: count }, () => this.addHost());
  }

  /** Where `body` fails, prints what each program said last. */
  async explained(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      process.stderr.write(`${this.#report()}\n`);
      throw error;
    }
  }

  #report(): string {
    return this.#programs.map(({ name, exit, lastLines }) => {
      const state = exit === undefined ? 'running' : `ended with ${exit.signal ?? `exit code ${exit.code}`}`;
      return [`── ${name}, ${state}`, ...lastLines].join('\n');
    }).join('\n');
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.exit ?? program.stop('SIGKILL')));
    for (const { name } of this.#hosts) {
      // The kernel takes a namespace down in its own time, and until then its port would keep a name that the next case needs.
      ip('link', 'delete', portOf(name));
      ip('netns', 'delete', name);
    }
    ip('link', 'delete', BRIDGE);
    await rm(this.#directory, { recursive: true, force: true });
  }

  #host(name: string, n: number): Host {
    const directory = path.join(this.#directory, name);
    mkdirSync(directory);
    return new Host(name, ADDRESSES[this.#family].of(n), directory, { programs: this.#programs, isHub: n === 1 });
  }

  #addAddress(where: readonly string[], n: number, device: string): void {
    const { of, bits } = ADDRESSES[this.#family];
    ip(...where, 'address', 'add', `${of(n)}/${bits}`, 'dev', device, ...(this.#family === 6 ? ['nodad'] : []));
  }
}

/** Makes a network for `body`, and takes it down after it. Where it fails, what the programs said is printed. */
export async function inNetwork(body: (network: Network) => Promise<void>, { family = 4 }: { readonly family?: AddressFamily } = {}): Promise<void> {
  const network = new Network(family);
  try {
    await network.explained(() => body(network));
  } finally {
    await network.close();
  }
}

/** The end of a host's cable that is plugged into the bridge. */
function portOf(hostName: string): string {
  return `${hostName}-port`;
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}
