/**
 * A transfer whose neighbours say just what the test has them say, without a network: `tick` makes time pass. Those who break
 * the protocol, or are banned, leave, as production's `Neighbours` has it.
 */
import { Bitfield } from '../../src/bytes/bitfield.ts';
import { equalBytes } from '../../src/bytes/compare.ts';
import { sha1 } from '../../src/bytes/digest.ts';
import { LIMITS } from '../../src/bytes/limits.ts';
import { pieceSize, type Metainfo } from '../../src/metainfo/metainfo.ts';
import { SimulatedNetwork } from '../../src/runtime/simulated/network.ts';
import { Simulation } from '../../src/runtime/simulated/simulation.ts';
import type { Contents } from '../../src/swarm/contents.ts';
import { RateLimit } from '../../src/swarm/rate.ts';
import { Transfer, type TransferOptions } from '../../src/swarm/transfer.ts';
import type { BlockRequest, PeerMessage } from '../../src/wire/messages.ts';
import { WireError } from '../../src/wire/peer-protocol.ts';
import { loneNeighbour, type LoneNeighbour } from './lone-neighbour.ts';
import { MemoryStore, randomTorrent } from './swarm-world.ts';

const BLOCK = LIMITS.blockBytes;

export class LoneTransfer {
  readonly simulation = new Simulation({ seed: 1 });
  readonly metainfo: Metainfo;
  readonly payload: Uint8Array;
  readonly store: MemoryStore;
  readonly neighbours = new Set<LoneNeighbour>();
  readonly banned: string[] = [];
  readonly transfer: Transfer;
  finished = 0;
  failure: Error | undefined;

  constructor(options: Partial<TransferOptions> & {
    readonly torrent?: { readonly metainfo: Metainfo; readonly payload: Uint8Array };
    readonly have?: Bitfield;
    readonly contents?: Partial<Contents>;
  } = {}) {
    const { torrent = randomTorrent(2, 12 * 2 * BLOCK - 5000, 2 * BLOCK), have, contents, ...others } = options;
    const { metainfo, payload } = torrent;
    this.metainfo = metainfo;
    this.payload = payload;
    this.store = new MemoryStore(metainfo, have === undefined ? undefined : payload);
    const unlimited = new RateLimit(Number.POSITIVE_INFINITY, 0);
    this.transfer = new Transfer({
      metainfo, store: this.store, have: have ?? new Bitfield(metainfo.pieceCount), carriesPayload: true, learnLayer: () => undefined,
      verify: async (piece, bytes) => equalBytes(sha1(bytes), metainfo.pieceHashes!.subarray(piece * 20, piece * 20 + 20)),
      ...contents,
    }, {
      clock: this.simulation, random: this.simulation.random, network: new SimulatedNetwork(this.simulation).addHost('10.0.0.1'),
      client: 'test', neighbours: this.neighbours, choking: 'textbook', picking: 'rarest-first', downLimit: unlimited, upLimit: unlimited,
      superSeeding: false, infoHash: new Uint8Array(20), priorityOf: () => 'normal',
      hooks: {
        pieceCompleted: () => undefined,
        finished: () => { this.finished += 1; },
        failed: (error) => { this.failure = error; },
        ban: (host) => {
          this.banned.push(host);
          for (const neighbour of this.neighbours) if (neighbour.endpoint.host === host) this.leave(neighbour);
        },
      },
      ...others,
    });
    this.transfer.start();
  }

  join(options: Parameters<typeof loneNeighbour>[0] = {}): LoneNeighbour {
    const neighbour = loneNeighbour({ nowMs: this.simulation.now(), ...options });
    this.neighbours.add(neighbour);
    this.transfer.greet(neighbour);
    this.transfer.join(neighbour);
    return neighbour;
  }

  /** One that has these pieces, or all, and sends. */
  joinGiver(pieces?: readonly number[], options?: Parameters<typeof loneNeighbour>[0]): LoneNeighbour {
    const neighbour = this.join(options);
    this.say(neighbour, pieces === undefined ? { type: 'have-all' } : { type: 'bitfield', bytes: this.bitfield(pieces).bytes });
    this.say(neighbour, { type: 'unchoke' });
    return neighbour;
  }

  leave(neighbour: LoneNeighbour): void {
    if (!this.neighbours.delete(neighbour)) return;
    neighbour.channel.close();
    this.transfer.left(neighbour);
  }

  /** A neighbour says something, if it is still there. */
  say(neighbour: LoneNeighbour, ...messages: PeerMessage[]): void {
    this.#orLeave(neighbour, () => { for (const message of messages) if (this.neighbours.has(neighbour)) this.transfer.message(neighbour, message); });
  }

  takeBack(neighbour: LoneNeighbour, piece: number): void {
    this.#orLeave(neighbour, () => this.transfer.lost(neighbour, piece));
  }

  /** What it is asked for now, the longest first. */
  asked(neighbour: LoneNeighbour): BlockRequest[] {
    const perPiece = this.metainfo.pieceLength / BLOCK;
    return [...neighbour.requests.keys].map((key) => this.block(Math.floor(key / perPiece), key % perPiece));
  }

  block(piece: number, block: number): BlockRequest {
    const begin = block * BLOCK;
    return { piece, begin, length: Math.min(BLOCK, pieceSize(this.metainfo, piece) - begin) };
  }

  /** A block as it should be. */
  data({ piece, begin, length }: BlockRequest): PeerMessage {
    const start = piece * this.metainfo.pieceLength + begin;
    return { type: 'piece', piece, begin, length, data: this.payload.subarray(start, start + length) };
  }

  bitfield(pieces: Iterable<number>): Bitfield {
    const bitfield = new Bitfield(this.metainfo.pieceCount);
    for (const piece of pieces) bitfield.set(piece);
    return bitfield;
  }

  /** A neighbour sends all that it is asked for, and what it is asked for then, until nothing more. */
  async give(neighbour: LoneNeighbour): Promise<void> {
    for (let requests = this.asked(neighbour); requests.length > 0 && this.neighbours.has(neighbour); requests = this.asked(neighbour)) {
      for (const request of requests) this.say(neighbour, this.data(request));
      await this.settle();
    }
  }

  async tick(seconds = 1): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.simulation.run(1000);
      this.transfer.tick(this.simulation.now());
    }
  }

  /** Until what is being verified and written has been. */
  async settle(): Promise<void> {
    await this.transfer.download.settled();
  }

  #orLeave(neighbour: LoneNeighbour, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      neighbour.channel.close(error);
      this.leave(neighbour);
    }
  }
}
