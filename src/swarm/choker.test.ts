import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loneNeighbour, type LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { AdaptiveChoking } from './adaptive-choking.ts';
import { Choker } from './choker.ts';
import type { ChokingPolicy } from './choking-policy.ts';
import { RandomChoking } from './random-choking.ts';
import { TitForTat } from './tit-for-tat.ts';
import type { Upload } from './upload.ts';

const PIECE_LENGTH = 256 * 1024;

class Chokers {
  /** Of eight pieces. */
  readonly have: Bitfield;
  readonly neighbours = new Set<LoneNeighbour>();
  readonly choker: Choker;
  nowMs = 0;

  constructor(policy: ChokingPolicy, have = Bitfield.full(8)) {
    this.have = have;
    const upload = { pieceLength: PIECE_LENGTH, have: this.have, choke: (neighbour: LoneNeighbour) => neighbour.choke(this.nowMs) };
    this.choker = new Choker(policy, new SeededRandom(1), upload as unknown as Upload, this.neighbours);
  }

  add(interested = true): LoneNeighbour {
    this.nowMs += 1;
    const neighbour = loneNeighbour({ nowMs: this.nowMs });
    this.neighbours.add(neighbour);
    neighbour.peerInterested = interested;
    this.choker.fillSlots(this.nowMs);
    return neighbour;
  }

  interest(neighbour: LoneNeighbour, interested: boolean): void {
    this.nowMs += 1;
    neighbour.peerInterested = interested;
    this.choker.fillSlots(this.nowMs);
  }

  get unchoked(): LoneNeighbour[] {
    return [...this.neighbours].filter((neighbour) => !neighbour.amChoking);
  }
}

test('who becomes interested is unchoked at once while a slot is empty, the longest waiting first', () => {
  const chokers = new Chokers(new TitForTat());
  const first = Array.from({ length: 8 }, () => chokers.add());
  assert.deepEqual(chokers.unchoked, first.slice(0, 5));
  chokers.neighbours.delete(first[0]);
  chokers.choker.fillSlots(chokers.nowMs);
  assert.deepEqual(chokers.unchoked, first.slice(1, 6));
});

test('who has few pieces sends to as few neighbours at a time', () => {
  const have = new Bitfield(8);
  have.set(3);
  const chokers = new Chokers(new TitForTat(), have);
  const all = Array.from({ length: 8 }, () => chokers.add());
  assert.deepEqual(chokers.unchoked, [all[0]]);
  chokers.choker.runRound(chokers.nowMs += 10_000, false);
  assert.equal(chokers.unchoked.length, 1);
  have.set(5);
  have.set(6);
  chokers.choker.runRound(chokers.nowMs += 10_000, false);
  assert.equal(chokers.unchoked.length, 3);
  have.setAll();
  chokers.choker.runRound(chokers.nowMs += 10_000, false);
  assert.equal(chokers.unchoked.length, 5);
});

test('who has few pieces gives the first ones to the poorest, each a whole one, and holds no place for one who takes nothing', () => {
  const have = new Bitfield(8);
  have.set(3);
  const chokers = new Chokers(new TitForTat(), have);
  const round = (): LoneNeighbour[] => {
    chokers.choker.runRound(chokers.nowMs += 10_000, false);
    return chokers.unchoked;
  };
  const [idler, rich, poor] = Array.from({ length: 3 }, () => chokers.add());
  rich.pieces = Bitfield.full(8);
  rich.download.add(1e6, chokers.nowMs);
  assert.deepEqual(chokers.unchoked, [idler], 'who came first has the place at first');
  assert.deepEqual(round(), [poor]);
  poor.upload.add(PIECE_LENGTH - 1, chokers.nowMs);
  assert.deepEqual(round(), [poor], 'a piece that is begun is ended');
  poor.upload.add(1, chokers.nowMs);
  assert.deepEqual(round(), [idler]);
});

test('who wants nothing keeps his place until another takes it', () => {
  const chokers = new Chokers(new TitForTat());
  const first = Array.from({ length: 5 }, () => chokers.add());
  chokers.interest(first[0], false);
  assert.equal(chokers.unchoked.length, 5);
  chokers.interest(first[0], true);
  assert.deepEqual(chokers.unchoked, first);
  chokers.interest(first[0], false);
  const other = chokers.add();
  assert.deepEqual(chokers.unchoked, [...first.slice(1), other]);
  chokers.interest(first[0], true);
  assert.equal(first[0].amChoking, true);
});

test('one whose turn with a seed is over makes room for one who waits, and waits in turn himself', () => {
  const chokers = new Chokers(new TitForTat());
  const [first, ...others] = Array.from({ length: 5 }, () => chokers.add());
  first.upload.add(2 * PIECE_LENGTH - 1, chokers.nowMs);
  const waiting = chokers.add();
  assert.equal(chokers.choker.endTurn(first, chokers.nowMs), false, 'it has not had two pieces');
  first.upload.add(1, ++chokers.nowMs);
  assert.equal(chokers.choker.endTurn(first, chokers.nowMs), true);
  assert.deepEqual(chokers.unchoked, [...others, waiting]);
  assert.equal(chokers.choker.endTurn(first, chokers.nowMs), false, 'it is choked already');
  waiting.upload.add(9 * PIECE_LENGTH, chokers.nowMs);
  chokers.interest(first, false);
  assert.equal(chokers.choker.endTurn(waiting, chokers.nowMs), false, 'nobody waits');
});

