import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sampleLayouts, sampleTorrent } from '../../test/support/sample-torrent.ts';
import { encode } from '../bytes/bencode.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { ShoalError } from '../bytes/errors.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { verifyPiece } from '../metainfo/verify.ts';
import { integerBelow } from '../runtime/random.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { checkPieces } from './check.ts';
import { FileStamps } from './file-stamps.ts';
import { openFileStore } from './file-store.ts';
import { decodeResume, encodeResume, loadResume, type ResumeRecord, saveResume, trustedPieces } from './resume.ts';

const RECORD = '/state/sample.resume';
const PLACE = { directory: '/downloads', partsPath: '/state/sample.parts' };
const { metainfo: sample, payload } = sampleTorrent({ format: 'v1', pieceLength: 8, lengths: [20, 0, 10, 34] });

function randomSet(random: SeededRandom, length: number, share = 0.5): Bitfield {
  const set = new Bitfield(length);
  for (let member = 0; member < length; member++) if (random.fraction() < share) set.set(member);
  return set;
}

function someRecord(seed: number): ResumeRecord {
  const random = new SeededRandom(seed);
  const stamps = new FileStamps(sample.files.length + 1);
  for (const index of stamps.lengths.keys()) {
    if (random.fraction() < 0.7) stamps.set(index, { kind: 'file', length: integerBelow(random, 2 ** 40), modifiedMs: random.fraction() * 2e12 });
  }
  return {
    pieces: randomSet(random, sample.pieceCount), wanted: randomSet(random, sample.files.length), stamps,
    downloaded: integerBelow(random, 2 ** 50), uploaded: integerBelow(random, 2 ** 50),
  };
}

test('a record is read as it was written', () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const record = someRecord(seed);
    assert.deepEqual(decodeResume(encodeResume(record, sample), sample), record);
  }));
});

test('any bytes are a record or are refused in a sentence', () => {
  const valid = encodeResume(someRecord(1), sample);
  const spoilt = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255), length: fc.nat(valid.length) })
    .map(({ at, byte, length }) => {
      const bytes = valid.slice(0, length);
      if (at < length) bytes[at] = byte;
      return bytes;
    });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), spoilt), (bytes) => {
    try {
      decodeResume(bytes, sample);
    } catch (error) {
      assert.ok(error instanceof ShoalError);
    }
  }), { numRuns: 2000 });
});

test('a record says why it is refused', () => {
  const record = someRecord(1);
  const fields = {
    format: 'shoal resume', version: 1, 'info-hash': sample.infoHash, pieces: record.pieces.bytes, wanted: record.wanted.bytes,
    lengths: new Uint8Array(40), modified: new Uint8Array(40), downloaded: 1, uploaded: 1,
  };
  assert.ok(decodeResume(encode(fields), sample));
  const refusals: [object, RegExp][] = [
    [{ format: 'other' }, /not a resume record/],
    [{ version: 2 }, /another version/],
    [{ 'info-hash': new Uint8Array(20) }, /another torrent/],
    [{ pieces: new Uint8Array(0) }, /its 'pieces' are not 8 bits/],
    [{ wanted: Uint8Array.of(0xff) }, /its 'wanted' are not 4 bits/],
    [{ lengths: new Uint8Array(39) }, /its 'lengths' are not of 5 files/],
    [{ modified: undefined }, /its 'modified' are not of 5 files/],
    [{ downloaded: -1 }, /its 'downloaded' is no number of bytes/],
    [{ uploaded: 'many' }, /its 'uploaded' is no number of bytes/],
  ];
  for (const [change, reason] of refusals) assert.throws(() => decodeResume(encode({ ...fields, ...change }), sample), reason);
  assert.throws(() => decodeResume(encode(['shoal resume']), sample), /not a resume record/);
});

test('a record that is missing is none, and one that is broken names its file', async () => {
  const disk = new MemoryDisk();
  assert.equal(await loadResume(disk, RECORD, sample), undefined);
  const record = someRecord(1);
  await saveResume(disk, RECORD, sample, record);
  assert.deepEqual(await loadResume(disk, RECORD, sample), record);
  await disk.writeWhole(RECORD, Buffer.from('garbage'));
  await assert.rejects(loadResume(disk, RECORD, sample), /^ResumeError: \/state\/sample.resume: not valid bencoding.*checked instead/);
  await disk.writeWhole(RECORD, new Uint8Array(1_000_000));
  await assert.rejects(loadResume(disk, RECORD, sample), { code: 'TOO_LARGE', path: RECORD });
});

test('without a record every piece is suspect; with one, those of the files that have changed', () => {
  assert.deepEqual(trustedPieces(undefined, new FileStamps(5), sample), { have: new Bitfield(8), suspect: Bitfield.full(8) });
  const record = { ...someRecord(1), pieces: Bitfield.full(8) };
  for (const index of [0, 1, 2, 3]) record.stamps.set(index, { kind: 'file', length: 9, modifiedMs: 5 });
  const stamps = new FileStamps(5);
  for (const index of [0, 1, 2, 3]) stamps.set(index, { kind: 'file', length: 9, modifiedMs: 5 });
  stamps.set(4, { kind: 'file', length: 9, modifiedMs: 5 });
  assert.ok(trustedPieces(record, stamps, sample).have.isFull);
  stamps.set(2, { kind: 'file', length: 9, modifiedMs: 6 });
  const { have, suspect } = trustedPieces(record, stamps, sample);
  assert.deepEqual([...suspect], [2, 3]);
  assert.deepEqual([...have], [0, 1, 4, 5, 6, 7]);
});

