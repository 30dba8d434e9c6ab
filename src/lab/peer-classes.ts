/**
 * Populations of peers that are not all alike: read from a CSV file, and scaled to a number of peers.
 */
import { ShoalError } from '../bytes/errors.ts';
import { formatRate, parseCount, parseRate } from '../bytes/units.ts';
import type { PeerClass } from './distribution-time.ts';

const COLUMNS = ['name', 'count', 'up', 'down'] as const;
const EXPECTED = 'expected a first line of column names, count,up,down and perhaps name, then one line for each class of peers';

/**
 * Reads classes from lines such as `dsl,900,400kbps,1.5Mbps` under a header `name,count,up,down` (any order; `name` may be
 * left out; blank lines and lines that begin with # are passed over). `up` 0 is a peer that gives nothing.
 * @param source what errors call the text, such as the file's name
 */
export function parsePeerClasses(csv: string, source: string): PeerClass[] {
  const lines = csv.split(/\r?\n/).map((text, index) => ({ cells: text.split(',').map((cell) => cell.trim()), where: `${source} line ${index + 1}` }))
    .filter(({ cells }) => cells.join('') !== '' && !cells[0].startsWith('#'));
  const header = lines.shift();
  if (header === undefined) throw new ShoalError('BAD_PEERS', `${source} is empty: ${EXPECTED}`);
  const unknown = header.cells.find((name) => !COLUMNS.some((column) => column === name));
  const repeated = header.cells.find((name, index) => header.cells.indexOf(name) < index);
  const missing = COLUMNS.find((name) => name !== 'name' && !header.cells.includes(name));
  if (unknown !== undefined) throw new ShoalError('BAD_PEERS', `${header.where}: "${unknown}" is not a column; ${EXPECTED}`);
  if (repeated !== undefined) throw new ShoalError('BAD_PEERS', `${header.where}: "${repeated}" stands twice; ${EXPECTED}`);
  if (missing !== undefined) throw new ShoalError('BAD_PEERS', `${header.where}: there is no column "${missing}"; ${EXPECTED}`);
  const classes = lines.map(({ cells, where }) => parseClass(header.cells, cells, where));
  if (!classes.some(({ count }) => count > 0)) throw new ShoalError('BAD_PEERS', `${source} has no peers: ${EXPECTED}`);
  return classes;
}

function parseClass(header: readonly string[], cells: readonly string[], where: string): PeerClass {
  if (cells.length !== header.length) {
    throw new ShoalError('BAD_PEERS', `${where} has ${cells.length} cells where the first line has ${header.length}`);
  }
  const cell = (name: string): string => cells[header.indexOf(name)];
  try {
    const upBytesPerSecond = parseRate(cell('up'), 0);
    const downBytesPerSecond = parseRate(cell('down'));
    const name = header.includes('name') ? cell('name') : `${formatRate(upBytesPerSecond, 'bit')} up`;
    return { name, count: parseCount(cell('count')), upBytesPerSecond, downBytesPerSecond };
  } catch (error) {
    if (error instanceof ShoalError) throw new ShoalError('BAD_PEERS', `${where}: ${error.message}`);
    throw error;
  }
}

/** The same mix of classes with `count` peers in all; a class's share need not be whole. */
export function scaleTo(classes: readonly PeerClass[], count: number): PeerClass[] {
  const total = classes.reduce((sum, peer) => sum + peer.count, 0);
  return classes.map((peer) => ({ ...peer, count: (peer.count * count) / total }));
}
