/** Scenarios by name: each shows one thing that is known of swarms, and is a beginning for one's own. */
import { ShoalError } from '../bytes/errors.ts';
import { checkScenario, type Scenario, type ScenarioFile } from './scenario.ts';

/** Rates are in units of 1024 bit/s where the original counts so. */
export const PRESETS = {
  textbook: {
    name: 'textbook',
    description: 'Kurose and Ross, figure 2.22: F/u = 1 h, u_s = 10u, d_min ≥ u_s. With 30 peers a server alone needs 3 h, the swarm at least 45 min.',
    file: { size: '450MB', pieceLength: '512KiB' },
    seeds: { up: '10Mbps' },
    peers: [{ count: 30, up: '1Mbps', down: 'inf', departure: { kind: 'never' } }],
    duration: '6h',
  },
  'flash-crowd': {
    name: 'flash-crowd',
    description: 'Everybody comes within a minute, and each leaves as soon as it is done.',
    file: { size: '64MiB' },
    seeds: { up: '4Mbps' },
    peers: [{ count: 200, up: '2Mbps', down: '10Mbps', arrival: { kind: 'flash-crowd', within: '1m' } }],
    duration: '4h',
  },
  'free-riders': {
    name: 'free-riders',
    description: 'One peer in five takes and does not give, and everybody leaves when done. Under tit for tat those who give are done first, and the others are left with the seed; compare with "choking": "random".',
    file: { size: '64MiB' },
    seeds: { up: '4Mbps', choking: 'textbook' },
    peers: [
      { name: 'givers', count: 80, up: '1Mbps', down: '8Mbps', choking: 'textbook', arrival: { kind: 'flash-crowd', within: '10s' }, departure: { kind: 'when-done' } },
      { name: 'free riders', count: 20, up: '1Mbps', down: '8Mbps', behaviour: 'free-rider', arrival: { kind: 'flash-crowd', within: '10s' }, departure: { kind: 'when-done' } },
    ],
    duration: '6h',
  },
  'seed-leaves': {
    name: 'seed-leaves',
    description: 'The only seed goes after it has sent the file twice; the swarm must have every piece by then, and live on by itself.',
    file: { size: '64MiB' },
    seeds: { up: '4Mbps', departure: { kind: 'after-copies', copies: 2 } },
    peers: [{ count: 60, up: '2Mbps', down: '10Mbps', departure: { kind: 'after', stay: '2m' } }],
    duration: '4h',
  },
  churn: {
    name: 'churn',
    description: 'Peers come one by one at random and go at random, half of them before they are done.',
    file: { size: '64MiB' },
    seeds: { up: '8Mbps' },
    peers: [{ count: 300, up: '2Mbps', down: '10Mbps', arrival: { kind: 'poisson', meanGap: '5s' }, departure: { kind: 'at-random', meanStay: '6m' } }],
    duration: '2h',
  },
  'missing-piece': {
    name: 'missing-piece',
    description: 'Hajek and Zhu, "The missing piece syndrome in peer-to-peer communication" (2010): peers come every 8 s and leave when done, and the seed sends a piece in 10.5 s; so those who lack only the rarest one become ever more. Coming every 16 s they do not.',
    file: { size: '1MiB', pieceLength: '256KiB' },
    seeds: { up: '200kbps' },
    peers: [{ count: 450, up: '1Mbps', down: '4Mbps', arrival: { kind: 'poisson', meanGap: '8s' } }],
    duration: '1h',
  },
  fleet: {
    name: 'fleet',
    description: 'An image to machines in data centres: every link alike and fast, all start at once, all stay until the last is done.',
    file: { size: '256MiB', pieceLength: '1MiB' },
    seeds: { up: '100MB/s', latency: '1ms' },
    peers: [{ count: 200, up: '100MB/s', down: '100MB/s', latency: '1ms', departure: { kind: 'never' } }],
    duration: '1h',
  },
  'bharambe-2006': {
    name: 'bharambe-2006',
    description: 'Bharambe, Herley and Padmanabhan, "Analyzing and Improving a BitTorrent Network\'s Performance Mechanisms" (INFOCOM 2006): 1,000 peers of 1500/400 kbit/s, one seed of 6 Mbit/s, a file of 400 blocks; all come within 10 s and leave when done. The fluid floor is 2,017.7 s.',
    file: { size: '100MiB', pieceLength: '256KiB' },
    seeds: { up: '6000Kibit/s' },
    peers: [{ count: 1000, up: '400Kibit/s', down: '1500Kibit/s', arrival: { kind: 'flash-crowd', within: '10s' } }],
    neighbours: 25,
    duration: '3h',
  },
} as const satisfies Readonly<Record<string, ScenarioFile>>;

export type PresetName = keyof typeof PRESETS;

export function isPreset(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

/** The preset of that name, checked. Throws `ShoalError` 'NO_PRESET'. */
export function preset(name: string): Scenario {
  if (!isPreset(name)) throw new ShoalError('NO_PRESET', `there is no preset "${name}": expected one of ${Object.keys(PRESETS).join(', ')}`);
  return checkScenario(PRESETS[name], name);
}
