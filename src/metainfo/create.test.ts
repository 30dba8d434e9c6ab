import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plain } from '../../test/support/plain.ts';
import { decode, field } from '../bytes/bencode.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Disk, DiskFile, FileStatus } from '../runtime/disk.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { createTorrent, type CreatedTorrent, type CreateOptions } from './create.ts';
import { type Metainfo, type MetainfoFormat, pieceSize } from './metainfo.ts';
import { parseTorrent } from './parse.ts';
import { CreateError } from './sources.ts';
import { verifyPiece } from './verify.ts';

const FORMATS: readonly MetainfoFormat[] = ['v1', 'v2', 'hybrid'];
const KiB = 1024;

function content(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed + (index >>> 8)) & 255);
}

async function diskOf(files: Readonly<Record<string, Uint8Array>>): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const [path, bytes] of Object.entries(files)) await disk.writeWhole(path, bytes);
  return disk;
}

function create(disk: Disk, options: CreateOptions): Promise<CreatedTorrent> {
  return createTorrent({ disk, hasher: plainHasher }, options);
}

/** The piece space of a torrent whose files are given, padding and gaps as zeros. */
function spaceOf({ metainfo, sources }: CreatedTorrent, files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const space = new Uint8Array(metainfo.pieceCount * metainfo.pieceLength);
  for (const [index, { offset }] of metainfo.files.entries()) {
    const source = sources[index];
    if (source !== undefined) space.set(files[source], offset);
  }
  return space;
}

async function verifies(metainfo: Metainfo, space: Uint8Array, piece: number): Promise<boolean> {
  const start = piece * metainfo.pieceLength;
  return verifyPiece(plainHasher, metainfo, piece, space.subarray(start, start + pieceSize(metainfo, piece)));
}

const ALBUM = {
  '/album/Z': content(0, 40_001),
  '/album/a/block': content(1, 16_384),
  '/album/a/none': content(2, 0),
  '/album/a/piece': content(3, 65_536),
  '/album/a/piece1': content(4, 65_537),
  '/album/a-b': content(5, 100),
  '/album/é': content(6, 200_000),
};

test('the info-hashes are those that libtorrent gives the same files', async () => {
  const disk = await diskOf(ALBUM);
  const hashes = async (format: MetainfoFormat, path: string): Promise<(string | undefined)[]> => {
    const { metainfo } = await create(disk, { paths: [path], format, pieceLength: 64 * KiB });
    return [metainfo.infoHash && toHex(metainfo.infoHash), metainfo.infoHashV2 && toHex(metainfo.infoHashV2)];
  };
  const v2OfAlbum = '3b9efd2ec28fab82a62a8923fc21faf8f680f075e5758f31062d1b8ba939ba3e';
  const v2OfFile = '73fe8699732c195659fd7c6f2c5e1bec7228abeaeadec4262f52560f3bfb8acd';
  assert.deepEqual(await hashes('v1', '/album'), ['713f77c7f8fe009feb57b29f344d71036be12b75', undefined]);
  assert.deepEqual(await hashes('v2', '/album'), [undefined, v2OfAlbum]);
  assert.deepEqual(await hashes('hybrid', '/album/é'), ['bf206e82ca225eb3b4967ab23c937dbb0c4d778e', v2OfFile]);
});

test('files are in the order of their names as bytes, folder by folder; in a hybrid each begins at a piece', async () => {
  const disk = await diskOf(ALBUM);
  const paths = ['Z', 'a/block', 'a/none', 'a/piece', 'a/piece1', 'a-b', 'é'];
  for (const format of FORMATS) {
    const { metainfo, sources } = await create(disk, { paths: ['/album/'], format, pieceLength: 64 * KiB });
    const stored = metainfo.files.filter(({ isPadding }) => !isPadding);
    assert.deepEqual(stored.map(({ path }) => path.join('/')), paths);
    assert.deepEqual(sources.filter((source) => source !== undefined), paths.map((path) => `/album/${path}`));
    assert.equal(metainfo.length, 387_558);
    assert.equal(metainfo.pieceCount, format === 'v1' ? 6 : 10);
    assert.equal(metainfo.files.length, format === 'hybrid' ? 11 : 7);
    if (format !== 'v1') for (const { offset, length } of stored) assert.ok(length === 0 || offset % (64 * KiB) === 0);
  }
});

/** Files of all sizes that matter: empty, around a block, around a piece, several pieces. */
const anyLength = fc.oneof(fc.constantFrom(0, 1, 16 * KiB - 1, 16 * KiB, 16 * KiB + 1, 32 * KiB, 32 * KiB + 1, 70_000), fc.nat(100_000));
const anyFiles = fc.dictionary(
  fc.array(fc.constantFrom('a', 'B', 'c-d', 'é', '.x', 'y?'), { minLength: 1, maxLength: 3 }).map((names) => `/top/${names.join('.d/')}`),
  anyLength,
  { minKeys: 1, maxKeys: 6, noNullPrototype: true },
);

