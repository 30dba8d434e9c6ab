import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleLayouts, sampleTorrent, type SampleTorrent } from '../../test/support/sample-torrent.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { LIMITS } from '../bytes/limits.ts';
import { type Metainfo, pieceSize } from '../metainfo/metainfo.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { integerBelow } from '../runtime/random.ts';
import { type FileStore, openFileStore } from './file-store.ts';

const PLACE = { directory: '/downloads', partsPath: '/state/sample.parts' };

function pieceBytes({ metainfo, payload }: SampleTorrent, piece: number): Uint8Array {
  const start = piece * metainfo.pieceLength;
  return payload.subarray(start, start + pieceSize(metainfo, piece));
}

async function readPiece(store: FileStore, { metainfo }: SampleTorrent, piece: number): Promise<Uint8Array> {
  const target = new Uint8Array(pieceSize(metainfo, piece));
  await store.read(piece, 0, target);
  return target;
}

/** A store of which every file is wanted. */
async function fullStore(disk: MemoryDisk, metainfo: Metainfo): Promise<FileStore> {
  const store = await openFileStore({ disk, metainfo, ...PLACE });
  await store.select(Bitfield.full(metainfo.files.length));
  return store;
}

function setOf(length: number, members: Iterable<number>): Bitfield {
  const set = new Bitfield(length);
  for (const member of members) set.set(member);
  return set;
}

/** Every file on the disk, by path. */
async function filesOn(disk: MemoryDisk, folder = '/'): Promise<string[]> {
  const found: string[] = [];
  for (const name of await disk.list(folder)) {
    const path = folder === '/' ? `/${name}` : `${folder}/${name}`;
    if ((await disk.status(path))?.kind === 'directory') found.push(...(await filesOn(disk, path)));
    else found.push(path);
  }
  return found;
}

const isDiskError = (code: string, path: string) => (error: unknown): boolean => {
  assert.equal((error as { code: string }).code, code);
  assert.equal((error as { path: string }).path, path);
  return true;
};

test('what is written in any order and in any chunks is read in any ranges, and ends up in the files', async () => {
  const runs = fc.record({ sample: sampleLayouts, seed: fc.integer() });
  await fc.assert(fc.asyncProperty(runs, async ({ sample, seed }) => {
    const torrent = sampleTorrent(sample);
    const { metainfo, payload } = torrent;
    const random = new SeededRandom(seed);
    const disk = new MemoryDisk();
    const store = await openFileStore({ disk, metainfo, ...PLACE });
    await store.select(Bitfield.full(metainfo.files.length));
    const pieces = Array.from({ length: metainfo.pieceCount }, (_, piece) => piece).sort(() => random.fraction() - 0.5);
    for (const piece of pieces) {
      const bytes = pieceBytes(torrent, piece);
      const cut = integerBelow(random, bytes.length + 1);
      const middle = integerBelow(random, cut + 1);
      await store.write(piece, cut, [bytes.subarray(cut)]);
      await store.write(piece, 0, [bytes.subarray(0, middle), new Uint8Array(0), bytes.subarray(middle, cut)]);
    }
    for (const piece of pieces) {
      const bytes = pieceBytes(torrent, piece);
      const begin = integerBelow(random, bytes.length);
      const target = new Uint8Array(integerBelow(random, bytes.length - begin) + 1);
      await store.read(piece, begin, target);
      assert.deepEqual(target, bytes.slice(begin, begin + target.length));
    }
    await store.close();
    const expected = metainfo.files.keys().filter((file) => !metainfo.files[file].isPadding).toArray();
    assert.deepEqual(await filesOn(disk), expected.map((file) => store.path(file)).sort());
    for (const file of expected) {
      const { offset, length } = metainfo.files[file];
      assert.deepEqual(await disk.readWhole(store.path(file), length), payload.slice(offset, offset + length));
    }
  }));
});

