/**
 * What a terminal can show: colours where it has them and the person has not asked for none (NO_COLOR), and symbols beyond
 * ASCII where it knows them.
 */
import { styleText } from 'node:util';

type Paint = (text: string) => string;

export interface Style {
  readonly hasColours: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly accent: Paint;
  readonly warning: Paint;
  readonly symbols: Symbols;
}

export interface Symbols {
  /** Of a progress bar: done, its half end, and what lacks. */
  readonly bar: { readonly full: string; readonly half: string; readonly empty: string };
  readonly down: string;
  readonly up: string;
  readonly separator: string;
  readonly ellipsis: string;
  readonly unchoked: string;
  readonly choked: string;
  readonly unwanted: string;
  readonly check: string;
  readonly cross: string;
}

const UNICODE: Symbols = {
  bar: { full: '━', half: '╸', empty: '─' },
  down: '↓', up: '↑', separator: '·', ellipsis: '…', unchoked: '●', choked: '○', unwanted: '·', check: '✓', cross: '✗',
};
const ASCII: Symbols = {
  bar: { full: '#', half: '-', empty: '-' },
  down: 'down', up: 'up', separator: '|', ellipsis: '...', unchoked: '*', choked: 'o', unwanted: '.', check: 'ok', cross: 'x',
};

type Stream = Pick<NodeJS.WriteStream, 'isTTY'>;

/** Whether lines can be written over: a terminal, and not one that only prints. */
export function isTerminal(stream: Stream): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}

export function style(stream: Stream): Style {
  return makeStyle(isTerminal(stream) && (process.env['NO_COLOR'] ?? '') === '', knowsUnicode());
}

export function makeStyle(hasColours: boolean, hasUnicode: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]): Paint =>
    (text) => (hasColours ? styleText(format, text, { validateStream: false }) : text);
  return {
    hasColours,
    bold: paint('bold'), dim: paint('dim'), good: paint('green'), accent: paint('cyan'), warning: paint('yellow'),
    symbols: hasUnicode ? UNICODE : ASCII,
  };
}

/** Nearly every terminal does; those that do not say so. */
function knowsUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = process.env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return TERM !== 'linux' && locale !== 'C' && locale !== 'POSIX';
}
