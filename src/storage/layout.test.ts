import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleLayouts, sampleTorrent } from '../../test/support/sample-torrent.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { Layout } from './layout.ts';

test('the spans of a range are its bytes, in order, each of them once', () => {
  fc.assert(fc.property(sampleLayouts, (sample) => {
    const { metainfo } = sampleTorrent(sample);
    const layout = new Layout(metainfo);
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      const size = pieceSize(metainfo, piece);
      for (let begin = 0; begin < size; begin++) {
        let offset = piece * metainfo.pieceLength + begin;
        for (const { file, position, length } of layout.spans(piece, begin, size - begin)) {
          assert.ok(length > 0);
          assert.equal(metainfo.files[file].offset + position, offset);
          assert.ok(position + length <= metainfo.files[file].length);
          offset += length;
        }
        assert.equal(offset, piece * metainfo.pieceLength + size);
      }
    }
  }));
});

test('the pieces of a file are those that have a span in it', () => {
  fc.assert(fc.property(sampleLayouts, (sample) => {
    const { metainfo } = sampleTorrent(sample);
    const layout = new Layout(metainfo);
    const found = metainfo.files.map(() => new Set<number>());
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      for (const { file } of layout.spans(piece, 0, pieceSize(metainfo, piece))) found[file].add(piece);
    }
    for (const file of metainfo.files.keys()) {
      const { first, end } = layout.piecesOf(file);
      assert.deepEqual([...found[file]], Array.from({ length: end - first }, (_, index) => first + index));
    }
  }));
});

test('a range that reaches past the files, or into a gap of a v2 torrent, is an error', () => {
  const v1 = new Layout(sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [5, 6] }).metainfo);
  assert.throws(() => v1.spans(1, 0, 4), RangeError);
  assert.throws(() => v1.spans(2, 0, 1), RangeError);
  assert.throws(() => v1.spans(-1, 0, 1), RangeError);
  const v2 = new Layout(sampleTorrent({ format: 'v2', pieceLength: 8, lengths: [5, 6] }).metainfo);
  assert.throws(() => v2.spans(0, 0, 6), RangeError);
  assert.throws(() => v2.spans(0, 6, 1), RangeError);
  assert.deepEqual(v2.spans(1, 2, 4), [{ file: 1, position: 2, length: 4 }]);
});

test('a torrent without bytes has a layout', () => {
  const layout = new Layout(sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [0, 0] }).metainfo);
  assert.deepEqual(layout.piecesOf(1), { first: 0, end: 0 });
  assert.throws(() => layout.spans(0, 0, 1), RangeError);
});

test('half a million files are laid out, and found, at once', () => {
  const lengths = Array.from({ length: 500_000 }, (_, index) => index % 7);
  const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 1024, lengths });
  const layout = new Layout(metainfo);
  const last = metainfo.pieceCount - 1;
  const spans = layout.spans(last, 0, pieceSize(metainfo, last));
  assert.equal(spans.at(-1)?.file, metainfo.files.findLastIndex(({ length }) => length > 0));
});