test('pieces that lie partly in the part file are trusted only as far as that is', () => {
  const record = { ...someRecord(1), pieces: Bitfield.full(8), stamps: new FileStamps(5) };
  const stamps = new FileStamps(5);
  for (const each of [record.stamps, stamps]) for (const index of [0, 1, 3]) each.set(index, { kind: 'file', length: 9, modifiedMs: 5 });
  record.stamps.set(4, { kind: 'file', length: 16, modifiedMs: 5 });
  stamps.set(4, { kind: 'file', length: 16, modifiedMs: 6 });
  assert.deepEqual([...trustedPieces(record, stamps, sample).suspect], [2, 3]);
});

test('a link, or a file written since it was looked at, is never trusted', () => {
  const stamps = new FileStamps(5);
  stamps.set(0, { kind: 'link', length: 9, modifiedMs: 5 });
  stamps.set(2, { kind: 'file', length: 9, modifiedMs: 5 });
  stamps.written(2, 3);
  const { suspect } = trustedPieces({ ...someRecord(1), stamps }, stamps, sample);
  assert.deepEqual([...suspect], [0, 1, 2, 3]);
});

test('a program killed, or a machine without power, loses nothing that was recorded and claims nothing that is not there', async () => {
  const runs = fc.record({ layout: sampleLayouts.filter(({ format }) => format !== 'v2'), seed: fc.integer(), steps: fc.nat(30) });
  await fc.assert(fc.asyncProperty(runs, async ({ layout, seed, steps }) => {
    const torrent = sampleTorrent(layout);
    const { metainfo } = torrent;
    const random = new SeededRandom(seed);
    const disk = new MemoryDisk({ canLosePower: true });
    const wanted = randomSet(random, metainfo.files.length, 0.7);
    const isWorthWriting = (piece: number): boolean => metainfo.files.some(({ offset, length, isPadding }, file) => !isPadding
      && wanted.has(file) && length > 0 && offset < (piece + 1) * metainfo.pieceLength && offset + length > piece * metainfo.pieceLength);
    const store = await openFileStore({ disk, metainfo, ...PLACE });
    await store.select(wanted);
    const have = new Bitfield(metainfo.pieceCount);
    let recorded = have.copy();
    const save = async (): Promise<void> => {
      const pieces = have.copy();
      await store.sync();
      await saveResume(disk, RECORD, metainfo, { pieces, wanted, stamps: store.stamps, downloaded: 0, uploaded: 0 });
      recorded = pieces;
    };
    // A piece that is written while a record is being saved may have to wait for the next.
    const isOverlapping = random.fraction() < 0.5;
    let saving = Promise.resolve();
    for (let step = 0; step < steps; step++) {
      if (random.fraction() < 0.2) saving = Promise.all([saving, save()]).then(() => undefined);
      if (!isOverlapping) await saving;
      const piece = integerBelow(random, metainfo.pieceCount + 1);
      if (piece === metainfo.pieceCount || !isWorthWriting(piece)) continue;
      const start = piece * metainfo.pieceLength;
      await store.write(piece, 0, [torrent.payload.subarray(start, start + pieceSize(metainfo, piece))]);
      have.set(piece);
    }
    await saving;
    const isPowerLost = random.fraction() < 0.5;
    if (isPowerLost) disk.losePower();

    const again = await openFileStore({ disk, metainfo, ...PLACE });
    await again.select(wanted);
    const trusted = trustedPieces(await loadResume(disk, RECORD, metainfo), again.stamps, metainfo);
    const found = await checkPieces({ hasher: plainHasher, metainfo, store: again, pieces: trusted.suspect });
    for (const piece of trusted.have) {
      const bytes = new Uint8Array(pieceSize(metainfo, piece));
      await again.read(piece, 0, bytes);
      assert.ok(await verifyPiece(plainHasher, metainfo, piece, bytes), `piece ${piece} is claimed`);
    }
    for (const piece of recorded) assert.ok(trusted.have.has(piece) || found.has(piece), `piece ${piece} was recorded`);
    if (!isPowerLost && !isOverlapping) for (const piece of have) assert.ok(trusted.have.has(piece) || found.has(piece), `piece ${piece} was written`);
  }), { numRuns: 300 });
});

test('after an orderly end nothing needs to be checked again', async () => {
  const disk = new MemoryDisk();
  const store = await openFileStore({ disk, metainfo: sample, ...PLACE });
  const wanted = new Bitfield(4);
  wanted.set(2);
  await store.select(wanted);
  const pieces = new Bitfield(8);
  for (const piece of [2, 3]) {
    await store.write(piece, 0, [payload.subarray(piece * 8, piece * 8 + 8)]);
    pieces.set(piece);
  }
  await store.close();
  await saveResume(disk, RECORD, sample, { pieces, wanted, stamps: store.stamps, downloaded: 16, uploaded: 0 });
  const again = await openFileStore({ disk, metainfo: sample, ...PLACE });
  const { have, suspect } = trustedPieces(await loadResume(disk, RECORD, sample), again.stamps, sample);
  assert.deepEqual(have, pieces);
  assert.equal(suspect.count, 0);
});
