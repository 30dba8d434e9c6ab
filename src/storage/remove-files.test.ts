import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { removeFiles } from './remove-files.ts';

function torrentOf(paths: readonly (readonly string[])[]): Pick<Metainfo, 'files' | 'isSingleFile' | 'name'> {
  const files = paths.map((path) => ({ path, length: 1, offset: 0, isPadding: path[0] === '.pad', piecesRoot: undefined }));
  return { files, name: 't', isSingleFile: false };
}

const names = fc.constantFrom('a', 'b', 'c');
const paths = fc.uniqueArray(fc.tuple(names, names, fc.constantFrom('x', 'y')), { selector: (path) => path.join('/'), maxLength: 8 });

test('the torrent\'s files go, and the folders that are empty then; whatever else lies there stays', async () => {
  await fc.assert(fc.asyncProperty(paths, paths, async (own, others) => {
    const disk = new MemoryDisk();
    const foreign = others.filter((other) => !own.some((path) => path.join() === other.join()));
    for (const path of [...own, ...foreign]) await disk.writeWhole(`/got/t/${path.join('/')}`, new Uint8Array(1));
    await disk.makeDirectory('/got');
    await removeFiles(disk, torrentOf(own), '/got');
    for (const path of own) assert.equal(await disk.status(`/got/t/${path.join('/')}`), undefined);
    for (const path of foreign) assert.equal((await disk.status(`/got/t/${path.join('/')}`))?.kind, 'file');
    for (const path of own) {
      const isShared = foreign.some(([outer]) => outer === path[0]);
      assert.equal((await disk.status(`/got/t/${path[0]}`))?.kind, isShared ? 'directory' : undefined);
    }
    assert.equal((await disk.status('/got'))?.kind, 'directory');
  }));
});

test('links are left alone, and so is what they lead to', async () => {
  const disk = new MemoryDisk();
  await disk.writeWhole('/home/secret', new Uint8Array(1));
  await disk.writeWhole('/got/t/whole', new Uint8Array(1));
  disk.link('/got/t/folder', '/home');
  disk.link('/got/t/file', '/home/secret');
  await removeFiles(disk, torrentOf([['folder', 'secret'], ['file'], ['whole'], ['absent', 'file']]), '/got');
  assert.deepEqual(await disk.list('/got/t'), ['file', 'folder']);
  assert.equal((await disk.status('/home/secret'))?.kind, 'file');
});
