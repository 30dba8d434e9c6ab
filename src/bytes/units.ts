/**
 * Quantities as people write and read them: sizes, rates, durations, counts.
 *
 * Bits and bytes are told apart (`b`, `bit` against `B`), and so are k = 1000 (SI) and Ki = 1024 (IEC 80000-13). Inside
 * Shoal a size is in bytes, a rate in bytes a second and a duration in milliseconds; units are for the edge.
 *
 * Invariant: nothing is guessed. A number whose unit could mean two things is refused, with a line that says what to write.
 */
import { ShoalError } from './errors.ts';

/** A quantity that cannot be read: `code` is 'BAD_QUANTITY', the message one line with examples of what can be. */
export class QuantityError extends ShoalError {
  constructor(message: string) {
    super('BAD_QUANTITY', message);
  }
}

/** Powers of the prefix's base, by the prefix in lower case. */
const PREFIXES: Readonly<Record<string, number>> = {
  '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15,
  ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40, pi: 2 ** 50,
};

const QUANTITY = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-zA-Z/]*)$/;
const SIZE_UNIT = /^([kmgtp]i?)?(B|[Bb]ytes?|bits?)$/;
const RATE_UNIT = /^([kmgtp]i?)?(?:(B|[Bb]ytes?)(?:\/s|ps)|(b|bits?)(?:\/s|ps))$/;
/** Letters after the prefix keep their case, for b and B are different things; the prefix may be written either way. */
const PREFIX_LETTERS = /^[KMGTP][iI]?(?=[a-zA-Z])/;

const SIZE_EXAMPLES = 'such as 256KiB, 3GB, 15Gbit, or a plain number of bytes';
const RATE_EXAMPLES = 'such as 30Mbps, 300kB/s or 2MiB/s';
const DURATION_EXAMPLES = 'such as 500ms, 90s, 30m, 1h30m or 2d';

/** `256KiB`, `3GB`, `15Gbit`, `1048576` → whole bytes (to the nearest). Throws `QuantityError`. */
export function parseSize(text: string): number {
  const { value, unit } = split(text, 'a size', SIZE_EXAMPLES);
  if (/^([kmgtp]i?)?b$/.test(unit)) {
    throw new QuantityError(`${quote(text)} could be bits or bytes: write B for bytes or bit for bits`);
  }
  if (/^[kmgtp]i?$/i.test(unit)) throw new QuantityError(`${quote(text)} lacks its unit: write kB, MB … for powers of 1000, KiB, MiB … for powers of 1024`);
  const match = unit === '' ? ['', '', 'B'] : SIZE_UNIT.exec(unit);
  if (match === null) throw expected(text, 'a size', SIZE_EXAMPLES);
  const bytes = Math.round((value * PREFIXES[match[1] ?? '']) / (match[2].startsWith('bit') ? 8 : 1));
  if (!Number.isSafeInteger(bytes)) throw new QuantityError(`${quote(text)} is too large a size: expected less than 9 PB`);
  return bytes;
}

/**
 * `30Mbps`, `300kB/s`, `2MiB/s` → bytes a second. `inf` and `unlimited` → Infinity. Throws `QuantityError`.
 * @param zero what 0 stands for: no limit, as is the custom where a limit is set, or 0 where a link has no capacity
 */
export function parseRate(text: string, zero: number = Number.POSITIVE_INFINITY): number {
  if (/^(inf|infinite|infinity|unlimited|∞)$/i.test(text.trim())) return Number.POSITIVE_INFINITY;
  const { value, unit } = split(text, 'a rate', RATE_EXAMPLES);
  if (value === 0 && unit === '') return zero;
  const match = RATE_UNIT.exec(unit);
  if (match === null) {
    if (unit !== '' && !SIZE_UNIT.test(unit)) throw expected(text, 'a rate', RATE_EXAMPLES);
    throw new QuantityError(`${quote(text)} is not a rate: it lacks its time; expected a number and a unit a second, ${RATE_EXAMPLES}, or inf`);
  }
  return value === 0 ? zero : (value * PREFIXES[match[1] ?? '']) / (match[2] === undefined ? 8 : 1);
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000,
};

/** `500ms`, `90s`, `30m`, `1h30m`, `1.5h`, `2d`, `0` → milliseconds. Throws `QuantityError`. */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  let totalMs = 0;
  let largerUnitMs = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const match of trimmed.matchAll(/\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)/gy)) {
    const unitMs = DURATION_UNITS_MS[match[2]];
    if (unitMs === undefined || unitMs >= largerUnitMs) break;
    totalMs += Number(match[1]) * unitMs;
    largerUnitMs = unitMs;
    end = match.index + match[0].length;
  }
  if (end === 0 || end !== trimmed.length) {
    throw new QuantityError(`${quote(text)} is not a duration: expected numbers with units, the largest first, ${DURATION_EXAMPLES}`);
  }
  return totalMs;
}

