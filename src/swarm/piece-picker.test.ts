import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Bitfield } from '../bytes/bitfield.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { PRIORITIES, type PiecePicker, type PiecePriority } from './piece-picker.ts';
import { RarestFirst } from './rarest-first.ts';
import { Sequential } from './sequential.ts';

const PIECES = 30;

function bitfieldOf(pieces: Iterable<number>, length = PIECES): Bitfield {
  const bitfield = new Bitfield(length);
  for (const piece of pieces) bitfield.set(piece);
  return bitfield;
}

/** What a picker knows, kept in the simplest way. */
class Model {
  readonly priority = new Map<number, PiecePriority>();
  readonly availability = new Map<number, number>();

  /** The pieces on offer among these, of the highest priority that there is. */
  best(pieces: readonly number[]): number[] {
    const offered = pieces.filter((piece) => this.priority.has(piece));
    const highest = Math.max(...offered.map((piece) => PRIORITIES.indexOf(this.priority.get(piece)!)));
    return offered.filter((piece) => PRIORITIES.indexOf(this.priority.get(piece)!) === highest);
  }

  rarity(piece: number): number {
    return this.availability.get(piece) ?? 0;
  }
}

const steps = fc.array(fc.record({
  what: fc.constantFrom('offer', 'offer', 'offer', 'withdraw', 'more', 'more', 'fewer', 'pick', 'pick'),
  piece: fc.nat(PIECES - 1),
  priority: fc.constantFrom('low', 'normal', 'high'),
  /** Of a neighbour to pick for. */
  pieces: fc.uniqueArray(fc.nat(PIECES - 1), { maxLength: PIECES }),
}), { maxLength: 150, size: 'max' });

/** Does what the steps say, and hands what is picked to `check` with those that could have been. */
function follow(makePicker: () => PiecePicker, check: (picked: number, model: Model, best: number[], begun: number) => void): void {
  fc.assert(fc.property(steps, (all) => {
    const one = makePicker();
    const model = new Model();
    let begun = 0;
    for (const { what, piece, priority, pieces } of all) {
      if (what === 'offer') {
        one.offer(piece, priority);
        model.priority.set(piece, priority);
      } else if (what === 'withdraw') {
        one.withdraw(piece);
        model.priority.delete(piece);
      } else if (what === 'more' || (what === 'fewer' && model.rarity(piece) > 0)) {
        one.available(piece, what === 'more' ? 1 : -1);
        model.availability.set(piece, model.rarity(piece) + (what === 'more' ? 1 : -1));
      } else if (what === 'pick') {
        const picked = one.pick(bitfieldOf(pieces));
        const best = model.best(pieces);
        assert.equal(picked === undefined, best.length === 0);
        if (picked === undefined) continue;
        assert.ok(best.includes(picked), `${picked} is not among ${best}`);
        check(picked, model, best, begun++);
        one.withdraw(picked);
        model.priority.delete(picked);
      }
      assert.equal(one.offered, model.priority.size);
      assert.equal(one.offers(piece), model.priority.has(piece));
    }
  }), { numRuns: 300 });
}

test('rarest first: whatever happens, the first four are any of the highest priority, all others the rarest of it', () => {
  follow(() => new RarestFirst(PIECES, new SeededRandom(1)), (picked, model, best, begun) => {
    if (begun >= 4) assert.equal(model.rarity(picked), Math.min(...best.map((piece) => model.rarity(piece))));
  });
});

test('sequential: whatever happens, the first of the highest priority', () => {
  follow(() => new Sequential(PIECES), (picked, _model, best) => assert.equal(picked, Math.min(...best)));
});

/** How often each of the pieces on offer is picked in so many trials, each with its own chance. */
function picks(trials: number, setUp: (picker: RarestFirst) => void, options?: { ignoreRarity: boolean }): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  const random = new SeededRandom(9);
  for (let trial = 0; trial < trials; trial++) {
    const picker = new RarestFirst(10, random, options);
    setUp(picker);
    counts[picker.pick(Bitfield.full(10))!] += 1;
  }
  return counts;
}

/** As if four had been begun before. */
function beginFour(picker: RarestFirst): void {
  for (let count = 0; count < 4; count++) {
    picker.offer(0, 'high');
    picker.withdraw(picker.pick(Bitfield.full(10))!);
  }
}

test('rarest first: among equals each is as likely as another, so that not all get the same', () => {
  const counts = picks(5000, (picker) => {
    beginFour(picker);
    for (let piece = 0; piece < 10; piece++) {
      picker.offer(piece, 'normal');
      picker.available(piece, 1);
      if (piece > 4) picker.available(piece, 1);
    }
  });
  for (const count of counts.slice(0, 5)) assert.ok(count > 850 && count < 1150, counts.join(' '));
  assert.deepEqual(counts.slice(5), [0, 0, 0, 0, 0]);
});

test('rarest first: the first pieces are had soon wherever they are had of most, and any will do', () => {
  const counts = picks(5000, (picker) => {
    for (let piece = 0; piece < 10; piece++) {
      picker.offer(piece, 'normal');
      for (let count = 0; count < piece; count++) picker.available(piece, 1);
    }
  });
  for (const count of counts) assert.ok(count > 350 && count < 650, counts.join(' '));
});

test('rarest first can be told to ignore rarity: then it picks at random', () => {
  const counts = picks(5000, (picker) => {
    beginFour(picker);
    for (let piece = 0; piece < 10; piece++) {
      picker.offer(piece, 'normal');
      for (let count = 0; count < piece; count++) picker.available(piece, 1);
    }
  }, { ignoreRarity: true });
  for (const count of counts) assert.ok(count > 350 && count < 650, counts.join(' '));
});

test('rarest first: a piece had by hundreds is as common as one had by thousands, and rare again when they leave', () => {
  const picker = new RarestFirst(10, new SeededRandom(1));
  beginFour(picker);
  for (const piece of [1, 2]) picker.offer(piece, 'normal');
  for (let count = 0; count < 5000; count++) picker.available(1, 1);
  for (let count = 0; count < 126; count++) picker.available(2, 1);
  assert.equal(picker.pick(Bitfield.full(10)), 2);
  for (let count = 0; count < 4990; count++) picker.available(1, -1);
  assert.equal(picker.pick(Bitfield.full(10)), 1);
});
