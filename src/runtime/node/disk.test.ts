import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, mock, test } from 'node:test';
import { Bitfield } from '../../bytes/bitfield.ts';
import { createTorrent } from '../../metainfo/create.ts';
import { checkPieces } from '../../storage/check.ts';
import { openFileStore } from '../../storage/file-store.ts';
import { loadResume, saveResume, trustedPieces } from '../../storage/resume.ts';
import { pieceSize } from '../../metainfo/metainfo.ts';
import { plainHasher } from '../simulated/runtime.ts';
import { SeededRandom } from '../simulated/simulation.ts';
import { nodeDisk } from './disk.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shoal-node-disk-'));
after(() => fs.rmSync(folder, { recursive: true }));

test('a pipe, which nobody writes to, is refused and does not hang', { skip: process.platform === 'win32' }, async () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const mode of ['read', 'write', 'create'] as const) await assert.rejects(nodeDisk.open(pipe, mode), { code: 'DISK_FAILED', path: pipe });
  assert.equal((await nodeDisk.status(pipe))?.kind, 'other');
});

test('thousands of chunks are written with one call', async () => {
  const file = await nodeDisk.open(path.join(folder, 'chunks'), 'create');
  const chunks = Array.from({ length: 3000 }, (_, index) => new Uint8Array(3).fill(index));
  await file.write(chunks, 5);
  const target = new Uint8Array(9005);
  assert.equal(await file.read(target, 0), 9005);
  assert.deepEqual(target.subarray(5), new Uint8Array(Buffer.concat(chunks)));
  await file.close();
});

test('many calls at once on one file do not mix', async () => {
  const file = await nodeDisk.open(path.join(folder, 'many'), 'create');
  const blocks = Array.from({ length: 50 }, (_, index) => new Uint8Array(5000).fill(index));
  await Promise.all(blocks.map((block, index) => file.write([block.subarray(0, 1000), block.subarray(1000)], index * 5000)));
  await Promise.all(blocks.map(async (block, index) => {
    const target = new Uint8Array(5000);
    await file.read(target, index * 5000);
    assert.deepEqual(target, block);
  }));
  await file.close();
});

test('where the system reads and writes less than it is asked, the rest follows, and a file that is being closed waits for it', async () => {
  const { read, write } = fs;
  type Transfer = (descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number, done: () => void) => void;
  const inParts = (transfer: Transfer): Transfer => (descriptor, bytes, offset, length, position, done) => transfer(descriptor, bytes, offset, Math.min(length, 3), position, done);
  mock.method(fs, 'read', inParts(read as unknown as Transfer));
  mock.method(fs, 'write', inParts(write as unknown as Transfer));
  mock.method(fs, 'writev', (descriptor: number, [first]: Uint8Array[], position: number, done: () => void) => inParts(write as unknown as Transfer)(descriptor, first, 0, first.length, position, done));
  try {
    const place = path.join(folder, 'parts');
    const file = await nodeDisk.open(place, 'create');
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
    const writing = file.write([bytes.subarray(0, 7), bytes.subarray(7, 8), bytes.subarray(8)], 0);
    await Promise.all([file.close(), writing]);
    const again = await nodeDisk.open(place, 'read');
    const target = new Uint8Array(200);
    const reading = again.read(target, 0);
    await again.close();
    assert.equal(await reading, 100);
    assert.deepEqual(target.subarray(0, 100), bytes);
  } finally {
    mock.restoreAll();
  }
});

test('errors say in words what is wrong, and with what', async () => {
  const long = path.join(folder, 'x'.repeat(300));
  await assert.rejects(nodeDisk.open(long, 'create'), (error: Error) => error.message === `${long}: the name is longer than this file system permits`);
  const file = await nodeDisk.open(path.join(folder, 'huge'), 'create');
  await assert.rejects(file.write([new Uint8Array(1)], Number.MAX_SAFE_INTEGER), { name: 'DiskError', path: path.join(folder, 'huge') });
  await file.close();
  const missing = path.join(folder, 'none');
  await assert.rejects(nodeDisk.open(missing, 'read'), (error: Error) => error.message === `${missing}: there is no such file or folder`);
});

