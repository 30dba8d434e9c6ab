import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleLayouts, sampleTorrent } from '../../test/support/sample-torrent.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { createTorrent } from '../metainfo/create.ts';
import { type Metainfo, pieceSize } from '../metainfo/metainfo.ts';
import { integerBelow } from '../runtime/random.ts';
import type { Hasher } from '../runtime/hasher.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { checkPieces } from './check.ts';
import { openFileStore, type FileStore } from './file-store.ts';

const PLACE = { directory: '/downloads', partsPath: '/parts' };
const BLOCK = 16 * 1024;

async function storeOf(disk: MemoryDisk, metainfo: Metainfo): Promise<FileStore> {
  return openFileStore({ disk, metainfo, ...PLACE });
}

test('the pieces found are those whose bytes are all there and right', async () => {
  const runs = fc.record({ sample: sampleLayouts.filter(({ format }) => format !== 'v2'), seed: fc.integer() });
  await fc.assert(fc.asyncProperty(runs, async ({ sample, seed }) => {
    const { metainfo, payload } = sampleTorrent(sample);
    const random = new SeededRandom(seed);
    const disk = new MemoryDisk();
    // Each file is whole, spoilt in one byte, short, long, or missing.
    const isRight = new Uint8Array(payload.length).fill(1);
    for (const { offset, length, isPadding, path } of metainfo.files) {
      if (isPadding) continue;
      const bytes = payload.slice(offset, offset + length);
      const at = integerBelow(random, length + 1);
      const name = `/downloads/sample/${path.join('/')}`;
      const fate = integerBelow(random, 5);
      if (fate === 1 && at < length) {
        bytes[at] ^= 1;
        isRight[offset + at] = 0;
      }
      if (fate === 2) isRight.fill(0, offset + at, offset + length);
      if (fate === 4) isRight.fill(0, offset, offset + length);
      if (fate !== 4) await disk.writeWhole(name, fate === 2 ? bytes.subarray(0, at) : fate === 3 ? Buffer.concat([bytes, bytes]) : bytes);
    }
    const good = await checkPieces({ hasher: plainHasher, metainfo, store: await storeOf(disk, metainfo) });
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      const start = piece * metainfo.pieceLength;
      assert.equal(good.has(piece), isRight.subarray(start, start + pieceSize(metainfo, piece)).every((right) => right === 1));
    }
  }));
});

for (const format of ['v1', 'v2', 'hybrid'] as const) {
  test(`the files of a ${format} torrent are good, but for the piece that is spoilt`, async () => {
    const disk = new MemoryDisk();
    const random = new SeededRandom(1);
    await disk.writeWhole('/downloads/set/a', random.bytes(5 * BLOCK + 1));
    await disk.writeWhole('/downloads/set/b', random.bytes(100));
    await disk.writeWhole('/downloads/set/c', new Uint8Array(0));
    const { metainfo } = await createTorrent({ disk, hasher: plainHasher }, { paths: ['/downloads/set'], format, pieceLength: 2 * BLOCK });
    const store = await storeOf(disk, metainfo);
    const all = await checkPieces({ hasher: plainHasher, metainfo, store });
    assert.ok(all.isFull);
    assert.ok(all.length > 2);
    const file = await disk.open('/downloads/set/a', 'write');
    await file.write([new Uint8Array(1)], 2 * BLOCK);
    const rest = await checkPieces({ hasher: plainHasher, metainfo, store });
    assert.deepEqual([...rest], [...all].filter((piece) => piece !== 1));
  });
}

test('of a v2 torrent whose piece layers have not come, only what needs none is found', async () => {
  const disk = new MemoryDisk();
  const random = new SeededRandom(1);
  await disk.writeWhole('/downloads/set/a', random.bytes(5 * BLOCK));
  await disk.writeWhole('/downloads/set/b', random.bytes(100));
  const { metainfo } = await createTorrent({ disk, hasher: plainHasher }, { paths: ['/downloads/set'], format: 'v2', pieceLength: 2 * BLOCK });
  const layerless = { ...metainfo, pieceLayers: new Map() };
  const good = await checkPieces({ hasher: plainHasher, metainfo: layerless, store: await storeOf(disk, metainfo) });
  assert.deepEqual([...good], [3]);
});

test('holes are hashed once, whatever their number, and found where zeros are right', async () => {
  const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 16, lengths: [16 * 100] });
  const zeroHash = await plainHasher.sha1(new Uint8Array(16));
  const pieceHashes = metainfo.pieceHashes?.slice() ?? new Uint8Array(0);
  pieceHashes.set(zeroHash, 50 * 20);
  const disk = new MemoryDisk();
  await (await disk.open('/downloads/sample/0', 'create')).truncate(16 * 100);
  let hashCount = 0;
  const counting: Hasher = { ...plainHasher, sha1: (bytes) => {
    hashCount += 1;
    return plainHasher.sha1(bytes);
  } };
  const good = await checkPieces({ hasher: counting, metainfo: { ...metainfo, pieceHashes }, store: await storeOf(disk, metainfo) });
  assert.deepEqual([...good], [50]);
  assert.equal(hashCount, 1);
});

test('only the pieces asked for are checked, and progress is told', async () => {
  const { metainfo, payload } = sampleTorrent({ format: 'v1', pieceLength: 4, lengths: [40] });
  const disk = new MemoryDisk();
  await disk.writeWhole('/downloads/sample/0', payload);
  const pieces = new Bitfield(10);
  for (const piece of [2, 3, 7]) pieces.set(piece);
  const told: [number, number][] = [];
  const store = await storeOf(disk, metainfo);
  const good = await checkPieces({ hasher: plainHasher, metainfo, store, pieces, onProgress: (...progress) => told.push(progress) });
  assert.deepEqual([...good], [2, 3, 7]);
  assert.deepEqual(told, [[1, 1], [2, 2], [3, 3]]);
});

test('it stops when told to, and for a disk that fails', async () => {
  const { metainfo, payload } = sampleTorrent({ format: 'v1', pieceLength: 4, lengths: [400] });
  const disk = new MemoryDisk();
  await disk.writeWhole('/downloads/sample/0', payload);
  const store = await storeOf(disk, metainfo);
  const stop = new AbortController();
  let checked = 0;
  const checking = checkPieces({ hasher: plainHasher, metainfo, store, signal: stop.signal, onProgress: (count) => {
    checked = count;
    if (count === 10) stop.abort(new Error('enough'));
  } });
  await assert.rejects(checking, /enough/);
  assert.ok(checked < 50);
  disk.fail('/downloads/sample/0', 'DISK_FAILED');
  await assert.rejects(checkPieces({ hasher: plainHasher, metainfo, store }), { code: 'DISK_FAILED', path: '/downloads/sample/0' });
});

test('no more pieces are in memory at a time than the limit has room for', async () => {
  const metainfo: Metainfo = { ...sampleTorrent({ format: 'v1', pieceLength: 1, lengths: [10] }).metainfo };
  const huge = { ...metainfo, pieceLength: 8 * 1024 * 1024, files: [{ ...metainfo.files[0], length: 80 * 1024 * 1024 }] };
  let underWay = 0;
  let most = 0;
  const good = await checkPieces({
    hasher: { ...plainHasher, sha1: async () => new Uint8Array(20) },
    metainfo: huge,
    store: {
      mayHold: () => true,
      read: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await undefined;
        underWay -= 1;
      },
    },
  });
  assert.equal(good.count, 0);
  assert.equal(most, 2);
});
