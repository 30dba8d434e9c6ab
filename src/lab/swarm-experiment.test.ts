import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preset } from './presets.ts';
import { reportFiles } from './report.ts';
import { checkScenario, type ScenarioFile } from './scenario.ts';
import { mean } from './statistics.ts';
import { runScenario } from './swarm-experiment.ts';
import { summarise, type SwarmResults } from './swarm-results.ts';

/** Thirty peers of 2 Mbit/s and one seed of four times that, who stay. */
const thirty: ScenarioFile = {
  name: 'thirty', file: { size: '16MiB', pieceLength: '64KiB' }, seeds: { up: '8Mbps' },
  peers: [{ count: 30, up: '2Mbps', down: '20Mbps', departure: { kind: 'never' } }], duration: '1h',
};

function run(file: ScenarioFile, seed = 1): Promise<SwarmResults> {
  return runScenario(checkScenario(file, file.name), { seed });
}

test('one seed gives one result, to the byte; another seed another', async () => {
  const [first, again, other] = [await run(thirty), await run(thirty), await run(thirty, 2)];
  assert.deepEqual(reportFiles(first), reportFiles(again));
  assert.notDeepEqual(reportFiles(first), reportFiles(other));
});

test('everybody is done, close to the bound, and every byte that was received was sent', async () => {
  const results = await run(thirty);
  const { doneCount, boundOverActual, wastedShare } = summarise(results);
  assert.equal(doneCount, 30);
  assert.ok(boundOverActual !== undefined && boundOverActual > 0.8 && boundOverActual <= 1, String(boundOverActual));
  assert.ok(wastedShare < 0.03, String(wastedShare));
  const total = (value: (peer: SwarmResults['peers'][number]) => number): number => results.peers.reduce((sum, peer) => sum + value(peer), 0);
  assert.ok(total((peer) => peer.receivedBytes) <= total((peer) => peer.sentBytes));
  assert.ok(total((peer) => peer.receivedBytes - peer.wastedBytes) >= 30 * results.fileBytes);
});

test('sixty peers of bharambe-2006 come within 10 % of the floor to the last, who leave at once as they do', async () => {
  const scenario = preset('bharambe-2006');
  const results = await runScenario({ ...scenario, peers: scenario.peers.map((group) => ({ ...group, count: 60 })) });
  const { boundOverActual, meanSeconds, peerUplinkUse, wastedShare } = summarise(results);
  assert.ok(boundOverActual !== undefined && boundOverActual > 1 / 1.1, String(boundOverActual));
  assert.ok(meanSeconds < results.bound.seconds * 1.02, String(meanSeconds));
  assert.ok(peerUplinkUse > 0.97 && wastedShare < 0.005, `${peerUplinkUse} ${wastedShare}`);
});

test('a run that is stopped gives what it has come to', async () => {
  const controller = new AbortController();
  const results = await runScenario(checkScenario(thirty, 'thirty'), {
    signal: controller.signal, onProgress: ({ seconds }) => { if (seconds >= 10) controller.abort(); },
  });
  assert.equal(results.isCutShort, true);
  assert.equal(results.endedSeconds, 10);
  assert.ok(results.peers.some((peer) => peer.receivedBytes > 0));
});

test('a seed of a tenth of what the uplinks could pass on leaves them idle: no piece can be given that nobody has been given', async () => {
  const slow = { ...thirty, seeds: { up: '500kbps' }, file: { size: '16MiB', pieceLength: '64KiB' } };
  const { boundOverActual, peerUplinkUse } = summarise(await run(slow));
  assert.ok(boundOverActual !== undefined && boundOverActual > 0.7, String(boundOverActual));
  assert.ok(peerUplinkUse < 0.5, String(peerUplinkUse));
});

test('rarest first beats random choice where the only seed is slow', async () => {
  const meanSeconds = async (picking: 'rarest-first' | 'random'): Promise<number> => {
    const peers = [{ count: 40, up: '1Mbps', down: '8Mbps', picking, departure: { kind: 'never' as const } }];
    const runs = [1, 2, 3].map((seed) => run({ ...thirty, file: { size: '24MiB', pieceLength: '128KiB' }, seeds: { up: '1Mbps' }, peers }, seed));
    return mean((await Promise.all(runs)).map((results) => summarise(results).meanSeconds));
  };
  const [rarest, random] = [await meanSeconds('rarest-first'), await meanSeconds('random')];
  assert.ok(rarest < random * 0.94, `${rarest} against ${random} s`);
});

