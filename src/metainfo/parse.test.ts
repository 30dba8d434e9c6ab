import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type BencodeDictionary, type BencodeValue, type Encodable, Encoded, encode } from '../bytes/bencode.ts';
import { sha1, sha256 } from '../bytes/digest.ts';
import { ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { exportTorrent } from './export.ts';
import { HASH_BYTES, layerRoot } from './merkle.ts';
import { fileOfPiece, type Metainfo, MetainfoError, pieceSize, pieceSizeInFile, spaceLength } from './metainfo.ts';
import { parseInfo, parseTorrent } from './parse.ts';
import { filesWithoutLayer, pieceRoot } from './piece-layers.ts';
import { TorrentFolder } from './safe-path.ts';
import { readVersion1 } from './version-1.ts';
import { readVersion2 } from './version-2.ts';

type Dictionary = Record<string, Encodable | undefined>;

const PIECE = 32_768;
const ROOT = new Uint8Array(HASH_BYTES).fill(0x61);
const hashesFor = (length: number, pieceLength = PIECE): Uint8Array => new Uint8Array(Math.ceil(length / pieceLength) * 20).fill(7);
const torrent = (info: Dictionary, outer: Dictionary = {}): Uint8Array => encode({ info, ...outer });
/** Hexadecimal, or undefined where there is nothing. */
const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && toHex(bytes);
const paths = ({ files }: Metainfo): string[] => files.map(({ path }) => path.join('/'));

const SINGLE = { name: 'f', 'piece length': PIECE, length: 100_000, pieces: hashesFor(100_000) };
const SEVERAL = {
  name: 'top',
  'piece length': PIECE,
  pieces: hashesFor(40_005),
  files: [{ length: 40_000, path: ['a', 'x'] }, { length: 0, path: ['none'] }, { length: 5, path: ['b'] }],
};

const LINK = { attr: 'xl', path: ['link'], 'symlink path': ['a', 'x'] };

const leaf = (length: number, root: Uint8Array = ROOT): Dictionary => ({ '': { length, 'pieces root': root } });
/** Three pieces, of two blocks each. */
const LAYER = Buffer.concat([1, 2, 3].map((byte) => sha256(Uint8Array.of(byte))));
const LAYER_ROOT = layerRoot(LAYER, 4, 1);
const VERSION_2 = {
  name: 'top',
  'meta version': 2,
  'piece length': PIECE,
  'file tree': { a: { x: leaf(90_000, LAYER_ROOT) }, b: leaf(5), none: { '': { length: 0 } } },
};
const LAYERS = { 'piece layers': new Map([[Buffer.from(LAYER_ROOT).toString('latin1'), LAYER]]) };

/** The same files as `VERSION_2`, as v1 has them. */
const HYBRID = {
  ...VERSION_2,
  files: [{ length: 90_000, path: ['a', 'x'] }, { attr: 'p', length: 8304, path: ['.pad', '8304'] }, { length: 5, path: ['b'] }, { length: 0, path: ['none'] }],
  pieces: hashesFor(98_309),
};

function refused(bytes: Uint8Array, reason: RegExp): void {
  assert.throws(() => parseTorrent(bytes), (error) => error instanceof MetainfoError && reason.test(error.message) && !error.message.includes('\n'), String(reason));
}

test('a single file of version 1', () => {
  const bytes = torrent(SINGLE, { announce: 'http://t.example/announce' });
  const metainfo = parseTorrent(bytes);
  assert.equal(metainfo.format, 'v1');
  assert.equal(hex(metainfo.infoHash), toHex(sha1(encode(SINGLE))));
  assert.equal(metainfo.infoHashV2, undefined);
  assert.deepEqual(Buffer.from(metainfo.infoBytes), encode(SINGLE));
  assert.ok(metainfo.isSingleFile);
  assert.deepEqual(metainfo.files, [{ path: ['f'], length: 100_000, offset: 0, isPadding: false, piecesRoot: undefined }]);
  assert.equal(metainfo.pieceCount, 4);
  assert.deepEqual([0, 3].map((piece) => pieceSize(metainfo, piece)), [PIECE, 1696]);
  assert.deepEqual(metainfo.trackers, [['http://t.example/announce']]);
});

test('several files of version 1, padding among them (BEP 47)', () => {
  const files = [...SEVERAL.files, { attr: 'xp', length: 10, path: ['.pad', '10'] }, LINK];
  const metainfo = parseTorrent(torrent({ ...SEVERAL, files, pieces: hashesFor(40_015) }));
  assert.deepEqual(paths(metainfo), ['a/x', 'none', 'b', '.pad/10']);
  assert.deepEqual(metainfo.files.map(({ offset }) => offset), [0, 40_000, 40_000, 40_005]);
  assert.deepEqual(metainfo.files.map(({ isPadding }) => isPadding), [false, false, false, true]);
  assert.equal(metainfo.length, 40_005);
  assert.equal(spaceLength(metainfo), 40_015);
});

test('the info-hash is that of the bytes as they stand, in whatever order', () => {
  const unordered = Buffer.concat([Buffer.from('d'), ...['pieces', 'length', 'name', 'piece length'].map((key) => {
    const pair = encode({ [key]: SINGLE[key as keyof typeof SINGLE] });
    return pair.subarray(1, -1);
  }), Buffer.from('e')]);
  const metainfo = parseTorrent(encode({ info: new Encoded(unordered) }));
  assert.equal(hex(metainfo.infoHash), toHex(sha1(unordered)));
  assert.notEqual(toHex(sha1(unordered)), toHex(sha1(encode(SINGLE))));
});

test('what old torrents have: a second spelling of names in UTF-8, empty components, no name', () => {
  const latin1 = Buffer.from('caf\xe9', 'latin1');
  const files = [{ length: 40_005, path: [latin1], 'path.utf-8': ['', 'é', 'café'] }];
  const metainfo = parseTorrent(torrent({ ...SEVERAL, files, name: latin1, 'name.utf-8': 'café' }));
  assert.equal(metainfo.name, 'café');
  assert.deepEqual(paths(metainfo), ['é/café']);
  const nameless = parseTorrent(torrent({ ...SEVERAL, name: undefined }));
  assert.equal(nameless.name, hex(nameless.infoHash));
  assert.equal(parseTorrent(torrent({ ...SEVERAL, name: '../..' })).name, '.._..');
  assert.deepEqual(paths(parseTorrent(torrent({ ...SINGLE, name: '..' }))), ['__']);
});

test('what stands around the info dictionary: used where it makes sense, else passed over', () => {
  const around = (outer: Dictionary): Metainfo => parseTorrent(torrent(SINGLE, outer));
  const announce = 'http://a.example/announce';
  const tiers = [['udp://b.example:80', ' http://c.example/ ', 5, 'nonsense'], 'no tier', [], ['udp://b.example:80'], ['http://d.example/']];
  assert.deepEqual(around({ announce, 'announce-list': tiers }).trackers, [['udp://b.example:80', 'http://c.example/'], ['http://d.example/']]);
  assert.deepEqual(around({ announce, 'announce-list': [['x'], 7] }).trackers, [[announce]]);
  assert.deepEqual(around({ announce: 7, nodes: [['1.2.3.4', 6881]] }).trackers, []);
  assert.deepEqual(around({ 'url-list': 'http://w.example/f' }).webSeeds, ['http://w.example/f']);
  assert.deepEqual(around({ 'url-list': ['http://w.example/f', 3, '', 'http://v.example/'] }).webSeeds, ['http://w.example/f', 'http://v.example/']);
  assert.deepEqual(around({ 'url-list': '' }).webSeeds, []);
  const said = around({ comment: 'two\nlines\x1b[2J', 'created by': 'x\0', 'creation date': -1 });
  assert.deepEqual([said.comment, said.createdBy, said.creationDate], ['two\nlines[2J', 'x', undefined]);
  const many = Array.from({ length: 1000 }, (_, index) => [`http://t${index}.example/`]);
  assert.equal(around({ 'announce-list': many }).trackers.length, LIMITS.trackers);
  assert.ok(parseTorrent(torrent({ ...SINGLE, private: 1 })).isPrivate);
  assert.ok(!parseTorrent(torrent({ ...SINGLE, private: 0 })).isPrivate);
});

test('version 1 that cannot be right is refused, with the reason', () => {
  refused(Buffer.from('<html>'), /it is no torrent file/);
  refused(encode({}), /no info dictionary/);
  refused(encode({ info: 'x' }), /no info dictionary/);
  refused(torrent({ ...SINGLE, 'piece length': undefined }), /piece length/);
  for (const pieceLength of [0, -1, 2 ** 29, 2n ** 63n, 'x']) refused(torrent({ ...SINGLE, 'piece length': pieceLength }), /piece length/);
  for (const length of [-1, 2n ** 53n, 2n ** 63n, 'x']) refused(torrent({ ...SINGLE, length }), /length of its file is not a whole number/);
  refused(torrent({ ...SINGLE, pieces: undefined }), /no piece hashes/);
  refused(torrent({ ...SINGLE, pieces: new Uint8Array(79) }), /4 pieces, but it has 79 bytes of hashes/);
  refused(torrent({ ...SINGLE, pieces: new Uint8Array(100) }), /4 pieces, but it has hashes for 5/);
  refused(torrent({ ...SINGLE, files: [] }), /both a length and a list/);
  refused(torrent({ ...SINGLE, length: undefined }), /nothing of its files/);
  for (const files of [[], 'x', {}]) refused(torrent({ ...SEVERAL, files }), /list of files is empty/);
  refused(torrent({ ...SEVERAL, files: [7] }), /file 1 is not a dictionary/);
  refused(torrent({ ...SEVERAL, files: [{ length: 5 }] }), /file 1 has no name/);
  refused(torrent({ ...SEVERAL, files: [{ length: 5, path: ['', ''] }] }), /file 1 has no name/);
  refused(torrent({ ...SEVERAL, files: [{ length: 5, path: [['a']] }] }), /path of file 1/);
  refused(torrent({ ...SEVERAL, files: [{ path: ['a'] }] }), /length of file 1/);
  const huge = { length: 2 ** 52, path: ['a'] };
  refused(torrent({ ...SEVERAL, files: [huge, huge, huge] }), /longer than 2\^53 bytes/);
  refused(torrent({ ...SEVERAL, files: [{ length: 5, path: Array.from({ length: 60 }, () => 'd') }] }), /folders deep/);
});

test('version 2: files aligned to pieces, each with its root and layer', () => {
  const metainfo = parseTorrent(torrent(VERSION_2, LAYERS));
  assert.equal(metainfo.format, 'v2');
  assert.equal(hex(metainfo.infoHashV2), toHex(sha256(encode(VERSION_2))));
  assert.equal(metainfo.infoHash, undefined);
  assert.deepEqual(paths(metainfo), ['a/x', 'b', 'none']);
  assert.deepEqual(metainfo.files.map(({ offset }) => offset), [0, 3 * PIECE, 3 * PIECE + 5]);
  assert.equal(metainfo.pieceCount, 4);
  assert.deepEqual([0, 1, 2, 3].map((piece) => pieceSize(metainfo, piece)), [PIECE, PIECE, 90_000 - 2 * PIECE, 5]);
  assert.deepEqual([0, 2, 3].map((piece) => fileOfPiece(metainfo, piece).path.join('/')), ['a/x', 'a/x', 'b']);
  assert.equal(hex(pieceRoot(metainfo, 1)), toHex(LAYER.subarray(32, 64)));
  assert.equal(hex(pieceRoot(metainfo, 3)), toHex(ROOT));
});

test("BEP 52's own example, its slips mended", () => {
  const info = 'd9:file treed4:dir1d4:dir2d9:fileA.txtd0:d6:lengthi1024e11:pieces root32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaeeeee12:piece lengthi32768e12:meta versioni2ee';
  const metainfo = parseTorrent(Buffer.from(`d4:info${info}e`));
  assert.deepEqual(paths(metainfo), ['dir1/dir2/fileA.txt']);
  assert.equal(hex(metainfo.files[0].piecesRoot), '61'.repeat(32));
  assert.equal(metainfo.name, toHex(sha256(Buffer.from(info))));
});

test('version 2: one file at the root of the tree is a file without a folder, whatever the name', () => {
  const alone = parseTorrent(torrent({ ...VERSION_2, 'file tree': { 'film.mkv': leaf(5) } }));
  assert.ok(alone.isSingleFile);
  assert.deepEqual([alone.name, paths(alone)], ['film.mkv', ['film.mkv']]);
  assert.ok(!parseTorrent(torrent({ ...VERSION_2, 'file tree': { d: { 'film.mkv': leaf(5) } } })).isSingleFile);
});

test('version 2 that cannot be right is refused, a newer version before all else', () => {
  const tree = (fileTree: Encodable): Uint8Array => torrent({ ...VERSION_2, 'file tree': fileTree }, LAYERS);
  for (const version of [1, 3, 'x', 2n ** 64n]) refused(encode({ info: { 'meta version': version } }), /meta version is not 2/);
  for (const pieceLength of [8192, 16_385, 49_152]) refused(torrent({ ...VERSION_2, 'piece length': pieceLength }), /power of two, 16 KiB or more/);
  refused(torrent({ ...VERSION_2, 'file tree': undefined }), /no file tree/);
  refused(tree({}), /has no files/);
  refused(tree({ a: {} }), /has no files/);
  refused(tree(leaf(5)), /root of its file tree is a file/);
  refused(tree({ a: 7 }), /neither file nor folder/);
  refused(tree({ a: { ...leaf(5), b: leaf(5) } }), /file and folder at once/);
  refused(tree({ a: { '': 7 } }), /file and folder at once/);
  refused(tree({ a: { '': {} } }), /length of file 1/);
  refused(tree({ a: leaf(-5) }), /length of file 1/);
  refused(tree({ a: { '': { length: 5 } } }), /Merkle root of file 1 is missing/);
  refused(tree({ a: leaf(5, new Uint8Array(31)) }), /Merkle root of file 1/);
  refused(tree({ a: leaf(2 ** 53 - 1) }), /pieces; \d+ is the most/);
  refused(tree({ a: leaf(2 ** 53 - 1), b: leaf(5) }), /longer than 2\^53 bytes/);
});

test('piece layers must be there, of the right length, and lead to their roots', () => {
  const key = Buffer.from(LAYER_ROOT).toString('latin1');
  const layers = (layer: Encodable | undefined): Uint8Array => torrent(VERSION_2, { 'piece layers': layer === undefined ? {} : new Map([[key, layer]]) });
  refused(torrent(VERSION_2), /piece layer of a\/x is missing/);
  refused(layers(undefined), /piece layer of a\/x is missing/);
  refused(layers(5), /piece layer of a\/x is missing/);
  refused(layers(LAYER.subarray(0, 64)), /does not lead to its root/);
  refused(layers(Buffer.concat([LAYER, LAYER])), /does not lead to its root/);
  const spoilt = Buffer.from(LAYER);
  spoilt[40] ^= 1;
  refused(layers(spoilt), /does not lead to its root/);
});

test('an info dictionary alone, as peers send it: its layers are still to be got', () => {
  const trackers = [['http://t.example/']];
  const metainfo = parseInfo(encode(VERSION_2), { trackers });
  assert.equal(metainfo.trackers, trackers);
  assert.deepEqual(filesWithoutLayer(metainfo).map(({ path }) => path.join('/')), ['a/x']);
  assert.equal(pieceRoot(metainfo, 0), undefined);
  assert.equal(hex(pieceRoot(metainfo, 3)), toHex(ROOT));
  assert.throws(() => exportTorrent(metainfo), MetainfoError);
  const whole = { ...metainfo, pieceLayers: new Map([[toHex(LAYER_ROOT), LAYER]]) };
  assert.deepEqual(filesWithoutLayer(whole), []);
  assert.deepEqual(Buffer.from(exportTorrent(whole)), encode({ announce: 'http://t.example/', info: VERSION_2, ...LAYERS }));
  assert.throws(() => parseInfo(Buffer.from('x')), /it is no info dictionary/);
});

test('a hybrid is both, and its halves describe the same files', () => {
  const metainfo = parseTorrent(torrent(HYBRID, LAYERS));
  assert.equal(metainfo.format, 'hybrid');
  assert.equal(hex(metainfo.infoHash), toHex(sha1(encode(HYBRID))));
  assert.equal(hex(metainfo.infoHashV2), toHex(sha256(encode(HYBRID))));
  assert.deepEqual(paths(metainfo), ['a/x', '.pad/8304', 'b', 'none']);
  assert.equal(hex(metainfo.files[0].piecesRoot), toHex(LAYER_ROOT));
  assert.equal(metainfo.length, 90_005);
  assert.equal(pieceSize(metainfo, 2), PIECE);
  assert.equal(pieceSizeInFile(metainfo, 2), 90_000 - 2 * PIECE);
  const padded = { ...HYBRID, files: [...HYBRID.files, { attr: 'p', length: PIECE - 5, path: ['.pad', 'end'] }], pieces: hashesFor(4 * PIECE) };
  assert.equal(pieceSize(parseTorrent(torrent(padded, LAYERS)), 3), PIECE, 'padding may stand behind the last file too');
});

test('links are left out, in all versions', () => {
  const fileTree = { ...VERSION_2['file tree'], link: { '': { attr: 'l', 'symlink path': ['..', 'x'] } } };
  const version1 = { ...SEVERAL, files: [LINK, ...SEVERAL.files, { ...LINK, length: 0 }] };
  const hybrid = { ...HYBRID, files: [...HYBRID.files, LINK], 'file tree': fileTree };
  assert.deepEqual(paths(parseTorrent(torrent(version1))), ['a/x', 'none', 'b']);
  assert.deepEqual(paths(parseTorrent(torrent({ ...VERSION_2, 'file tree': fileTree }, LAYERS))), ['a/x', 'b', 'none']);
  assert.deepEqual(paths(parseTorrent(torrent(hybrid, LAYERS))), ['a/x', '.pad/8304', 'b', 'none']);
  refused(torrent({ ...SEVERAL, files: [LINK] }), /nothing but links/);
  const full = { ...LINK, length: 40_005 };
  assert.deepEqual(paths(parseTorrent(torrent({ ...SEVERAL, files: [full] }))), ['link'], 'what holds bytes is a file');
});

test('a hybrid whose halves differ is refused', () => {
  const [x, padding, b, none] = HYBRID.files;
  const files = (list: readonly Dictionary[], length = 98_309): Uint8Array => torrent({ ...HYBRID, files: list, pieces: hashesFor(length) }, LAYERS);
  refused(files([{ ...x, path: ['a', 'y'] }, padding, b, none]), /differ at file 1/);
  refused(files([{ ...x, path: ['x'] }, padding, b, none]), /differ at file 1/);
  refused(files([x, padding, { ...b, length: 6 }, none], 98_310), /differ at file 2/);
  refused(files([b, padding, x, none]), /differ at file 1/);
  refused(files([x, b, none], 90_005), /file 2 begins at byte 90000 in v1 and at 98304 in v2/);
  refused(files([x, { ...padding, length: 8303 }, b, none], 98_308), /file 2 begins/);
  refused(files([padding, x, b, none]), /file 1 begins/);
  refused(files([x, padding, b]), /2 files in v1 and 3 in v2/);
  refused(files([x, padding, b, none, { length: 0, path: ['more'] }]), /differ at file 4/);
  refused(files([x, padding, b, none, { ...padding, length: PIECE }], 98_309 + PIECE), /5 pieces in v1 and 4 in v2/);
  refused(torrent({ ...HYBRID, files: undefined, length: 90_005, pieces: hashesFor(90_005) }, LAYERS), /differ at file 1/);
});

test('numbers without anything behind them are refused before anything is made of them', () => {
  refused(Buffer.from('d4:infod6:lengthi1760936591360e4:name1:x12:piece lengthi16384e6:pieces0:ee'), /107479040 pieces; \d+ is the most/);
  refused(torrent({ ...VERSION_2, 'piece length': 16_384, 'file tree': { a: leaf(1_760_936_591_360) } }), /107479040 pieces/);
  assert.throws(() => parseTorrent(Buffer.from(`d4:info${'l'.repeat(100_000)}${'e'.repeat(100_001)}`)), /nested deeper/);
  assert.throws(() => parseTorrent(Buffer.from(`d4:infod9:file tree${'d1:a'.repeat(100_000)}`)), /nested deeper/);
  refused(new Uint8Array(LIMITS.torrentBytes + 1), /the most for a torrent file/);
});

test('files are counted before anything is made of them', () => {
  const count = LIMITS.torrentFiles + 1;
  const entry: BencodeDictionary = new Map<string, BencodeValue>([['length', 0], ['path', [Buffer.from('a')]]]);
  const list: BencodeDictionary = new Map<string, BencodeValue>([['files', Array.from({ length: count }, () => entry)], ['pieces', new Uint8Array()]]);
  assert.throws(() => readVersion1(list, PIECE, new TorrentFolder()), /more than \d+ files/);
  const file: BencodeDictionary = new Map([['', entry]]);
  const tree: BencodeDictionary = new Map([['file tree', new Map(Array.from({ length: count }, (_, index) => [String(index), file]))]]);
  assert.throws(() => readVersion2(tree, PIECE, new TorrentFolder()), /more than \d+ files/);
});

/** What every `Metainfo` promises. */
function checkPromises(metainfo: Metainfo): void {
  const { files, pieceCount, pieceLength, format } = metainfo;
  let end = 0;
  for (const file of files) {
    assert.ok(Number.isSafeInteger(file.length) && file.length >= 0);
    assert.ok(file.offset >= end && (format !== 'v2' || file.offset < end + pieceLength));
    if (format !== 'v2') assert.equal(file.offset, end);
    if (format !== 'v1' && file.length > 0 && !file.isPadding) {
      assert.equal(file.offset % pieceLength, 0);
      assert.equal(file.piecesRoot?.length, HASH_BYTES);
    }
    end = file.offset + file.length;
  }
  assert.equal(pieceCount, Math.ceil(end / pieceLength));
  assert.equal(spaceLength(metainfo), end);
  if (format !== 'v2') assert.equal(metainfo.pieceHashes?.length, pieceCount * 20);
  for (let piece = 0; piece < pieceCount; piece++) {
    const size = pieceSize(metainfo, piece);
    assert.ok(size > 0 && size <= pieceLength);
    if (format !== 'v1') assert.equal(pieceRoot(metainfo, piece)?.length, HASH_BYTES);
  }
  for (const layer of metainfo.pieceLayers.values()) assert.equal(layer.length % HASH_BYTES, 0);
  const stored = files.filter(({ isPadding }) => !isPadding).map(({ path }) => path.join('/').toLowerCase());
  assert.equal(new Set(stored).size, stored.length);
}

function parseOrRefuse(bytes: Uint8Array): void {
  let metainfo: Metainfo;
  try {
    metainfo = parseTorrent(bytes);
  } catch (error) {
    assert.ok(error instanceof ShoalError, String(error));
    assert.ok(!error.message.includes('\n'));
    return;
  }
  checkPromises(metainfo);
  assert.equal(toHex(parseTorrent(exportTorrent(metainfo)).infoBytes), toHex(metainfo.infoBytes));
}

const SAMPLES = [torrent(SINGLE, { announce: 'http://t.example/' }), torrent(SEVERAL), torrent(VERSION_2, LAYERS), torrent(HYBRID, LAYERS)];

test('the samples keep their promises', () => {
  for (const sample of SAMPLES) checkPromises(parseTorrent(sample));
});

test('any change to a torrent gives one that keeps its promises, or an error of one line', () => {
  const change = fc.record({ at: fc.nat(), bytes: fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.constantFrom('0', '9', 'i-1e', 'i99999999999999e', 'de', 'le', '0:', 'e', 'd', '1:p').map((text) => Buffer.from(text))), over: fc.nat(4) });
  fc.assert(fc.property(fc.constantFrom(...SAMPLES), fc.array(change, { minLength: 1, maxLength: 3 }), (sample, changes) => {
    let bytes: Uint8Array = sample;
    for (const { at, bytes: put, over } of changes) {
      const place = at % bytes.length;
      bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + over)]);
    }
    parseOrRefuse(bytes);
  }), { numRuns: 3000 });
});

