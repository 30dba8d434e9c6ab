import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleTorrent } from '../../test/support/sample-torrent.ts';
import { urlOf } from './web-seed.ts';

const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 4, lengths: [5] });
const single = { ...metainfo, name: 'a b.iso', isSingleFile: true };
const folder = { ...metainfo, name: 'ü', files: [{ ...metainfo.files[0], path: ['sub dir', '50% #1?&+;.txt'] }] };

test('a single file is at the URL itself, or in the folder that it names (BEP 19)', () => {
  assert.equal(urlOf('http://example.org/x/image.iso', single, 0), 'http://example.org/x/image.iso');
  assert.equal(urlOf('http://example.org/get?file=7', single, 0), 'http://example.org/get?file=7');
  assert.equal(urlOf('http://example.org/x/', single, 0), 'http://example.org/x/a%20b.iso');
});

test('the files of a folder are below the URL, with or without its slash, each component escaped', () => {
  const path = '%C3%BC/sub%20dir/50%25%20%231%3F%26%2B%3B.txt';
  assert.equal(urlOf('http://example.org/pub/', folder, 0), `http://example.org/pub/${path}`);
  assert.equal(urlOf('http://example.org/pub', folder, 0), `http://example.org/pub/${path}`);
});
