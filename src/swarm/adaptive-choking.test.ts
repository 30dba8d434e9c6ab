import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { AdaptiveChoking } from './adaptive-choking.ts';
import type { Neighbour } from './neighbour.ts';

/** So many neighbours who want something, and what a link of `upBytesPerSecond` brings those unchoked, `takes` at most each. */
function slotsAfter(rounds: number, link: { upBytesPerSecond: number; takes: number; seeding: boolean }): { slots: number; sizes: Set<number> } {
  const policy = new AdaptiveChoking();
  const random = new SeededRandom(1);
  let unchoked: ReadonlySet<Neighbour> = new Set();
  const interested = Array.from({ length: 200 }, () => {
    const neighbour = {
      connectedMs: 0, chokedMs: 0, unchokedMs: Number.NEGATIVE_INFINITY, snubbed: false,
      get amChoking() { return !unchoked.has(this as unknown as Neighbour); },
      download: { bytesPerSecond: () => random.fraction() },
      unchokedAtBytes: 0, upload: { totalBytes: 0, bytesPerSecond: () => Math.min(link.takes, link.upBytesPerSecond / unchoked.size) },
    };
    return neighbour as unknown as Neighbour;
  });
  const sizes = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    unchoked = policy.choose({ nowMs: round * 10_000, random, round, interested, seeding: link.seeding, pieceLength: 262_144 });
    for (const neighbour of unchoked) (neighbour as { unchokedMs: number }).unchokedMs = round * 10_000;
    sizes.add(unchoked.size - policy.slots);
  }
  return { slots: policy.slots, sizes };
}

test('a slow uplink keeps to the five slots of the books, for more would only thin them out', () => {
  for (const seeding of [true, false]) {
    assert.deepEqual(slotsAfter(50, { upBytesPerSecond: 50_000, takes: Infinity, seeding }), { slots: 5, sizes: new Set([0]) });
  }
});

test('a faster one gets more slots, until each would carry too little', () => {
  assert.equal(slotsAfter(50, { upBytesPerSecond: 1e6, takes: Infinity, seeding: true }).slots, 22);
  assert.equal(slotsAfter(50, { upBytesPerSecond: 1e9, takes: Infinity, seeding: true }).slots, 64);
});

test('where neighbours take little each, slots are added until the link is full', () => {
  const { slots } = slotsAfter(50, { upBytesPerSecond: 4e6, takes: 100_000, seeding: true });
  assert.ok(slots * 100_000 >= 4e6, `${slots} slots`);
});
