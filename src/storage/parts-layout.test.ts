import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleLayouts, sampleTorrent } from '../../test/support/sample-torrent.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { Layout } from './layout.ts';
import { PartsLayout } from './parts-layout.ts';

test('each piece that files share has a place to itself, and no other piece has one', () => {
  fc.assert(fc.property(sampleLayouts, (sample) => {
    const { metainfo } = sampleTorrent(sample);
    const layout = new Layout(metainfo);
    const parts = new PartsLayout(metainfo, layout);
    let next = 0;
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      const spans = layout.spans(piece, 0, pieceSize(metainfo, piece)).filter(({ file }) => !metainfo.files[file].isPadding);
      if (spans.length < 2) {
        assert.equal(parts.position(piece, 0), undefined);
      } else {
        assert.equal(parts.position(piece, 0), next);
        assert.equal(parts.position(piece, 1), next + 1);
        next += metainfo.pieceLength;
      }
    }
  }));
});

test('the shares of a file are its spans in pieces that it does not have for itself', () => {
  fc.assert(fc.property(sampleLayouts, (sample) => {
    const { metainfo } = sampleTorrent(sample);
    const layout = new Layout(metainfo);
    const parts = new PartsLayout(metainfo, layout);
    for (const [file, { offset, isPadding }] of metainfo.files.entries()) {
      if (isPadding) continue;
      const { first, end } = layout.piecesOf(file);
      const expected = [];
      for (let piece = first; piece < end; piece++) {
        if (parts.position(piece, 0) === undefined) continue;
        const span = layout.spans(piece, 0, pieceSize(metainfo, piece)).find((each) => each.file === file);
        assert.ok(span);
        expected.push({ piece, begin: offset + span.position - piece * metainfo.pieceLength, position: span.position, length: span.length });
      }
      assert.deepEqual(parts.shares(file), expected);
    }
  }));
});

test('the files of v2 and hybrid torrents share no pieces', () => {
  for (const format of ['v2', 'hybrid'] as const) {
    const { metainfo } = sampleTorrent({ format, pieceLength: 8, lengths: [5, 6, 20] });
    const parts = new PartsLayout(metainfo, new Layout(metainfo));
    assert.deepEqual(metainfo.files.flatMap((_, file) => parts.shares(file)), []);
  }
});
