import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SeededRandom } from '../../runtime/simulated/simulation.ts';
import { Tokens } from './tokens.ts';

const MINUTE_MS = 60_000;
const HERE = Uint8Array.of(20, 0, 0, 1);
const THERE = Uint8Array.of(20, 0, 0, 2);

test('a token lives five minutes for certain and ten at most, whatever is asked in between', () => {
  const minutes = fc.double({ min: 0, max: 40, noNaN: true });
  fc.assert(fc.property(minutes, minutes, fc.array(minutes, { maxLength: 8 }), (start, life, others) => {
    const tokens = new Tokens(new SeededRandom(1), 0);
    const issuedMs = start * MINUTE_MS;
    const usedMs = issuedMs + life * MINUTE_MS;
    const token = tokens.issue(HERE, issuedMs);
    for (const between of others.map((other) => other * MINUTE_MS).filter((at) => at > issuedMs && at < usedMs).sort((a, b) => a - b)) {
      tokens.issue(THERE, between);
    }
    const isValid = tokens.isValid(token, HERE, usedMs);
    if (life <= 5) assert.ok(isValid);
    if (life > 10) assert.ok(!isValid);
  }));
});

test('a token is good for its address alone', () => {
  const tokens = new Tokens(new SeededRandom(1), 0);
  assert.ok(tokens.isValid(tokens.issue(HERE, 0), HERE, 0));
  assert.ok(!tokens.isValid(tokens.issue(HERE, 0), THERE, 0));
  for (const guess of [new Uint8Array(0), new Uint8Array(8), tokens.issue(HERE, 0).subarray(0, 7)]) assert.ok(!tokens.isValid(guess, HERE, 0));
});
