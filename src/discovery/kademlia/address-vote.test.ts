import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AddressVote } from './address-vote.ts';

const OURS = Uint8Array.of(20, 1, 2, 3);
const WRONG = Uint8Array.of(66, 6, 6, 6);
const voter = (block: number, host = 1): Uint8Array => Uint8Array.of(30, block >>> 8, block & 0xff, host);

test('four voices that agree are believed, once, and three are not', () => {
  const vote = new AddressVote();
  assert.deepEqual([1, 2, 3, 4, 5].map((block) => vote.hear(voter(block), OURS)), [false, false, false, true, false]);
});

test('a block has one voice, however many nodes it has', () => {
  const vote = new AddressVote();
  for (let host = 0; host < 256; host++) assert.ok(!vote.hear(voter(1, host), WRONG));
});

test('a minority that lies is never believed once honest voices are heard', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(99), fc.boolean()), { minLength: 1, maxLength: 200 }), (heard) => {
    const vote = new AddressVote();
    for (let block = 200; block < 224; block++) vote.hear(voter(block), OURS);
    // Eleven of 24 voices can lie for ever, for the others are heard again before they are forgotten.
    for (const [block, isHonest] of heard) {
      if (!isHonest) assert.ok(!vote.hear(voter(block % 11), WRONG));
      for (let honest = 200; honest < 213; honest++) vote.hear(voter(honest), OURS);
    }
  }), { numRuns: 30 });
});

test('a new address is believed when most say so, and no sooner', () => {
  const vote = new AddressVote();
  for (let block = 0; block < 24; block++) vote.hear(voter(block), OURS);
  const views = Array.from({ length: 13 }, (_, block) => vote.hear(voter(block), WRONG));
  assert.equal(views.indexOf(true), 12);
});
