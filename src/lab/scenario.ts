/**
 * A scenario: everything that a simulated swarm depends on, as a JSON file that a person writes. Quantities carry their
 * units in the file (`"up": "400kbps"`) and are bytes, bytes a second and milliseconds once read.
 *
 * Invariant: a `Scenario` has been checked in full; nothing in it is negative, unknown or at odds with the rest. One schema
 * checks the file, gives the types here, and is published as JSON Schema.
 */
import * as z from 'zod';
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import { formatBytes, formatDuration, parseDuration, parseRate, parseSize } from '../bytes/units.ts';
import { CHOKING_POLICIES, type ChokingPolicyName } from '../swarm/choking-policies.ts';
import { PICKING_POLICIES, type PickingPolicy } from '../swarm/picking-policies.ts';
import type { Distribution } from './distribution-time.ts';

export type Scenario = z.output<typeof FIELDS>;
/** A scenario as it stands in a file. */
export type ScenarioFile = z.input<typeof FIELDS>;
export type ScenarioPeers = Scenario['peers'][number];
export type Arrival = ScenarioPeers['arrival'];

/** What the class of the seeds is called in results. */
export const SEEDS_NAME = 'seeds';
/** Peers of one scenario: what a laboratory run has memory for. */
const PEERS_AT_MOST = 100_000;

const size = (what: string) => quantity(`${what}: a size such as 100MiB or 3GB`, parseSize, (bytes) => bytes > 0);
/** Above zero: with an uplink of none a peer could not even ask; one that only takes is a behaviour, `free-rider`. */
const rate = (what: string) => quantity(`${what}: a rate such as 400kbps or 2MB/s, above 0, or inf`, (text) => parseRate(text, 0), (bytesPerSecond) => bytesPerSecond > 0);
const duration = (what: string) => quantity(`${what}: a duration such as 500ms, 30s or 1h30m`, parseDuration, () => true);
const count = (what: string, least: number, most: number) => z.int().min(least).max(most).describe(`${what}: a whole number from ${least} to ${most}`);

/** A field that is text with a unit in the file, and a number in the base unit once read. */
function quantity(description: string, parse: (text: string) => number, isAllowed: (value: number) => boolean) {
  return z.string().describe(description).transform((text, context) => {
    try {
      const value = parse(text);
      if (isAllowed(value)) return value;
      context.issues.push({ code: 'custom', input: text, message: `is ${JSON.stringify(text)}: expected ${expectation(description)}` });
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error;
      context.issues.push({ code: 'custom', input: text, message: error.message });
    }
    return z.NEVER;
  });
}

const POLICIES = {
  choking: z.enum(Object.keys(CHOKING_POLICIES) as [ChokingPolicyName, ...ChokingPolicyName[]]).default('adaptive')
    .describe('Whom to unchoke: textbook is 4 + 1 slots by tit for tat, adaptive as many as fill the uplink, random looks at nothing'),
  picking: z.enum(Object.keys(PICKING_POLICIES) as [PickingPolicy, ...PickingPolicy[]]).default('rarest-first').describe('Which piece to fetch next'),
};

const ARRIVAL = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('flash-crowd'),
    within: duration('All arrive evenly spread over this time').prefault('0'),
  }).transform(({ kind, within }) => ({ kind, withinMs: within })),
  z.strictObject({
    kind: z.literal('poisson'),
    meanGap: duration('Mean time between two arrivals, which are independent of one another'),
  }).transform(({ kind, meanGap }) => ({ kind, meanGapMs: meanGap })),
  z.strictObject({
    kind: z.literal('trace'),
    times: z.array(duration('When one peer arrives, from the start')).min(1).describe('When each peer arrives'),
  }).transform(({ kind, times }) => ({ kind, timesMs: times })),
]).describe('When peers come');

const DEPARTURE = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('when-done') }),
  z.strictObject({
    kind: z.literal('after'),
    stay: duration('How long a peer stays once it has the whole file'),
  }).transform(({ kind, stay }) => ({ kind, stayMs: stay })),
  z.strictObject({
    kind: z.literal('at-random'),
    meanStay: duration('Mean time from arrival to departure, exponentially distributed, file or no file'),
  }).transform(({ kind, meanStay }) => ({ kind, meanStayMs: meanStay })),
  z.strictObject({ kind: z.literal('never') }),
]).describe('When peers go');

