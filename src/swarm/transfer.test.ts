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
    'claim', 'claim', 'disclaim',
  ),
  who: fc.nat(30), piece: fc.nat(11), block: fc.nat(1), bits: fc.nat(4095), flag: fc.boolean(), ms: fc.nat(70_000),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Who undertake to bring pieces, and bring none. */
const SUPPLIERS = [{ serial: 1_000_000, name: 'one' }, { serial: 1_000_001, name: 'other' }] as const;

async function take({ what, who, piece, block, bits, flag, ms }: Step, lone: LoneTransfer): Promise<void> {
  if (what === 'join') return void lone.join({ fast: flag });
  if (what === 'wait') return lone.tick(Math.ceil(ms / 1000));
  const priorityOf = (index: number): PiecePriority => ((bits >>> index) % 2 === 0 ? 'normal' : flag ? 'high' : 'none');
  if (what === 'priorities') return lone.transfer.setPriorities(priorityOf);
  if (what === 'hurry') return lone.transfer.hurry([piece]);
  const { download } = lone.transfer;
  if (what === 'disclaim') return download.disclaim(SUPPLIERS[who % 2]);
  if (what === 'claim') return download.demand.isOnOffer(piece) || download.claims.has(piece) ? download.claim(SUPPLIERS[who % 2], piece) : undefined;
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
    assert.equal(neighbour.interesting, had.filter((piece) => download.demand.isWanted(piece)).length);
    assert.equal(neighbour.onOffer, had.filter((piece) => download.demand.isOnOffer(piece)).length);
    assert.equal(neighbour.claimed, had.filter((piece) => download.claims.has(piece)).length);
    const last = had.findLast((piece) => download.claims.has(piece));
    assert.equal(download.claims.lastOf(neighbour), last);
    assert.equal(neighbour.amInterested, neighbour.interesting > 0);
    assert.ok(neighbour.requests.size <= LIMITS.outgoingRequests);
    for (const { piece, begin } of lone.asked(neighbour)) {
      assert.ok(begun.has(piece), 'what is asked for has been begun');
      assert.ok(!begun.get(piece)!.isReceived(begin / BLOCK), 'and has not come');
      askers.set(`${piece}/${begin}`, (askers.get(`${piece}/${begin}`) ?? 0) + 1);
    }
  }
  for (const supplier of SUPPLIERS) {
    for (const piece of download.claims.of(supplier)) assert.ok(download.demand.isWanted(piece) && !download.demand.isOnOffer(piece) && !begun.has(piece));
  }
  for (const [piece, inProgress] of begun) {
    assert.ok(!download.demand.isOnOffer(piece) && !contents.have.has(piece));
    for (let block = 0; block < inProgress.blockCount; block++) {
      assert.equal(inProgress.askers(block), askers.get(`${piece}/${block * BLOCK}`) ?? 0, 'the counts of askers agree');
      assert.ok(inProgress.askers(block) <= 3);
    }
  }
  assert.equal(download.demand.missing, pieces.filter((piece) => download.demand.isWanted(piece)).length);
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
    // Others may hold up a piece for a minute each, but the seed sends whenever it is asked.
    for (let round = 0; round < 100 && !lone.transfer.isSeeding; round++) {
      await lone.give(seed);
      await lone.tick(7);
      check(lone);
    }
    assert.equal(lone.transfer.isSeeding, true, `${lone.transfer.download.demand.missing} pieces are missing`);
    assert.ok(!lone.banned.includes(seed.endpoint.host));
    assert.deepEqual(lone.store.bytes, lone.payload);
  }), { numRuns: 150 });
});

test('what is not sent in a minute is asked of another, and who sends nothing is asked for one block at a time', async () => {
  const lone = new LoneTransfer();
  const silent = lone.joinGiver();
  assert.equal(lone.asked(silent).length, 8);
  const [first] = lone.asked(silent);
  const other = lone.joinGiver([first.piece]);
  assert.deepEqual(lone.asked(other), [], 'it is under way, and there is more to begin');
  await lone.tick(66);
  assert.ok(lone.asked(other).some(({ piece }) => piece === first.piece));
  assert.deepEqual([silent.snubbed, silent.requests.size, other.snubbed], [true, 1, false]);
  assert.ok(silent.channel.take('cancel').length >= 8);
  lone.say(silent, lone.data(lone.asked(silent)[0]));
  assert.equal(silent.snubbed, false);
  assert.equal(silent.requests.size, 8 + 1);
});

test('a suspect piece is asked of one at a time; of those who are silent each has its turn', async () => {
  const lone = new LoneTransfer({ priorityOf: (piece) => (piece === 0 ? 'normal' : 'none') });
  const [liar, other] = [lone.joinGiver([0]), lone.joinGiver([0])];
  for (const block of [0, 1]) {
    const request = lone.block(0, block);
    lone.say(block === 0 ? liar : other, { type: 'piece', ...request, data: new Uint8Array(request.length) });
  }
  await lone.settle();
  lone.leave(liar);
  lone.leave(other);
  const silent = [lone.joinGiver([0]), lone.joinGiver([0]), lone.joinGiver([0])];
  await lone.tick(5 * 60);
  assert.ok(silent.every(({ snubbed }) => snubbed));
  const asked = new Set<unknown>();
  for (let second = 0; second < 5 * 60; second++) {
    const busy = silent.filter(({ requests }) => requests.size > 0);
    assert.equal(busy.length, 1);
    asked.add(busy[0]);
    await lone.tick();
  }
  assert.equal(asked.size, silent.length);
  await lone.give(silent[2]);
  for (let minute = 0; minute < 4 && !lone.transfer.isSeeding; minute++) {
    await lone.tick(61);
    await lone.give(silent[2]);
  }
  assert.equal(lone.transfer.isSeeding, true);
});

