import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, randomTorrent } from '../../test/support/swarm-world.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { SeededRandom, Simulation } from '../runtime/simulated/simulation.ts';
import { Download } from './download.ts';
import { RarestFirst } from './rarest-first.ts';
import { RateLimit } from './rate.ts';

test('a download settles when the pieces that were whole have been verified and written, also after it has been stopped', async () => {
  const { metainfo, payload } = randomTorrent(3, 2 * 16 * 1024, 16 * 1024);
  const clock = new Simulation({ seed: 1 });
  const verdicts = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
  const have = new Bitfield(metainfo.pieceCount);
  const download = new Download(
    { metainfo, have, store: new MemoryStore(metainfo), carriesPayload: true, learnLayer: () => {}, verify: (piece) => verdicts[piece].promise },
    new RarestFirst(metainfo.pieceCount, new SeededRandom(1)),
    {
      clock, limit: new RateLimit(Number.POSITIVE_INFINITY, 0), neighbours: new Set(),
      hooks: { pieceCompleted: () => {}, finished: () => {}, failed: (error) => assert.fail(error), guilty: () => {}, throttled: () => {} },
    },
  );
  await download.settled();
  const supplier = { serial: 1, name: 'supplier' };
  for (const piece of [0, 1]) {
    download.setPriority(piece, 'normal');
    download.claim(supplier, piece);
    const supply = download.begin(supplier, piece) ?? assert.fail();
    download.supplied(supply, 0, payload.subarray(piece * metainfo.pieceLength, (piece + 1) * metainfo.pieceLength));
  }
  download.stop();
  let hasSettled = false;
  const settled = download.settled().then(() => { hasSettled = true; });
  for (const [piece, isGood] of [true, false].entries()) {
    await new Promise(setImmediate);
    assert.equal(hasSettled, false);
    verdicts[piece].resolve(isGood);
  }
  await settled;
  assert.deepEqual([have.has(0), have.has(1)], [true, false]);
});