const anyKey = fc.constantFrom('name', 'length', 'files', 'path', 'pieces', 'piece length', 'meta version', 'file tree', 'pieces root', 'attr', 'private', '', 'a', 'b');
const anyDescription = fc.letrec<{ value: Encodable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Encodable>(0, 1, 2, 5, 16_384, -1, 2 ** 53 - 1, 2n ** 63n, '', 'a', '..', 'p', ROOT, new Uint8Array(20)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(anyKey, tie('value'), { maxKeys: 5 }),
  ),
})).value;

test('any description that has the right words is a torrent that keeps its promises, or refused', () => {
  const info = fc.record({
    name: fc.constantFrom<Encodable>('n', '', 7),
    'piece length': fc.constantFrom<Encodable>(16_384, 1, 0),
    'meta version': fc.constantFrom<Encodable>(2, 2, 3),
    pieces: fc.constantFrom<Encodable>('', new Uint8Array(20), 5),
    length: fc.constantFrom<Encodable>(0, 5, -1),
    files: fc.oneof(fc.array(fc.record({ length: fc.nat(9), path: fc.array(fc.constantFrom('a', 'A', '..', ''), { maxLength: 2 }), attr: fc.constantFrom('', 'p', 'l') }, { requiredKeys: ['length'] }), { maxLength: 3 }), anyDescription),
    'file tree': fc.oneof(fc.dictionary(fc.constantFrom('a', 'A', '..', ''), fc.constantFrom(leaf(0), leaf(5), { b: leaf(5) }), { maxKeys: 3 }), anyDescription),
  }, { requiredKeys: ['name', 'piece length'] });
  fc.assert(fc.property(info as fc.Arbitrary<Dictionary>, (description) => parseOrRefuse(torrent(description, LAYERS))), { numRuns: 3000 });
});

