/**
 * Runs a scenario: its peers come, exchange pieces by production's own code, and go, in virtual time.
 *
 * Invariant: one scenario and one seed give one course of events, on any machine.
 */
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { MemorySwarmStore } from '../tracker/memory-swarm-store.ts';
import type { SwarmStore } from '../tracker/swarm-store.ts';
import { startTracker } from '../tracker/tracker.ts';
import { arrivalTimes, exponential } from './arrivals.ts';
import { peerToPeerTime } from './distribution-time.ts';
import { FREE_RIDING } from './free-riding.ts';
import { distributionOf, SEEDS_NAME, type Scenario, type ScenarioPeers } from './scenario.ts';
import { ScenarioTorrent } from './scenario-torrent.ts';
import { SimulatedPeer, type Role } from './simulated-peer.ts';
import { Recorder } from './swarm-recorder.ts';
import type { SwarmResults } from './swarm-results.ts';

const TRACKER_ADDRESS = '172.16.0.1';
/** Promises seldom matter to a swarm, and those that do say so. */
const SETTLE_EVERY = 10_000;
/** How often whoever watches is told how far it is. */
const SLICE_MS = 1000;

export interface RunOptions {
  /** In place of the scenario's own. */
  readonly seed?: number;
  /** Ends the run early; what it has come to so far is given all the same. */
  readonly signal?: AbortSignal;
  onProgress?(progress: RunProgress): void;
}

export interface RunProgress {
  readonly seconds: number;
  /** Peers there, those that have the whole file, and all that are to come; seeds and liars left out. */
  readonly present: number;
  readonly done: number;
  readonly total: number;
  readonly events: number;
}

/** Runs a scenario to its end. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<SwarmResults> {
  const experiment = new SwarmExperiment(scenario, options.seed ?? scenario.seed);
  await experiment.begin();
  while (!experiment.isOver && options.signal?.aborted !== true) {
    await experiment.run(SLICE_MS);
    options.onProgress?.(experiment.progress());
  }
  return experiment.results();
}

interface PlannedPeer {
  readonly peer: SimulatedPeer;
  readonly arriveMs: number;
  /** When it goes whether it is done or not. */
  readonly departMs: number;
  /** How long it stays once it is done. */
  readonly stayMs: number;
}

