/**
 * The neighbours as a table: who they are, what they have, and for both directions how fast it goes and whether the sender
 * lets the receiver (unchoked).
 */
import { formatEndpoint } from '../bytes/endpoint.ts';
import { formatPercent, formatRate } from '../bytes/units.ts';
import type { NeighbourStatus } from '../swarm/swarm.ts';
import { columnsOf, fit } from './columns.ts';
import type { Style } from './style.ts';

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Columns of the terminal; the first column of the table takes what is left. */
  readonly width: number;
  /** Left out on a terminal narrower than this. */
  readonly fromColumns: number;
  text(neighbour: NeighbourStatus): string;
  paint?(text: string, neighbour: NeighbourStatus): string;
}

const INDENT = 2;
const GAP = 2;
const ENDPOINT_COLUMNS = 21;
const LONGEST_ENDPOINT_COLUMNS = 47;
/** Narrower, not even an address and a rate are to be read. */
const LEAST_COLUMNS = 30;

/** At most `maxRows` lines, none wider than `columns`; empty where there is nobody, or no room. */
export function neighbourTable(neighbours: readonly NeighbourStatus[], columns: number, maxRows: number, style: Style): string[] {
  // Title, legend, and somebody between them.
  if (neighbours.length === 0 || maxRows < 3 || columns < LEAST_COLUMNS) return [];
  const room = maxRows - 2;
  const sorted = neighbours.toSorted(byActivity);
  const shown = sorted.slice(0, neighbours.length > room ? room - 1 : room);
  const table = tableColumns(shown, columns, style);
  const lines = [
    style.dim(row(table, ({ title }) => title)),
    ...shown.map((neighbour) => row(table, (column) => column.text(neighbour), neighbour)),
  ];
  const hidden = neighbours.length - shown.length;
  if (hidden > 0) lines.push(style.dim(fit(`${' '.repeat(INDENT)}${style.symbols.ellipsis} and ${hidden} more`, columns)));
  return [...lines, legend(columns, style)];
}

/** Those with whom most is going on first. */
function byActivity(a: NeighbourStatus, b: NeighbourStatus): number {
  const rate = (neighbour: NeighbourStatus): number => neighbour.downBytesPerSecond + neighbour.upBytesPerSecond;
  const open = (neighbour: NeighbourStatus): number => Number(!neighbour.peerChoking) + Number(!neighbour.amChoking);
  return rate(b) - rate(a) || open(b) - open(a) || b.progress - a.progress;
}

function tableColumns(neighbours: readonly NeighbourStatus[], columns: number, style: Style): Column[] {
  const { symbols } = style;
  const mark = (unchoked: boolean, wanted: boolean): string => (unchoked ? symbols.unchoked : wanted ? symbols.choked : symbols.unwanted);
  const paintMark = (text: string, unchoked: boolean): string => (unchoked ? style.good(text) : style.dim(text));
  const rest: Column[] = [
    { title: 'client', align: 'left', width: 18, fromColumns: 90, text: ({ client }) => client, paint: style.dim },
    { title: 'has', align: 'right', width: 7, fromColumns: 58, text: ({ progress }) => formatPercent(progress) },
    { title: symbols.down, align: 'right', width: 9, fromColumns: 0, text: ({ downBytesPerSecond }) => rateText(downBytesPerSecond) },
    {
      title: '', align: 'left', width: 1, fromColumns: 0,
      text: ({ peerChoking, amInterested }) => mark(!peerChoking, amInterested),
      paint: (text, { peerChoking, snubbed }) => (snubbed ? style.warning(text) : paintMark(text, !peerChoking)),
    },
    { title: symbols.up, align: 'right', width: 9, fromColumns: 44, text: ({ upBytesPerSecond }) => rateText(upBytesPerSecond) },
    {
      title: '', align: 'left', width: 1, fromColumns: 44,
      text: ({ amChoking, peerInterested }) => mark(!amChoking, peerInterested),
      paint: (text, { amChoking }) => paintMark(text, !amChoking),
    },
  ];
  const kept = rest.filter(({ fromColumns }) => columns >= fromColumns);
  const taken = kept.reduce((sum, { width }) => sum + GAP + width, INDENT);
  const wanted = Math.max(ENDPOINT_COLUMNS, ...neighbours.map(({ endpoint }) => columnsOf(formatEndpoint(endpoint))));
  const width = Math.max(1, Math.min(wanted, LONGEST_ENDPOINT_COLUMNS, columns - taken));
  return [{ title: 'neighbour', align: 'left', width, fromColumns: 0, text: ({ endpoint }) => formatEndpoint(endpoint) }, ...kept];
}

/** Without a neighbour it is the row of titles, which are painted as one. */
function row(table: readonly Column[], textOf: (column: Column) => string, neighbour?: NeighbourStatus): string {
  const cells = table.map((column) => {
    const text = fit(textOf(column), column.width, column.align);
    return neighbour === undefined ? text : (column.paint?.(text, neighbour) ?? text);
  });
  return ' '.repeat(INDENT) + cells.join(' '.repeat(GAP));
}

function rateText(bytesPerSecond: number): string {
  return bytesPerSecond < 1 ? '' : formatRate(bytesPerSecond);
}

function legend(columns: number, { dim, symbols }: Style): string {
  const full = `${' '.repeat(INDENT)}${symbols.unchoked} unchoked   ${symbols.choked} choked   ${symbols.unwanted} nothing wanted`;
  return dim(fit(full, Math.min(columns, columnsOf(full))));
}
