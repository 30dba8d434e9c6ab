import assert from 'node:assert/strict';
import test from 'node:test';
import { createTorrent } from '../metainfo/create.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { checkPieces } from '../storage/check.ts';
import { openFileStore } from '../storage/file-store.ts';
import { SharedFiles } from './shared-files.ts';

const FILES = { '/here/a.bin': 40_000, '/there/folder/b.bin': 20_000, '/there/folder/inner/c.bin': 0 };

async function diskWithFiles(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const [index, [path, length]] of Object.entries(FILES).entries()) await disk.writeWhole(path, new Uint8Array(length).fill(index + 1));
  return disk;
}

for (const format of ['v1', 'v2', 'hybrid'] as const) {
  for (const paths of [['/here/a.bin'], ['/there/folder'], ['/here/a.bin', '/there/folder']]) {
    test(`${paths.join(' and ')} under another name, as ${format}: all pieces are found where the files are`, async () => {
      const disk = await diskWithFiles();
      const created = await createTorrent({ disk, hasher: plainHasher }, { paths, name: 'other', format });
      const shared = new SharedFiles(disk, created, '/here');
      const { metainfo } = created;
      const store = await openFileStore({ disk: shared, metainfo, directory: '/here', partsPath: '/state/parts' });
      const good = await checkPieces({ hasher: plainHasher, metainfo, store });
      assert.ok(good.isFull);
      await store.close();
      assert.deepEqual(await disk.list('/here'), ['a.bin']);
    });
  }
}

test('a file in the root folder', async () => {
  const disk = new MemoryDisk();
  await disk.writeWhole('/a.bin', new Uint8Array(9));
  const shared = new SharedFiles(disk, await createTorrent({ disk, hasher: plainHasher }, { paths: ['/a.bin'], name: 'b.bin' }), '/');
  assert.equal((await shared.status('/b.bin'))?.length, 9);
});

test('what is shared cannot be written to; everything else is the disk as it is', async () => {
  const disk = await diskWithFiles();
  const created = await createTorrent({ disk, hasher: plainHasher }, { paths: ['/here/a.bin'], name: 'other' });
  const shared = new SharedFiles(disk, created, '/here');
  for (const mode of ['write', 'create'] as const) await assert.rejects(shared.open('/here/other', mode), { code: 'NOT_PERMITTED', path: '/here/a.bin' });
  assert.equal((await shared.status('/here/other'))?.length, FILES['/here/a.bin']);
  assert.equal(await shared.status('/here/nothing'), undefined);
  await shared.writeWhole('/state/record', new Uint8Array(3));
  assert.equal((await disk.readWhole('/state/record', 10)).length, 3);
});
