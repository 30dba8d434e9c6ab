import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { completionProbability, meanCompletionTime, PRISM_CHAIN, simulateChain, type DownloadChain } from './download-chain.ts';
import { mean, standardDeviation } from './statistics.ts';

test('the PRISM case study: the mean time until all have all, and the probability of being done by 1', () => {
  assert.equal(meanCompletionTime(PRISM_CHAIN).toFixed(4), '0.6848');
  assert.equal(completionProbability(PRISM_CHAIN, 1).toFixed(4), '0.9246');
});

test('cases that can be done by hand', () => {
  // One client, one block: exponential.
  const single: DownloadChain = { clientCount: 1, blockCount: 1, rate: 2, maxSources: 4 };
  assert.equal(meanCompletionTime(single), 0.5);
  assert.ok(Math.abs(completionProbability(single, 1) - (1 - Math.exp(-2))) < 1e-12);
  // One client, K blocks at rate 1: the harmonic sum.
  assert.ok(Math.abs(meanCompletionTime({ clientCount: 1, blockCount: 4, rate: 1, maxSources: 1 }) - (1 + 1 / 2 + 1 / 3 + 1 / 4)) < 1e-12);
  // Two clients, one block: 1/(2μ) until the first has it, then 1/(2μ) from two sources.
  assert.equal(meanCompletionTime({ clientCount: 2, blockCount: 1, rate: 1, maxSources: 2 }), 1);
});

test('the mean is the integral of the probability of not being done', () => {
  const step = 0.001;
  let integral = 0;
  for (let time = step / 2; time < 8; time += step) integral += (1 - completionProbability(PRISM_CHAIN, time)) * step;
  assert.ok(Math.abs(integral - meanCompletionTime(PRISM_CHAIN)) < 1e-6, String(integral));
});

test('probabilities rise from 0 to 1, also far out', () => {
  const shares = [0, 0.1, 0.5, 1, 2, 5, 1000].map((time) => completionProbability(PRISM_CHAIN, time));
  assert.deepEqual(shares, shares.toSorted((a, b) => a - b));
  assert.equal(shares[0], 0);
  assert.ok(Math.abs(shares[6] - 1) < 1e-9, String(shares[6]));
});

test('simulated, it comes to the same within four standard errors', () => {
  const random = new SeededRandom(5);
  const times = Array.from({ length: 20_000 }, () => simulateChain(PRISM_CHAIN, random));
  const standardError = standardDeviation(times) / Math.sqrt(times.length);
  assert.ok(Math.abs(mean(times) - 0.6848) < 4 * standardError, `${mean(times)} ± ${standardError}`);
  const share = times.filter((time) => time <= 1).length / times.length;
  assert.ok(Math.abs(share - 0.9246) < 4 * Math.sqrt((0.9246 * 0.0754) / times.length), String(share));
});
