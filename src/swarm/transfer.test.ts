import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LoneTransfer } from '../../test/support/lone-transfer.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { PiecePriority } from './piece-picker.ts';

const BLOCK = LIMITS.blockBytes;

const step = fc.record({
  what: fc.constantFrom(
    'join', 'join', 'leave', 'choke', 'unchoke', 'unchoke', 'interested', 'not-interested', 'have', 'bitfield', 'have-all', 'have-none', 'take back',
    'give', 'give', 'give', 'give', 'lie', 'short', 'unasked', 'nonsense', 'reject', 'reject odd', 'allowed-fast', 'request', 'cancel', 'wait', 'priorities', 'hurry', 'suggest',
  ),
  who: fc.nat(30), piece: fc.nat(11), block: fc.nat(1), bits: fc.nat(4095), flag: fc.boolean(), ms: fc.nat(70_000),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function take({ what, who, piece, block, bits, flag, ms }: Step, lone: LoneTransfer): Promise<void> {
  if (what === 'join') return void lone.join({ fast: flag });
  if (what === 'wait') return lone.tick(Math.ceil(ms / 1000));
  const priorityOf = (index: number): PiecePriority => ((bits >>> index) % 2 === 0 ? 'normal' : flag ? 'high' : 'none');
  if (what === 'priorities') return lone.transfer.setPriorities(priorityOf);
  if (what === 'hurry') return lone.transfer.hurry([piece]);
  const neighbour = [...lone.neighbours][who % Math.max(1, lone.neighbours.size)];
  if (neighbour === undefined) return undefined;
  const request = lone.block(piece, block);
  const asked = lone.asked(neighbour)[who % 3] ?? request;
  switch (what) {
    case 'leave': return lone.leave(neighbour);
    case 'choke': case 'unchoke': case 'interested': case 'not-interested': case 'have-all': case 'have-none': return lone.say(neighbour, { type: what });
    case 'have': case 'allowed-fast': case 'suggest': return lone.say(neighbour, { type: what, piece });
    case 'bitfield': return lone.say(neighbour, { type: 'bitfield', bytes: lone.bitfield(Array.from({ length: 12 }, (_, index) => index).filter((index) => (bits >>> index) % 2 === 1)).bytes });
    case 'take back': return lone.takeBack(neighbour, piece);
    case 'give': return lone.say(neighbour, lone.data(asked));
    case 'lie': return lone.say(neighbour, { type: 'piece', ...asked, data: new Uint8Array(asked.length) });
    case 'short': return lone.say(neighbour, { type: 'piece', ...asked, length: asked.length - 1, data: new Uint8Array(asked.length - 1) });
    case 'unasked': return lone.say(neighbour, flag ? lone.data(request) : { type: 'piece', ...request, data: new Uint8Array(request.length) });
    case 'nonsense': return lone.say(neighbour, { type: 'piece', piece: bits * who, begin: ms, length: 3, data: new Uint8Array(3) });
    case 'reject': return lone.say(neighbour, { type: 'reject', ...asked });
    case 'reject odd': return lone.say(neighbour, { type: 'reject', piece: bits, begin: ms, length: who });
    case 'request': return lone.say(neighbour, { type: 'request', ...request });
    case 'cancel': return lone.say(neighbour, { type: 'cancel', ...request });
  }
}

function check(lone: LoneTransfer): void {
  const { download, contents } = lone.transfer;
  const pieces = Array.from({ length: lone.metainfo.pieceCount }, (_, piece) => piece);
  const begun = new Map([...download.begun].map((piece) => [piece.piece, piece]));
  const askers = new Map<string, number>();
  for (const neighbour of lone.neighbours) {
    const had = pieces.filter((piece) => neighbour.pieces.has(piece));
    assert.equal(neighbour.interesting, had.filter((piece) => download.isWanted(piece)).length);
    assert.equal(neighbour.onOffer, had.filter((piece) => download.isOnOffer(piece)).length);
    assert.equal(neighbour.amInterested, neighbour.interesting > 0);
    assert.ok(neighbour.requests.size <= LIMITS.outgoingRequests);
    for (const { piece, begin } of lone.asked(neighbour)) {
      assert.ok(begun.has(piece), 'what is asked for has been begun');
      assert.ok(!begun.get(piece)!.isReceived(begin / BLOCK), 'and has not come');
      askers.set(`${piece}/${begin}`, (askers.get(`${piece}/${begin}`) ?? 0) + 1);
    }
  }
  for (const [piece, inProgress] of begun) {
    assert.ok(!download.isOnOffer(piece) && !contents.have.has(piece));
    for (let block = 0; block < inProgress.blockCount; block++) {
      assert.equal(inProgress.askers(block), askers.get(`${piece}/${block * BLOCK}`) ?? 0, 'the counts of askers agree');
      assert.ok(inProgress.askers(block) <= 3);
    }
  }
  assert.equal(download.missing, pieces.filter((piece) => download.isWanted(piece)).length);
  for (const piece of contents.have) {
    const from = piece * lone.metainfo.pieceLength;
    assert.ok(Buffer.from(lone.store.bytes.subarray(from, from + lone.metainfo.pieceLength)).equals(lone.payload.subarray(from, from + lone.metainfo.pieceLength)));
  }
}

test('whatever neighbours do, everything adds up, nothing false is had, and one honest seed is enough to get it all', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), fc.constantFrom('rarest-first', 'sequential'), async (steps, picking) => {
    const lone = new LoneTransfer({ picking });
    for (const one of steps) {
      await take(one, lone);
      await lone.settle();
      check(lone);
    }
    lone.transfer.setPriorities(() => 'normal');
    const seed = lone.joinGiver();
    for (let minute = 0; minute < 5 && !lone.transfer.isSeeding; minute++) {
      await lone.give(seed);
      await lone.tick(70);
      check(lone);
    }
    assert.equal(lone.transfer.isSeeding, true, `${lone.transfer.download.missing} pieces are missing`);
    assert.ok(!lone.banned.includes(seed.endpoint.host));
    assert.deepEqual(lone.store.bytes, lone.payload);
  }), { numRuns: 150 });
});
