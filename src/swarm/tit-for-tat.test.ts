import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import type { Neighbour } from './neighbour.ts';
import { takeTurns, TitForTat } from './tit-for-tat.ts';

const ROUND_MS = 10_000;
const random = new SeededRandom(3);

/** A neighbour that wants something, as far as a policy looks at it. */
function neighbour(state: { givesBytesPerSecond?: number; gaveBytes?: number; connectedMs?: number; unchokedMs?: number; sentBytes?: number; snubbed?: boolean }): Neighbour {
  return {
    connectedMs: state.connectedMs ?? -1e6,
    chokedMs: state.connectedMs ?? -1e6,
    amChoking: state.unchokedMs === undefined,
    unchokedMs: state.unchokedMs ?? Number.NEGATIVE_INFINITY,
    unchokedAtBytes: 0,
    snubbed: state.snubbed ?? false,
    download: { totalBytes: state.gaveBytes ?? 0, bytesPerSecond: () => state.givesBytesPerSecond ?? 0 },
    upload: { totalBytes: state.sentBytes ?? 0, bytesPerSecond: () => 0 },
  } as unknown as Neighbour;
}

function choose(policy: TitForTat, interested: Neighbour[], round: number): ReadonlySet<Neighbour> {
  return policy.choose({ nowMs: round * ROUND_MS, random, round, interested, seeding: false, pieceLength: 262_144 });
}

test('the four that give most are given to, and one more; who gives nothing for a minute does not count', () => {
  const givers = Array.from({ length: 10 }, (_, index) => neighbour({ givesBytesPerSecond: (index + 1) * 1000, snubbed: index === 9 }));
  const chosen = choose(new TitForTat(), givers, 0);
  assert.equal(chosen.size, 5);
  assert.ok(givers.slice(5, 9).every((giver) => chosen.has(giver)));
});

test('a newcomer who has nothing to give gets its first piece by the optimistic unchoke, three times as soon as others', () => {
  const waits = (connectedMs: number): number => {
    let total = 0;
    for (let trial = 0; trial < 300; trial++) {
      const policy = new TitForTat();
      const givers = Array.from({ length: 30 }, () => neighbour({ givesBytesPerSecond: 1000 + random.fraction() }));
      const newcomer = neighbour({ connectedMs });
      let round = 0;
      while (!choose(policy, [...givers, newcomer], round).has(newcomer)) {
        round += 1;
        assert.ok(round < 3000, 'it is never tried');
      }
      total += round;
    }
    return total / 300;
  };
  // A minute is only two optimistic turns; so that the weight shows, it stays a newcomer here.
  const asNewcomer = waits(1e9);
  const asOther = waits(-1e9);
  assert.ok(asOther / asNewcomer > 2 && asOther / asNewcomer < 4, `${asOther} and ${asNewcomer} rounds`);
});

test('where debts count, those go first among equals whom we owe most; but who gives much goes before who once gave', () => {
  const owed = Array.from({ length: 4 }, () => neighbour({ givesBytesPerSecond: 1000, gaveBytes: 900_000, sentBytes: 890_000 }));
  const even = Array.from({ length: 12 }, () => neighbour({ givesBytesPerSecond: 1100, gaveBytes: 900_000, sentBytes: 900_000 }));
  const both = [...even, ...owed];
  assert.ok(owed.every((giver) => choose(new TitForTat({ countsDebts: true }), both, 0).has(giver)));
  assert.ok(owed.filter((giver) => choose(new TitForTat(), both, 0).has(giver)).length <= 1, 'the books know no debts');
  const retired = Array.from({ length: 4 }, () => neighbour({ givesBytesPerSecond: 500, gaveBytes: 1e9 }));
  const chosen = choose(new TitForTat({ countsDebts: true }), [...retired, ...even], 0);
  assert.ok(retired.filter((giver) => chosen.has(giver)).length <= 1);
});

test('slots that no giver fills are for trying others', () => {
  assert.equal(choose(new TitForTat(), Array.from({ length: 9 }, () => neighbour({})), 1).size, 5);
});

test('a seed gives those a turn who have waited longest, and ends none before some whole pieces', () => {
  const nowMs = 100_000;
  const waiting = [neighbour({ connectedMs: 50_000 }), neighbour({ connectedMs: 10_000 }), neighbour({ connectedMs: 20_000 })];
  const fresh = neighbour({ unchokedMs: 90_000 });
  const slow = neighbour({ unchokedMs: 60_000, sentBytes: 500_000 });
  const had = neighbour({ unchokedMs: 60_000, sentBytes: 1_200_000 });
  const stuck = neighbour({ unchokedMs: -30_000, sentBytes: 0 });
  const round = { nowMs, random, round: 0, seeding: true, pieceLength: 262_144 };
  assert.deepEqual(takeTurns({ ...round, interested: [fresh, slow, had, stuck, ...waiting] }, 4), new Set([fresh, slow, waiting[1], waiting[2]]));
  assert.deepEqual(takeTurns({ ...round, interested: [fresh, slow, had, stuck] }, 4), new Set([fresh, slow, had, stuck]));
});
