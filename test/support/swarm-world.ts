/** A swarm in virtual time for tests: production's `Swarm` on simulated hosts, with payload in memory. */
import { Bitfield } from '../../src/bytes/bitfield.ts';
import { equalBytes } from '../../src/bytes/compare.ts';
import { sha1 } from '../../src/bytes/digest.ts';
import { pieceSize, spaceLength, type Metainfo } from '../../src/metainfo/metainfo.ts';
import { SimulatedNetwork, type LinkOptions, type SimulatedHost } from '../../src/runtime/simulated/network.ts';
import { SeededRandom, Simulation } from '../../src/runtime/simulated/simulation.ts';
import type { PieceStore } from '../../src/storage/piece-store.ts';
import type { Contents } from '../../src/swarm/contents.ts';
import { Bans, expectHandshake } from '../../src/swarm/neighbours.ts';
import { RateLimit } from '../../src/swarm/rate.ts';
import { Swarm, type SwarmOptions } from '../../src/swarm/swarm.ts';
import { createPeerId } from '../../src/wire/peer-id.ts';
import { peerProtocol } from '../../src/wire/peer-protocol.ts';

export const PORT = 6881;

/** Pieces in memory. */
export class MemoryStore implements PieceStore {
  readonly bytes: Uint8Array;
  readonly #pieceLength: number;

  constructor(metainfo: Metainfo, bytes?: Uint8Array) {
    this.bytes = bytes?.slice() ?? new Uint8Array(spaceLength(metainfo));
    this.#pieceLength = metainfo.pieceLength;
  }

  async read(piece: number, begin: number, target: Uint8Array): Promise<void> {
    const start = piece * this.#pieceLength + begin;
    target.set(this.bytes.subarray(start, start + target.length));
  }

  async write(piece: number, begin: number, chunks: readonly Uint8Array[]): Promise<void> {
    let offset = piece * this.#pieceLength + begin;
    for (const chunk of chunks) {
      this.bytes.set(chunk, offset);
      offset += chunk.length;
    }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

/** A torrent of one file with random contents. */
export function randomTorrent(seed: number, length: number, pieceLength: number): { metainfo: Metainfo; payload: Uint8Array } {
  const payload = new SeededRandom(seed).bytes(length);
  const pieceCount = Math.ceil(length / pieceLength);
  const pieceHashes = Buffer.concat(Array.from({ length: pieceCount }, (_, piece) => sha1(payload.subarray(piece * pieceLength, (piece + 1) * pieceLength))));
  const infoBytes = Buffer.concat([
    Buffer.from(`d6:lengthi${length}e4:name8:test.bin12:piece lengthi${pieceLength}e6:pieces${pieceHashes.length}:`), pieceHashes, Buffer.from('e'),
  ]);
  const metainfo: Metainfo = {
    format: 'v1', name: 'test.bin', infoHash: sha1(infoBytes), infoHashV2: undefined, infoBytes, pieceLength, pieceCount, length,
    files: [{ path: ['test.bin'], length, offset: 0, isPadding: false, piecesRoot: undefined }],
    isSingleFile: true, pieceHashes, pieceLayers: new Map(), trackers: [], webSeeds: [], isPrivate: false,
    comment: undefined, createdBy: undefined, creationDate: undefined,
  };
  return { metainfo, payload };
}

export interface Peer {
  readonly swarm: Swarm;
  readonly host: SimulatedHost;
  readonly store: MemoryStore;
  readonly contents: Contents;
  readonly notes: string[];
  finishedMs: number | undefined;
  failure: Error | undefined;
}

export class SwarmWorld {
  readonly simulation: Simulation;
  readonly network: SimulatedNetwork;
  readonly metainfo: Metainfo;
  readonly payload: Uint8Array;
  readonly peers: Peer[] = [];

  constructor(options: { seed?: number; length?: number; pieceLength?: number; isPrivate?: boolean } = {}) {
    this.simulation = new Simulation({ seed: options.seed ?? 1 });
    this.network = new SimulatedNetwork(this.simulation);
    const torrent = randomTorrent(7, options.length ?? 40 * 32 * 1024 - 5000, options.pieceLength ?? 32 * 1024);
    this.metainfo = { ...torrent.metainfo, isPrivate: options.isPrivate === true };
    this.payload = torrent.payload;
  }

  /** A peer at 10.0.x.y, listening. `knowsMetadata` false: it must get the info dictionary from others first. */
  async add(options: {
    seed?: boolean;
    link?: LinkOptions;
    knowsMetadata?: boolean;
    store?: MemoryStore;
    have?: Bitfield;
    swarm?: Partial<SwarmOptions>;
    verify?: Contents['verify'];
  } = {}): Promise<Peer> {
    const { simulation, metainfo } = this;
    const number = this.peers.length + 1;
    const host = this.network.addHost(`10.0.${number >> 8}.${number & 255}`, options.link);
    const store = options.store ?? new MemoryStore(metainfo, options.seed ? this.payload : undefined);
    const have = options.have ?? (options.seed ? Bitfield.full(metainfo.pieceCount) : new Bitfield(metainfo.pieceCount));
    const contents: Contents = {
      metainfo, store, have, carriesPayload: true, learnLayer: () => undefined,
      verify: options.verify ?? (async (piece, bytes) => {
        if (bytes.length !== pieceSize(metainfo, piece)) throw new Error('a piece of the wrong size');
        return equalBytes(sha1(bytes), metainfo.pieceHashes!.subarray(piece * 20, piece * 20 + 20));
      }),
    };
    const random = simulation.random.fork();
    const notes: string[] = [];
    const swarm = new Swarm({
      clock: simulation, random, network: host,
      infoHashes: [metainfo.infoHash!], peerId: createPeerId(random, '0.0.0'), listenPort: PORT, dhtPort: undefined,
      maxNeighbours: 50, bans: new Bans(), choking: 'textbook', picking: 'rarest-first',
      downLimit: new RateLimit(Number.POSITIVE_INFINITY, 0), upLimit: new RateLimit(Number.POSITIVE_INFINITY, 0),
      exchangePeers: true, speaksV2: false, superSeeding: false, client: 'Shoal test',
      ...options.swarm,
      hooks: {
        metadata: () => swarm.begin(contents, () => 'normal'),
        pieceCompleted: () => undefined,
        finished: () => { peer.finishedMs = simulation.now(); },
        failed: (error) => { peer.failure = error; },
        dhtNode: () => undefined,
        note: (line) => notes.push(line),
        ...options.swarm?.hooks,
      },
    });
    const peer: Peer = { swarm, host, store, contents, notes, finishedMs: undefined, failure: undefined };
    await host.listen({ port: PORT }, peerProtocol, (channel) => {
      expectHandshake(channel, simulation, (result) => { if (!(result instanceof Error)) swarm.accept(channel, result); });
    });
    if (options.knowsMetadata !== false) swarm.begin(contents, () => 'normal');
    this.peers.push(peer);
    return peer;
  }

  /** Everyone is told of `known` random others, as a tracker would. */
  introduce(known = 50): void {
    for (const peer of this.peers) {
      const others = this.peers.filter((other) => other !== peer).map((other) => ({ host: other.host.addresses[0], port: PORT }));
      const chosen = others.sort(() => this.simulation.random.fraction() - 0.5).slice(0, known);
      peer.swarm.addPeers(chosen);
    }
  }

  /** Runs until these peers have everything. */
  async finish(peers: readonly Peer[], limitMs: number): Promise<void> {
    await this.simulation.runUntil(() => peers.every((peer) => peer.finishedMs !== undefined), limitMs);
  }
}
