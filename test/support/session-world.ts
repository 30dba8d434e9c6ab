/**
 * A seed of a few files, and others who get them, in one simulated network without any way to find peers: they are told where
 * the seed is.
 */
import { createTorrent, type CreateOptions } from '../../src/metainfo/create.ts';
import type { Metainfo } from '../../src/metainfo/metainfo.ts';
import { parseTorrent } from '../../src/metainfo/parse.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { MemoryDisk } from '../../src/runtime/simulated/disk.ts';
import { SimulatedNetwork } from '../../src/runtime/simulated/network.ts';
import { plainHasher, simulatedRuntime } from '../../src/runtime/simulated/runtime.ts';
import { SeededRandom, Simulation } from '../../src/runtime/simulated/simulation.ts';
import type { AddOptions } from '../../src/session/add-options.ts';
import { Session } from '../../src/session/session.ts';
import type { Torrent } from '../../src/session/torrent.ts';

export const PIECE = 32 * 1024;
export const FILES: Readonly<Record<string, Uint8Array>> = (() => {
  const random = new SeededRandom(8);
  const same = random.bytes(3 * PIECE + 1);
  return { '/t/a.bin': same, '/t/b.bin': random.bytes(10 * PIECE + 500), '/t/c.bin': random.bytes(70_000), '/t/same.bin': same };
})();
export const SEED = { host: '10.0.0.1', port: 6881 };

export class SessionWorld {
  readonly simulation = new Simulation({ seed: 4 });
  readonly network = new SimulatedNetwork(this.simulation);
  readonly seedDisk = new MemoryDisk();
  seeding: Torrent | undefined;
  seedSession: Session | undefined;
  #hosts = 1;

  /** A seed of the files, in whichever format. */
  async seed(format: NonNullable<CreateOptions['format']> = 'v1', upBytesPerSecond = 200_000): Promise<Metainfo> {
    for (const [path, bytes] of Object.entries(FILES)) await this.seedDisk.writeWhole(path, bytes);
    const { bytes } = await createTorrent({ disk: this.seedDisk, hasher: plainHasher }, { paths: ['/t'], pieceLength: PIECE, format });
    const metainfo = parseTorrent(bytes);
    const runtime = simulatedRuntime(this.network.addHost(SEED.host, { upBytesPerSecond }), { disk: this.seedDisk });
    this.seedSession = await Session.open(runtime, { port: SEED.port, discovery: [] });
    this.seeding = await this.seedSession.add(metainfo, { directory: '/', check: 'full' });
    await this.simulation.complete(this.seeding.whenReady(), 10_000);
    return metainfo;
  }

  runtime(disk = new MemoryDisk()): Runtime {
    return simulatedRuntime(this.network.addHost(`10.0.1.${this.#hosts++}`), { disk });
  }

  async get(runtime: Runtime, source: Metainfo | string, options: Partial<AddOptions> = {}): Promise<{ session: Session; torrent: Torrent }> {
    const session = await Session.open(runtime, { discovery: [], stateDirectory: '/state' });
    return { session, torrent: await session.add(source, { directory: '/got', peers: [SEED], ...options }) };
  }
}
