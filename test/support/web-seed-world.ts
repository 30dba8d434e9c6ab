/** Web seeds, peers and those who get a torrent of both, in virtual time. */
import assert from 'node:assert/strict';
import { createTorrent, type CreateOptions } from '../../src/metainfo/create.ts';
import type { Metainfo } from '../../src/metainfo/metainfo.ts';
import { parseTorrent } from '../../src/metainfo/parse.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { MemoryDisk } from '../../src/runtime/simulated/disk.ts';
import { SimulatedNetwork, type LinkOptions, type SimulatedHost } from '../../src/runtime/simulated/network.ts';
import { plainHasher, simulatedRuntime } from '../../src/runtime/simulated/runtime.ts';
import { SeededRandom, Simulation } from '../../src/runtime/simulated/simulation.ts';
import type { AddOptions } from '../../src/session/add-options.ts';
import { Session, type SessionOptions } from '../../src/session/session.ts';
import type { Torrent } from '../../src/session/torrent.ts';
import type { FileServer } from './file-server.ts';

export const MEGABYTE = 1_000_000;
export const WEB_SEED = 'http://192.0.2.1/';

export type Files = Readonly<Record<string, Uint8Array>>;

const random = new SeededRandom(5);

/** Files by path, with random contents of so many bytes. */
export function randomFiles(lengths: Readonly<Record<string, number>>): Files {
  return Object.fromEntries(Object.entries(lengths).map(([path, length]) => [path, random.bytes(length)]));
}

/** A torrent of files below `/`, all in one folder or one file only. */
export async function torrentOf(files: Files, options: Partial<CreateOptions> = {}): Promise<Metainfo> {
  const disk = new MemoryDisk();
  for (const [path, bytes] of Object.entries(files)) await disk.writeWhole(path, bytes);
  const [top] = Object.keys(files).map((path) => path.split('/')[1]);
  const created = await createTorrent({ disk, hasher: plainHasher }, { paths: [`/${top}`], webSeeds: [WEB_SEED], pieceLength: 32 * 1024, ...options });
  return parseTorrent(created.bytes);
}

export class WebSeedWorld {
  readonly simulation: Simulation;
  readonly network: SimulatedNetwork;

  constructor(seed = 3) {
    this.simulation = new Simulation({ seed });
    this.network = new SimulatedNetwork(this.simulation);
  }

  async serve(server: FileServer, link: LinkOptions = { upBytesPerSecond: 10 * MEGABYTE }, address = '192.0.2.1'): Promise<SimulatedHost> {
    const host = this.network.addHost(address, link);
    await host.serveHttp({ port: 80 }, server.handler);
    return host;
  }

  runtime(address: string, link: LinkOptions = {}): Runtime {
    return simulatedRuntime(this.network.addHost(address, link), { disk: new MemoryDisk() });
  }

  /** A peer that has all files already. */
  async seed(metainfo: Metainfo, files: Files, address: string, link: LinkOptions): Promise<Session> {
    const runtime = this.runtime(address, link);
    for (const [path, bytes] of Object.entries(files)) await runtime.disk.writeWhole(path, bytes);
    const session = await Session.open(runtime, { port: 6881, discovery: [] });
    await session.add(metainfo, { directory: '/', check: 'full' });
    return session;
  }

  async get(metainfo: Metainfo, options: Partial<AddOptions> & { session?: SessionOptions; link?: LinkOptions } = {}): Promise<Getting> {
    const { session: sessionOptions, link, ...addOptions } = options;
    const runtime = this.runtime(`10.9.0.${(this.#getters += 1)}`, link);
    const session = await Session.open(runtime, { port: 6881, discovery: [], ...sessionOptions });
    const torrent = await session.add(metainfo, { directory: '/', ...addOptions });
    return { session, torrent, runtime };
  }

  /** Runs until the torrent is whole; gives the seconds that it took. */
  async whole({ torrent }: Getting, limitMs = 600_000): Promise<number> {
    const beganMs = this.simulation.now();
    await this.simulation.complete(torrent.whenDone(), limitMs);
    return (this.simulation.now() - beganMs) / 1000;
  }

  #getters = 0;
}

export interface Getting {
  readonly session: Session;
  readonly torrent: Torrent;
  readonly runtime: Runtime;
}

export async function assertSame({ runtime }: Getting, files: Files): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    assert.ok(Buffer.from(await runtime.disk.readWhole(path, 1e9)).equals(bytes), `${path} is not what it was`);
  }
}