test('a torrent is written, recorded, found again, and whole when a file has been spoilt and mended', async () => {
  const source = path.join(folder, 'source', 'set');
  const random = new SeededRandom(1);
  fs.mkdirSync(path.join(source, 'sub'), { recursive: true });
  for (const [name, length] of [['a', 100_000], ['b', 0], ['sub/c', 33_000], ['sub/d', 70_000]] as const) {
    fs.writeFileSync(path.join(source, name), random.bytes(length));
  }
  const { metainfo } = await createTorrent({ disk: nodeDisk, hasher: plainHasher }, { paths: [source], pieceLength: 16 * 1024 });
  const pieces = Bitfield.full(metainfo.pieceCount);
  const wanted = Bitfield.full(metainfo.files.length);
  const from = await openFileStore({ disk: nodeDisk, metainfo, directory: path.join(folder, 'source'), partsPath: path.join(folder, 'parts') });
  const place = { disk: nodeDisk, metainfo, directory: path.join(folder, 'downloads'), partsPath: path.join(folder, 'parts') };
  const to = await openFileStore(place);
  await to.select(wanted);
  for (const piece of pieces) {
    const bytes = new Uint8Array(pieceSize(metainfo, piece));
    await from.read(piece, 0, bytes);
    await to.write(piece, 0, [bytes]);
  }
  await from.close();
  await to.close();
  const record = path.join(folder, 'record');
  await saveResume(nodeDisk, record, metainfo, { pieces, wanted, stamps: to.stamps, downloaded: 1, uploaded: 2 });

  const again = await openFileStore(place);
  assert.ok(trustedPieces(await loadResume(nodeDisk, record, metainfo), again.stamps, metainfo).have.isFull);
  const spoilt = path.join(folder, 'downloads', 'set', 'sub', 'c');
  fs.writeFileSync(spoilt, 'x'.repeat(33_000));
  await again.look();
  const { have, suspect } = trustedPieces(await loadResume(nodeDisk, record, metainfo), again.stamps, metainfo);
  const good = await checkPieces({ hasher: plainHasher, metainfo, store: again, pieces: suspect });
  assert.equal(good.count, 0);
  assert.equal(have.count + suspect.count, metainfo.pieceCount);
  assert.deepEqual([...suspect], [6, 7, 8]);
  await again.close();
});

test('a link in a download folder is not written through, be it a file or a folder', async () => {
  const random = new SeededRandom(2);
  fs.mkdirSync(path.join(folder, 'made', 'linked', 'sub'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'made', 'linked', 'a'), random.bytes(20_000));
  fs.writeFileSync(path.join(folder, 'made', 'linked', 'sub', 'b'), random.bytes(20_000));
  const { metainfo } = await createTorrent({ disk: nodeDisk, hasher: plainHasher }, { paths: [path.join(folder, 'made', 'linked')], pieceLength: 16 * 1024, format: 'hybrid' });
  const outside = path.join(folder, 'outside');
  const target = path.join(folder, 'target', 'linked');
  fs.mkdirSync(outside);
  fs.mkdirSync(target, { recursive: true });
  fs.writeFileSync(path.join(outside, 'secret'), 'secret');
  fs.symlinkSync(path.join(outside, 'secret'), path.join(target, 'a'));
  fs.symlinkSync(outside, path.join(target, 'sub'));
  const store = await openFileStore({ disk: nodeDisk, metainfo, directory: path.join(folder, 'target'), partsPath: path.join(folder, 'parts') });
  await store.select(Bitfield.full(metainfo.files.length));
  for (const piece of Bitfield.full(metainfo.pieceCount)) {
    await assert.rejects(store.write(piece, 0, [new Uint8Array(1000)]), { code: 'NOT_PERMITTED' });
  }
  assert.deepEqual(fs.readdirSync(outside), ['secret']);
  assert.equal(fs.readFileSync(path.join(outside, 'secret'), 'utf8'), 'secret');
  await store.close();
});

test('folders are made with those above them, also twice and at once; where none can be made, that is told', async () => {
  const deep = path.join(folder, 'a', 'b', 'c');
  await Promise.all([nodeDisk.makeDirectory(deep), nodeDisk.makeDirectory(deep), nodeDisk.makeDirectory(path.join(folder, 'a', 'd'))]);
  assert.deepEqual(await nodeDisk.list(path.join(folder, 'a')), ['b', 'd']);
  fs.writeFileSync(path.join(deep, 'file'), '');
  for (const place of ['file', 'file/inner', 'file/inner/more']) await assert.rejects(nodeDisk.makeDirectory(path.join(deep, place)), { code: 'DISK_FAILED' });
});

test('a file system that takes no folders does not hang us', { skip: process.platform !== 'linux' }, async () => {
  await assert.rejects(nodeDisk.makeDirectory('/proc/nowhere/at/all'), { code: 'NOT_FOUND' });
});
