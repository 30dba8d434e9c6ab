/** Whatever is done to a torrent, and whatever happens to it, in any order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FILES, PIECE } from '../../test/support/session-world.ts';
import { ShoalError } from '../bytes/errors.ts';
import { createTorrent } from '../metainfo/create.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import { type Metainfo, type MetainfoFormat } from '../metainfo/metainfo.ts';
import { parseTorrent } from '../metainfo/parse.ts';
import { sleep } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { SimulatedNetwork, type SimulatedHost } from '../runtime/simulated/network.ts';
import { plainHasher, simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { Session } from './session.ts';
import type { Torrent } from './torrent.ts';

const PATHS = Object.keys(FILES);
const SEEDS = [{ host: '10.0.0.1', port: 6881 }, { host: '10.0.0.2', port: 6881 }] as const;
/** What comes along with the files of a hybrid (BEP 47). */
const PADDING_BYTES = PATHS.length * PIECE;
/** An hour and a little: the longest that anything may be planned ahead, such as a tracker's or a candidate's next turn. */
const LONG_MS = 2 * 3_600_000;

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'select'; readonly wanted: readonly boolean[] }
  | { readonly do: 'pause' | 'resume' | 'disk full' | 'disk has room' | 'read' }
  | { readonly do: 'add again'; readonly check: 'resume' | 'full'; readonly paused: boolean }
  | { readonly do: 'limit'; readonly down: number }
  | { readonly do: 'seed leaves' | 'seed comes'; readonly seed: number }
  | { readonly do: 'file fails' | 'file is well'; readonly file: number };