test('a piece that has been begun is ended before others are, at first; then each neighbour begins what is rarest', async () => {
  const lone = new LoneTransfer();
  const choker = lone.joinGiver([5]);
  lone.say(choker, lone.data(lone.asked(choker)[0]));
  lone.say(choker, { type: 'choke' }, { type: 'reject', ...lone.block(5, 1) });
  const giver = lone.joinGiver();
  assert.deepEqual(lone.asked(giver)[0], lone.block(5, 1));
  const later = new LoneTransfer({ priorityOf: (piece) => (piece < 4 ? 'normal' : 'none') });
  const [one, another] = [later.joinGiver([0, 1, 2, 3, 4, 5, 6, 7, 8]), later.joinGiver([0, 1, 2, 3, 4, 5, 6, 7, 8])];
  await later.give(one);
  await later.give(another);
  assert.equal(later.transfer.contents.have.count, 4);
  later.join();
  later.say(later.join(), { type: 'bitfield', bytes: later.bitfield([4, 5, 6, 7]).bytes });
  later.transfer.setPriorities(() => 'normal');
  assert.equal(later.asked(one)[0].piece, 8);
});

test('only what is wanted is asked for, what is wanted most first; what is wanted later is asked for then', async () => {
  const lone = new LoneTransfer({ priorityOf: (piece) => (piece === 3 ? 'low' : piece === 7 ? 'high' : piece === 9 ? 'normal' : 'none') });
  const giver = lone.joinGiver();
  assert.deepEqual(lone.asked(giver).map(({ piece }) => piece), [7, 7, 9, 9, 3, 3]);
  await lone.give(giver);
  assert.deepEqual([lone.finished, [...lone.transfer.contents.have]], [1, [3, 7, 9]]);
  assert.equal(giver.amInterested, false);
  lone.transfer.setPriorities((piece) => (piece > 9 ? 'normal' : 'none'));
  assert.equal(giver.amInterested, true);
  await lone.give(giver);
  assert.deepEqual([lone.finished, [...lone.transfer.contents.have]], [2, [3, 7, 9, 10, 11]]);
});

test('at the end a block under way is asked of others too, of no more than three, and called off where it is not needed any more', async () => {
  const lone = new LoneTransfer({ priorityOf: (piece) => (piece === 0 ? 'normal' : 'none') });
  const givers = Array.from({ length: 5 }, () => lone.joinGiver());
  assert.deepEqual(givers.map((giver) => lone.asked(giver).length), [2, 1, 1, 1, 1]);
  const last = lone.block(0, 1);
  const askedForLast = givers.filter((giver) => lone.asked(giver).some(({ begin }) => begin === last.begin));
  assert.equal(askedForLast.length, 3);
  lone.say(askedForLast[1], lone.data(last));
  for (const giver of askedForLast) {
    assert.deepEqual(giver.channel.take('cancel'), giver === askedForLast[1] ? [] : [{ type: 'cancel', ...last }]);
    assert.ok(!lone.asked(giver).some(({ begin }) => begin === last.begin));
  }
  await lone.give(givers[0]);
  assert.equal(lone.finished, 1);
  assert.equal(lone.transfer.download.wastedBytes, 0);
});

test('who chokes us keeps nothing: without BEP 6 what it was asked for is asked of others at once, with it as soon as it says so', async () => {
  for (const fast of [false, true]) {
    const lone = new LoneTransfer({ priorityOf: (piece) => (piece < 2 ? 'normal' : 'none') });
    const first = lone.joinGiver(undefined, { fast });
    const asked = lone.asked(first);
    assert.equal(asked.length, 4);
    const second = lone.joinGiver();
    lone.say(first, { type: 'choke' });
    assert.equal(first.requests.size, fast ? 4 : 0);
    if (fast) lone.say(first, ...asked.map((request) => ({ type: 'reject', ...request }) as const));
    assert.equal(first.requests.size, 0);
    await lone.give(second);
    assert.deepEqual([lone.finished, first.channel.take('cancel')], [1, []]);
  }
});

test('a piece that fails is had of one neighbour next; whoever had spoilt it is banned, and nobody else', async () => {
  const lone = new LoneTransfer({ priorityOf: (piece) => (piece === 4 ? 'normal' : 'none') });
  const liar = lone.joinGiver();
  const request = lone.asked(liar)[1];
  lone.say(liar, { type: 'piece', ...request, data: new Uint8Array(request.length) });
  lone.say(liar, { type: 'choke' }, { type: 'reject', ...lone.asked(liar)[0] });
  const honest = lone.joinGiver();
  await lone.give(honest);
  assert.deepEqual([lone.banned, [...lone.transfer.contents.have]], [[liar.endpoint.host], [4]]);
  assert.equal(lone.transfer.download.wastedBytes, lone.metainfo.pieceLength);
});