test('whatever the files: the torrent reads back as it was made, and proves every piece of them, and nothing else', async () => {
  const anyCase = fc.tuple(anyFiles, fc.constantFrom(...FORMATS), fc.constantFrom(16 * KiB, 32 * KiB), fc.nat());
  await fc.assert(fc.asyncProperty(anyCase, async ([lengths, format, pieceLength, spoilt]) => {
    const files = Object.fromEntries(Object.entries(lengths).map(([path, length], index) => [path, content(index, length)]));
    const created = await create(await diskOf(files), { paths: ['/top'], format, pieceLength });
    const { metainfo, bytes } = created;
    assert.deepEqual(plain(parseTorrent(bytes)), plain(metainfo));
    assert.equal(metainfo.format, format);
    assert.equal(metainfo.length, Object.values(lengths).reduce((sum, length) => sum + length, 0));
    const space = spaceOf(created, files);
    for (let piece = 0; piece < metainfo.pieceCount; piece++) assert.ok(await verifies(metainfo, space, piece), `piece ${piece}`);
    if (metainfo.pieceCount === 0) return;
    const piece = spoilt % metainfo.pieceCount;
    space[piece * pieceLength + (spoilt % pieceSize(metainfo, piece))] ^= 1;
    assert.equal(await verifies(metainfo, space, piece), false);
  }), { numRuns: 60 });
});

test("a single file, a folder, several of both, and names of one's own", async () => {
  const disk = await diskOf({ '/in/film.mkv': content(1, 9), '/in/subs/en.srt': content(2, 5), '/in/more/x': content(3, 1) });
  const made = async (options: CreateOptions): Promise<unknown> => {
    const { metainfo: { name, isSingleFile, files } } = await create(disk, options);
    return [name, isSingleFile, files.map(({ path }) => path.join('/'))];
  };
  for (const format of FORMATS) {
    assert.deepEqual(await made({ format, paths: ['/in/film.mkv'] }), ['film.mkv', true, ['film.mkv']]);
    assert.deepEqual(await made({ format, paths: ['/in/film.mkv'], name: 'F.mkv' }), ['F.mkv', true, ['F.mkv']]);
    const several = (await create(disk, { format, pieceLength: 16 * KiB, paths: ['/in/subs', '/in/film.mkv'] })).metainfo;
    assert.equal(several.name, 'in');
    assert.deepEqual(several.files.filter((file) => !file.isPadding).map(({ path }) => path.join('/')), ['film.mkv', 'subs/en.srt']);
  }
  assert.deepEqual(await made({ paths: ['/in/subs'], name: 'S' }), ['S', false, ['en.srt']]);
  // BEP 52 has no way to say that a single file lies in a folder.
  assert.deepEqual(await made({ format: 'v2', paths: ['/in/subs'] }), ['en.srt', true, ['en.srt']]);
  assert.deepEqual(await made({ format: 'hybrid', paths: ['/in/subs'] }), ['subs', false, ['en.srt']]);
});

test('all that can be said of a torrent is in it', async () => {
  const disk = await diskOf({ '/f': content(0, 3) });
  const said = {
    name: 'n',
    isPrivate: true,
    trackers: [['http://a.example/announce', 'udp://b.example:80'], ['http://c.example/announce']],
    webSeeds: ['http://w.example/f'],
    comment: 'für alle',
    createdBy: 'Shoal',
    creationDate: 1_700_000_000,
  };
  const { bytes, metainfo } = await create(disk, { ...said, paths: ['/f'], source: 'S' });
  for (const [key, value] of Object.entries(said)) assert.deepEqual(metainfo[key as keyof Metainfo], value);
  assert.deepEqual(plain(parseTorrent(bytes)), plain(metainfo));
  const outer = decode(bytes) as Map<string, never>;
  assert.equal(field.text(outer, 'announce'), 'http://a.example/announce');
  assert.equal(field.text(field.dictionary(outer, 'info') ?? new Map(), 'source'), 'S');
});

test('progress is told to the last byte', async () => {
  const reports: [number, number][] = [];
  const disk = await diskOf({ '/f': content(0, 100_000) });
  await create(disk, { paths: ['/f'], pieceLength: 32 * KiB, progress: (hashed, total) => reports.push([hashed, total]) });
  assert.deepEqual(reports, [[32_768, 100_000], [65_536, 100_000], [98_304, 100_000], [100_000, 100_000]]);
});

test('empty folders are told, for torrents cannot hold them', async () => {
  const disk = await diskOf({ '/top/f': content(0, 1) });
  await disk.makeDirectory('/top/none/inner');
  assert.deepEqual((await create(disk, { paths: ['/top'] })).emptyFolders, ['/top/none/inner']);
});