for (const [name, policy] of [['textbook', () => new TitForTat()], ['adaptive', () => new AdaptiveChoking()], ['random', () => new RandomChoking()]] as const) {
  test(`whatever happens, ${name} choking unchokes no more than its slots, and leaves none of them empty that somebody wants`, () => {
    const steps = fc.array(fc.record({
      what: fc.constantFrom('join', 'leave', 'want', 'lose interest', 'send', 'receive', 'round', 'seed round', 'next piece'), who: fc.nat(30), bytes: fc.integer({ min: 1, max: 3e6 }),
    }), { maxLength: 120, size: 'max' });
    fc.assert(fc.property(steps, (all) => {
      const one = policy();
      const chokers = new Chokers(one);
      for (const { what, who, bytes } of all) {
        const neighbour = [...chokers.neighbours][who % Math.max(1, chokers.neighbours.size)];
        chokers.nowMs += 500;
        if (what === 'join') chokers.add(who % 3 > 0);
        if (what === 'round' || what === 'seed round') chokers.choker.runRound(chokers.nowMs, what === 'seed round');
        if (neighbour !== undefined) {
          if (what === 'leave') {
            chokers.neighbours.delete(neighbour);
            chokers.choker.fillSlots(chokers.nowMs);
          }
          if (what === 'want' || what === 'lose interest') chokers.interest(neighbour, what === 'want');
          if (what === 'send' && !neighbour.amChoking) neighbour.upload.add(bytes, chokers.nowMs);
          if (what === 'receive') neighbour.download.add(bytes, chokers.nowMs);
          if (what === 'next piece') chokers.choker.endTurn(neighbour, chokers.nowMs);
        }
        const wanting = [...chokers.neighbours].filter((each) => each.peerInterested);
        assert.ok(chokers.unchoked.length <= one.slots, `${chokers.unchoked.length} of ${one.slots} after ${what}`);
        assert.ok(wanting.filter((each) => !each.amChoking).length >= Math.min(5, wanting.length, one.slots), `an empty slot after ${what}`);
      }
    }), { numRuns: 150 });
  });
}

test('random choking keeps its draw for half a minute, and replaces those who have gone', () => {
  const policy = new RandomChoking();
  const chokers = new Chokers(policy);
  for (let count = 0; count < 30; count++) chokers.add();
  const rounds: LoneNeighbour[][] = [];
  for (let round = 0; round < 30; round++) {
    chokers.nowMs += 10_000;
    chokers.choker.runRound(chokers.nowMs, false);
    rounds.push(chokers.unchoked);
  }
  for (let round = 0; round < 30; round += 3) {
    assert.deepEqual(rounds[round + 1], rounds[round]);
    assert.deepEqual(rounds[round + 2], rounds[round]);
  }
  // Ten draws of five among thirty reach nearly all.
  assert.ok(new Set(rounds.flat()).size > 20);
});

for (const [name, policy] of [['textbook', () => new TitForTat()], ['adaptive', () => new AdaptiveChoking()]] as const) {
  test(`${name}: the four who give most are unchoked as of the next round; whom it tries out besides stays for half a minute`, () => {
    const chokers = new Chokers(policy());
    const all = Array.from({ length: 20 }, () => chokers.add());
    const tried: LoneNeighbour[] = [];
    for (let round = 0; round < 30; round++) {
      // Each minute four others give, faster than anybody has before.
      const givers = all.slice(Math.floor(round / 6) * 4, Math.floor(round / 6) * 4 + 4);
      for (const giver of givers) giver.download.add(1e6 * 2 ** round, chokers.nowMs);
      chokers.nowMs += 10_000;
      chokers.choker.runRound(chokers.nowMs, false);
      assert.ok(givers.every((giver) => !giver.amChoking), `round ${round}`);
      const others = chokers.unchoked.filter((neighbour) => !givers.includes(neighbour));
      assert.equal(others.length, 1);
      tried.push(others[0]);
    }
    for (let round = 0; round < 30; round += 3) {
      assert.equal(tried[round + 1], tried[round], `round ${round}`);
      assert.equal(tried[round + 2], tried[round], `round ${round}`);
    }
    assert.ok(new Set(tried).size > 5);
  });

  test(`${name}: a seed gives everybody a turn, those who came first first, and to each about the same`, () => {
    const chokers = new Chokers(policy());
    const all = Array.from({ length: 23 }, () => chokers.add());
    const firstTurns: LoneNeighbour[] = [];
    for (let round = 0; round < 60; round++) {
      chokers.nowMs += 10_000;
      chokers.choker.runRound(chokers.nowMs, true);
      for (const neighbour of chokers.unchoked) {
        if (neighbour.upload.totalBytes === 0) firstTurns.push(neighbour);
        neighbour.upload.add(PIECE_LENGTH, chokers.nowMs);
      }
    }
    assert.deepEqual(firstTurns, all);
    const given = all.map(({ upload }) => upload.totalBytes);
    assert.ok(Math.max(...given) - Math.min(...given) <= 2 * PIECE_LENGTH, given.join(' '));
  });
}
