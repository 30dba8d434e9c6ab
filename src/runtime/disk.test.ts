/** What every `Disk` promises, asked of the real one and of the one in memory. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Disk, DiskFile } from './disk.ts';
import { nodeDisk } from './node/disk.ts';
import { MemoryDisk } from './simulated/disk.ts';

/** A disk, an empty folder on it, and a way to put a link there. */
interface World {
  readonly disk: Disk;
  readonly folder: string;
  link(from: string, to: string): void;
}

type Check = (world: World) => Promise<void>;

/** Runs `check` in both worlds. */
function eachDisk(name: string, check: Check): void {
  test(`${name} (in memory)`, async () => {
    const disk = new MemoryDisk();
    await disk.makeDirectory('/folder');
    await check({ disk, folder: '/folder', link: (from, to) => disk.link(from, to) });
  });
  test(`${name} (real)`, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shoal-disk-'));
    try {
      await check({ disk: nodeDisk, folder, link: (from, to) => fs.symlinkSync(to, from) });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
}

async function contents(file: DiskFile, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  return target.subarray(0, await file.read(target, 0));
}

eachDisk('what is written, in chunks and anywhere, is read back; gaps are zeros', async ({ disk, folder }) => {
  const writes = fc.array(fc.record({ position: fc.nat(40), chunks: fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 5 }) }), { maxLength: 6 });
  let run = 0;
  await fc.assert(fc.asyncProperty(writes, async (planned) => {
    const file = await disk.open(`${folder}/${run++}`, 'create');
    const expected = new Uint8Array(100);
    let length = 0;
    for (const { position, chunks } of planned) {
      await file.write(chunks, position);
      const bytes = Buffer.concat(chunks);
      expected.set(bytes, position);
      if (bytes.length > 0) length = Math.max(length, position + bytes.length);
    }
    assert.deepEqual(await contents(file, 100), expected.slice(0, length));
    await file.close();
  }), { numRuns: 40 });
});

eachDisk('a file is made with the folders above it, once, and only if that is asked', async ({ disk, folder }) => {
  const name = `${folder}/a/b/file`;
  await assert.rejects(disk.open(name, 'read'), { code: 'NOT_FOUND', path: name });
  await assert.rejects(disk.open(name, 'write'), { code: 'NOT_FOUND', path: name });
  assert.equal(await disk.status(name), undefined);
  const file = await disk.open(name, 'create');
  await file.write([Uint8Array.of(1, 2, 3)], 0);
  await file.close();
  const again = await disk.open(name, 'create');
  assert.deepEqual(await contents(again, 10), Uint8Array.of(1, 2, 3));
  await again.close();
  assert.deepEqual(await disk.list(`${folder}/a`), ['b']);
});

eachDisk('a file that is open for reading cannot be written', async ({ disk, folder }) => {
  await disk.writeWhole(`${folder}/file`, Uint8Array.of(1));
  const file = await disk.open(`${folder}/file`, 'read');
  await assert.rejects(file.write([Uint8Array.of(2)], 0), { path: `${folder}/file` });
  await file.close();
});

eachDisk('what is cut off is gone, and what is added is zeros', async ({ disk, folder }) => {
  const file = await disk.open(`${folder}/file`, 'create');
  await file.write([Uint8Array.of(1, 2, 3, 4)], 0);
  await file.truncate(2);
  await file.truncate(5);
  await file.sync();
  assert.deepEqual(await contents(file, 10), Uint8Array.of(1, 2, 0, 0, 0));
  assert.equal((await disk.status(`${folder}/file`))?.length, 5);
  await file.close();
});

eachDisk('closing waits for what is under way, and ends all use', async ({ disk, folder }) => {
  const file = await disk.open(`${folder}/file`, 'create');
  const target = new Uint8Array(4);
  const writing = file.write([Uint8Array.of(1, 2, 3, 4)], 0);
  await Promise.all([writing, file.read(target, 0), file.close(), writing]);
  await file.close();
  await assert.rejects(file.read(target, 0), { code: 'DISK_FAILED' });
  await assert.rejects(file.write([target], 0), { code: 'DISK_FAILED' });
  assert.deepEqual(await disk.readWhole(`${folder}/file`, 4), Uint8Array.of(1, 2, 3, 4));
});