test('whatever is wanted in turn, no piece is lost, and no file is made that was never wanted', async () => {
  const runs = fc.record({ sample: sampleLayouts, seed: fc.integer(), selections: fc.array(fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), { minLength: 1, maxLength: 5 }) });
  await fc.assert(fc.asyncProperty(runs, async ({ sample, seed, selections }) => {
    const torrent = sampleTorrent(sample);
    const { metainfo } = torrent;
    const random = new SeededRandom(seed);
    // Every call to the disk takes its own time, so calls made together overtake each other.
    const disk = new MemoryDisk({ delay: async () => { for (let turns = integerBelow(random, 6); turns > 0; turns--) await undefined; } });
    let store = await openFileStore({ disk, metainfo, ...PLACE });
    const written = new Set<number>();
    const everWanted = new Set<number>();
    let wanted = new Bitfield(metainfo.files.length);
    for (const selection of selections) {
      const before = wanted;
      wanted = setOf(metainfo.files.length, metainfo.files.keys().filter((file) => selection[file] && !metainfo.files[file].isPadding));
      for (const file of wanted) everWanted.add(file);
      const isWorthWriting = (piece: number): boolean => metainfo.files.some(({ offset, length }, file) =>
        before.has(file) && length > 0 && offset < (piece + 1) * metainfo.pieceLength && offset + length > piece * metainfo.pieceLength);
      const writing = Array.from({ length: metainfo.pieceCount }, (_, piece) => piece).filter((piece) => isWorthWriting(piece) && random.fraction() < 0.5);
      const selecting = store.select(wanted);
      await Promise.all([...writing.map((piece) => store.write(piece, 0, [pieceBytes(torrent, piece)])), selecting, store.sync()]);
      for (const piece of writing) written.add(piece);
      for (const piece of written) {
        assert.ok(store.mayHold(piece));
        assert.deepEqual(await readPiece(store, torrent, piece), pieceBytes(torrent, piece).slice());
      }
      if (random.fraction() < 0.3) {
        await store.close();
        store = await openFileStore({ disk, metainfo, ...PLACE });
        await store.select(wanted);
        for (const piece of written) assert.deepEqual(await readPiece(store, torrent, piece), pieceBytes(torrent, piece).slice());
      }
    }
    const allowed = new Set([...everWanted].map((file) => store.path(file)));
    for (const path of await filesOn(disk)) assert.ok(allowed.has(path) || path === PLACE.partsPath, path);
    // In the end everything is wanted: the part file gives back what it has, and goes.
    await store.select(Bitfield.full(metainfo.files.length));
    for (const piece of written) assert.deepEqual(await readPiece(store, torrent, piece), pieceBytes(torrent, piece).slice());
    assert.equal(await disk.status(PLACE.partsPath), undefined);
    await store.close();
  }));
});

test('opening a store makes nothing; selecting makes folders and empty files at once, and others with their first byte', async () => {
  const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 4, lengths: [0, 6, 0, 0] });
  const disk = new MemoryDisk();
  const store = await openFileStore({ disk, metainfo, ...PLACE });
  assert.deepEqual(await filesOn(disk), []);
  await store.select(setOf(4, [0, 1, 2]));
  assert.deepEqual(await filesOn(disk), ['/downloads/sample/0', '/downloads/sample/folder/2']);
  await store.write(0, 0, [new Uint8Array(4)]);
  assert.deepEqual(await filesOn(disk), ['/downloads/sample/0', '/downloads/sample/1', '/downloads/sample/folder/2']);
});

test('a single file lies in the chosen folder itself', async () => {
  const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 4, lengths: [6] });
  const disk = new MemoryDisk();
  const single = { ...metainfo, name: 'film.mkv', isSingleFile: true, files: [{ ...metainfo.files[0], path: ['film.mkv'] }] };
  const store = await openFileStore({ disk, metainfo: single, directory: '/downloads/', partsPath: '/parts' });
  await store.select(Bitfield.full(1));
  await store.write(1, 0, [new Uint8Array(2)]);
  assert.deepEqual(await filesOn(disk), ['/downloads/film.mkv']);
});

