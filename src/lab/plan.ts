/**
 * Planning a rollout: how long will it take to get a file to a fleet, what holds it back, and what would help most?
 *
 * Invariant: the plan promises nothing faster than the model's bound, and says what it adds to it and why.
 */
import { formatBytes, formatCount, formatDuration, formatRate } from '../bytes/units.ts';
import { clientServerTime, peerToPeerTime, type Distribution, type DistributionTime, type Resource } from './distribution-time.ts';

export interface FleetQuestion {
  readonly fileBytes: number;
  readonly hostCount: number;
  readonly hostUpBytesPerSecond: number;
  readonly hostDownBytesPerSecond: number;
  readonly sourceUpBytesPerSecond: number;
  readonly pieceBytes: number;
}

export interface FleetPlan {
  readonly question: FleetQuestion;
  readonly clientServer: DistributionTime;
  readonly peerToPeer: DistributionTime;
  /** The time to reckon with: the bound, the start-up, and the engine's distance from the bound. */
  readonly expectedSeconds: number;
  /** The first piece from the source, and the rounds in which its holders double until everybody has something to give. */
  readonly startUpSeconds: number;
  /** What holds the distribution back; several where they tie. */
  readonly bottlenecks: readonly Resource[];
  /** What doubling a resource would do, the most useful first. */
  readonly remedies: readonly Remedy[];
}

export interface Remedy {
  /** The resources that are doubled together. */
  readonly doubled: readonly Resource[];
  /** The bound then. */
  readonly seconds: number;
}

/** How far above the fluid bound a swarm of this engine ends; see docs/laboratory.md. */
const ENGINE_MARGIN = 0.1;
/** Terms closer than this to the greatest bind as well. */
const TIE = 0.001;

export function planFleet(question: FleetQuestion): FleetPlan {
  const distribution = distributionOf(question, []);
  const peerToPeer = peerToPeerTime(distribution);
  const hostBytesPerSecond = Math.min(question.hostUpBytesPerSecond, question.hostDownBytesPerSecond);
  const pieceBytes = Math.min(question.pieceBytes, question.fileBytes);
  const doublings = hostBytesPerSecond > 0 ? Math.floor(Math.log2(question.hostCount)) : 0;
  const startUpSeconds = pieceBytes / question.sourceUpBytesPerSecond + (doublings === 0 ? 0 : (doublings * pieceBytes) / hostBytesPerSecond);
  const bottlenecks = peerToPeer.terms.filter((term) => term.seconds >= peerToPeer.seconds * (1 - TIE)).map((term) => term.resource);
  const trials: Resource[][] = [['server uplink'], ['slowest downlink'], ['all uplinks'], ...(bottlenecks.length > 1 ? [bottlenecks] : [])];
  const remedies = trials.map((doubled): Remedy => ({ doubled, seconds: peerToPeerTime(distributionOf(question, doubled)).seconds }))
    .sort((a, b) => a.seconds - b.seconds);
  return {
    question, clientServer: clientServerTime(distribution), peerToPeer, bottlenecks, remedies, startUpSeconds,
    expectedSeconds: peerToPeer.seconds * (1 + ENGINE_MARGIN) + startUpSeconds,
  };
}

/** The fleet with some of its resources doubled; 'all uplinks' here are the hosts' alone. */
function distributionOf(question: FleetQuestion, doubled: readonly Resource[]): Distribution {
  const times = (resource: Resource): number => (doubled.includes(resource) ? 2 : 1);
  return {
    fileBytes: question.fileBytes,
    serverUpBytesPerSecond: question.sourceUpBytesPerSecond * times('server uplink'),
    peers: [{
      count: question.hostCount,
      upBytesPerSecond: question.hostUpBytesPerSecond * times('all uplinks'),
      downBytesPerSecond: question.hostDownBytesPerSecond * times('slowest downlink'),
    }],
  };
}

const RESOURCE_NAMES: Readonly<Record<Resource, string>> = {
  'server uplink': 'the uplink of the source',
  'slowest downlink': 'the downlinks of the hosts',
  'all uplinks': 'the uplinks of the hosts',
};

const LIST = new Intl.ListFormat('en-GB');

/** The plan for a person: what to expect, what binds, what would help, and what to run. */
export function planText(plan: FleetPlan): string {
  const { question, peerToPeer, clientServer } = plan;
  const time = (seconds: number): string => formatDuration(seconds * 1000);
  const names = (resources: readonly Resource[]): string => LIST.format(resources.map((resource) => RESOURCE_NAMES[resource]));
  const lines = [
    `${formatBytes(question.fileBytes)} to ${formatCount(question.hostCount)} hosts`,
    `  source ${formatRate(question.sourceUpBytesPerSecond)} up; each host ${formatRate(question.hostUpBytesPerSecond)} up, ${formatRate(question.hostDownBytesPerSecond)} down`,
    '',
    `Reckon with ${time(plan.expectedSeconds)}.`,
    `  ${time(peerToPeer.seconds)} is the least possible, ${peerToPeer.binding.formula};`,
    `  ${time(plan.startUpSeconds)} more go by until every host has a piece to pass on, and ${ENGINE_MARGIN * 100} % is the engine's margin.`,
    `  From the source alone it would take ${time(clientServer.seconds)}: ${formatCount(clientServer.seconds / plan.expectedSeconds)} times as long.`,
    '',
    `Held back by ${names(plan.bottlenecks)}.`,
    ...peerToPeer.terms.map((term) => `  ${term.formula.padEnd(17)} ${time(term.seconds).padStart(7)}  ${RESOURCE_NAMES[term.resource]}`),
    '',
    remedyText(plan, names, time),
    '',
    'Run on the source, then on every host with the magnet link that it prints:',
    ...planCommands(plan).map((command) => `  ${command}`),
  ];
  return `${lines.join('\n')}\n`;
}

function remedyText(plan: FleetPlan, names: (resources: readonly Resource[]) => string, time: (seconds: number) => string): string {
  const [best] = plan.remedies;
  if (best.seconds >= plan.peerToPeer.seconds * (1 - TIE)) return 'Doubling a link would not help: the file must still pass the others.';
  const alone = best.doubled.length > 1 ? '; doubling one of them alone would do nothing' : '';
  return `What would help most: doubling ${names(best.doubled)} brings the least possible down to ${time(best.seconds)}${alone}.`;
}

/** The commands to run: the source's, then each host's. Hosts stay until the last is expected to be done. */
export function planCommands(plan: FleetPlan): [source: string, host: string] {
  const stayMinutes = Math.max(1, Math.ceil(plan.expectedSeconds / 60));
  return [
    `shoal share FILE --piece-length ${formatBytes(plan.question.pieceBytes, 'binary').replace(' ', '')}`,
    `shoal get 'MAGNET' --dir DIR --seed-time ${formatDuration(stayMinutes * 60_000)}`,
  ];
}
