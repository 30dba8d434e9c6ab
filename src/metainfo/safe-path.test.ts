import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../bytes/limits.ts';
import { MetainfoError } from './metainfo.ts';
import { safeComponent, safePaths, TorrentFolder, type TorrentPlace } from './safe-path.ts';

/** The places of files whose paths are given as texts with slashes, or as lists of names in latin1. */
function places(...paths: readonly (string | readonly string[])[]): TorrentPlace[] {
  const root = new TorrentFolder();
  return paths.map((path) => {
    const components = typeof path === 'string' ? path.split('/').map(latin1) : path;
    const folder = components.slice(0, -1).reduce((parent, name) => parent.folder(name), root);
    return { folder, name: components.at(-1) ?? '', isPadding: false };
  });
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const resolved = (...paths: readonly (string | readonly string[])[]): string[] => safePaths(places(...paths)).map((path) => path.join('/'));

/** Names that mean trouble, in a small alphabet so that they meet. */
const anyName = fc.oneof(
  fc.constantFrom('', '.', '..', '/', '\\', '../..', 'a', 'A', 'a (2)', 'a.txt', 'A.TXT', 'a (2).txt', 'é', 'e\u0301', 'É', 'ﬁ', 'fi', 'ss', 'ß', 'a\u200bb', 'ab', '\u202egnp.exe', '\0').map(latin1),
  fc.constantFrom('a', 'é').chain((letter) => fc.integer({ min: 100, max: 300 }).map((length) => latin1(letter.repeat(length)))),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const anyPaths = fc.array(fc.array(anyName, { minLength: 1, maxLength: 3 }), { maxLength: 12 });

test('whatever the names: no escape, nothing that cannot be written, and no two files in one place', () => {
  fc.assert(fc.property(anyPaths, (paths) => {
    const safe = safePaths(places(...paths));
    const files = new Set<string>();
    const folders = new Set<string>();
    for (const [index, path] of safe.entries()) {
      assert.equal(path.length, paths[index].length);
      for (const component of path) {
        assert.ok(component !== '' && component !== '.' && component !== '..');
        assert.doesNotMatch(component, /[/\\\p{Cc}\u202e]/u);
        assert.ok(Buffer.byteLength(component) <= 255);
        assert.ok(component.isWellFormed());
      }
      const folded = path.map((component) => component.normalize('NFD').toUpperCase().toLowerCase());
      for (let depth = 1; depth < folded.length; depth++) folders.add(folded.slice(0, depth).join('/'));
      const place = folded.join('/');
      assert.ok(!files.has(place), `${place} stands twice`);
      files.add(place);
    }
    for (const file of files) assert.ok(!folders.has(file), `${file} is a file and a folder`);
  }), { numRuns: 500 });
});

test('the same names give the same paths, and safe paths are left as they are', () => {
  fc.assert(fc.property(anyPaths, (paths) => {
    const once = safePaths(places(...paths));
    assert.deepEqual(safePaths(places(...paths)), once);
    assert.deepEqual(safePaths(places(...once.map((path) => path.map(latin1)))), once);
  }));
});

test('names that are safe and free are kept, odd as they may be', () => {
  const names = ['aux.c', 'R.E.M.', 'Who?.mkv', '12:30 "x" <y>|*', ' leading', 'trailing ', '.hidden', 'näïve', 'e\u0301', '日本語', '👍', 'a\u200db'];
  for (const name of names) assert.equal(safeComponent(latin1(name)), name);
});

test('names that are not safe', () => {
  assert.equal(safeComponent('..'), '__');
  assert.equal(safeComponent('.'), '_');
  assert.equal(safeComponent(''), '_');
  assert.equal(safeComponent('../../etc/passwd'), '.._.._etc_passwd');
  assert.equal(safeComponent('C:\\x'), 'C:_x');
  assert.equal(safeComponent('a\nb\x1b[31m\0'), 'a_b_[31m_');
  assert.equal(safeComponent(latin1('photo\u202egnp.exe')), 'photo_gnp.exe');
  assert.equal(safeComponent('caf\xe9'), 'caf_');
  assert.equal(safeComponent('\xc0\xae\xc0\xae'), '____', 'dots in more bytes than they need');
});

test('a long name is cut between characters, and keeps its extension', () => {
  assert.equal(safeComponent(`${'a'.repeat(300)}.flac`), `${'a'.repeat(250)}.flac`);
  assert.equal(safeComponent(latin1(`${'é'.repeat(200)}.flac`)), `${'é'.repeat(125)}.flac`);
  assert.equal(safeComponent(`.${'a'.repeat(300)}`), `.${'a'.repeat(254)}`);
});

test('of equals the first keeps its name, and nobody loses a name of his own to the others', () => {
  assert.deepEqual(resolved('a.txt', 'A.txt', 'a.txt', 'a (2).txt', 'b/a.txt'), ['a.txt', 'A (3).txt', 'a (4).txt', 'a (2).txt', 'b/a.txt']);
  assert.deepEqual(resolved('é', 'e\u0301'), ['é', 'e\u0301 (2)']);
});

test('a folder keeps its name before a file, whichever comes first', () => {
  assert.deepEqual(resolved('a', 'a/b', 'A/c/d', 'a/C'), ['a (2)', 'a/b', 'A/c/d', 'a/C (2)']);
});

test("padding is in nobody's way", () => {
  const [first, second, file] = places('.pad/5', '.pad/5', '.pad/5');
  const paths = safePaths([{ ...first, isPadding: true }, { ...second, isPadding: true }, file]);
  assert.deepEqual(paths.map((path) => path.join('/')), ['.pad/5', '.pad/5', '.pad/5']);
});

test('many equal names, short or long, take no longer than as many different ones', () => {
  const count = 20_000;
  const long = 'x'.repeat(250);
  const equal = Array.from({ length: count }, () => ['a']);
  // These differ only in what has to give way to the number.
  const alike = Array.from({ length: count }, (_, index) => [`${long}${index % 100_000}`.slice(0, 258)]);
  for (const paths of [equal, alike]) assert.equal(new Set(resolved(...paths)).size, count);
});

test('paths are only so deep', () => {
  const deep = (components: number): string[] => Array.from({ length: components }, () => 'd');
  assert.doesNotThrow(() => places(deep(LIMITS.pathDepth)));
  assert.throws(() => places(deep(LIMITS.pathDepth + 1)), MetainfoError);
});