test('room that is to be taken at once is taken by the wanted files, and what they have is kept', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20, 1_200_000, 20] });
  const { metainfo } = torrent;
  const disk = new MemoryDisk();
  const store = await openFileStore({ disk, metainfo, ...PLACE, allocation: 'full' });
  await store.select(setOf(3, [0]));
  await store.write(1, 0, [pieceBytes(torrent, 1)]);
  await store.select(setOf(3, [0, 1]));
  assert.equal((await disk.status(store.path(0)))?.length, 20);
  assert.equal((await disk.status(store.path(1)))?.length, 1_200_000);
  assert.equal(await disk.status(store.path(2)), undefined);
  assert.deepEqual(await readPiece(store, torrent, 1), pieceBytes(torrent, 1).slice());
});

test('a disk that has no room is told before the download where room is to be taken at once', async () => {
  const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20, 20] });
  const store = await openFileStore({ disk: new MemoryDisk({ capacityBytes: 30 }), metainfo, ...PLACE, allocation: 'full' });
  await assert.rejects(store.select(Bitfield.full(2)), isDiskError('DISK_FULL', '/downloads/sample/1'));
});

test('a disk that fills up fails the piece that does not fit, and leaves the others be', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20, 20] });
  const disk = new MemoryDisk({ capacityBytes: 19 });
  const store = await fullStore(disk, torrent.metainfo);
  await store.write(0, 0, [pieceBytes(torrent, 0)]);
  await assert.rejects(store.write(3, 0, [pieceBytes(torrent, 3)]), isDiskError('DISK_FULL', '/downloads/sample/1'));
  assert.deepEqual(await readPiece(store, torrent, 0), pieceBytes(torrent, 0).slice());
  disk.capacityBytes = 100;
  await store.write(3, 0, [pieceBytes(torrent, 3)]);
  await store.close();
});

test('a file that becomes wanted when there is no room for it leaves what is kept of it where it is', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [4, 8, 4] });
  const disk = new MemoryDisk();
  const store = await openFileStore({ disk, metainfo: torrent.metainfo, ...PLACE });
  await store.select(setOf(3, [0, 2]));
  for (const piece of [0, 1]) await store.write(piece, 0, [pieceBytes(torrent, piece)]);
  disk.capacityBytes = 25;
  await assert.rejects(store.select(Bitfield.full(3)), isDiskError('DISK_FULL', '/downloads/sample/1'));
  assert.equal(await disk.status('/downloads/sample/1'), undefined);
  for (const piece of [0, 1]) assert.deepEqual(await readPiece(store, torrent, piece), pieceBytes(torrent, piece).slice());
  disk.capacityBytes = 100;
  await store.select(Bitfield.full(3));
  for (const piece of [0, 1]) assert.deepEqual(await readPiece(store, torrent, piece), pieceBytes(torrent, piece).slice());
  assert.equal(await disk.status(PLACE.partsPath), undefined);
});

test('a file that somebody has put there meanwhile is not touched when it becomes wanted', async () => {
  const { metainfo } = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [0, 4, 4] });
  const disk = new MemoryDisk();
  const store = await openFileStore({ disk, metainfo, ...PLACE });
  await store.select(setOf(3, [1]));
  await store.write(0, 0, [new Uint8Array(8).fill(1)]);
  for (const file of [0, 2]) await disk.writeWhole(store.path(file), Uint8Array.of(7));
  await store.select(Bitfield.full(3));
  for (const file of [0, 2]) assert.deepEqual(await disk.readWhole(store.path(file), 10), Uint8Array.of(7));
});

test('a file that vanishes is an error that names it, and is not made anew', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20, 20] });
  const disk = new MemoryDisk();
  const store = await fullStore(disk, torrent.metainfo);
  await store.write(0, 0, [pieceBytes(torrent, 0)]);
  await store.close();
  const again = await fullStore(disk, torrent.metainfo);
  await disk.remove('/downloads/sample/0');
  await assert.rejects(readPiece(again, torrent, 0), isDiskError('NOT_FOUND', '/downloads/sample/0'));
  await assert.rejects(again.write(1, 0, [pieceBytes(torrent, 1)]), isDiskError('NOT_FOUND', '/downloads/sample/0'));
  assert.equal(await disk.status('/downloads/sample/0'), undefined);
  await again.look();
  assert.equal(again.mayHold(0), false);
});

