import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chunkedOptimum, clientServerTime, peerToPeerTime, type Distribution } from './distribution-time.ts';

const HOUR = 3600;

/** The textbook's figure: F/u = 1 h, u_s = 10u, d_min ≥ u_s. */
function textbook(count: number): Distribution {
  const upBytesPerSecond = 1e6;
  return {
    fileBytes: HOUR * upBytesPerSecond,
    serverUpBytesPerSecond: 10 * upBytesPerSecond,
    peers: [{ count, upBytesPerSecond, downBytesPerSecond: Infinity }],
  };
}

test('the textbook figure: one rises with N, the other bends below it', () => {
  const hours = [10, 30, 100].map((count) => [count, clientServerTime(textbook(count)).seconds / HOUR, peerToPeerTime(textbook(count)).seconds / HOUR]);
  assert.deepEqual(hours.map((row) => row.map((value) => Number(value.toFixed(3)))), [[10, 1, 0.5], [30, 3, 0.75], [100, 10, 0.909]]);
});

test('the textbook exercise: 15 Gbit from 30 Mbit/s to peers of 2 Mbit/s down and 300, 700 or 2000 kbit/s up', () => {
  const seconds = (count: number, kbps: number): number[] => {
    const distribution: Distribution = {
      fileBytes: 15e9 / 8,
      serverUpBytesPerSecond: 30e6 / 8,
      peers: [{ count, upBytesPerSecond: (kbps * 1000) / 8, downBytesPerSecond: 2e6 / 8 }],
    };
    return [clientServerTime(distribution).seconds, peerToPeerTime(distribution).seconds].map(Math.round);
  };
  assert.deepEqual([10, 100, 1000].map((count) => seconds(count, 300)), [[7500, 7500], [50_000, 25_000], [500_000, 45_455]]);
  assert.deepEqual([10, 100, 1000].map((count) => seconds(count, 700)), [[7500, 7500], [50_000, 15_000], [500_000, 20_548]]);
  assert.deepEqual([10, 100, 1000].map((count) => seconds(count, 2000)), [[7500, 7500], [50_000, 7500], [500_000, 7500]]);
});

test('the binding term names the resource that holds it back', () => {
  const base = { fileBytes: 1000, serverUpBytesPerSecond: 10 };
  const peer = (upBytesPerSecond: number, downBytesPerSecond: number) => [{ count: 4, upBytesPerSecond, downBytesPerSecond }];
  assert.equal(peerToPeerTime({ ...base, peers: peer(100, 100) }).binding.formula, 'F/u_s');
  assert.equal(peerToPeerTime({ ...base, peers: peer(100, 5) }).binding.formula, 'F/d_min');
  assert.equal(peerToPeerTime({ ...base, peers: peer(1, 100) }).binding.formula, 'N·F/(u_s + Σu_i)');
  assert.equal(clientServerTime({ ...base, peers: peer(1, 100) }).binding.formula, 'N·F/u_s');
  assert.equal(clientServerTime({ ...base, peers: peer(1, 1) }).binding.formula, 'F/d_min');
});

test('the fluid floor of Bharambe, Herley and Padmanabhan (2006)', () => {
  const kibit = 1024 / 8;
  const distribution: Distribution = {
    fileBytes: 100 * 2 ** 20,
    serverUpBytesPerSecond: 6000 * kibit,
    peers: [{ count: 1000, upBytesPerSecond: 400 * kibit, downBytesPerSecond: 1500 * kibit }],
  };
  assert.equal(peerToPeerTime(distribution).seconds.toFixed(1), '2017.7');
});

test('mixed peers: the slowest downlink and the sum of all uplinks count', () => {
  const distribution: Distribution = {
    fileBytes: 1200,
    serverUpBytesPerSecond: 100,
    peers: [
      { count: 3, upBytesPerSecond: 10, downBytesPerSecond: 100 },
      { count: 2, upBytesPerSecond: 0, downBytesPerSecond: 40 },
      { count: 0, upBytesPerSecond: Infinity, downBytesPerSecond: 1 },
    ],
  };
  assert.deepEqual(peerToPeerTime(distribution).terms.map((term) => term.seconds), [12, 30, 6000 / 130]);
  assert.deepEqual(clientServerTime(distribution).terms.map((term) => term.seconds), [60, 30]);
});

