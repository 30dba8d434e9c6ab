import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loneNeighbour, type LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { LoneTransfer } from '../../test/support/lone-transfer.ts';
import { SwarmWorld } from '../../test/support/swarm-world.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { SuperSeeding } from './super-seeding.ts';

const MEGABIT = 125_000;

function superSeed(): LoneTransfer {
  return new LoneTransfer({ have: Bitfield.full(12), superSeeding: true });
}

/** What the neighbour has been shown since it was last looked at. */
function shown(neighbour: LoneNeighbour): number[] {
  return neighbour.channel.take('have').map(({ piece }) => piece);
}

test('of a torrent of very many pieces few are looked at to show one, and yet all are shown', () => {
  const pieceCount = 50_000;
  const superSeeding = new SuperSeeding(pieceCount);
  const neighbour = loneNeighbour();
  neighbour.pieces = new Bitfield(pieceCount);
  let looks = 0;
  const has = neighbour.pieces.has.bind(neighbour.pieces);
  neighbour.pieces.has = (piece) => {
    looks += 1;
    return has(piece);
  };
  const seen = new Bitfield(pieceCount);
  for (let count = 0; count < 200; count++) {
    const piece = superSeeding.show(neighbour)!;
    seen.set(piece);
    neighbour.pieces.set(piece);
  }
  assert.equal(seen.count, 200);
  assert.ok(looks < 200 * 1100, `${looks} looks`);
  for (let piece = 0; piece < pieceCount; piece++) if (piece !== 7 && piece !== 49_000) neighbour.pieces.set(piece);
  neighbour.pieces.clear(7);
  assert.deepEqual([superSeeding.show(neighbour), superSeeding.show(neighbour), superSeeding.show(neighbour)], [49_000, 7, 49_000]);
});

test('it pretends to have nothing, and shows each neighbour one piece, each another', () => {
  const lone = superSeed();
  const neighbours = Array.from({ length: 12 }, () => lone.join());
  for (const neighbour of neighbours) {
    assert.equal(neighbour.channel.take('have-none').length, 1);
    assert.deepEqual(neighbour.channel.take('have-all'), []);
  }
  assert.equal(new Set(neighbours.flatMap(shown)).size, 12);
  // Saying again and again that one has nothing does not bring more.
  for (let time = 0; time < 5; time++) lone.say(neighbours[0], { type: 'have-none' });
  assert.deepEqual(shown(neighbours[0]), []);
});

test('the next piece is shown when another neighbour has the last one, not when the neighbour itself has', () => {
  const lone = superSeed();
  const [first, second] = [lone.join(), lone.join()];
  const [[piece], [other]] = [shown(first), shown(second)];
  lone.say(first, { type: 'have', piece });
  assert.deepEqual(shown(first), []);
  lone.say(second, { type: 'have', piece });
  const next = shown(first);
  assert.equal(next.length, 1);
  assert.ok(next[0] !== piece && next[0] !== other);
  assert.deepEqual(shown(second), []);
});

test('whoever has nobody to pass it on to is shown the next at once: alone, or left alone', () => {
  const lone = superSeed();
  const neighbour = lone.join();
  for (let count = 0; count < 11; count++) {
    const [piece, ...more] = shown(neighbour);
    assert.deepEqual(more, []);
    lone.say(neighbour, { type: 'have', piece });
  }
  lone.join();
  const [last] = shown(neighbour);
  lone.say(neighbour, { type: 'have', piece: last });
  assert.deepEqual(shown(neighbour), []);
  const left = superSeed();
  const [stays, leaves] = [left.join(), left.join()];
  const [piece] = shown(stays);
  left.say(stays, { type: 'have', piece });
  assert.deepEqual(shown(stays), []);
  left.leave(leaves);
  assert.equal(shown(stays).length, 1);
});

test('one whose first word is that it has the piece that it was shown is shown another', () => {
  const lone = superSeed();
  const neighbour = lone.join();
  const [piece] = shown(neighbour);
  lone.say(neighbour, { type: 'bitfield', bytes: lone.bitfield([piece]).bytes });
  const [next] = shown(neighbour);
  assert.ok(next !== undefined && next !== piece);
});

test('a swarm gets everything from a super-seed that sends little more than one copy', async () => {
  const world = new SwarmWorld({ length: 60 * 32 * 1024 });
  const seed = await world.add({ seed: true, swarm: { superSeeding: true }, link: { upBytesPerSecond: 2 * MEGABIT } });
  for (let count = 0; count < 10; count++) await world.add({ link: { upBytesPerSecond: 8 * MEGABIT } });
  world.introduce();
  await world.finish(world.peers.slice(1), 600_000);
  const copies = seed.swarm.transfer!.upload.sentBytes / world.payload.length;
  assert.ok(copies < 1.6, `${copies} copies`);
});