const anySeed = fc.nat({ max: SEEDS.length - 1 });
const anyFile = fc.nat({ max: PATHS.length - 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat({ max: 2500 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('select'), wanted: fc.array(fc.boolean(), { minLength: PATHS.length, maxLength: PATHS.length }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume', 'read') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('disk full', 'disk has room') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('add again'), check: fc.constantFrom('resume', 'full'), paused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('limit'), down: fc.constantFrom(0, 50_000, Number.POSITIVE_INFINITY) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('seed leaves', 'seed comes'), seed: anySeed }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('file fails', 'file is well'), file: anyFile }) },
) as fc.Arbitrary<Step>;

const TORRENTS = new Map<MetainfoFormat, Metainfo>();
for (const format of ['v1', 'v2', 'hybrid'] as const) {
  const disk = await diskWithFiles();
  TORRENTS.set(format, parseTorrent((await createTorrent({ disk, hasher: plainHasher }, { paths: ['/t'], pieceLength: PIECE, format })).bytes));
}

async function diskWithFiles(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const [path, bytes] of Object.entries(FILES)) await disk.writeWhole(path, bytes);
  return disk;
}

/** One who gets a torrent of two seeds who come and go, onto a disk of moods. */
class Life {
  readonly #simulation = new Simulation({ seed: 5 });
  readonly #network = new SimulatedNetwork(this.#simulation);
  readonly #disk = new MemoryDisk({ delay: () => sleep(this.#simulation, this.#simulation.random.fraction() * 30) });
  readonly #host = this.#network.addHost('10.0.1.1', { downBytesPerSecond: 300_000 });
  readonly #runtime: Runtime = simulatedRuntime(this.#host, { disk: this.#disk });
  readonly #seedHosts: SimulatedHost[] = [];
  readonly #seedRuntimes: Runtime[] = [];
  readonly #seeds: (Session | undefined)[] = [];
  readonly #metainfo: Metainfo;
  readonly #source: Metainfo | string;
  /** Whether what is had can be told from the start; the pieces of v2 take Merkle layers to prove, which a link does not have. */
  readonly #knowsAtOnce: boolean;
  /** What has been begun and not waited for; each ends well, or with an error that Shoal raises on purpose. */
  readonly #underWay = new Set<Promise<unknown>>();
  #surprise: unknown;
  #session: Session | undefined;
  #torrent: Torrent | undefined;
  /** By file: the bytes that have been verified at some time. */
  #had = new Map<string, number>();

  constructor(format: MetainfoFormat, byLink: boolean) {
    this.#metainfo = TORRENTS.get(format)!;
    this.#knowsAtOnce = format !== 'v2' || !byLink;
    this.#source = byLink ? formatMagnet(magnetOf(this.#metainfo)) : this.#metainfo;
  }

  async begin(): Promise<void> {
    for (const [index, { host }] of SEEDS.entries()) {
      this.#seedHosts.push(this.#network.addHost(host, { upBytesPerSecond: 60_000 }));
      this.#seedRuntimes.push(simulatedRuntime(this.#seedHosts[index], { disk: await diskWithFiles() }));
      await this.#comes(index);
    }
    this.#session = await Session.open(this.#runtime, { discovery: [], stateDirectory: '/state' });
    await this.#add('resume', false);
  }

  async take(step: Step): Promise<void> {
    const torrent = this.#torrent!;
    switch (step.do) {
      case 'wait': await this.#simulation.run(step.ms); break;
      case 'select': this.#expect(torrent.select((_, index) => (step.wanted[index % PATHS.length] ? 'normal' : 'none'))); break;
      case 'pause': this.#expect(torrent.pause()); break;
      case 'resume': this.#expect((async () => torrent.resume())()); break;
      case 'limit': torrent.limitRates({ down: step.down }); break;
      case 'disk full': this.#disk.capacityBytes = 150_000; break;
      case 'disk has room': this.#disk.capacityBytes = Number.POSITIVE_INFINITY; break;
      case 'file fails': this.#disk.fail(`/got${PATHS[step.file]}`, 'DISK_FAILED'); break;
      case 'file is well': this.#disk.fail(`/got${PATHS[step.file]}`, undefined); break;
      case 'seed leaves': await this.#leaves(step.seed); break;
      case 'seed comes': await this.#comes(step.seed); break;
      case 'read': this.#expect(this.#read(torrent)); break;
      case 'add again': await this.#addAgain(step.check, step.paused); break;
    }
    this.#look();
  }

  /** Everything is well from now on. */
  async end(): Promise<void> {
    this.#disk.capacityBytes = Number.POSITIVE_INFINITY;
    for (const path of PATHS) this.#disk.fail(`/got${path}`, undefined);
    for (const seed of SEEDS.keys()) await this.#comes(seed);
    await this.#addAgain('resume', false);
    await this.#within(this.#torrent!.select(() => 'normal'));
    await this.#within(this.#torrent!.whenDone());
    const { downloadedBytes, wastedBytes } = this.#torrent!.status();
    const hadBytes = [...this.#had.values()].reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(downloadedBytes - wastedBytes <= this.#metainfo.length - hadBytes + PADDING_BYTES, `${downloadedBytes} bytes came, of which ${wastedBytes} in vain, and ${hadBytes} were had`);
    this.#look();
    for (const [path, bytes] of Object.entries(FILES)) assert.deepEqual(await this.#within(this.#disk.readWhole(`/got${path}`, 1e9)), bytes, `${path} is what was shared`);
    await this.#within(this.#session!.close());
    for (const seed of SEEDS.keys()) await this.#leaves(seed);
    await assert.rejects(this.#simulation.runUntil(() => false, LONG_MS), /nothing is left to happen/);
    this.#look();
    assert.deepEqual([this.#underWay.size, this.#host.connections, ...this.#seedHosts.map(({ connections }) => connections)], [0, 0, 0, 0]);
  }

  /** What has been verified is never lost. */
  #look(): void {
    if (this.#surprise !== undefined) throw this.#surprise;
    const torrent = this.#torrent!;
    if (torrent.state === 'checking' || torrent.state === 'metadata' || torrent.state === 'failed' || torrent.metainfo === undefined) return;
    for (const { path, haveBytes } of torrent.files()) {
      const hadBytes = this.#had.get(path) ?? 0;
      if (this.#knowsAtOnce) assert.ok(haveBytes >= hadBytes, `${path} had ${hadBytes} bytes and has ${haveBytes}`);
      this.#had.set(path, Math.max(haveBytes, hadBytes));
    }
  }

  async #addAgain(check: 'resume' | 'full', paused: boolean): Promise<void> {
    await this.#within(this.#session!.remove(this.#torrent!));
    assert.ok(['stopped', 'failed'].includes(this.#torrent!.state));
    await this.#add(check, paused);
  }

  async #add(check: 'resume' | 'full', paused: boolean): Promise<void> {
    const torrent = await this.#session!.add(this.#source, { directory: '/got', check, paused, peers: SEEDS });
    this.#torrent = torrent;
    this.#expect((async () => { for await (const { progress } of torrent.progress(500)) assert.ok(progress >= 0 && progress <= 1); })());
  }

  async #leaves(index: number): Promise<void> {
    const seed = this.#seeds[index];
    this.#seeds[index] = undefined;
    if (seed !== undefined) await this.#within(seed.close());
  }

  async #comes(index: number): Promise<void> {
    if (this.#seeds[index] !== undefined) return;
    this.#seeds[index] = await Session.open(this.#seedRuntimes[index], { port: SEEDS[index].port, discovery: [] });
    await this.#seeds[index].add(this.#metainfo, { directory: '/', check: 'trust' });
    if (this.#torrent?.state !== 'failed') this.#torrent?.addPeers([SEEDS[index]]);
  }

  async #read(torrent: Torrent): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await torrent.stream('b.bin', { start: 100_000, end: 200_000 })) chunks.push(chunk);
    assert.deepEqual(Buffer.concat(chunks), Buffer.from(FILES['/t/b.bin'].subarray(100_000, 200_000)));
  }

  #expect(doing: Promise<unknown>): void {
    this.#underWay.add(doing);
    const ended = (error?: unknown): void => {
      this.#underWay.delete(doing);
      if (error !== undefined && !(error instanceof ShoalError)) this.#surprise ??= error;
    };
    doing.then(() => ended(), ended);
  }

  #within<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#simulation.complete(promise, 10 * 60_000);
  }
}

test('whatever is done and happens: nothing verified is lost, all comes whole in the end, and after the close nothing is under way', async () => {
  await fc.assert(fc.asyncProperty(
    fc.constantFrom<MetainfoFormat>('v1', 'v2', 'hybrid'), fc.boolean(), fc.array(anyStep, { maxLength: 30 }),
    async (format, byLink, steps) => {
      const life = new Life(format, byLink);
      await life.begin();
      for (const step of steps) await life.take(step);
      await life.end();
    },
  ), { numRuns: 60 });
});