/** `12` → a whole number, zero or more. A comma separates counts (see `parseList`), not thousands. Throws `QuantityError`. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw expected(text, 'a count', 'such as 12 or 1000');
  return count;
}

/** `10,100,1000` read item by item: `parseList(text, parseCount)`. At least one item. Throws `QuantityError`. */
export function parseList<Item>(text: string, parseItem: (text: string) => Item): Item[] {
  return text.split(',').map((item) => {
    if (item.trim() === '') throw new QuantityError(`${quote(text)} has an empty place: expected items with one comma between them`);
    return parseItem(item);
  });
}

function split(text: string, kind: string, examples: string): { value: number; unit: string } {
  const match = QUANTITY.exec(text.trim());
  if (match === null) throw expected(text, kind, examples);
  return { value: Number(match[1]), unit: match[2].replace(PREFIX_LETTERS, (prefix) => prefix.toLowerCase()) };
}

function expected(text: string, kind: string, examples: string): QuantityError {
  return new QuantityError(`${quote(text)} is not ${kind}: expected one ${examples}`);
}

/** What somebody typed, on one line and not endless. */
function quote(text: string): string {
  const line = JSON.stringify(text);
  return line.length <= 42 ? line : `${line.slice(0, 40)}…"`;
}

const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/**
 * `999 B`, `1.50 MB`; or with 'binary' `1.50 MiB`, and `256 KiB` or `1 MiB` where it is exactly that, as piece lengths are.
 * Three digits, so never wider than 7 characters (8 with 'binary').
 */
export function formatBytes(bytes: number, prefixes: 'decimal' | 'binary' = 'decimal'): string {
  if (prefixes === 'decimal') return scaled(bytes, 1000, DECIMAL, 'B');
  const power = BINARY.findLastIndex((_, index) => bytes >= 1024 ** index && bytes % 1024 ** index === 0);
  return power > 0 && bytes < 1024 ** (power + 1) ? `${bytes / 1024 ** power} ${BINARY[power]}B` : scaled(bytes, 1024, BINARY, 'B');
}

/** `1.50 MB/s`, or `12.0 Mbps` with 'bit'; `unlimited`. Never wider than 9 characters. */
export function formatRate(bytesPerSecond: number, unit: 'byte' | 'bit' = 'byte'): string {
  if (bytesPerSecond === Number.POSITIVE_INFINITY) return 'unlimited';
  return unit === 'byte' ? scaled(bytesPerSecond, 1000, DECIMAL, 'B/s') : scaled(bytesPerSecond * 8, 1000, DECIMAL, 'bps');
}

/** `2,600`: with commas at the thousands. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 piece`, `2,600 pieces` */
export function counted(count: number, thing: string): string {
  return `${formatCount(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** `87.5 %`, one digit behind the point. */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** `250ms`, `4.5s`, `3m20s`, `1h30m`, `2d4h`, `∞`: the two largest units, readable by `parseDuration`; never wider than 6 characters below 100 days. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0) return `-${formatDuration(-durationMs)}`;
  if (!Number.isFinite(durationMs)) return '∞';
  if (Math.round(durationMs) < 1000) return `${Math.round(durationMs)}ms`;
  if (Math.round(durationMs / 100) < 600) return `${(durationMs / 1000).toFixed(1).replace(/\.0$/, '')}s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 3600) return pair(seconds, 60, 'm', 's');
  const minutes = Math.round(durationMs / 60_000);
  if (minutes < 24 * 60) return pair(minutes, 60, 'h', 'm');
  const hours = Math.round(durationMs / 3_600_000);
  return hours < 2400 ? pair(hours, 24, 'd', 'h') : `${Math.round(hours / 24)}d`;
}

function pair(count: number, base: number, large: string, small: string): string {
  const rest = count % base;
  return `${Math.floor(count / base)}${large}${rest === 0 ? '' : `${rest}${small}`}`;
}

/** Three significant digits and the prefix under which they fit. */
function scaled(value: number, base: number, prefixes: readonly string[], unit: string): string {
  if (value < 0) return `-${scaled(-value, base, prefixes, unit)}`;
  let power = 0;
  let rest = value;
  // What would be rounded up to the base belongs under the next prefix.
  while (power < prefixes.length - 1 && Number(digits(rest, power)) >= base) {
    rest /= base;
    power += 1;
  }
  return `${digits(rest, power)} ${prefixes[power]}${unit}`;
}

function digits(value: number, power: number): string {
  if (power === 0) return value.toFixed(0);
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}
