import assert from 'node:assert/strict';
import test from 'node:test';
import type { FileEntry, Metainfo } from '../metainfo/metainfo.ts';
import { checkSelection, isSelected } from './selection.ts';

function file(path: string, isPadding = false): FileEntry {
  return { path: path.split('/'), length: 1, offset: 0, isPadding, piecesRoot: undefined };
}

test('a glob without a slash is held against the name, one with a slash against the path', () => {
  const cases: [string, string, boolean][] = [
    ['a.mkv', '*.mkv', true], ['extras/b.mkv', '*.mkv', true], ['extras/b.mkv', 'extras/*', true], ['extras/more/b.mkv', 'extras/*', false],
    ['extras/more/b.mkv', 'extras/**', true], ['a.srt', '*.mkv', false], ['extras/b.mkv', 'b.mkv', true], ['extras/b.mkv', 'more/*.mkv', false],
    ['a.MKV', '*.{mkv,MKV}', true], ['.hidden/.b', '*', true], ['.hidden/.b', '.hidden/**', true], ['.hidden/.b', 'hidden/**', false], ['.b', '{.a,.b}', true], ['a,.b', 'a,.b', true], ['a[1].mkv', 'a[[]1].mkv', true],
  ];
  for (const [path, glob, selected] of cases) assert.equal(isSelected(file(path), [glob]), selected, `${path} ${glob}`);
  assert.equal(isSelected(file('a.srt'), ['*.mkv', '*.srt']), true);
});

test('a selection of nothing is refused with what there is', () => {
  const metainfo = { name: 'film', files: [file('a'), file('b'), file('.pad/1', true), file('c'), file('d')] } as unknown as Metainfo;
  checkSelection(metainfo, ['x', 'd']);
  assert.throws(() => checkSelection(metainfo, ['x', '.pad/*']), {
    code: 'NOTHING_SELECTED', message: 'no file of film fits x, .pad/*; it holds a, b, c and 1 more',
  });
});
