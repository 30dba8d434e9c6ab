import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../bytes/hex.ts';
import { createTorrent } from '../metainfo/create.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { openFileStore } from './file-store.ts';
import { makePieceLayer } from './make-layer.ts';

const PIECE = 32 * 1024;
const LENGTHS = [PIECE + 1, 5 * PIECE, 40 * PIECE - 9];

test('a layer that is made of a file is the one that its torrent has; of a file that has been changed there is none', async () => {
  const disk = new MemoryDisk();
  for (const [index, length] of LENGTHS.entries()) await disk.writeWhole(`/t/${index}`, new SeededRandom(index).bytes(length));
  for (const format of ['v2', 'hybrid'] as const) {
    const { metainfo } = await createTorrent({ disk, hasher: plainHasher }, { paths: ['/t'], pieceLength: PIECE, format });
    const store = await openFileStore({ disk, metainfo, directory: '/', partsPath: '/parts' });
    for (const file of metainfo.files.filter(({ isPadding }) => !isPadding)) {
      let told = 0;
      const layer = await makePieceLayer(file, { hasher: plainHasher, metainfo, store, onProgress: (bytes) => { told += bytes; } });
      assert.deepEqual(Buffer.from(layer), Buffer.from(metainfo.pieceLayers.get(toHex(file.piecesRoot!))!));
      assert.equal(told, file.length);
    }
    await store.close();
  }
  const { metainfo } = await createTorrent({ disk, hasher: plainHasher }, { paths: ['/t/1'], pieceLength: PIECE, format: 'hybrid' });
  await disk.writeWhole('/t/1', new SeededRandom(9).bytes(LENGTHS[1]));
  const store = await openFileStore({ disk, metainfo, directory: '/t', partsPath: '/parts' });
  await assert.rejects(makePieceLayer(metainfo.files[0], { hasher: plainHasher, metainfo, store }), { code: 'BAD_TORRENT' });
  await assert.rejects(makePieceLayer(metainfo.files[0], { hasher: plainHasher, metainfo, store, signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});
