import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { safePaths, TorrentFolder } from '../../metainfo/safe-path.ts';
import { MemoryDisk } from '../simulated/disk.ts';
import { windowsName, withWindowsNames } from './windows-names.ts';

test('names that Windows does not permit are written in full width, and others left alone', () => {
  const cases = {
    'Who?.mkv': 'Who？.mkv',
    '12:30 <a> "b"|*': '12：30 ＜a＞ ＂b＂｜＊',
    'R.E.M.': 'R.E.M．',
    'blank ': 'blank\u3000',
    'aux.c': 'ａux.c',
    NUL: 'ＮUL',
    'com1 .txt': 'ｃom1 .txt',
    'conin$': 'ｃonin$',
    'console.log': 'console.log',
    'com10': 'com10',
    'a.con': 'a.con',
    '..': '..',
    '.hidden': '.hidden',
  };
  for (const [name, written] of Object.entries(cases)) assert.equal(windowsName(name), written);
});

test('what a torrent tells apart stays apart, and is permitted', () => {
  const anyName = fc.array(fc.constantFrom('a', '?', '？', '.', '．', ' ', '\u3000', 'con', 'ｃon', '*', 'COM1'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
  fc.assert(fc.property(fc.array(anyName, { maxLength: 10 }), (names) => {
    const folder = new TorrentFolder();
    const places = names.map((name) => ({ folder, name: Buffer.from(name).toString('latin1'), isPadding: false }));
    const written = safePaths(places).map(([name]) => windowsName(name));
    assert.equal(new Set(written.map((name) => name.toLowerCase())).size, names.length);
    for (const name of written) assert.doesNotMatch(name, /[<>:"|?*]|[. ]$|^(?:con|com1)\s*(?:\.|$)/i);
  }), { numRuns: 1000 });
});

test('a disk with such names: everything is found where it was put, and the drive is left alone', async () => {
  const plain = new MemoryDisk();
  const disk = withWindowsNames(plain);
  await disk.writeWhole('C:/top/aux.c', Uint8Array.of(1));
  assert.equal((await plain.status('C:/top/ａux.c'))?.length, 1);
  assert.equal((await disk.status('C:/top/aux.c'))?.length, 1);
  assert.deepEqual(await disk.list('C:/top'), ['ａux.c']);
  await disk.rename('C:/top/aux.c', 'C:/top/b?');
  const file = await disk.open('C:/top/b?', 'read');
  assert.equal(await file.read(new Uint8Array(1), 0), 1);
  assert.deepEqual([...(await disk.readWhole('C:/top/b?', 9))], [1]);
  await disk.remove('C:/top/b?');
  await disk.makeDirectory('C:/top/nul');
  assert.deepEqual(await plain.list('C:/top'), ['ｎul']);
});
