import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MemoryStore, randomTorrent } from '../../test/support/swarm-world.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { BlockReader } from './block-reader.ts';

const BLOCK = LIMITS.blockBytes;
const SEGMENT = 256 * 1024;
/** Two segments and a bit. */
const PIECE = 512 * 1024 + 32 * 1024;
const { metainfo, payload } = randomTorrent(6, 40 * PIECE - 12_345, PIECE);

class Reading {
  readonly reads: { piece: number; begin: number; length: number }[] = [];
  underWay = 0;
  mostUnderWay = 0;
  failure: Error | undefined;
  readonly reader: BlockReader;

  constructor() {
    const store = new MemoryStore(metainfo, payload);
    this.reader = new BlockReader({
      metainfo, have: Bitfield.full(metainfo.pieceCount), carriesPayload: true, learnLayer: () => undefined, verify: async () => true,
      store: {
        read: async (piece, begin, target) => {
          this.reads.push({ piece, begin, length: target.length });
          this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay += 1);
          await new Promise(setImmediate);
          this.underWay -= 1;
          if (this.failure !== undefined) throw this.failure;
          await store.read(piece, begin, target);
        },
        write: () => assert.fail(),
        close: async () => undefined,
      },
    });
  }
}

function bytesOf(piece: number, begin: number, length: number): Uint8Array {
  return payload.subarray(piece * PIECE + begin, piece * PIECE + begin + length);
}

test('one read serves all blocks around, and is made once however many ask for it at a time', async () => {
  const { reader, reads } = new Reading();
  const blocks = Array.from({ length: 16 }, (_, block) => ({ piece: 3, begin: block * BLOCK, length: BLOCK }));
  assert.equal(reader.get(blocks[0]), undefined);
  await Promise.all(blocks.map((block) => reader.load(block)));
  assert.deepEqual(reads, [{ piece: 3, begin: 0, length: SEGMENT }]);
  for (const { piece, begin, length } of blocks) assert.deepEqual(reader.get({ piece, begin, length }), bytesOf(piece, begin, length));
});

test('whatever is asked for, wherever it begins, is what is on disk', async () => {
  const anywhere = fc.nat(metainfo.pieceCount - 1).chain((piece) => fc.nat(pieceSize(metainfo, piece) - 1).chain((begin) =>
    fc.integer({ min: 1, max: Math.min(BLOCK, pieceSize(metainfo, piece) - begin) }).map((length) => ({ piece, begin, length }))));
  const { reader } = new Reading();
  await fc.assert(fc.asyncProperty(anywhere, async (request) => {
    await reader.load(request);
    assert.ok(Buffer.from(reader.get(request)!).equals(bytesOf(request.piece, request.begin, request.length)));
  }), { numRuns: 300 });
});

test('no more is read at a time than may be, nor kept than there is room for; what was used last stays', async () => {
  const reading = new Reading();
  const { reader } = reading;
  const first = { piece: 0, begin: 0, length: BLOCK };
  await reader.load(first);
  const all = Array.from({ length: metainfo.pieceCount - 1 }, (_, number) => number + 1).flatMap((piece) => [0, SEGMENT].map((begin) => ({ piece, begin, length: BLOCK })));
  await Promise.all(all.slice(0, 63).map((request) => reader.load(request)));
  assert.equal(reading.mostUnderWay, LIMITS.readsUnderWay);
  assert.notEqual(reader.get(first), undefined);
  await Promise.all(all.slice(63).map((request) => reader.load(request)));
  const kept = [first, ...all].filter((request) => reader.get(request) !== undefined);
  assert.ok(kept.length * SEGMENT <= LIMITS.readCacheBytes && kept.length > 50, `${kept.length} segments`);
  assert.ok(kept.includes(first), 'the latest use counts');
});

test('a block in two segments of which one is there, and is the next to go, is there whole once it is loaded', async () => {
  const { reader } = new Reading();
  await reader.load({ piece: 0, begin: 0, length: BLOCK });
  const others = Array.from({ length: LIMITS.readCacheBytes / SEGMENT - 1 }, (_, number) => ({ piece: 1 + (number >> 1), begin: (number & 1) * SEGMENT, length: BLOCK }));
  for (const other of others) await reader.load(other);
  const both = { piece: 0, begin: SEGMENT - 100, length: BLOCK };
  await reader.load(both);
  assert.ok(Buffer.from(reader.get(both)!).equals(bytesOf(both.piece, both.begin, both.length)));
});

test('a read that fails is told to those who wait for it, and may be made again', async () => {
  const reading = new Reading();
  const request = { piece: 1, begin: 0, length: BLOCK };
  reading.failure = new Error('it cannot be read');
  await Promise.all(Array.from({ length: 20 }, (_, piece) => assert.rejects(reading.reader.load({ ...request, piece }), reading.failure)));
  reading.failure = undefined;
  await reading.reader.load(request);
  assert.deepEqual(reading.reader.get(request), bytesOf(1, 0, BLOCK));
});
