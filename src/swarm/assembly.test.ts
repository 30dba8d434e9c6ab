import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, randomTorrent } from '../../test/support/swarm-world.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { equalBytes } from '../bytes/compare.ts';
import { LIMITS } from '../bytes/limits.ts';
import { pieceSize } from '../metainfo/metainfo.ts';
import { Assembly } from './assembly.ts';
import type { Contents } from './contents.ts';
import type { PieceInProgress } from './piece-in-progress.ts';

const BLOCK = LIMITS.blockBytes;
const PIECE = 2 * 1024 * 1024;
const FITTING = LIMITS.assemblyBytes / PIECE;
const nothing = (): void => undefined;

const { metainfo, payload } = randomTorrent(5, 12 * PIECE - 1000, PIECE);

/** An assembly of that torrent, whose verifying and writing wait until `release` is called. */
class Workshop {
  readonly store = new MemoryStore(metainfo);
  readonly failures: Error[] = [];
  readonly reads: number[] = [];
  writes = 0;
  verifying = 0;
  isSlow = false;
  #waiting: (() => void)[] = [];
  readonly assembly: Assembly;

  constructor() {
    const { store } = this;
    const contents: Contents = {
      metainfo, have: new Bitfield(metainfo.pieceCount), carriesPayload: true, learnLayer: nothing,
      store: {
        read: async (piece, begin, target) => {
          this.reads.push(piece);
          await store.read(piece, begin, target);
        },
        write: async (piece, begin, chunks) => {
          this.writes += 1;
          await this.#pause();
          await store.write(piece, begin, chunks);
        },
        close: () => store.close(),
      },
      verify: async (piece, bytes) => {
        this.verifying += 1;
        await this.#pause();
        this.verifying -= 1;
        return equalBytes(bytes, piecePayload(piece));
      },
    };
    this.assembly = new Assembly(contents, (error) => this.failures.push(error));
  }

  release(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  begin(piece: number): PieceInProgress {
    return this.assembly.begin(piece, pieceSize(metainfo, piece), 0);
  }

  add(piece: PieceInProgress, from: number, to: number): void {
    const bytes = piecePayload(piece.piece);
    for (let block = from; block < Math.min(to, piece.blockCount); block++) {
      piece.receive(block, 1, 0);
      this.assembly.add(piece, block, bytes.subarray(block * BLOCK, (block + 1) * BLOCK));
    }
  }

  async #pause(): Promise<void> {
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

function piecePayload(piece: number): Uint8Array {
  return payload.subarray(piece * PIECE, piece * PIECE + pieceSize(metainfo, piece));
}

test('a piece is gathered, verified and written once; what is spoilt is not written', async () => {
  const workshop = new Workshop();
  const verdicts: boolean[] = [];
  const last = workshop.begin(metainfo.pieceCount - 1);
  workshop.add(last, 0, last.blockCount);
  assert.equal(await workshop.assembly.complete(last, (isGood) => verdicts.push(isGood)), true);
  assert.equal(workshop.writes, 1);
  const spoilt = workshop.begin(0);
  workshop.add(spoilt, 0, spoilt.blockCount);
  spoilt.buffer?.fill(1, 100, 200);
  assert.equal(await workshop.assembly.complete(spoilt, (isGood) => verdicts.push(isGood)), false);
  assert.equal(workshop.writes, 1);
  assert.deepEqual(verdicts, [true, false]);
  assert.deepEqual(workshop.store.bytes.subarray((metainfo.pieceCount - 1) * PIECE), piecePayload(metainfo.pieceCount - 1));
});

test('pieces are begun in memory up to the limit, then on disk; what one gives up another has', () => {
  const { assembly } = new Workshop();
  const pieces = Array.from({ length: FITTING }, (_, piece) => assembly.begin(piece, PIECE, 0));
  assert.ok(pieces.every(({ buffer }) => buffer !== undefined));
  assert.equal(assembly.hasRoomFor(1), false);
  assert.equal(assembly.begin(FITTING, PIECE, 0).buffer, undefined);
  assembly.abandon(pieces[0]);
  assert.equal(assembly.hasRoomFor(PIECE), true);
  // However large a piece is, one can be gathered.
  for (const piece of pieces.slice(1)) assembly.abandon(piece);
  assert.equal(assembly.hasRoomFor(10 * LIMITS.assemblyBytes), true);
});

test('a piece that has gone to disk half way is as good as another', async () => {
  const workshop = new Workshop();
  const piece = workshop.begin(3);
  workshop.add(piece, 0, 50);
  workshop.assembly.spill(piece);
  workshop.add(piece, 50, piece.blockCount);
  assert.equal(await workshop.assembly.complete(piece, nothing), true);
  assert.deepEqual(workshop.store.bytes.subarray(3 * PIECE, 4 * PIECE), piecePayload(3));
});

test('what has gone to disk is read back one piece after the other, however many are whole at once', async () => {
  const workshop = new Workshop();
  const pieces = Array.from({ length: 10 }, (_, piece) => workshop.begin(piece));
  for (const piece of pieces) {
    workshop.assembly.spill(piece);
    workshop.add(piece, 0, piece.blockCount);
  }
  // What is being written still needs its memory.
  assert.equal(workshop.assembly.hasRoomFor(1), false);
  await new Promise(setImmediate);
  assert.equal(workshop.assembly.hasRoomFor(LIMITS.assemblyBytes), true);
  workshop.isSlow = true;
  const verdicts = Promise.all(pieces.map((piece) => workshop.assembly.complete(piece, nothing)));
  for (let done = 0; done < pieces.length; done++) {
    await new Promise(setImmediate);
    assert.deepEqual([workshop.reads.length, workshop.verifying], [done + 1, 1]);
    workshop.release();
  }
  assert.deepEqual(await verdicts, pieces.map(() => true));
  assert.equal(workshop.assembly.hasRoomFor(LIMITS.assemblyBytes), true);
});

test('a disk that fails is told of, and keeps no memory', async () => {
  const workshop = new Workshop();
  const full = new Error('the disk is full');
  workshop.store.write = () => Promise.reject(full);
  const whole = workshop.begin(0);
  workshop.add(whole, 0, whole.blockCount);
  await assert.rejects(workshop.assembly.complete(whole, nothing), full);
  const spilled = workshop.begin(1);
  workshop.assembly.spill(spilled);
  workshop.add(spilled, 0, 3);
  await new Promise(setImmediate);
  assert.ok(workshop.failures.includes(full));
  workshop.store.read = () => Promise.reject(full);
  await assert.rejects(workshop.assembly.complete(spilled, nothing), full);
  assert.equal(workshop.assembly.hasRoomFor(LIMITS.assemblyBytes), true);
});