const SEED_DEPARTURE = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('never') }),
  z.strictObject({
    kind: z.literal('after'), stay: duration('How long the seeds stay, from the start'),
  }).transform(({ kind, stay }) => ({ kind, stayMs: stay })),
  z.strictObject({
    kind: z.literal('after-copies'), copies: z.number().positive().describe('Each seed goes once it has sent so many times the size of the file'),
  }),
]).describe('When the seeds go');

const PEERS = z.strictObject({
  name: z.string().min(1).max(60).default('peers').describe('What the class is called in results; unique'),
  count: count('Peers of this class', 1, PEERS_AT_MOST),
  up: rate('Uplink'),
  down: rate('Downlink'),
  latency: duration('One way, from the peer to the middle of the network; a message pays the sender\'s and the receiver\'s').prefault('20ms'),
  arrival: ARRIVAL.prefault({ kind: 'flash-crowd' }),
  departure: DEPARTURE.prefault({ kind: 'when-done' }),
  behaviour: z.enum(['honest', 'free-rider', 'liar']).default('honest')
    .describe('free-rider: takes and never unchokes anybody; liar: says it has every piece and sends spoilt ones'),
  ...POLICIES,
}).transform(({ up, down, latency, ...rest }) => ({ ...rest, upBytesPerSecond: up, downBytesPerSecond: down, latencyMs: latency }));

const SEEDS = z.strictObject({
  count: count('Peers that have the whole file from the start', 1, 1000).default(1),
  up: rate('Uplink'),
  down: rate('Downlink').prefault('inf'),
  latency: duration('One way, from the seed to the middle of the network').prefault('20ms'),
  departure: SEED_DEPARTURE.prefault({ kind: 'never' }),
  superSeeding: z.boolean().default(false).describe('Each seed names a piece to one peer at a time (BEP 16)'),
  choking: POLICIES.choking,
}).transform(({ up, down, latency, ...rest }) => ({ ...rest, upBytesPerSecond: up, downBytesPerSecond: down, latencyMs: latency }));

const FIELDS = z.strictObject({
  $schema: z.string().optional().describe('For editors; passed over'),
  name: z.string().min(1).max(60).describe('What the scenario is called in results'),
  description: z.string().max(2000).default('').describe('What it is to show'),
  file: z.strictObject({
    size: size('The file'),
    pieceLength: size('Its pieces').prefault('256KiB'),
  }).transform(({ size: bytes, pieceLength }) => ({ bytes, pieceBytes: pieceLength })),
  seeds: SEEDS,
  peers: z.array(PEERS).min(1).max(100).describe('Classes of peers'),
  tracker: z.strictObject({
    peersPerAnswer: count('Peers named in one answer', 1, LIMITS.peersPerAnswer).default(50),
    interval: duration('Time between two announces of a peer').prefault('30m'),
  }).prefault({}).transform(({ peersPerAnswer, interval }) => ({ peersPerAnswer, intervalMs: interval })),
  neighbours: count('Connections a peer holds at most', 1, 1000).default(80),
  duration: duration('The run ends when every peer has come and got the file or gone, and at this time at the latest').prefault('1d'),
  seed: count('All randomness is drawn from it: the same seed gives the same run', 0, 2 ** 32 - 1).default(1),
}).transform(({ name, description, file, seeds, peers, tracker, neighbours, duration: durationMs, seed }) => (
  { name, description, file, seeds, peers, tracker, neighbours, durationMs, seed }
));

