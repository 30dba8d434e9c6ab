import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleTorrent } from '../../test/support/sample-torrent.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { BlockCutter } from './web-seed-run.ts';

const PIECE = 3 * LIMITS.blockBytes;

test('however a stream of pieces comes, it is cut into the same blocks', () => {
  const layout = fc.record({
    format: fc.constantFrom('v1' as const, 'v2' as const, 'hybrid' as const),
    pieceLength: fc.constant(PIECE),
    lengths: fc.array(fc.integer({ min: 1, max: 2 * PIECE }), { minLength: 1, maxLength: 4 }),
  });
  fc.assert(fc.property(layout, fc.array(fc.integer({ min: 0, max: PIECE }), { maxLength: 30 }), fc.nat(), (chosen, cuts, start) => {
    const { metainfo, payload } = sampleTorrent(chosen);
    const first = start % metainfo.pieceCount;
    const pieces = Array.from({ length: metainfo.pieceCount - first }, (_, index) => first + index);
    const bytesOf = (piece: number): Uint8Array => payload.subarray(piece * PIECE, piece * PIECE + pieceSize(metainfo, piece));
    const stream = Buffer.concat(pieces.map(bytesOf));
    const cutter = new BlockCutter(metainfo, first, 0);
    const got = new Map<number, Buffer>();
    for (let at = 0; at < stream.length;) {
      const end = at + (cuts.shift() ?? stream.length);
      for (const { piece, block, data } of cutter.cut(stream.subarray(at, end))) {
        const before = got.get(piece) ?? Buffer.alloc(0);
        assert.equal(before.length, block * LIMITS.blockBytes);
        assert.ok(data.length === LIMITS.blockBytes || before.length + data.length === pieceSize(metainfo, piece));
        got.set(piece, Buffer.concat([before, data]));
      }
      at = end;
    }
    assert.deepEqual([...got.keys()], pieces);
    for (const piece of pieces) assert.ok(got.get(piece)!.equals(bytesOf(piece)));
  }), { numRuns: 50 });
});

test('a stream may begin with any block of a piece', () => {
  const { metainfo, payload } = sampleTorrent({ format: 'v1', pieceLength: PIECE, lengths: [2 * PIECE] });
  const begin = 2 * LIMITS.blockBytes;
  const [cut, ...others] = new BlockCutter(metainfo, 1, begin).cut(payload.subarray(PIECE + begin));
  assert.deepEqual([cut.piece, cut.block, others.length], [1, 2, 0]);
  assert.ok(Buffer.from(cut.data).equals(payload.subarray(PIECE + begin)));
});
