/** Shoal itself as others run it: the clone's bin/shoal, read by its events. */
import path from 'node:path';
import { formatEndpoint, type Endpoint } from '../../src/bytes/endpoint.ts';
import type { MetainfoFormat } from '../../src/metainfo/metainfo.ts';
import { PEER_PORT, type Client, type Part, type RunningClient, type StartDhtNode, type Totals } from './client.ts';
import type { CreatedTorrent } from './libtorrent.ts';
import type { Host } from './network-namespace.ts';
import type { Payload } from './payload.ts';
import type { Exit, Program } from './program.ts';

const SHOAL = path.join(import.meta.dirname, '../../bin/shoal');
export const TRACKER_PORT = 6969;

/** One line of `--json`. */
interface ShoalEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A command of Shoal's under way. */
export class ShoalCommand {
  readonly program: Program;
  readonly #last = new Map<string, ShoalEvent>();

  constructor(host: Host, words: readonly string[]) {
    this.program = host.start({
      name: `shoal ${words[0] === 'dht' ? words.slice(0, 2).join(' ') : words[0]}`,
      command: [SHOAL, ...words, '--json'],
      environment: { SHOAL_HOME: path.join(host.directory, 'shoal') },
      onLine: (line) => {
        const event = JSON.parse(line) as ShoalEvent;
        this.#last.set(event.event, event);
      },
    });
  }

  /** The latest event of that name. */
  last(name: string): ShoalEvent | undefined {
    return this.#last.get(name);
  }

  /** The first event of that name, if it has come, or when it comes. */
  event(name: string, patienceMs?: number): Promise<ShoalEvent> {
    return this.program.until(`the event '${name}'`, () => this.last(name), patienceMs);
  }

  /** A figure of the latest event of that name; 0 before there is one. */
  figure(name: string, field: string): number {
    return Number(this.last(name)?.[field] ?? 0);
  }

  /** The most that it has said of its bytes. */
  totals(): Totals {
    const most = (field: string): number => Math.max(...['progress', 'done', 'stopped'].map((name) => this.figure(name, field)));
    return { downloaded: most('downloaded'), uploaded: most('uploaded') };
  }

  /** As Ctrl-C. */
  stop(): Promise<Exit> {
    return this.program.stop('SIGINT');
  }
}

export const shoal: Client = {
  name: 'Shoal',
  async start(part) {
    return runShoal(part.host, [
      part.role === 'seed' ? 'seed' : 'get', part.source, '--dir', part.directory, '--stay',
      ...(part.uploadBytesPerSecond === undefined ? [] : ['--up', `${part.uploadBytesPerSecond}B/s`]),
    ], part);
  },
};

/** `words` are of a command that has a swarm. */
export function runShoal(host: Host, words: readonly string[], { directory, way }: Pick<Part, 'directory' | 'way'>): RunningShoal {
  const ways = way === undefined ? ['tracker,exchange'] : way === 'local' ? ['local'] : ['kademlia', '--bootstrap', formatEndpoint(way.bootstrap)];
  const command = new ShoalCommand(host, [...words, '--port', `${PEER_PORT}`, '--discovery', ...ways]);
  return {
    name: command.program.name,
    command,
    directory,
    endpoint: { host: host.address, port: PEER_PORT },
    whenWhole: async (patienceMs) => { await command.event('done', patienceMs); },
    totals: async () => command.totals(),
    stop: async () => { await command.stop(); },
  };
}

export interface RunningShoal extends RunningClient {
  readonly command: ShoalCommand;
}

/** `shoal get` that leaves once it is whole. */
export function getOnce(host: Host, source: string, directory: string, peers: readonly Endpoint[] = []): RunningShoal {
  return runShoal(host, ['get', source, '--dir', directory, ...peers.flatMap((peer) => ['--peer', formatEndpoint(peer)])], { directory });
}

export interface ShoalTracker {
  readonly http: string;
  readonly udp: string;
  /** Resolves once the tracker knows of so many peers. */
  whenPeers(atLeast: number): Promise<void>;
  /** What it has counted so far: `peers`, `seeds`, `announces`, `refusals` and the like. */
  count(what: string): number;
}

export async function startShoalTracker(host: Host): Promise<ShoalTracker> {
  const where = formatEndpoint({ host: host.address, port: TRACKER_PORT });
  const command = new ShoalCommand(host, ['tracker', '--http', where, '--udp', where, '--interval', '10s']);
  await command.event('ready');
  const count = (what: string): number => command.figure('progress', what);
  return {
    http: `http://${where}/announce`,
    udp: `udp://${where}/announce`,
    count,
    whenPeers: async (atLeast) => { await command.program.until(`${atLeast} peers`, () => count('peers') >= atLeast); },
  };
}

export const startShoalNode: StartDhtNode = async (host) => {
  const endpoint = { host: host.address, port: PEER_PORT };
  await new ShoalCommand(host, ['dht', 'node', '--port', `${endpoint.port}`]).event('ready');
  return endpoint;
};

/** A torrent of the payload in Shoal's making. */
export async function createWithShoal(host: Host, payload: Payload, format: MetainfoFormat, trackers: readonly string[] = []): Promise<CreatedTorrent & { readonly infoHash: string | null }> {
  const output = path.join(host.directory, `${payload.name}.shoal.${format}.torrent`);
  const command = new ShoalCommand(host, [
    'create', payload.path, '-o', output, '--format', format, '--piece-length', '256KiB', ...trackers.flatMap((tracker) => ['--tracker', tracker]),
  ]);
  const { magnet, infoHash } = await command.event('done');
  return { torrent: output, magnet: String(magnet), infoHash: infoHash === null ? null : String(infoHash) };
}
