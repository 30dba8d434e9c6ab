import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from './disk.ts';

test('a disk that is full takes no more, and a write that fails changes nothing', async () => {
  const disk = new MemoryDisk({ capacityBytes: 10 });
  const file = await disk.open('/file', 'create');
  await file.write([Uint8Array.of(1, 2, 3, 4)], 0);
  await assert.rejects(file.write([new Uint8Array(8)], 3), { code: 'DISK_FULL', path: '/file' });
  await assert.rejects(disk.writeWhole('/other', new Uint8Array(7)), { code: 'DISK_FULL', path: '/other' });
  assert.deepEqual(await disk.readWhole('/file', 10), Uint8Array.of(1, 2, 3, 4));
  assert.equal(await disk.status('/other'), undefined);
  await file.write([new Uint8Array(6)], 4);
  disk.capacityBytes = 100;
  await disk.writeWhole('/other', new Uint8Array(7));
});

test('a file fails for as long as it is told to', async () => {
  const disk = new MemoryDisk();
  const file = await disk.open('/file', 'create');
  disk.fail('/file', 'DISK_FAILED');
  await assert.rejects(file.write([new Uint8Array(1)], 0), { code: 'DISK_FAILED', path: '/file' });
  await assert.rejects(disk.open('/file', 'read'), { code: 'DISK_FAILED' });
  disk.fail('/file', undefined);
  await file.write([new Uint8Array(1)], 0);
});

test('a file that is removed is gone for those who have it open', async () => {
  const disk = new MemoryDisk();
  const file = await disk.open('/file', 'create');
  await disk.remove('/file');
  await assert.rejects(file.read(new Uint8Array(1), 0), { code: 'NOT_FOUND', path: '/file' });
});

test('without power, what was not synced becomes zeros, while lengths and times stay', async () => {
  const disk = new MemoryDisk({ canLosePower: true });
  const file = await disk.open('/file', 'create');
  await file.write([Uint8Array.of(1, 2)], 0);
  await file.sync();
  await file.write([Uint8Array.of(3, 4)], 2);
  await disk.writeWhole('/whole', Uint8Array.of(5));
  const status = await disk.status('/file');
  disk.losePower();
  assert.deepEqual(await disk.readWhole('/file', 10), Uint8Array.of(1, 2, 0, 0));
  assert.deepEqual(await disk.readWhole('/whole', 10), Uint8Array.of(5));
  assert.deepEqual(await disk.status('/file'), status);
});

test('every change gives a file a new time', async () => {
  const disk = new MemoryDisk();
  const times = new Set<number | undefined>();
  const look = async (): Promise<unknown> => times.add((await disk.status('/file'))?.modifiedMs);
  const file = await disk.open('/file', 'create');
  await look();
  await file.write([new Uint8Array(3)], 0);
  await look();
  await file.truncate(2);
  await look();
  await file.read(new Uint8Array(1), 0);
  await look();
  assert.equal(times.size, 3);
});

test('a delayed disk lets calls overtake one another', async () => {
  const turns = [0, 5, 0];
  const disk = new MemoryDisk({ delay: async () => { for (let turn = turns.shift() ?? 0; turn > 0; turn--) await undefined; } });
  const file = await disk.open('/file', 'create');
  await Promise.all([file.write([Uint8Array.of(1)], 0), file.write([Uint8Array.of(2)], 0)]);
  assert.deepEqual(await disk.readWhole('/file', 1), Uint8Array.of(1));
});
