import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loneNeighbour, type LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { equalBytes } from '../bytes/compare.ts';
import { LIMITS } from '../bytes/limits.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import type { MetadataMessage } from '../wire/extensions.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { MetadataExchange } from './metadata-exchange.ts';

const BLOCK = LIMITS.blockBytes;

/** How a peer answers a request; undefined: not at all. `data` is what the piece should be, of metadata as long as it claims. */
type Mood = (piece: number, totalBytes: number, data: Uint8Array) => MetadataMessage | undefined;

const honest: Mood = (piece, totalBytes, data) => ({ type: 'data', piece, totalBytes, data });
const silent: Mood = () => undefined;
const unwilling: Mood = (piece) => ({ type: 'reject', piece });
const lying: Mood = (piece, totalBytes, data) => ({ type: 'data', piece, totalBytes, data: data.slice().fill(7) });
const short: Mood = (piece, totalBytes) => ({ type: 'data', piece, totalBytes, data: new Uint8Array(0) });

/** Somebody who wants metadata of so many bytes, among peers of all kinds. Each answer takes 100 ms. */
class Wanting {
  readonly truth: Uint8Array;
  readonly exchange: MetadataExchange;
  readonly moods = new Map<LoneNeighbour, { mood: Mood; readonly bytes: number }>();
  readonly banned: LoneNeighbour[] = [];
  /** Who was asked for which piece, in order. */
  readonly asked: { neighbour: LoneNeighbour; piece: number }[] = [];
  completed = 0;
  nowMs = 0;
  #answers: { atMs: number; neighbour: LoneNeighbour; message: MetadataMessage }[] = [];

  constructor(bytes: number) {
    this.truth = new SeededRandom(4).bytes(bytes);
    this.exchange = new MetadataExchange({
      send: (neighbour, { piece }) => this.#requested(neighbour as LoneNeighbour, piece),
      isRight: (infoBytes) => equalBytes(infoBytes, this.truth),
      complete: () => { this.completed += 1; },
      guilty: (neighbours) => { for (const neighbour of neighbours) this.#ban(neighbour as LoneNeighbour); },
    });
  }

  meet(mood: Mood, bytes = this.truth.length): LoneNeighbour {
    const neighbour = loneNeighbour({ nowMs: this.nowMs });
    this.moods.set(neighbour, { mood, bytes });
    this.exchange.offered(neighbour, bytes, this.nowMs);
    return neighbour;
  }

  leave(neighbour: LoneNeighbour): void {
    if (this.moods.delete(neighbour)) this.exchange.left(neighbour);
  }

  /** Runs until it is known; gives the seconds that it took. */
  seconds(limit: number): number {
    const beganMs = this.nowMs;
    while (this.completed === 0 && this.nowMs - beganMs < limit * 1000) this.#step();
    return (this.nowMs - beganMs) / 1000;
  }

  #step(): void {
    this.nowMs += 100;
    const due = this.#answers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#answers = this.#answers.filter(({ atMs }) => atMs > this.nowMs);
    for (const { neighbour, message } of due) if (this.moods.has(neighbour)) this.exchange.received(neighbour, message, this.nowMs);
    if (this.nowMs % 1000 === 0) this.exchange.tick(this.nowMs);
  }

  #requested(neighbour: LoneNeighbour, piece: number): void {
    this.asked.push({ neighbour, piece });
    const { mood, bytes } = this.moods.get(neighbour)!;
    const data = new Uint8Array(Math.min(BLOCK, bytes - piece * BLOCK));
    data.set(this.truth.subarray(piece * BLOCK, piece * BLOCK + data.length));
    const message = mood(piece, bytes, data);
    if (message !== undefined) this.#answers.push({ atMs: this.nowMs + 100, neighbour, message });
  }

  #ban(neighbour: LoneNeighbour): void {
    this.banned.push(neighbour);
    this.leave(neighbour);
  }
}