test('files of whatever names and lengths make a torrent that keeps its promises', () => {
  const anyName = fc.oneof(fc.constantFrom('a', 'A', 'é', '..', '.', 'a/b', 'a (2)', '\0'), fc.uint8Array({ minLength: 1, maxLength: 3 }));
  const anyFile = fc.record({ path: fc.array(anyName, { minLength: 1, maxLength: 3 }), length: fc.oneof(fc.nat(3), fc.nat(100_000)), attr: fc.constantFrom('', 'p', 'x', 'h') });
  fc.assert(fc.property(fc.array(anyFile, { minLength: 1, maxLength: 8 }), fc.constantFrom(1000, 16_384), (files, pieceLength) => {
    const length = files.reduce((sum, file) => sum + file.length, 0);
    const metainfo = parseTorrent(torrent({ name: 'n', 'piece length': pieceLength, files, pieces: hashesFor(length, pieceLength) }));
    checkPromises(metainfo);
    assert.equal(spaceLength(metainfo), length);
  }));
  const anyTree = fc.letrec<{ tree: Encodable }>((tie) => ({
    tree: fc.dictionary(fc.constantFrom('a', 'A', '\xe9', '..', '.', 'a/b', 'a (2)', '\0'), fc.oneof({ maxDepth: 3 }, fc.nat(PIECE).map((length) => leaf(length)), tie('tree')), { minKeys: 1, maxKeys: 5 }),
  })).tree;
  fc.assert(fc.property(anyTree, (tree) => checkPromises(parseTorrent(torrent({ ...VERSION_2, 'file tree': tree })))));
});

test('any bytes are refused, or a torrent', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => parseOrRefuse(Buffer.concat([Buffer.from('d4:info'), bytes, Buffer.from('e')]))));
});
