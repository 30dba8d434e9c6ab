import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleLayouts, sampleTorrent } from '../../test/support/sample-torrent.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { PRIORITIES } from '../swarm/piece-picker.ts';
import { Selection } from './selection.ts';

test('a piece is wanted as much as the most wanted file that has a byte in it, and padding is not wanted', () => {
  fc.assert(fc.property(sampleLayouts, fc.array(fc.constantFrom(...PRIORITIES), { minLength: 20, maxLength: 20 }), (layout, priorities) => {
    const { metainfo } = sampleTorrent(layout);
    const selection = new Selection(metainfo, (_, index) => priorities[index]);
    let wantedBytes = 0;
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      const begin = piece * metainfo.pieceLength;
      const end = begin + pieceSize(metainfo, piece);
      const ranks = metainfo.files.map(({ offset, length, isPadding }, index) =>
        (isPadding || length === 0 || offset >= end || offset + length <= begin ? 0 : PRIORITIES.indexOf(priorities[index])));
      const rank = Math.max(0, ...ranks);
      assert.equal(selection.priorityOf(piece), PRIORITIES[rank], `piece ${piece}`);
      assert.equal(selection.isWanted(piece), rank > 0);
      if (rank > 0) wantedBytes += end - begin;
    }
    assert.equal(selection.wantedBytes, wantedBytes);
    assert.deepEqual([...selection.files], metainfo.files.flatMap(({ isPadding }, index) => (isPadding || priorities[index] === 'none' ? [] : [index])));
  }));
});
