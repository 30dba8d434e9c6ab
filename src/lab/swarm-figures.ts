/** The figures of one run of a swarm. */
import { formatPercent } from '../bytes/units.ts';
import { drawFigure, type Layer, type Point } from './figure.ts';
import { drawMatrix } from './matrix-figure.ts';
import type { PeerResult, SwarmResults } from './swarm-results.ts';
import { timeUnitFor, type TimeUnit } from './time-unit.ts';

export interface NamedFigure {
  /** What its file is called, without the ending. */
  readonly name: string;
  readonly svg: string;
}

export function swarmFigures(results: SwarmResults): NamedFigure[] {
  return [
    { name: 'completion', svg: drawCompletion(results) },
    { name: 'uplink-use', svg: drawUplinkUse(results) },
    { name: 'availability', svg: drawAvailability(results) },
    { name: 'unchoking', svg: drawUnchoking(results) },
    { name: 'exchange', svg: drawExchange(results) },
  ];
}

/** How many were done when, against the time in which all could have been. */
function drawCompletion(results: SwarmResults): string {
  const unit = timeAxis(results);
  const leechers = results.peers.filter((peer) => !peer.isSeed);
  const steps = (times: readonly (number | undefined)[]): Point[] => {
    const sorted = times.filter((time) => time !== undefined).sort((a, b) => a - b);
    return [[0, 0], ...sorted.map((time, index): Point => [time / unit.seconds, index + 1]), [results.endedSeconds / unit.seconds, sorted.length]];
  };
  const classNames = [...new Set(leechers.map((peer) => peer.className))];
  const bound = results.bound.seconds / unit.seconds;
  return drawFigure({
    title: 'Peers that have the whole file',
    subtitle: `${results.scenario}, seed ${results.seed}`,
    x: { label: `Time (${unit.name})` },
    y: { label: 'Peers' },
    layers: [
      { kind: 'line', name: `Bound, D_p2p = ${bound.toPrecision(3)} ${unit.name}`, points: [[bound, 0], [bound, leechers.length]], isReference: true },
      { kind: 'line', name: 'Arrived', points: steps(leechers.map((peer) => peer.arrivedSeconds)), isReference: true, isStep: true },
      ...classNames.map((name): Layer => ({
        kind: 'line', name: classNames.length === 1 ? 'Done' : `Done: ${name}`, isStep: true,
        points: steps(leechers.filter((peer) => peer.className === name).map((peer) => peer.doneSeconds)),
      })),
    ],
  });
}

/** How well the uplinks were used, over time. */
function drawUplinkUse(results: SwarmResults): string {
  const unit = timeAxis(results);
  return drawFigure({
    title: 'Use of the uplinks',
    subtitle: 'Payload sent over what the uplinks of those present could have sent',
    x: { label: `Time (${unit.name})` },
    y: { label: 'Share of capacity (%)', min: 0, max: 100 },
    layers: [{ kind: 'line', name: 'Uplink use', marks: [], points: results.samples.map((sample): Point => [sample.seconds / unit.seconds, Math.min(1, sample.uplinkUse) * 100]) }],
  });
}

/** How many copies there were of the rarest piece and of the mean one, over time. */
function drawAvailability(results: SwarmResults): string {
  const unit = timeAxis(results);
  const over = (value: (sample: SwarmResults['samples'][number]) => number): Point[] =>
    results.samples.map((sample): Point => [sample.seconds / unit.seconds, value(sample)]);
  return drawFigure({
    title: 'Copies of a piece in the swarm',
    subtitle: 'Among the peers and seeds present; the closer the lines, the more alike the pieces are spread',
    x: { label: `Time (${unit.name})` },
    y: { label: 'Copies' },
    layers: [
      { kind: 'line', name: 'Peers present', points: over((sample) => sample.present), isReference: true },
      { kind: 'line', name: 'Mean piece', points: over((sample) => sample.meanCopies) },
      { kind: 'line', name: 'Rarest piece', points: over((sample) => sample.rarestCopies) },
    ],
  });
}

function drawUnchoking(results: SwarmResults): string {
  const { shares, groups } = results.unchoking;
  const members = results.peers.length / Math.max(1, shares.length);
  return drawMatrix({
    title: 'Who unchoked whom',
    subtitle: `Each row is ${members <= 1 ? 'a peer' : `about ${Math.round(members)} peers`}, class by class, in order of arrival`,
    rowLabel: 'gave', columnLabel: 'took', valueLabel: 'of the time\nunchoked',
    values: shares, groups, formatValue: formatPercent,
  });
}

/** What each peer has sent against what it has received. */
function drawExchange(results: SwarmResults): string {
  const leechers = results.peers.filter((peer) => !peer.isSeed);
  const megabytes = (peer: PeerResult): Point => [peer.receivedBytes / 1e6, peer.sentBytes / 1e6];
  const most = leechers.reduce((greatest, peer) => Math.max(greatest, ...megabytes(peer)), 0);
  const least = leechers.reduce((smallest, peer) => Math.min(smallest, ...megabytes(peer)), most);
  // Where all come to about the same, the differences are what there is to see.
  const from = least > most / 2 ? Math.floor(least / 10) * 10 : 0;
  return drawFigure({
    title: 'Given against taken',
    subtitle: 'One mark for each peer; above the line it has given more than it took',
    x: { label: 'Received (MB)', min: from },
    y: { label: 'Sent (MB)', min: from },
    layers: [
      { kind: 'line', name: 'As much as taken', points: [[from, from], [most, most]], isReference: true },
      ...[...new Set(leechers.map((peer) => peer.className))].map((name): Layer => (
        { kind: 'dots', name, points: leechers.filter((peer) => peer.className === name).map(megabytes) }
      )),
    ],
  });
}

function timeAxis(results: SwarmResults): TimeUnit {
  return timeUnitFor(Math.max(results.endedSeconds, results.bound.seconds));
}
