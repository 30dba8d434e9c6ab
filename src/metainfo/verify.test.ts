import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Blocks } from '../bytes/digest.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { createTorrent } from './create.ts';
import { type Metainfo, type MetainfoFormat, MetainfoError } from './metainfo.ts';
import { verifyPiece } from './verify.ts';

const PIECE = 32_768;
const FILE = new Uint8Array(80_000).fill(9);

async function metainfoOf(format: MetainfoFormat): Promise<Metainfo> {
  const disk = new MemoryDisk();
  await disk.writeWhole('/f', FILE);
  return (await createTorrent({ disk, hasher: plainHasher }, { paths: ['/f'], format, pieceLength: PIECE })).metainfo;
}

const verify = (metainfo: Metainfo, bytes = FILE.subarray(0, PIECE)): Promise<boolean> => verifyPiece(plainHasher, metainfo, 0, bytes);

test('a piece of a hybrid torrent must be right by both kinds of hashes; where that cannot be, the torrent is wrong', async () => {
  const hybrid = await metainfoOf('hybrid');
  assert.ok(await verify(hybrid));
  const badLayer = new Map([...hybrid.pieceLayers].map(([root, layer]) => [root, sha256Blocks(layer)] as const));
  await assert.rejects(verify({ ...hybrid, pieceLayers: badLayer }), MetainfoError);
  assert.equal(await verify({ ...hybrid, pieceLayers: badLayer }, new Uint8Array(PIECE)), false);
  assert.equal(await verify({ ...hybrid, pieceHashes: new Uint8Array(60) }), false);
});

test('before the piece layer has come a hybrid goes by SHA-1 alone, and version 2 by nothing', async () => {
  const hybrid = { ...(await metainfoOf('hybrid')), pieceLayers: new Map() };
  assert.ok(await verify(hybrid));
  assert.equal(await verify(hybrid, new Uint8Array(PIECE)), false);
  await assert.rejects(verify({ ...(await metainfoOf('v2')), pieceLayers: new Map() }), MetainfoError);
});

test('a piece that is too short or too long is wrong', async () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    const metainfo = await metainfoOf(format);
    assert.equal(await verify(metainfo, FILE.subarray(0, PIECE - 1)), false);
    assert.equal(await verify(metainfo, FILE.subarray(0, PIECE + 1)), false);
  }
});