/** A disk on which something is not as it seems. */
class OddDisk extends MemoryDisk {
  statusOf: (path: string, status: FileStatus | undefined) => FileStatus | undefined = (_, status) => status;
  opened = 0;
  closed = 0;

  override async status(path: string): Promise<FileStatus | undefined> {
    return this.statusOf(path, await super.status(path));
  }

  override async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    const file = await super.open(path, mode);
    this.opened += 1;
    return { ...file, close: async () => { this.closed += 1; } };
  }
}

test('what cannot be shared is refused by name', async () => {
  const disk = new OddDisk();
  await disk.writeWhole('/top/f', content(0, 1));
  await disk.writeWhole('/top/odd', content(0, 1));
  await disk.writeWhole('/other/f', content(0, 1));
  await disk.makeDirectory('/empty/inner');
  const refused = (options: CreateOptions, reason: RegExp): Promise<void> =>
    assert.rejects(create(disk, options), (error) => error instanceof CreateError && reason.test(error.message) && !error.message.includes('\n'));
  await refused({ paths: [] }, /no file or folder/);
  await refused({ paths: ['/nowhere'] }, /^\/nowhere: there is no such file/);
  await refused({ paths: ['/empty'] }, /^\/empty: there are no files/);
  await refused({ paths: ['/top/f', '/other/f'] }, /same name/);
  await refused({ paths: ['.'] }, /no name of its own/);
  await refused({ paths: ['/top'], name: '../x' }, /^"..\/x" cannot be the name/);
  await refused({ paths: ['/top'], pieceLength: 100_000 }, /power of two/);
  await refused({ paths: ['/top'], pieceLength: 2 ** 30 }, /power of two/);
  await refused({ paths: ['/top'], trackers: [['tracker.example']] }, /"tracker.example" is no address/);
  disk.statusOf = (path, status) => (status && path.endsWith('odd') ? { ...status, kind: 'link' } : status);
  await refused({ paths: ['/top'] }, /^\/top\/odd: it is a symbolic link/);
  disk.statusOf = (path, status) => (status && path.endsWith('odd') ? { ...status, kind: 'other' } : status);
  await refused({ paths: ['/top'] }, /^\/top\/odd: it is neither a file nor a folder/);
  disk.statusOf = (path, status) => (status && path.endsWith('odd') ? { ...status, length: LIMITS.torrentPieces * 16 * KiB } : status);
  await refused({ paths: ['/top'], pieceLength: 16 * KiB }, /pieces/);
});

test('a file that changes meanwhile is an error, and no file stays open', async () => {
  for (const change of [{ length: 40_001 }, { modifiedMs: -1 }, { length: 39_999 }, undefined]) {
    const disk = new OddDisk();
    await disk.writeWhole('/top/a', content(0, 40_000));
    await disk.writeWhole('/top/b', content(0, 10));
    let looks = 0;
    disk.statusOf = (path, status) => (path !== '/top/a' || ++looks === 1 || status === undefined ? status : change && { ...status, ...change });
    await assert.rejects(create(disk, { paths: ['/top'] }), /^CreateError: \/top\/a: it changed/);
    assert.equal(disk.opened, disk.closed);
  }
  const disk = new OddDisk();
  await disk.writeWhole('/top/a', content(0, 40_000));
  disk.statusOf = (path, status) => status && { ...status, length: path === '/top/a' ? 50_000 : 0 };
  await assert.rejects(create(disk, { paths: ['/top'] }), /^CreateError: \/top\/a: it changed/);
  assert.equal(disk.opened, disk.closed);
});

test('an abort ends it with the reason of the signal, and no file stays open', async () => {
  const disk = new OddDisk();
  await disk.writeWhole('/f', content(0, 5_000_000));
  const abort = new AbortController();
  const reason = new Error('enough');
  const progress = (): void => abort.abort(reason);
  await assert.rejects(create(disk, { paths: ['/f'], pieceLength: 16 * KiB, signal: abort.signal, progress }), reason);
  assert.equal(disk.opened, 1);
  assert.equal(disk.closed, 1);
  await assert.rejects(create(disk, { paths: ['/f'], signal: abort.signal }), reason);
  assert.equal(disk.opened, 1);
});

test('a hash that fails is an error, whenever it does', async () => {
  const disk = await diskOf({ '/f': content(0, 5_000_000) });
  let count = 0;
  const failing = { ...plainHasher, sha1: async (bytes: Uint8Array) => (++count === 200 ? Promise.reject(new Error('no')) : plainHasher.sha1(bytes)) };
  await assert.rejects(createTorrent({ disk, hasher: failing }, { paths: ['/f'], pieceLength: 16 * KiB }), /^Error: no$/);
});
