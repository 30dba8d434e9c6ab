/** A torrent under way: how far it is, how fast, with which neighbours, and what the ways of finding peers have to say. */
import { counted, formatBytes, formatCount, formatDuration, formatPercent, formatRate } from '../bytes/units.ts';
import type { TorrentStatus } from '../session/torrent-status.ts';
import { cut } from './columns.ts';
import type { DisplayEvent, Screen, View } from './display.ts';
import { neighbourTable } from './neighbour-table.ts';
import { barWith, timeLeft } from './progress-bar.ts';
import type { Style } from './style.ts';

type State = TorrentStatus['state'];

const STATES: Readonly<Record<State, string>> = {
  metadata: 'asking peers what it holds',
  checking: 'checking what is on disk',
  downloading: 'downloading',
  seeding: 'seeding',
  paused: 'paused',
  stopped: 'stopped',
  failed: 'failed',
};

/** A log of days of seeding should not be longer than it is interesting. */
const LINE_EVERY_MS: Readonly<Record<State, number>> = {
  metadata: 10_000, checking: 5000, downloading: 5000, seeding: 60_000, paused: 60_000, stopped: 0, failed: 0,
};

/**
 * Most files are checked, or known to be right, in less, and many are here in less; that one is whole is told before how it is
 * seeded; and before peers have been looked for there is nothing to be said of how that goes.
 */
const FIRST_LINE_MS: Readonly<Partial<Record<State, number>>> = { checking: 1000, downloading: 1000, seeding: 1000, metadata: 2000 };

/** Messages shown at a time. */
const MESSAGES = 3;

export interface TorrentMoment {
  readonly status: TorrentStatus;
  /** How long it has been in this state. */
  readonly stateForMs: number;
}

export function torrentView(moment: TorrentMoment): View {
  return {
    state: moment.status.state,
    lineEveryMs: LINE_EVERY_MS[moment.status.state],
    firstLineMs: FIRST_LINE_MS[moment.status.state] ?? 0,
    event: () => torrentEvent(moment),
    line: () => torrentLine(moment),
    lines: (screen, style) => torrentLines(moment, screen, style),
  };
}

/** Bytes, bytes per second, and seconds; `progress` is 0 to 1, `stateSeconds` since it has been in this state. */
function torrentEvent({ status, stateForMs }: TorrentMoment): DisplayEvent {
  return {
    event: 'progress',
    state: status.state,
    stateSeconds: Math.floor(stateForMs / 1000),
    progress: Number(status.progress.toFixed(4)),
    have: status.haveBytes,
    wanted: status.wantedBytes,
    downloaded: status.downloadedBytes,
    uploaded: status.uploadedBytes,
    wasted: status.wastedBytes,
    downBytesPerSecond: Math.round(status.downBytesPerSecond),
    upBytesPerSecond: Math.round(status.upBytesPerSecond),
    etaSeconds: status.etaMs === undefined ? null : Math.round(status.etaMs / 1000),
    ...neighbourCounts(status),
    knownPeers: status.knownPeers,
    messages: status.messages,
  };
}

function torrentLine({ status, stateForMs }: TorrentMoment): string {
  const { state } = status;
  const parts = [state === 'metadata' ? `${STATES[state]} for ${wholeSeconds(stateForMs)}` : STATES[state]];
  if (state === 'checking') parts.push(formatPercent(status.progress));
  if (state === 'downloading') {
    parts.push(`${formatPercent(status.progress)} (${formatBytes(status.haveBytes)} of ${formatBytes(status.wantedBytes)})`, `down ${formatRate(status.downBytesPerSecond)}`);
  }
  if (isMoving(state)) parts.push(`up ${formatRate(status.upBytesPerSecond)} (${formatBytes(status.uploadedBytes)} sent)`);
  if (state !== 'checking') parts.push(neighboursText(status));
  if (state === 'downloading' && status.etaMs !== undefined) parts.push(`${formatDuration(status.etaMs)} left`);
  if (status.neighbours.length === 0) parts.push(...status.messages.slice(-MESSAGES));
  return `${status.name}: ${parts.join(', ')}`;
}

