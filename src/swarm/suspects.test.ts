import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../bytes/limits.ts';
import { PieceInProgress } from './piece-in-progress.ts';
import { Suspects } from './suspects.ts';

const BLOCK = LIMITS.blockBytes;

/** A piece that is whole, each block sent by the serial at its place. */
function sentBy(piece: number, serials: readonly number[]): PieceInProgress {
  const attempt = new PieceInProgress(piece, serials.length * BLOCK, undefined, 0);
  for (const [block, serial] of serials.entries()) attempt.receive(block, serial, 0);
  return attempt;
}

/** The bytes of such a piece, with a different one in each of the spoilt blocks. */
function bytesOf(blocks: number, spoilt: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(blocks * BLOCK);
  for (const block of spoilt) bytes[block * BLOCK + 5] = 1 + block;
  return bytes;
}

function suspectsOf(senders: number): Suspects {
  const suspects = new Suspects();
  for (let serial = 1; serial <= senders; serial++) suspects.remember(serial, `host ${serial}`);
  return suspects;
}

test('who sent all of a piece that fails is guilty at once', () => {
  assert.deepEqual(suspectsOf(2).failed(sentBy(0, [2, 2, 2]), bytesOf(3, [1])), ['host 2']);
});

test('where several sent it, the one whose block differs from the good one is guilty, once the piece has been had', () => {
  const suspects = suspectsOf(4);
  assert.deepEqual(suspects.failed(sentBy(7, [1, 2, 3]), bytesOf(3, [1])), []);
  assert.deepEqual([suspects.isSuspect(7), suspects.isSuspect(6)], [true, false]);
  assert.deepEqual(suspects.verified(sentBy(7, [4, 4, 4]), bytesOf(3)), ['host 2']);
  assert.equal(suspects.isSuspect(7), false);
  assert.deepEqual(suspects.verified(sentBy(7, [4, 4, 4]), bytesOf(3)), []);
});

test('nobody is blamed for what one who is forgotten may have done', () => {
  const suspects = suspectsOf(1);
  // Number 2 has sent a block, and has been forgotten since: so many have come after it.
  suspects.remember(2, 'the liar');
  for (let serial = 3; serial < LIMITS.rememberedSenders + 2; serial++) suspects.remember(serial, `host ${serial}`);
  const innocent = LIMITS.rememberedSenders + 2;
  suspects.remember(innocent, 'innocent');
  assert.deepEqual(suspects.failed(sentBy(0, [innocent, 2, innocent]), bytesOf(3, [1])), []);
  assert.deepEqual(suspects.verified(sentBy(0, [3, 3, 3]), bytesOf(3)), []);
});

test('only so many failed pieces are remembered, the latest', () => {
  const suspects = suspectsOf(3);
  for (let piece = 0; piece <= LIMITS.suspectPieces; piece++) suspects.failed(sentBy(piece, [1, 2]), bytesOf(2, [0]));
  assert.equal(suspects.isSuspect(0), false);
  assert.equal(suspects.isSuspect(1), true);
  assert.equal(suspects.isSuspect(LIMITS.suspectPieces), true);
});

test('whatever liars do, alone or together, nobody honest is blamed, and each liar is once a good copy is there', () => {
  const attempts = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(attempts, fc.uniqueArray(fc.integer({ min: 1, max: 6 })), (all, liars) => {
    const suspects = suspectsOf(7);
    const blamed = new Set<string>();
    const lied = new Set<string>();
    for (const senders of all) {
      const spoilt = senders.flatMap((serial, block) => (liars.includes(serial) ? [block] : []));
      if (spoilt.length === 0) continue;
      for (const block of spoilt) lied.add(`host ${senders[block]}`);
      for (const host of suspects.failed(sentBy(0, senders), bytesOf(4, spoilt))) blamed.add(host);
    }
    for (const host of suspects.verified(sentBy(0, [7, 7, 7, 7]), bytesOf(4))) blamed.add(host);
    assert.deepEqual(blamed, lied);
  }));
});