const rate = fc.double({ min: 1, max: 1e9, noNaN: true });
const anyDistribution: fc.Arbitrary<Distribution> = fc.record({
  fileBytes: fc.integer({ min: 1, max: 1e12 }),
  serverUpBytesPerSecond: rate,
  peers: fc.array(fc.record({ count: fc.integer({ min: 1, max: 1000 }), upBytesPerSecond: rate, downBytesPerSecond: rate }), { minLength: 1, maxLength: 5 }),
});

test('peers never make it slower, and no uplink can make it slower either', () => {
  fc.assert(fc.property(anyDistribution, (distribution) => {
    const seconds = peerToPeerTime(distribution).seconds;
    assert.ok(seconds <= clientServerTime(distribution).seconds * (1 + 1e-12));
    const faster = { ...distribution, peers: distribution.peers.map((peer) => ({ ...peer, upBytesPerSecond: peer.upBytesPerSecond * 2 })) };
    assert.ok(peerToPeerTime(faster).seconds <= seconds);
  }));
});

const equalPeers = (count: number, chunks: number): Distribution => ({
  fileBytes: chunks, serverUpBytesPerSecond: 1, peers: [{ count, upBytesPerSecond: 1, downBytesPerSecond: 1 }],
});

test('chunks: no schedule in rounds does it in less than the formula says, and one does it in that', () => {
  for (const [count, chunks] of [[1, 1], [1, 3], [2, 1], [2, 2], [2, 4], [3, 1], [3, 2], [3, 3], [4, 1], [4, 2], [4, 3], [5, 1], [5, 2], [6, 2], [7, 1], [8, 1]]) {
    assert.deepEqual(chunkedOptimum(equalPeers(count, chunks), 1), { seconds: fewestRounds(count, chunks), chunkCount: chunks }, `N = ${count}, M = ${chunks}`);
  }
});

test('chunks: the finer they are, the nearer to the fluid bound', () => {
  const seconds = [1, 10, 1000].map((chunks) => {
    const optimum = chunkedOptimum({ fileBytes: 1000, serverUpBytesPerSecond: 1, peers: [{ count: 1023, upBytesPerSecond: 1, downBytesPerSecond: 2 }] }, 1000 / chunks);
    return 'seconds' in optimum ? optimum.seconds : Number.NaN;
  });
  assert.deepEqual(seconds, [10_000, 1900, 1009]);
});

test('chunks: where a condition of the theorem does not hold, that is said', () => {
  const unequal = { ...equalPeers(4, 4), serverUpBytesPerSecond: 2 };
  assert.deepEqual(chunkedOptimum(unequal, 1), { unknownBecause: 'the uplinks are not all equal' });
  const slowDown = { ...equalPeers(4, 4), peers: [{ count: 4, upBytesPerSecond: 1, downBytesPerSecond: 0.5 }] };
  assert.deepEqual(chunkedOptimum(slowDown, 1), { unknownBecause: 'a downlink is slower than the uplinks' });
  assert.deepEqual(chunkedOptimum({ ...equalPeers(4, 4), serverUpBytesPerSecond: Infinity }, 1), { unknownBecause: 'the server uplink has no finite rate' });
});

/** By exhaustive search: in a round each holder sends one chunk to one peer, and each peer takes one. */
function fewestRounds(count: number, chunks: number): number {
  const whole = (1 << chunks) - 1;
  const start = Array.from({ length: count }, () => 0);
  let frontier = new Map([[start.join(), start]]);
  for (let rounds = 0; ; rounds++) {
    if ([...frontier.values()].some((held) => held.every((pieces) => pieces === whole))) return rounds;
    const next = new Map<string, number[]>();
    for (const held of frontier.values()) forEachRound(held, whole, (after) => next.set(after.join(), after));
    frontier = next;
  }
}

/** Calls `visit` with what the peers may hold after one more round, in ascending order, for peers are alike. */
function forEachRound(held: readonly number[], whole: number, visit: (after: number[]) => void): void {
  const after = held.slice();
  const send = (sender: number): void => {
    if (sender === held.length) return visit(after.slice().sort((a, b) => a - b));
    send(sender + 1);
    const pieces = sender < 0 ? whole : held[sender];
    for (let receiver = 0; receiver < held.length; receiver++) {
      if (after[receiver] !== held[receiver]) continue;
      for (let piece = 1; piece <= whole; piece <<= 1) {
        if ((pieces & piece) === 0 || (held[receiver] & piece) !== 0) continue;
        after[receiver] = held[receiver] | piece;
        send(sender + 1);
        after[receiver] = held[receiver];
      }
    }
  };
  send(-1);
}