test('a file that shrinks is an error that says where it ends', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20] });
  const disk = new MemoryDisk();
  const store = await fullStore(disk, torrent.metainfo);
  await store.write(0, 0, [pieceBytes(torrent, 0)]);
  await (await disk.open('/downloads/sample/0', 'write')).truncate(5);
  await assert.rejects(readPiece(store, torrent, 0), /sample\/0: the file ends at byte 5/);
});

test('a file that is longer than its torrent says is cut when it is first written, not before', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20] });
  const disk = new MemoryDisk();
  await disk.writeWhole('/downloads/sample/0', new Uint8Array(25).fill(7));
  const store = await fullStore(disk, torrent.metainfo);
  await readPiece(store, torrent, 0);
  assert.equal((await disk.status('/downloads/sample/0'))?.length, 25);
  await store.write(0, 0, [pieceBytes(torrent, 0)]);
  assert.equal((await disk.status('/downloads/sample/0'))?.length, 20);
});

test('nothing is written through a link in the place of a file or a folder', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [8, 8, 8] });
  const disk = new MemoryDisk();
  await disk.writeWhole('/home/secret', new Uint8Array(8));
  await disk.makeDirectory('/home/folder');
  disk.link('/downloads/sample/0', '/home/secret');
  disk.link('/downloads/sample/folder', '/home/folder');
  const store = await fullStore(disk, torrent.metainfo);
  await assert.rejects(store.write(0, 0, [pieceBytes(torrent, 0)]), isDiskError('NOT_PERMITTED', '/downloads/sample/0'));
  await assert.rejects(store.write(2, 0, [pieceBytes(torrent, 2)]), isDiskError('NOT_PERMITTED', '/downloads/sample/folder'));
  assert.deepEqual(await filesOn(disk, '/home'), ['/home/secret']);
  assert.deepEqual(await disk.readWhole('/home/secret', 8), new Uint8Array(8));
  // Reading is no danger: what is read is believed only once it has been verified.
  assert.deepEqual(await readPiece(store, torrent, 0), new Uint8Array(8));
});

test('the chosen folder itself may be a link', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [8] });
  const disk = new MemoryDisk();
  disk.link('/downloads', '/elsewhere');
  const store = await fullStore(disk, torrent.metainfo);
  await store.write(0, 0, [pieceBytes(torrent, 0)]);
  assert.deepEqual((await disk.status('/elsewhere/sample/0'))?.length, 8);
});

test('more files than may be open at a time are written and read at the same time', async () => {
  const lengths = Array.from({ length: LIMITS.openFilesPerTorrent * 3 }, () => 8);
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths });
  const disk = new MemoryDisk({ delay: async () => undefined });
  const store = await fullStore(disk, torrent.metainfo);
  await Promise.all(lengths.map((_, piece) => store.write(piece, 0, [pieceBytes(torrent, piece)])));
  const read = await Promise.all(lengths.map((_, piece) => readPiece(store, torrent, piece)));
  assert.deepEqual(Buffer.concat(read), Buffer.from(torrent.payload));
  await store.close();
});

test('a closed store takes and gives nothing', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [8] });
  const store = await fullStore(new MemoryDisk(), torrent.metainfo);
  const writing = store.write(0, 0, [pieceBytes(torrent, 0)]);
  await Promise.all([store.close(), store.close()]);
  await writing;
  await assert.rejects(readPiece(store, torrent, 0), /has been closed/);
  await assert.rejects(store.write(0, 0, [new Uint8Array(1)]), /has been closed/);
});

test('when a disk fails in closing, every file is let go of all the same', async () => {
  const torrent = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [8] });
  const disk = new MemoryDisk();
  const store = await fullStore(disk, torrent.metainfo);
  await store.write(0, 0, [pieceBytes(torrent, 0)]);
  disk.fail('/downloads/sample/0', 'DISK_FAILED');
  await assert.rejects(store.close(), isDiskError('DISK_FAILED', '/downloads/sample/0'));
  await assert.rejects(readPiece(store, torrent, 0), /has been closed/);
});