/** Together they leave the screen's last row free, where the cursor stands. */
function torrentLines(moment: TorrentMoment, { columns, rows }: Screen, style: Style): string[] {
  const { status } = moment;
  const head = [style.bold(cut(status.name, columns)), barLine(status, columns, style), style.dim(cut(detailLine(moment, style), columns))];
  const messages = status.messages.slice(-MESSAGES).map((message) => paintMessage(cut(`  ${message}`, columns), style));
  const blankRows = messages.length === 0 ? 1 : 2;
  const table = neighbourTable(status.neighbours, columns, rows - 1 - head.length - messages.length - blankRows, style);
  return [...head, ...withBlankBefore(table), ...withBlankBefore(messages)].slice(0, Math.max(1, rows - 1));
}

/** The session marks what went wrong. */
function paintMessage(line: string, { dim, warning }: Style): string {
  return line.startsWith('  !') ? warning(line) : dim(line);
}

function withBlankBefore(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** The bar, and beside it what is read most often. */
function barLine(status: TorrentStatus, columns: number, style: Style): string {
  const { down, up } = style.symbols;
  const { state, metadata } = status;
  const share = state !== 'metadata' ? status.progress : metadata.totalBytes === 0 ? 0 : metadata.receivedBytes / metadata.totalBytes;
  const figures = [formatPercent(share).padStart(7)];
  if (state === 'downloading') figures.push(`${down} ${formatRate(status.downBytesPerSecond).padStart(9)}`);
  if (isMoving(state)) figures.push(`${up} ${formatRate(status.upBytesPerSecond).padStart(9)}`);
  if (state === 'downloading' && status.etaMs !== undefined) figures.push(timeLeft(status.etaMs));
  return barWith(share, figures, columns, style);
}

function detailLine({ status, stateForMs }: TorrentMoment, { symbols }: Style): string {
  const { state } = status;
  const parts = state === 'downloading'
    ? [`${formatBytes(status.haveBytes)} of ${formatBytes(status.wantedBytes)}`]
    : [`${STATES[state]} for ${wholeSeconds(stateForMs)}`];
  if (status.uploadedBytes > 0) parts.push(`${formatBytes(status.uploadedBytes)} sent`);
  if (status.wastedBytes > 0) parts.push(`${formatBytes(status.wastedBytes)} wasted`);
  if (state !== 'checking') parts.push(neighboursText(status));
  return parts.join(` ${symbols.separator} `);
}

function isMoving(state: State): boolean {
  return state === 'downloading' || state === 'seeding';
}

/** `5 neighbours (3 unchoke us, we unchoke 2)` */
function neighboursText(status: TorrentStatus): string {
  const { neighbours, unchokingUs, unchokedByUs } = neighbourCounts(status);
  if (neighbours === 0) return status.state === 'seeding' ? 'no neighbours' : `no neighbours, ${counted(status.knownPeers, 'peer')} known`;
  // Who has everything wants to be unchoked by nobody.
  const toUs = status.state === 'seeding' ? '' : `${formatCount(unchokingUs)} unchoke us, `;
  return `${counted(neighbours, 'neighbour')} (${toUs}we unchoke ${formatCount(unchokedByUs)})`;
}

function neighbourCounts({ neighbours }: TorrentStatus): { neighbours: number; unchokingUs: number; unchokedByUs: number } {
  return {
    neighbours: neighbours.length,
    unchokingUs: neighbours.filter(({ peerChoking }) => !peerChoking).length,
    unchokedByUs: neighbours.filter(({ amChoking }) => !amChoking).length,
  };
}

function wholeSeconds(durationMs: number): string {
  return durationMs < 1000 ? '0s' : formatDuration(Math.floor(durationMs / 1000) * 1000);
}
