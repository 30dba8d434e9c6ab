import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DiskError } from '../runtime/disk.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { Folders } from './folders.ts';

test('no path leads out of the chosen folder, whatever its components', () => {
  const hostile = fc.oneof(fc.constantFrom('..', '.', '', '/', '../..', 'a/../..', '\\', '..\\..', 'a\0', '~'), fc.string());
  fc.assert(fc.property(fc.constantFrom('/downloads', '/downloads/', '/', 'relative'), fc.array(hostile, { maxLength: 4 }), (root, components) => {
    const folders = new Folders(new MemoryDisk(), root);
    try {
      const path = folders.path(components);
      const below = path.slice(root === '/' ? 1 : root.replace(/\/$/, '').length + 1);
      assert.deepEqual(below === '' ? [] : below.split('/'), components);
      assert.ok(!components.some((component) => ['', '.', '..'].includes(component) || /[\\\0]/.test(component)));
    } catch (error) {
      assert.ok(error instanceof DiskError && error.code === 'NOT_PERMITTED');
    }
  }), { numRuns: 500 });
});

test('folders are made on the way, and those that are there are left alone', async () => {
  const disk = new MemoryDisk();
  const folders = new Folders(disk, '/downloads');
  await folders.make([]);
  assert.equal((await disk.status('/downloads'))?.kind, 'directory');
  await folders.make(['a', 'b', 'c']);
  await folders.make(['a', 'b', 'd']);
  assert.deepEqual(await disk.list('/downloads/a/b'), ['c', 'd']);
});

test('a link or a file in the place of a folder is an error that names it', async () => {
  const disk = new MemoryDisk();
  const folders = new Folders(disk, '/downloads');
  await disk.makeDirectory('/home');
  disk.link('/downloads/a/link', '/home');
  await disk.writeWhole('/downloads/a/file', new Uint8Array(1));
  await assert.rejects(folders.make(['a', 'link', 'b']), { code: 'NOT_PERMITTED', path: '/downloads/a/link' });
  await assert.rejects(folders.make(['a', 'file', 'b']), { code: 'DISK_FAILED', path: '/downloads/a/file' });
  assert.deepEqual(await disk.list('/home'), []);
});
