/** Values of the laboratory's options: lists, counts, and what a scenario is called. */
import { ShoalError } from '../../bytes/errors.ts';
import { parseCount, parseDuration, parseList, parseRate, parseSize } from '../../bytes/units.ts';
import { isPreset, PRESETS } from '../../lab/presets.ts';
import type { Disk } from '../../runtime/disk.ts';
import { resolvePath } from '../invocation.ts';
import { reader } from '../options.ts';

const SCENARIO_BYTES = 1024 * 1024;

export const readRates = reader((text) => parseList(text, (item) => parseRate(item, 0)));
export const readCounts = reader((text) => parseList(text, readPositive));
export const readPositiveCount = reader(readPositive);
/** A link's capacity; 0 is none. */
export const readCapacity = reader((text) => parseRate(text, 0));

/** Shares of a whole. */
export const readShares = reader((text) => parseList(text, (item) => {
  const share = /^\d*\.?\d+$/.test(item) ? Number(item) : Number.NaN;
  if (!(share >= 0 && share < 1)) throw new ShoalError('BAD_QUANTITY', `"${item}" is not a share: expected one from 0 to below 1, such as 0.2`);
  return share;
}));
/** Stretches of time, as milliseconds. */
export const readDurations = reader((text) => parseList(text, (item) => aboveZero(parseDuration(item), item)));

export const readSeed = reader((text) => {
  const seed = parseCount(text);
  if (seed >= 2 ** 32) throw new ShoalError('BAD_QUANTITY', 'a random seed is a whole number below 4294967296');
  return seed;
});

export const readPositiveSize = reader((text) => aboveZero(parseSize(text), text));
/** A link that something has to come through. */
export const readLink = reader((text) => aboveZero(parseRate(text, 0), text));

function aboveZero(value: number, text: string): number {
  if (value === 0) throw new ShoalError('BAD_QUANTITY', `"${text}" is nothing: expected more than 0`);
  return value;
}

function readPositive(text: string): number {
  const count = parseCount(text);
  if (count === 0) throw new ShoalError('BAD_QUANTITY', `"${text}" is not a count: expected 1 or more`);
  return count;
}

export interface NamedScenario {
  readonly name: string;
  /** As in a file, not checked yet. */
  readonly file: unknown;
}

/** The scenario of a preset's name, or in a file. Rejects with `ShoalError`. */
export async function loadScenarioFile(disk: Disk, name: string): Promise<NamedScenario> {
  if (isPreset(name)) return { name, file: PRESETS[name] };
  const path = resolvePath(name);
  if (await disk.status(path) === undefined) {
    throw new ShoalError('NO_SCENARIO', `"${name}" is neither a file nor a preset: expected one of ${Object.keys(PRESETS).join(', ')}, or a scenario's file`);
  }
  const text = Buffer.from(await disk.readWhole(path, SCENARIO_BYTES)).toString('utf8');
  try {
    return { name, file: JSON.parse(text) as unknown };
  } catch (error) {
    throw new ShoalError('BAD_SCENARIO', `${name} is not JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`);
  }
}