class SwarmExperiment {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #simulation: Simulation;
  readonly #network: SimulatedNetwork;
  readonly #torrent: ScenarioTorrent;
  readonly #planned: PlannedPeer[] = [];
  readonly #recorder: Recorder;
  /** Those still to come, or here and wanting. */
  #unfinished = 0;
  #lastEventMs = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#simulation = new Simulation({ seed, settleEvery: SETTLE_EVERY });
    this.#network = new SimulatedNetwork(this.#simulation);
    this.#torrent = new ScenarioTorrent(scenario, this.#simulation);
    this.#planSeeds();
    for (const group of scenario.peers) this.#planPeers(group);
    this.#recorder = new Recorder(this.#planned.map(({ peer }) => peer), this.#torrent.metainfo.pieceCount);
  }

  /** Starts the tracker, and puts everybody's arrival on the calendar. */
  async begin(): Promise<void> {
    const host = this.#network.addHost(TRACKER_ADDRESS);
    const { peersPerAnswer, intervalMs } = this.#scenario.tracker;
    const { clock } = host;
    const runtime = simulatedRuntime(host);
    const store = new MemorySwarmStore(clock, runtime.random, { expiryMs: 2 * intervalMs });
    await startTracker(runtime, { http: { port: 80 }, intervalMs, store: withShortAnswers(store, peersPerAnswer) });
    for (const planned of this.#planned) {
      clock.after(planned.arriveMs, () => this.#arrive(planned));
      if (planned.departMs < Number.POSITIVE_INFINITY) clock.after(planned.departMs, () => this.#leave(planned.peer));
    }
    const { departure } = this.#scenario.seeds;
    if (departure.kind === 'after-copies') {
      const enoughBytes = departure.copies * this.#scenario.file.bytes;
      const seeds = this.#planned.filter(({ peer }) => peer.role.className === SEEDS_NAME);
      clock.every(SLICE_MS, () => { for (const { peer } of seeds) if (peer.sentBytes >= enoughBytes) this.#leave(peer); });
    }
  }

  get isOver(): boolean {
    return this.#unfinished === 0 || this.#simulation.now() >= this.#scenario.durationMs;
  }

  async run(durationMs: number): Promise<void> {
    await this.#simulation.run(Math.min(durationMs, this.#scenario.durationMs - this.#simulation.now()));
    const nowMs = this.#simulation.now();
    if (nowMs >= this.#recorder.dueMs) this.#recorder.look(nowMs);
  }

  progress(): RunProgress {
    const wanting = this.#planned.map(({ peer }) => peer).filter(({ role }) => !role.hasAll);
    return {
      seconds: this.#simulation.now() / 1000,
      present: wanting.filter((peer) => peer.isPresent).length,
      done: wanting.filter((peer) => peer.isDone).length,
      total: wanting.length,
      events: this.#simulation.eventCount,
    };
  }

  results(): SwarmResults {
    const { name, description, file } = this.#scenario;
    return {
      scenario: name,
      description,
      seed: this.#seed,
      fileBytes: file.bytes,
      pieceCount: this.#torrent.metainfo.pieceCount,
      bound: peerToPeerTime(distributionOf(this.#scenario)),
      endedSeconds: (this.#unfinished === 0 ? this.#lastEventMs : this.#simulation.now()) / 1000,
      isCutShort: !this.isOver,
      peers: this.#planned.map(({ peer }) => peer.result()),
      samples: this.#recorder.samples,
      unchoking: this.#recorder.unchoking,
      events: this.#simulation.eventCount,
    };
  }

  #planSeeds(): void {
    const { seeds } = this.#scenario;
    for (let count = 0; count < seeds.count; count++) {
      this.#plan({
        className: SEEDS_NAME, hasAll: true, isLiar: false, link: seeds,
        choking: seeds.choking, picking: 'rarest-first', superSeeding: seeds.superSeeding,
      }, { arriveMs: 0, departMs: seeds.departure.kind === 'after' ? seeds.departure.stayMs : Number.POSITIVE_INFINITY, stayMs: Number.POSITIVE_INFINITY });
    }
  }

  #planPeers(group: ScenarioPeers): void {
    const random = this.#simulation.random.fork();
    const { departure } = group;
    const isLiar = group.behaviour === 'liar';
    const role: Role = {
      className: group.name, hasAll: isLiar, isLiar, link: group,
      choking: group.behaviour === 'free-rider' ? () => FREE_RIDING : group.choking, picking: group.picking, superSeeding: false,
    };
    for (const arriveMs of arrivalTimes(group.arrival, group.count, random)) {
      const stayMs = departure.kind === 'when-done' ? 0 : departure.kind === 'after' ? departure.stayMs : Number.POSITIVE_INFINITY;
      const departMs = departure.kind === 'at-random' ? arriveMs + exponential(random, departure.meanStayMs) : Number.POSITIVE_INFINITY;
      this.#plan(role, { arriveMs, departMs, stayMs });
    }
  }

  #plan(role: Role, times: Omit<PlannedPeer, 'peer'>): void {
    const surroundings = {
      network: this.#network, torrent: this.#torrent, tracker: `http://${TRACKER_ADDRESS}/announce`, maxNeighbours: this.#scenario.neighbours,
    };
    const peer = new SimulatedPeer(addressOf(this.#planned.length), role, surroundings, this.#simulation.random.fork(), {
      pieceCompleted: (piece) => this.#recorder.pieceCompleted(piece),
      finished: () => this.#finished(planned),
    });
    const planned = { peer, ...times };
    this.#planned.push(planned);
    if (!role.hasAll) this.#unfinished += 1;
  }

  #arrive({ peer }: PlannedPeer): void {
    peer.arrive();
    this.#recorder.moved(peer, 1);
  }

  #finished({ peer, stayMs }: PlannedPeer): void {
    if (peer.role.hasAll) return;
    this.#ended();
    // Not at once: the swarm is in the midst of its last piece.
    if (stayMs < Number.POSITIVE_INFINITY) this.#simulation.after(stayMs, () => this.#leave(peer));
  }

  #leave(peer: SimulatedPeer): void {
    if (!peer.isPresent) return;
    this.#recorder.moved(peer, -1);
    peer.leave();
    if (!peer.isDone && !peer.role.hasAll) this.#ended();
  }

  #ended(): void {
    this.#unfinished -= 1;
    this.#lastEventMs = this.#simulation.now();
  }
}

/** Each in a network of its own, as most peers of a real swarm are. */
function addressOf(index: number): string {
  return `${10 + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}.1`;
}

/** A store that names fewer peers than are asked for. */
function withShortAnswers(store: SwarmStore, peersPerAnswer: number): SwarmStore {
  return {
    announce: (announcement) => store.announce({
      ...announcement,
      wanted: { 4: Math.min(announcement.wanted[4], peersPerAnswer), 6: Math.min(announcement.wanted[6], peersPerAnswer) },
    }),
    count: (infoHash) => store.count(infoHash),
    totals: () => store.totals(),
  };
}
