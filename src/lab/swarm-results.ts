/**
 * What a run of a swarm has shown: each peer's life, samples over time, who unchoked whom; and what that comes to, held
 * against the model's bound.
 *
 * Invariant: results depend on the scenario and its seed alone. How long the run took on the wall is not among them.
 */
import type { DistributionTime } from './distribution-time.ts';
import { jainIndex, mean, median } from './statistics.ts';
import type { Column } from './table.ts';

export interface SwarmResults {
  /** The scenario's name, its random seed, and what it is to show. */
  readonly scenario: string;
  readonly description: string;
  readonly seed: number;
  readonly fileBytes: number;
  readonly pieceCount: number;
  /** D_p2p with the seeds as the server and everybody there from the start. */
  readonly bound: DistributionTime;
  /** When the run ended. */
  readonly endedSeconds: number;
  /** Whether it was stopped before its end. */
  readonly isCutShort: boolean;
  /** Seeds first, then class by class, in order of arrival. */
  readonly peers: readonly PeerResult[];
  readonly samples: readonly Sample[];
  readonly unchoking: Unchoking;
  /** Events simulated. */
  readonly events: number;
}

/** Times in seconds from the start of the run; payload in bytes. */
export interface PeerResult {
  readonly className: string;
  /** It says from the start that it has the whole file: the seeds, and liars. */
  readonly isSeed: boolean;
  readonly upBytesPerSecond: number;
  readonly arrivedSeconds: number;
  /** Undefined: never had one. Not told of seeds. */
  readonly firstPieceSeconds: number | undefined;
  /** Undefined: never had the whole file. Not told of seeds. */
  readonly doneSeconds: number | undefined;
  /** Undefined: was there at the end. */
  readonly leftSeconds: number | undefined;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Of those received: had already, or spoilt. */
  readonly wastedBytes: number;
}

/** How the swarm stood at a moment, and what it has sent since the sample before. */
export interface Sample {
  readonly seconds: number;
  /** Peers there, seeds left out, and those who have come so far and have the whole file, there or gone. */
  readonly present: number;
  readonly done: number;
  /** Payload sent over what the uplinks of those present could have sent, 0 to 1. */
  readonly uplinkUse: number;
  /** Copies of the rarest piece and of the mean one, among those present, seeds included. */
  readonly rarestCopies: number;
  readonly meanCopies: number;
}

/** How much of the time one peer, or a group of like ones, unchoked another. */
export interface Unchoking {
  /** Rows give, columns take; 0 to 1. */
  readonly shares: readonly (readonly number[])[];
  readonly groups: readonly { readonly name: string; readonly length: number }[];
}

export interface Summary {
  /** When the last peer was done; undefined where some never were. */
  readonly lastSeconds: number | undefined;
  /** From arrival to whole file, of those who got it. NaN where nobody did. */
  readonly medianSeconds: number;
  readonly meanSeconds: number;
  readonly doneCount: number;
  readonly peerCount: number;
  /** Bound over actual: 1 is as fast as can be. Undefined where some were never done. */
  readonly boundOverActual: number | undefined;
  /** Payload sent by all over what their uplinks could have sent while they were there, 0 to 1. */
  readonly uplinkUse: number;
  /** The same of the peers that are no seeds. */
  readonly peerUplinkUse: number;
  /** Received and of no use, over received. */
  readonly wastedShare: number;
  /** Jain's index over what each peer has sent for what it received. */
  readonly fairness: number;
  readonly classes: readonly ClassSummary[];
}

/** Times are NaN where nobody in the class has one. */
export interface ClassSummary {
  readonly className: string;
  readonly count: number;
  readonly doneCount: number;
  readonly medianSeconds: number;
  readonly lastSeconds: number;
  /** Mean time from arrival to the first whole piece. */
  readonly firstPieceSeconds: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly uplinkUse: number;
}

