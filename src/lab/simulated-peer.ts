/**
 * One peer of a scenario: production's `Swarm` and tracker client on a simulated host, from its arrival to its departure.
 *
 * Invariant: before `arrive` and after `leave` it holds no timer and no connection.
 */
import type { Bitfield } from '../bytes/bitfield.ts';
import { ENOUGH_NEIGHBOURS, WANT_MORE_INTERVAL_MS, type Search } from '../discovery/discovery.ts';
import { trackerDiscovery } from '../discovery/tracker/tracker-discovery.ts';
import type { Random } from '../runtime/random.ts';
import type { Timer } from '../runtime/clock.ts';
import type { LinkOptions, SimulatedHost, SimulatedNetwork } from '../runtime/simulated/network.ts';
import type { ChokingPolicyName } from '../swarm/choking-policies.ts';
import type { ChokingPolicy } from '../swarm/choking-policy.ts';
import type { Contents } from '../swarm/contents.ts';
import { Bans, expectHandshake } from '../swarm/neighbours.ts';
import type { PickingPolicy } from '../swarm/picking-policies.ts';
import { RateLimit } from '../swarm/rate.ts';
import { Swarm, type SwarmHooks } from '../swarm/swarm.ts';
import { createPeerId } from '../wire/peer-id.ts';
import { peerProtocol } from '../wire/peer-protocol.ts';
import type { PeerResult } from './swarm-results.ts';
import type { ScenarioTorrent } from './scenario-torrent.ts';

const PORT = 6881;

/** What a class of the scenario makes of each of its peers. */
export interface Role {
  readonly className: string;
  readonly hasAll: boolean;
  readonly isLiar: boolean;
  readonly link: Required<LinkOptions>;
  readonly choking: ChokingPolicyName | (() => ChokingPolicy);
  readonly picking: PickingPolicy;
  readonly superSeeding: boolean;
}

/** Where a peer finds itself. */
export interface Surroundings {
  readonly network: SimulatedNetwork;
  readonly torrent: ScenarioTorrent;
  /** The tracker's announce URL. */
  readonly tracker: string;
  readonly maxNeighbours: number;
}

export interface SimulatedPeerHooks {
  pieceCompleted(piece: number): void;
  finished(): void;
}

export class SimulatedPeer {
  readonly role: Role;
  readonly address: string;
  readonly #surroundings: Surroundings;
  readonly #hooks: SimulatedPeerHooks;
  readonly #random: Random;
  readonly #contents: Contents;
  readonly #host: SimulatedHost;
  #swarm: Swarm | undefined;
  #search: Search | undefined;
  #timer: Timer | undefined;
  #arrivedMs = 0;
  #firstPieceMs: number | undefined;
  #doneMs: number | undefined;
  #leftMs: number | undefined;

  constructor(address: string, role: Role, surroundings: Surroundings, random: Random, hooks: SimulatedPeerHooks) {
    this.address = address;
    this.role = role;
    this.#surroundings = surroundings;
    this.#random = random;
    this.#hooks = hooks;
    this.#contents = surroundings.torrent.contents(role);
    this.#host = surroundings.network.addHost(address, role.link);
  }

  get have(): Bitfield {
    return this.#contents.have;
  }

  get isPresent(): boolean {
    return this.#swarm !== undefined && this.#leftMs === undefined;
  }

  get isDone(): boolean {
    return this.#doneMs !== undefined;
  }

  get sentBytes(): number {
    return this.#swarm?.transfer?.upload.sentBytes ?? 0;
  }

  get receivedBytes(): number {
    return this.#swarm?.transfer?.download.receivedBytes ?? 0;
  }

  /** The addresses of those that it unchokes and who want something of it. */
  *unchoked(): IterableIterator<string> {
    for (const neighbour of this.#swarm?.neighbours.all ?? []) {
      if (!neighbour.amChoking && neighbour.peerInterested) yield neighbour.endpoint.host;
    }
  }

  arrive(): void {
    const { torrent, tracker, maxNeighbours } = this.#surroundings;
    const { clock } = this.#host;
    const { role } = this;
    const infoHashes = [torrent.infoHash];
    const peerId = createPeerId(this.#random, '0.0.0');
    this.#arrivedMs = clock.now();
    const swarm = new Swarm({
      clock, random: this.#random, network: this.#host,
      infoHashes, peerId, speaksV2: false, listenPort: PORT, dhtPort: undefined, maxNeighbours, bans: new Bans(),
      choking: typeof role.choking === 'string' ? role.choking : role.choking(),
      picking: role.picking,
      downLimit: new RateLimit(Number.POSITIVE_INFINITY, 0), upLimit: new RateLimit(Number.POSITIVE_INFINITY, 0),
      // The tracker introduces everybody; hearsay would cost the simulation more than all else.
      exchangePeers: false,
      superSeeding: role.superSeeding, client: 'Shoal', hooks: this.#swarmHooks(),
    });
    this.#swarm = swarm;
    void this.#host.listen({ port: PORT }, peerProtocol, (channel) => {
      expectHandshake(channel, clock, (result) => { if (!(result instanceof Error)) swarm.accept(channel, result); });
    });
    swarm.begin(this.#contents, () => 'normal');
    const search = trackerDiscovery({ runtime: { clock, random: this.#random, network: this.#host } }).search({
      infoHashes, peerId, port: PORT, isPrivate: false,
      trackers: () => [[tracker]],
      totals: () => ({ uploaded: this.sentBytes, downloaded: this.receivedBytes, left: swarm.transfer?.download.demand.missing ?? 0 }),
      isPartialSeed: () => false,
    }, {
      found: (endpoints) => swarm.addPeers(endpoints),
      status: () => undefined,
    });
    this.#search = search;
    this.#timer = clock.every(WANT_MORE_INTERVAL_MS, () => { if (swarm.neighbours.all.size < ENOUGH_NEIGHBOURS) search.wantMore(); });
  }

  leave(): void {
    if (!this.isPresent) return;
    const { clock } = this.#host;
    this.#leftMs = clock.now();
    this.#timer?.cancel();
    this.#swarm?.stop();
    this.#surroundings.network.removeHost(this.#host);
    clock.settleSoon();
    void this.#search?.stop();
  }

  result(): PeerResult {
    const seconds = (timeMs: number | undefined): number | undefined => (timeMs === undefined ? undefined : timeMs / 1000);
    return {
      className: this.role.className,
      isSeed: this.role.hasAll,
      upBytesPerSecond: this.role.link.upBytesPerSecond,
      arrivedSeconds: this.#arrivedMs / 1000,
      firstPieceSeconds: seconds(this.#firstPieceMs),
      doneSeconds: seconds(this.#doneMs),
      leftSeconds: seconds(this.#leftMs),
      sentBytes: this.sentBytes,
      receivedBytes: this.receivedBytes,
      wastedBytes: this.#swarm?.transfer?.download.wastedBytes ?? 0,
    };
  }

  #swarmHooks(): SwarmHooks {
    const { clock } = this.#host;
    return {
      pieceCompleted: (piece: number) => {
        this.#firstPieceMs ??= clock.now();
        this.#hooks.pieceCompleted(piece);
      },
      finished: () => {
        this.#doneMs = clock.now();
        this.#search?.completed();
        clock.settleSoon();
        this.#hooks.finished();
      },
      metadata: () => undefined,
      failed: (error: Error) => { throw error; },
      dhtNode: () => undefined,
      note: () => undefined,
    };
  }
}