eachDisk('status tells what is there', async ({ disk, folder, link }) => {
  await disk.writeWhole(`${folder}/file`, new Uint8Array(7));
  link(`${folder}/link`, `${folder}/file`);
  assert.equal((await disk.status(folder))?.kind, 'directory');
  assert.equal((await disk.status(`${folder}/link`))?.kind, 'link');
  const status = await disk.status(`${folder}/file`);
  assert.equal(status?.kind, 'file');
  assert.equal(status.length, 7);
  assert.deepEqual(await disk.status(`${folder}/file`), status);
  assert.equal(await disk.status(`${folder}/none`), undefined);
  assert.equal(await disk.status(`${folder}/file/none`), undefined);
});

eachDisk('a link is read through, and not written through', async ({ disk, folder, link }) => {
  await disk.writeWhole(`${folder}/file`, Uint8Array.of(5));
  link(`${folder}/link`, `${folder}/file`);
  link(`${folder}/broken`, `${folder}/none`);
  const file = await disk.open(`${folder}/link`, 'read');
  assert.deepEqual(await contents(file, 2), Uint8Array.of(5));
  await file.close();
  await assert.rejects(disk.open(`${folder}/link`, 'write'), { code: 'NOT_PERMITTED', path: `${folder}/link` });
  await assert.rejects(disk.open(`${folder}/broken`, 'create'), { code: 'NOT_PERMITTED', path: `${folder}/broken` });
  assert.equal(await disk.status(`${folder}/none`), undefined);
});

eachDisk('a small file is written and read whole', async ({ disk, folder }) => {
  const name = `${folder}/deep/file`;
  await assert.rejects(disk.readWhole(name, 10), { code: 'NOT_FOUND', path: name });
  await disk.writeWhole(name, Uint8Array.of(1, 2, 3));
  await disk.writeWhole(name, Uint8Array.of(4));
  assert.deepEqual(await disk.readWhole(name, 1), Uint8Array.of(4));
  await assert.rejects(disk.readWhole(name, 0), { code: 'TOO_LARGE', path: name });
  await disk.writeWhole(name, new Uint8Array(0));
  assert.deepEqual(await disk.readWhole(name, 0), new Uint8Array(0));
  assert.deepEqual(await disk.list(`${folder}/deep`), ['file']);
});

eachDisk('several writers of one whole file leave one of their versions', async ({ disk, folder }) => {
  const versions = Array.from({ length: 8 }, (_, version) => new Uint8Array(1000).fill(version));
  await Promise.all(versions.map((bytes) => disk.writeWhole(`${folder}/file`, bytes)));
  const left = await disk.readWhole(`${folder}/file`, 1000);
  assert.ok(versions.some((bytes) => Buffer.compare(bytes, left) === 0));
  assert.deepEqual(await disk.list(folder), ['file']);
});

eachDisk('files are renamed and removed, and empty folders too', async ({ disk, folder }) => {
  await disk.writeWhole(`${folder}/a`, Uint8Array.of(1));
  await disk.rename(`${folder}/a`, `${folder}/deep/b`);
  assert.deepEqual(await disk.list(folder), ['deep']);
  await assert.rejects(disk.remove(`${folder}/deep`), { code: 'DISK_FAILED', path: `${folder}/deep` });
  await disk.remove(`${folder}/deep/b`);
  await disk.remove(`${folder}/deep`);
  await disk.remove(`${folder}/deep`);
  assert.deepEqual(await disk.list(folder), []);
  await assert.rejects(disk.list(`${folder}/deep`), { code: 'NOT_FOUND' });
  await assert.rejects(disk.rename(`${folder}/none`, `${folder}/b`), { code: 'NOT_FOUND' });
});

eachDisk('a folder is no file, and a file no folder', async ({ disk, folder }) => {
  await disk.makeDirectory(`${folder}/sub`);
  await disk.makeDirectory(`${folder}/sub`);
  await disk.writeWhole(`${folder}/file`, new Uint8Array(0));
  for (const mode of ['read', 'write', 'create'] as const) await assert.rejects(disk.open(`${folder}/sub`, mode), { code: 'DISK_FAILED' });
  await assert.rejects(disk.open(`${folder}/file/under`, 'create'), { code: 'DISK_FAILED' });
  await assert.rejects(disk.makeDirectory(`${folder}/file`), { code: 'DISK_FAILED' });
});
