import assert from 'node:assert/strict';
import test from 'node:test';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { Rounds } from './rounds.ts';

const RHYTHM = { intervalMs: 100_000, firstRetryMs: 5000, leastIntervalMs: 20_000 };

/** Rounds that last a second each, and the seconds at which they began. */
function setUp(isFruitful: () => boolean): { simulation: Simulation; rounds: Rounds; began: number[] } {
  const simulation = new Simulation();
  const began: number[] = [];
  const rounds = new Rounds(simulation, RHYTHM, async () => {
    began.push(simulation.now() / 1000);
    await new Promise((resolve) => void simulation.after(1000, () => resolve(undefined)));
    return isFruitful();
  });
  rounds.start();
  return { simulation, rounds, began };
}

test('fruitful rounds come at a steady interval', async () => {
  const { simulation, began } = setUp(() => true);
  await simulation.run(250_000);
  assert.deepEqual(began, [0, 101, 202]);
});

test('fruitless rounds come more and more rarely, but no more rarely than fruitful ones', async () => {
  const { simulation, began } = setUp(() => false);
  await simulation.run(400_000);
  assert.deepEqual(began, [0, 6, 17, 38, 79, 160, 261, 362]);
});

test('where more is wanted a round comes sooner, but never in a rush, nor while one is under way', async () => {
  const { simulation, rounds, began } = setUp(() => true);
  rounds.wantMore();
  await simulation.run(500);
  rounds.wantMore();
  await simulation.run(4500);
  for (let count = 0; count < 10; count++) rounds.wantMore();
  await simulation.run(30_000);
  assert.deepEqual(began, [0, 20]);
});

test('after the stop no round begins', async () => {
  const { simulation, rounds, began } = setUp(() => false);
  await simulation.run(500);
  rounds.stop();
  await simulation.run(500_000);
  assert.deepEqual(began, [0]);
});
