/**
 * The textbook's question put to the model: for each number of peers and each kind of population, how long takes the one
 * architecture and how long the other? The answers as a table, and as the textbook's figure.
 */
import { formatBytes, formatCount, formatDuration, formatRate } from '../bytes/units.ts';
import {
  chunkedOptimum, clientServerTime, peerToPeerTime, slowestDownlink, type Distribution, type DistributionTime, type PeerClass,
} from './distribution-time.ts';
import { drawFigure, type Figure, type Layer, type Point } from './figure.ts';
import { scaleTo } from './peer-classes.ts';
import { tableText, type Column } from './table.ts';
import { timeUnitFor, type TimeUnit } from './time-unit.ts';

export interface ModelQuestion {
  readonly fileBytes: number;
  readonly serverUpBytesPerSecond: number;
  /** At least one; each is scaled to every number of peers, its mix kept. */
  readonly populations: readonly Population[];
  readonly peerCounts: readonly number[];
  /** What is passed on whole, for the optimum beyond the fluid bound. */
  readonly chunkBytes: number;
}

export interface Population {
  /** Such as `u = 300 kbps`. */
  readonly name: string;
  readonly classes: readonly PeerClass[];
}

/** A population of peers that are all alike. */
export function equalPeers(upBytesPerSecond: number, downBytesPerSecond: number): Population {
  return { name: `u = ${formatRate(upBytesPerSecond, 'bit')}`, classes: [{ count: 1, upBytesPerSecond, downBytesPerSecond }] };
}

export interface ModelAnswer {
  readonly population: string;
  readonly peerCount: number;
  readonly clientServer: DistributionTime;
  readonly peerToPeer: DistributionTime;
  /** Seconds with whole chunks; undefined where no closed form is known (see `chunkedOptimum`). */
  readonly chunkedSeconds: number | undefined;
}

/** One answer for each population and number of peers, populations outermost. */
export function askModel(question: ModelQuestion): ModelAnswer[] {
  return question.populations.flatMap((population) => question.peerCounts.map((peerCount) => {
    const distribution = distributionOf(question, population, peerCount);
    const chunked = chunkedOptimum(distribution, question.chunkBytes);
    return {
      population: population.name,
      peerCount,
      clientServer: clientServerTime(distribution),
      peerToPeer: peerToPeerTime(distribution),
      chunkedSeconds: 'seconds' in chunked ? chunked.seconds : undefined,
    };
  }));
}

function distributionOf(question: ModelQuestion, { classes }: Population, peerCount: number): Distribution {
  const { fileBytes, serverUpBytesPerSecond } = question;
  return { fileBytes, serverUpBytesPerSecond, peers: scaleTo(classes, peerCount) };
}

/** For CSV and JSON: times in seconds. */
export const MODEL_COLUMNS: readonly Column<ModelAnswer>[] = modelColumns((seconds) => formatDuration(seconds * 1000));

function modelColumns(showSeconds: (seconds: number) => string): Column<ModelAnswer>[] {
  return [
    { key: 'population', heading: 'Peers', value: (answer) => answer.population },
    { key: 'peerCount', heading: 'N', value: (answer) => answer.peerCount, show: formatCount },
    { key: 'clientServerSeconds', heading: 'Client-server', value: (answer) => answer.clientServer.seconds, show: showSeconds },
    { key: 'clientServerTerm', heading: 'set by', value: (answer) => answer.clientServer.binding.formula },
    { key: 'peerToPeerSeconds', heading: 'Peer-to-peer', value: (answer) => answer.peerToPeer.seconds, show: showSeconds },
    { key: 'peerToPeerTerm', heading: 'set by', value: (answer) => answer.peerToPeer.binding.formula },
    { key: 'chunkedSeconds', heading: 'in whole chunks', value: (answer) => answer.chunkedSeconds, show: showSeconds },
    { key: 'gain', heading: 'Gain', value: (answer) => answer.clientServer.seconds / answer.peerToPeer.seconds, show: (times) => `${times.toFixed(1)}×` },
  ];
}