const SCENARIO = FIELDS.superRefine((scenario, context) => {
  for (const { path, message } of contradictions(scenario)) context.addIssue({ code: 'custom', path: [...path], message });
});

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What each field allows by itself and all together do not. */
function contradictions(scenario: Scenario): Contradiction[] {
  const { file, peers, durationMs } = scenario;
  const found: Contradiction[] = [];
  const say = (path: readonly (string | number)[], message: string): void => void found.push({ path, message });
  if (file.pieceBytes % LIMITS.blockBytes !== 0 || file.pieceBytes > LIMITS.pieceBytes) {
    say(['file', 'pieceLength'], `is ${formatBytes(file.pieceBytes, 'binary')}: expected a multiple of 16KiB, at most ${formatBytes(LIMITS.pieceBytes, 'binary')}`);
  } else if (file.bytes / file.pieceBytes > LIMITS.torrentPieces) {
    say(['file', 'pieceLength'], `gives the file ${Math.ceil(file.bytes / file.pieceBytes)} pieces: expected at most ${LIMITS.torrentPieces}`);
  }
  if (peers.reduce((total, { count: each }) => total + each, 0) > PEERS_AT_MOST) say(['peers'], `has more than ${PEERS_AT_MOST} peers in all: expected no more`);
  if (durationMs === 0) say(['duration'], 'is 0: expected time for the run to take');
  peers.forEach(({ name, arrival, count: each }, index) => {
    if (peers.findIndex((other) => other.name === name) < index) say(['peers', index, 'name'], `is ${JSON.stringify(name)} a second time: expected a name of its own for each class`);
    if (name === SEEDS_NAME) say(['peers', index, 'name'], `is ${JSON.stringify(name)}: expected another name, for that is what the seeds are called`);
    if (arrival.kind === 'trace' && arrival.timesMs.length !== each) {
      say(['peers', index, 'arrival', 'times'], `names ${arrival.timesMs.length} arrivals for ${each} peers: expected as many as peers`);
    }
    const lastMs = arrival.kind === 'trace' ? Math.max(...arrival.timesMs) : arrival.kind === 'flash-crowd' ? arrival.withinMs : 0;
    if (lastMs > durationMs) say(['peers', index, 'arrival'], `brings the last peer after ${formatDuration(lastMs)}: expected before the end of the run, ${formatDuration(durationMs)}`);
  });
  return found;
}

/**
 * Reads a scenario's text. Throws `ShoalError` 'BAD_SCENARIO': one line with the place in the file and what was expected.
 * @param source what errors call it, such as the file's name
 */
export function parseScenario(text: string, source: string): Scenario {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ShoalError('BAD_SCENARIO', `${source} is not JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`);
  }
  return checkScenario(value, source);
}

/** As `parseScenario`, for what is JSON no more. */
export function checkScenario(value: unknown, source: string): Scenario {
  const result = SCENARIO.safeParse(value, { error: explain });
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new ShoalError('BAD_SCENARIO', `${[`${source}:`, pathText(first.path), first.message].filter((part) => part !== '').join(' ')}${more}`);
}

/** `peers[0].up`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('');
}

/** One line for each kind of fault that the schema finds by itself. */
const explain: z.core.$ZodErrorMap = (issue) => {
  const schema = issue.inst instanceof z.ZodType ? issue.inst : undefined;
  const expected = expectation(schema?.description ?? '');
  if (issue.code === 'unrecognized_keys') {
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape).filter((key) => key !== '$schema').join(', ') : '';
    return `${JSON.stringify(issue.keys[0]).slice(0, 60)} is not a field here: expected ${known}`;
  }
  if (issue.code === 'invalid_union' && Array.isArray(issue.options)) return `expected ${list(issue.options)}`;
  const saw = issue.input === undefined ? 'is missing' : `is ${shown(issue.input)}`;
  if (issue.code === 'invalid_value') return `${saw}: expected ${list(issue.values)}`;
  if (issue.code === 'invalid_type') return `${saw}: expected ${expected === '' || issue.expected === 'object' ? NOUNS[issue.expected] ?? issue.expected : expected}`;
  if (issue.code === 'too_small') return `${saw}: expected at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `${saw}: expected at most ${issue.maximum}`;
  return undefined;
};

const NOUNS: Readonly<Record<string, string>> = {
  object: 'an object with fields, in braces', array: 'a list, in brackets', string: 'text in quotes', number: 'a number', int: 'a whole number', boolean: 'true or false',
};

/** The part of a description that says what a value looks like. */
function expectation(description: string): string {
  return /: (an? .*)$/.exec(description)?.[1] ?? '';
}

function list(values: readonly unknown[]): string {
  return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
}

function shown(value: unknown): string {
  return value !== null && typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'an object') : String(JSON.stringify(value)).slice(0, 40);
}

/** The scenario's schema as JSON Schema (draft 2020-12), for editors and other programs. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(SCENARIO, { io: 'input' });
}

/** What the model is asked about a scenario: its file, its seeds as one server, and its honest peers, as if all were there from the start. */
export function distributionOf({ file, seeds, peers }: Scenario): Distribution {
  return {
    fileBytes: file.bytes,
    serverUpBytesPerSecond: seeds.count * seeds.upBytesPerSecond,
    // A liar has no use for the file.
    peers: peers.filter(({ behaviour }) => behaviour !== 'liar').map(({ name, count: each, behaviour, upBytesPerSecond, downBytesPerSecond }) => (
      { name, count: each, downBytesPerSecond, upBytesPerSecond: behaviour === 'honest' ? upBytesPerSecond : 0 }
    )),
  };
}