export function summarise(results: SwarmResults): Summary {
  const peers = results.peers.filter((peer) => !peer.isSeed);
  const done = peers.filter((peer) => peer.doneSeconds !== undefined);
  const firstArrival = peers.reduce((least, peer) => Math.min(least, peer.arrivedSeconds), Number.POSITIVE_INFINITY);
  const lastSeconds = done.length === peers.length ? greatest(done.map((peer) => peer.doneSeconds ?? 0)) : undefined;
  const times = done.map(timeTaken);
  const received = total(peers, (peer) => peer.receivedBytes);
  const classNames = [...new Set(results.peers.map((peer) => peer.className))];
  return {
    lastSeconds,
    medianSeconds: median(times),
    meanSeconds: mean(times),
    doneCount: done.length,
    peerCount: peers.length,
    boundOverActual: lastSeconds === undefined ? undefined : results.bound.seconds / (lastSeconds - firstArrival),
    uplinkUse: uplinkUse(results.peers, results.endedSeconds),
    peerUplinkUse: uplinkUse(peers, results.endedSeconds),
    wastedShare: received === 0 ? 0 : total(peers, (peer) => peer.wastedBytes) / received,
    fairness: jainIndex(peers.filter((peer) => peer.receivedBytes > 0).map((peer) => peer.sentBytes / peer.receivedBytes)),
    classes: classNames.map((name) => summariseClass(name, results.peers.filter((peer) => peer.className === name), results.endedSeconds)),
  };
}

function summariseClass(className: string, peers: readonly PeerResult[], endedSeconds: number): ClassSummary {
  const done = peers.filter((peer) => peer.doneSeconds !== undefined);
  const firstPieces = peers.flatMap((peer) => (peer.firstPieceSeconds === undefined ? [] : [peer.firstPieceSeconds - peer.arrivedSeconds]));
  return {
    className,
    count: peers.length,
    doneCount: done.length,
    medianSeconds: median(done.map(timeTaken)),
    lastSeconds: done.length === 0 ? Number.NaN : greatest(done.map((peer) => peer.doneSeconds ?? 0)),
    firstPieceSeconds: mean(firstPieces),
    sentBytes: total(peers, (peer) => peer.sentBytes),
    receivedBytes: total(peers, (peer) => peer.receivedBytes),
    uplinkUse: uplinkUse(peers, endedSeconds),
  };
}

function timeTaken(peer: PeerResult): number {
  return (peer.doneSeconds ?? Number.NaN) - peer.arrivedSeconds;
}

/** Uplinks without limit are left out: no share of them means anything. */
function uplinkUse(peers: readonly PeerResult[], endedSeconds: number): number {
  const limited = peers.filter((peer) => Number.isFinite(peer.upBytesPerSecond));
  const possible = total(limited, (peer) => peer.upBytesPerSecond * ((peer.leftSeconds ?? endedSeconds) - peer.arrivedSeconds));
  return possible === 0 ? 0 : total(limited, (peer) => peer.sentBytes) / possible;
}

function total(peers: readonly PeerResult[], value: (peer: PeerResult) => number): number {
  return peers.reduce((sum, peer) => sum + value(peer), 0);
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

export const PEER_COLUMNS: readonly Column<PeerResult>[] = [
  { key: 'class', heading: 'Class', value: (peer) => peer.className },
  { key: 'seed', heading: 'Seed', value: (peer) => (peer.isSeed ? 1 : 0) },
  { key: 'upBytesPerSecond', heading: 'Uplink', value: (peer) => peer.upBytesPerSecond },
  { key: 'arrivedSeconds', heading: 'Arrived', value: (peer) => peer.arrivedSeconds },
  { key: 'firstPieceSeconds', heading: 'First piece', value: (peer) => peer.firstPieceSeconds },
  { key: 'doneSeconds', heading: 'Done', value: (peer) => peer.doneSeconds },
  { key: 'leftSeconds', heading: 'Left', value: (peer) => peer.leftSeconds },
  { key: 'sentBytes', heading: 'Sent', value: (peer) => peer.sentBytes },
  { key: 'receivedBytes', heading: 'Received', value: (peer) => peer.receivedBytes },
  { key: 'wastedBytes', heading: 'Wasted', value: (peer) => peer.wastedBytes },
];

export const SAMPLE_COLUMNS: readonly Column<Sample>[] = [
  { key: 'seconds', heading: 'Time', value: (sample) => sample.seconds },
  { key: 'present', heading: 'Present', value: (sample) => sample.present },
  { key: 'done', heading: 'Done', value: (sample) => sample.done },
  { key: 'uplinkUse', heading: 'Uplink use', value: (sample) => sample.uplinkUse },
  { key: 'rarestCopies', heading: 'Rarest piece', value: (sample) => sample.rarestCopies },
  { key: 'meanCopies', heading: 'Mean piece', value: (sample) => sample.meanCopies },
];
