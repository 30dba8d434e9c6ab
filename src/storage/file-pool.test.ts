import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskFile } from '../runtime/disk.ts';
import { FilePool } from './file-pool.ts';

/** A disk of which only opening and closing is seen. */
class Openings {
  readonly log: string[] = [];
  openCount = 0;
  mostOpen = 0;
  readonly pool: FilePool;

  constructor(capacity: number, options: { readonly failToOpen?: number; readonly failToClose?: number } = {}) {
    this.pool = new FilePool(capacity, async (index, isWritable) => {
      await undefined;
      if (index === options.failToOpen) throw new Error(`cannot open ${index}`);
      this.log.push(`open ${index}${isWritable ? ' for writing' : ''}`);
      this.openCount += 1;
      this.mostOpen = Math.max(this.mostOpen, this.openCount);
      return { close: async () => {
        this.openCount -= 1;
        this.log.push(`close ${index}`);
        if (index === options.failToClose) throw new Error(`cannot close ${index}`);
      } } as DiskFile;
    });
  }

  use(index: number, isWritable = false): Promise<number> {
    return this.pool.use(index, isWritable, async () => index);
  }
}

test('a file is opened once, however many use it', async () => {
  const openings = new Openings(2);
  await Promise.all([openings.use(1), openings.use(1)]);
  await openings.use(1);
  assert.deepEqual(openings.log, ['open 1']);
});

test('past its capacity the pool closes what was used longest ago', async () => {
  const openings = new Openings(2);
  for (const index of [1, 2, 1, 3]) await openings.use(index);
  assert.deepEqual(openings.log, ['open 1', 'open 2', 'open 3', 'close 2']);
  assert.equal(openings.openCount, 2);
});

test('what is open to be read is opened anew to be written, and then serves both', async () => {
  const openings = new Openings(2);
  await openings.use(1);
  await openings.use(1, true);
  await openings.use(1);
  assert.deepEqual(openings.log.toSorted(), ['close 1', 'open 1', 'open 1 for writing']);
});

test('a file that cannot be opened fails those who use it then, and is tried again for the next', async () => {
  const openings = new Openings(2, { failToOpen: 1 });
  const [first, second] = await Promise.allSettled([openings.use(1), openings.use(1)]);
  assert.equal(first.status, 'rejected');
  assert.equal(second.status, 'rejected');
  await assert.rejects(openings.use(1), /cannot open 1/);
  await openings.pool.close();
});

test('what goes wrong in closing a file is told when the pool is closed, and all others are closed', async () => {
  const openings = new Openings(1, { failToClose: 1 });
  await openings.use(1);
  await openings.use(2);
  await assert.rejects(openings.pool.close(), /cannot close 1/);
  assert.equal(openings.openCount, 0);
});

test('while more files are used at once than the pool holds, each is open for its user', async () => {
  const openings = new Openings(2);
  const indices = Array.from({ length: 10 }, (_, index) => index);
  assert.deepEqual(await Promise.all(indices.map((index) => openings.use(index))), indices);
  await openings.use(0);
  assert.equal(openings.openCount, 2);
});

test('a released file is closed, and opened again for the next', async () => {
  const openings = new Openings(2);
  await openings.use(1);
  await openings.pool.release(1);
  await openings.pool.release(2);
  await openings.use(1);
  assert.deepEqual(openings.log, ['open 1', 'close 1', 'open 1']);
});