test('where peers leave when done and come faster than the seed sends a piece, the swarm grows; below that rate it does not', async () => {
  const present = async (meanGap: string): Promise<number[]> => {
    const { samples } = await run({
      name: 'missing', file: { size: '1MiB' }, seeds: { up: '200kbps' }, duration: '15m', neighbours: 10,
      peers: [{ count: 200, up: '1Mbps', down: '4Mbps', arrival: { kind: 'poisson', meanGap } }],
    });
    return [0.5, 0.75, 1].map((share) => samples[Math.ceil(samples.length * share) - 1].present);
  };
  // A piece takes the seed 10.5 s.
  const [half, later, end] = await present('5s');
  assert.ok(half > 25 && later > half * 1.3 && end > later * 1.3, `${half} ${later} ${end}`);
  const stable = await present('16s');
  assert.ok(stable.every((count) => count < 12), stable.join(' '));
});

test('free riders end long after the givers under tit for tat, and before them where unchoking is random, at the givers\' cost', async () => {
  const group = { up: '1Mbps', down: '8Mbps', departure: { kind: 'when-done' as const } };
  const medians = async (choking: 'textbook' | 'adaptive' | 'random'): Promise<{ givers: number; riders: number }> => {
    const results = await run({
      name: 'riders', file: { size: '32MiB' }, seeds: { up: '2Mbps', choking: 'textbook' }, duration: '2h',
      peers: [{ name: 'givers', count: 32, ...group, choking }, { name: 'riders', count: 8, ...group, behaviour: 'free-rider' }],
    });
    const of = (name: string): number => summarise(results).classes.find(({ className }) => className === name)?.medianSeconds ?? Number.NaN;
    return { givers: of('givers'), riders: of('riders') };
  };
  const random = await medians('random');
  assert.ok(random.riders < random.givers, `random: ${JSON.stringify(random)}`);
  for (const choking of ['textbook', 'adaptive'] as const) {
    const fair = await medians(choking);
    assert.ok(fair.riders > fair.givers * 2, `${choking}: ${JSON.stringify(fair)}`);
    assert.ok(fair.givers < random.givers * 0.95, `${choking} against random: ${fair.givers} ${random.givers}`);
  }
});

test('liars are found out and banned, and everybody gets the file all the same', async () => {
  const results = await run({
    ...thirty, file: { size: '4MiB', pieceLength: '64KiB' },
    peers: [
      { name: 'honest', count: 12, up: '2Mbps', down: '20Mbps', departure: { kind: 'never' } },
      { name: 'liars', count: 2, up: '2Mbps', down: '20Mbps', behaviour: 'liar', departure: { kind: 'never' } },
    ],
  });
  const { doneCount, peerCount, wastedShare } = summarise(results);
  assert.deepEqual([doneCount, peerCount], [12, 12]);
  assert.ok(wastedShare > 0 && wastedShare < 0.6, String(wastedShare));
});

test('peers come and go as the scenario says', async () => {
  const results = await run({
    ...thirty, file: { size: '1MiB' }, duration: '10m',
    seeds: { up: '8Mbps', departure: { kind: 'after', stay: '5m' } },
    peers: [
      { name: 'trace', count: 2, up: '2Mbps', down: 'inf', arrival: { kind: 'trace', times: ['40s', '10s'] }, departure: { kind: 'after', stay: '7s' } },
      { name: 'gone', count: 1, up: '2Mbps', down: 'inf', arrival: { kind: 'flash-crowd' } },
      { name: 'late', count: 1, up: '2Mbps', down: 'inf', arrival: { kind: 'trace', times: ['6m'] } },
    ],
  });
  const [seed, first, second, gone, late] = results.peers;
  assert.equal(seed.leftSeconds, 300);
  assert.deepEqual([first.arrivedSeconds, second.arrivedSeconds, late.arrivedSeconds], [10, 40, 360]);
  assert.ok(Math.abs((first.leftSeconds ?? 0) - (first.doneSeconds ?? 0) - 7) < 0.0015);
  assert.equal(gone.leftSeconds, gone.doneSeconds);
  assert.equal(late.doneSeconds, undefined);
  assert.equal(results.endedSeconds, 600);
});