/** The answers as aligned text; times in `unit`, or each as a duration. Columns that say nothing here are left out. */
export function modelText(answers: readonly ModelAnswer[], unit?: TimeUnit): string {
  const columns = unit === undefined ? MODEL_COLUMNS : modelColumns((seconds) => showIn(unit, seconds));
  const isOne = answers.every(({ population }) => population === answers[0].population);
  const hasChunked = answers.some(({ chunkedSeconds }) => chunkedSeconds !== undefined);
  return tableText(columns.filter(({ key }) => (key !== 'population' || !isOne) && (key !== 'chunkedSeconds' || hasChunked)), answers);
}

/** Three digits or more: `0.909 h`, `45,455 s`. */
function showIn(unit: TimeUnit, seconds: number): string {
  const value = seconds / unit.seconds;
  return `${value < 999.5 ? value.toPrecision(3) : formatCount(value)} ${unit.name}`;
}

/** What the table and the figure take as given, on one line. */
export function describeQuestion({ fileBytes, serverUpBytesPerSecond, populations }: ModelQuestion): string {
  const downs = [...new Set(populations.map(({ classes }) => slowestDownlink({ peers: classes })))];
  const ups = populations.length === 1 ? `, ${populations[0].name}` : '';
  return `F = ${formatBytes(fileBytes)}, u_s = ${formatRate(serverUpBytesPerSecond, 'bit')}${ups}, `
    + `d_min = ${downs.map((down) => formatRate(down, 'bit')).join(' / ')}`;
}

/** How many points a curve has at most, besides those that were asked for. */
const CURVE_POINTS = 200;

/** The textbook's figure: the client-server line rises with N, and the peer-to-peer curves bend below it. */
export function modelFigure(question: ModelQuestion, scale: 'linear' | 'log' = 'linear'): Figure {
  const curves = askModel({ ...question, peerCounts: curveCounts(question.peerCounts, scale) });
  const unit = timeUnitFor(Math.max(0, ...curves.map((answer) => answer.clientServer.seconds).filter(Number.isFinite)));
  const layer = (name: string, population: Population, time: (answer: ModelAnswer) => DistributionTime): Layer => {
    const answers = curves.filter((answer) => answer.population === population.name);
    const points = answers.map((answer): Point => [answer.peerCount, time(answer).seconds / unit.seconds]);
    return { kind: 'line', name, points, marks: points.filter(([count]) => question.peerCounts.includes(count)) };
  };
  // The client-server time knows nothing of uplinks: one line will do for populations whose downlinks are alike.
  const downlink = (population: Population): number => slowestDownlink({ peers: population.classes });
  const servers = question.populations.filter((population, index, all) => all.findIndex((other) => downlink(other) === downlink(population)) === index);
  const named = (name: string, { length }: readonly Population[], population: Population): string => (length === 1 ? name : `${name}, ${population.name}`);
  return {
    title: 'Distribution time of one file to N peers',
    subtitle: describeQuestion(question),
    x: { label: 'Number of peers, N', scale },
    y: { label: `Least distribution time (${unit.name})`, scale },
    layers: [
      ...servers.map((population) => layer(named('Client-server, D_cs', servers, population), population, (answer) => answer.clientServer)),
      ...question.populations.map((population) => layer(named('Peer-to-peer, D_p2p', question.populations, population), population, (answer) => answer.peerToPeer)),
    ],
  };
}

/** Numbers of peers along the axis, close enough for a smooth curve, and those that were asked for. */
function curveCounts(asked: readonly number[], scale: 'linear' | 'log'): number[] {
  const most = Math.max(...asked);
  const counts = Array.from({ length: CURVE_POINTS }, (_, index) => {
    const share = (index + 1) / CURVE_POINTS;
    return Math.max(1, Math.round(scale === 'log' ? most ** share : most * share));
  });
  return [...new Set([1, ...counts, ...asked])].sort((a, b) => a - b);
}

/** The figure as SVG. */
export function drawModel(question: ModelQuestion, scale?: 'linear' | 'log'): string {
  return drawFigure(modelFigure(question, scale));
}