test('the pieces are gathered from all who have them, four at a time of each', () => {
  const wanting = new Wanting(20 * BLOCK + 5);
  wanting.meet(honest);
  assert.deepEqual(wanting.asked.map(({ piece }) => piece), [0, 1, 2, 3]);
  wanting.meet(honest);
  assert.deepEqual(wanting.asked.map(({ piece }) => piece), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.ok(wanting.seconds(60) < 1);
  assert.deepEqual([wanting.banned, wanting.exchange.knownBytes], [[], 20 * BLOCK + 5]);
});

test('those who claim other sizes hold nobody up, however many they are, and memory is not taken by what they claim', () => {
  const wanting = new Wanting(3 * BLOCK);
  for (let count = 0; count < 70; count++) wanting.meet(silent, LIMITS.metadataBytes - count * BLOCK);
  wanting.meet(honest);
  assert.ok(wanting.seconds(60) < 1);
});

test('one who names a second size is refused, and his first claim is no more than that', () => {
  const wanting = new Wanting(3 * BLOCK);
  const liar = wanting.meet(silent, 100);
  wanting.exchange.offered(liar, 100, 0);
  for (let bytes = 200; bytes < 220; bytes++) assert.throws(() => wanting.exchange.offered(liar, bytes, 0), WireError);
  wanting.meet(honest);
  assert.ok(wanting.seconds(60) < 1);
});

test('who does not answer is not waited for where others are there, and asked last from then on', () => {
  const wanting = new Wanting(BLOCK - 1);
  const first = wanting.meet(silent);
  wanting.meet(silent);
  wanting.meet(honest);
  assert.ok(wanting.seconds(60) < 1, 'three are asked for what all are waiting for');
  const stuck = new Wanting(BLOCK - 1);
  for (let count = 0; count < 9; count++) stuck.meet(silent);
  stuck.meet(honest);
  // Three at a time, for ten seconds each.
  assert.ok(stuck.seconds(600) < 35);
  assert.equal(wanting.asked.filter(({ neighbour }) => neighbour === first).length, 1);
});

test('who refuses is asked again, later and later: it may have got it since', () => {
  const wanting = new Wanting(5 * BLOCK);
  const peer = wanting.meet(unwilling);
  wanting.seconds(300);
  const times = wanting.asked.length / 4;
  assert.ok(times >= 4 && times <= 6, `${times} times in five minutes`);
  wanting.moods.get(peer)!.mood = honest;
  assert.ok(wanting.seconds(400) < 330);
  assert.equal(wanting.completed, 1);
});

test('false metadata costs the one who sent it, also where honest pieces were among it, and nobody else', () => {
  const wanting = new Wanting(9 * BLOCK);
  const friend = wanting.meet(honest);
  const liar = wanting.meet(lying);
  wanting.seconds(60);
  assert.equal(wanting.completed, 1);
  assert.ok(!wanting.banned.includes(friend));
  const alone = new Wanting(9 * BLOCK);
  const other = alone.meet(lying);
  alone.seconds(5);
  assert.deepEqual(alone.banned, [other]);
  assert.ok(wanting.banned.length === 0 || wanting.banned.includes(liar));
  const sloppy = new Wanting(2 * BLOCK);
  const one = sloppy.meet(short);
  sloppy.seconds(5);
  assert.deepEqual(sloppy.banned, [one]);
});

test('past the bound of memory the gathering of the largest claim is let go, and its claimants rest', () => {
  const wanting = new Wanting(10);
  const large = [LIMITS.metadataBytes, LIMITS.metadataBytes - BLOCK].map((bytes) => wanting.meet(silent, bytes));
  const data = new Uint8Array(BLOCK);
  const bring = (neighbour: LoneNeighbour, piece: number): void => wanting.exchange.received(neighbour, { type: 'data', piece, totalBytes: 0, data }, 0);
  const half = LIMITS.metadataGatheredBytes / 2 / BLOCK;
  for (let piece = 0; piece < half; piece++) for (const neighbour of large) bring(neighbour, piece);
  const before = wanting.asked.length;
  bring(large[1], half);
  assert.deepEqual(wanting.exchange.progress, { receivedBytes: (half + 1) * BLOCK, totalBytes: LIMITS.metadataBytes - BLOCK });
  bring(large[1], half + 1);
  wanting.exchange.tick(1000);
  assert.deepEqual(wanting.asked.slice(before).map(({ neighbour }) => neighbour), [large[1], large[1]]);
});

test('whoever is there, one honest source is enough, and no honest one is banned', () => {
  const moods = { honest, silent, unwilling, lying, short };
  const others = fc.array(fc.record({
    mood: fc.constantFrom(...Object.keys(moods) as (keyof typeof moods)[]), bytes: fc.constantFrom(0, 0, 1, 5 * BLOCK),
    joinsAtMs: fc.nat(20_000), staysMs: fc.integer({ min: 1000, max: 1e6 }),
  }), { maxLength: 12 });
  fc.assert(fc.property(others, fc.integer({ min: 1, max: 9 * BLOCK }), (all, bytes) => {
    const wanting = new Wanting(bytes);
    const good = new Set([wanting.meet(honest)]);
    for (const { mood, bytes: more, joinsAtMs, staysMs } of all.toSorted((a, b) => a.joinsAtMs - b.joinsAtMs)) {
      wanting.seconds(Math.max(0, joinsAtMs - wanting.nowMs) / 1000);
      if (wanting.completed > 0) break;
      const neighbour = wanting.meet(moods[mood], bytes + more);
      if (mood === 'honest' && more === 0) good.add(neighbour);
      if (staysMs < 5000) wanting.leave(neighbour);
    }
    assert.ok(wanting.seconds(600) < 600);
    assert.ok(wanting.banned.every((neighbour) => !good.has(neighbour)));
  }), { numRuns: 200 });
});

test('it is given whole, a few times to each, and not on top of what a neighbour has not taken', () => {
  const { exchange, truth, asked } = new Wanting(40 * BLOCK + 3);
  const sent: MetadataMessage[] = [];
  const giving = new MetadataExchange({ send: (_, message) => sent.push(message), isRight: () => true, complete: () => assert.fail(), guilty: () => assert.fail() });
  const neighbour = loneNeighbour();
  giving.received(neighbour, { type: 'request', piece: 0 }, 0);
  assert.deepEqual(sent.splice(0), [{ type: 'reject', piece: 0 }]);
  giving.has(truth);
  for (let piece = 0; piece < 42; piece++) giving.received(neighbour, { type: 'request', piece }, 0);
  const given = sent.splice(0);
  assert.deepEqual(Buffer.concat(given.flatMap((message) => (message.type === 'data' ? message.data : []))), Buffer.from(truth));
  assert.deepEqual(given.at(-1), { type: 'reject', piece: 41 });
  for (let round = 0; round < 20; round++) for (let piece = 0; piece < 41; piece++) giving.received(neighbour, { type: 'request', piece }, 0);
  const bytes = sent.splice(0).reduce((sum, message) => sum + (message.type === 'data' ? message.data.length : 0), 0);
  assert.ok(bytes > truth.length && bytes <= (LIMITS.sideAnswersEach - 1) * truth.length);
  const other = loneNeighbour();
  other.channel.queuedBytes = LIMITS.sideAnswersQueuedBytes + 1;
  giving.received(other, { type: 'request', piece: 0 }, 0);
  assert.deepEqual(sent.pop(), { type: 'reject', piece: 0 });
  assert.throws(() => { for (let count = 0; count < LIMITS.idleMessages + 1; count++) giving.received(other, { type: 'request', piece: 99 }, 0); }, WireError);
  assert.deepEqual([exchange.knownBytes, asked], [undefined, []]);
});
