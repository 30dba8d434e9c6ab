import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sha256 } from '../bytes/digest.ts';
import { toHex } from '../bytes/hex.ts';
import { ancestorLevel, answerRun, HashTree, type HashRun, isSoundRun, pieceLayerRuns, uncleCount, verifyRun } from './hash-request.ts';
import { HASH_BYTES, layerRoot, layerWidth } from './merkle.ts';

const leavesPerPiece = 4;
/** A file's leaves, all different, for two to sixteen pieces. */
const anyLeaves = fc.integer({ min: 5, max: 64 }).map((count) => Buffer.concat(Array.from({ length: count }, (_, leaf) => sha256(Uint8Array.of(leaf)))));

/** A file as one who has it sees it: the leaves of each piece, and the tree over the pieces. */
function treesOf(leaves: Uint8Array): { pieces: HashTree[]; top: HashTree; root: Uint8Array; width: number } {
  const width = layerWidth(leaves.length / HASH_BYTES);
  const pieces: HashTree[] = [];
  const layer: Uint8Array[] = [];
  for (let firstIndex = 0; firstIndex * HASH_BYTES < leaves.length; firstIndex += leavesPerPiece) {
    const ofPiece = leaves.subarray(firstIndex * HASH_BYTES, (firstIndex + leavesPerPiece) * HASH_BYTES);
    pieces.push(new HashTree(ofPiece, { level: 0, width: leavesPerPiece, firstIndex }));
    layer.push(layerRoot(ofPiece, leavesPerPiece));
  }
  const top = new HashTree(Buffer.concat(layer), { level: 2, width: width / leavesPerPiece });
  return { pieces, top, root: layerRoot(leaves, width), width };
}

/** Any run that BEP 52 lets a peer ask for in a tree of that width, proved up to the root. */
function anyRun(width: number): fc.Arbitrary<HashRun> {
  const height = Math.log2(width);
  return fc.integer({ min: 0, max: height - 1 }).chain((baseLayer) =>
    fc.integer({ min: 1, max: height - baseLayer }).chain((levels) =>
      fc.nat(2 ** (height - baseLayer - levels) - 1).map((place) => ({
        baseLayer, index: place * 2 ** levels, length: 2 ** levels, proofLayers: height - baseLayer - 1,
      }))));
}

test('what is answered proves itself, and nothing else does', () => {
  const anyCase = anyLeaves.chain((leaves) => fc.tuple(fc.constant(leaves), anyRun(treesOf(leaves).width), fc.nat()));
  fc.assert(fc.property(anyCase, ([leaves, run, spoilt]) => {
    const { pieces, top, root, width } = treesOf(leaves);
    assert.ok(isSoundRun(run));
    assert.equal(2 ** ancestorLevel(run), width);
    const answer = answerRun(run, [top, ...pieces]);
    if (answer === undefined) return assert.ok(run.baseLayer < 2 && (run.index + run.length) * 2 ** run.baseLayer > leaves.length / HASH_BYTES);
    assert.equal(answer.length, (run.length + uncleCount(run)) * HASH_BYTES);
    assert.ok(verifyRun(run, answer, root));
    const changed = Uint8Array.from(answer);
    changed[spoilt % changed.length] ^= 1;
    assert.ok(!verifyRun(run, changed, root));
    assert.ok(!verifyRun(run, answer.subarray(HASH_BYTES), root));
    if (uncleCount(run) > 0) {
      const elsewhere = run.index === 0 ? run.length : 0;
      assert.equal(verifyRun({ ...run, index: elsewhere }, answer, root), false);
    }
  }));
});

test("a piece's leaves are proved by the hash of the piece alone", () => {
  fc.assert(fc.property(anyLeaves, (leaves) => {
    const { pieces, top } = treesOf(leaves);
    for (const [piece, tree] of pieces.entries()) {
      const run = { baseLayer: 0, index: piece * leavesPerPiece, length: leavesPerPiece, proofLayers: 0 };
      const pieceHash = top.hash(2, piece) ?? new Uint8Array();
      assert.ok(verifyRun(run, answerRun(run, [tree]) ?? new Uint8Array(), pieceHash));
      assert.equal(toHex(tree.hash(2, piece) ?? new Uint8Array()), toHex(pieceHash));
    }
  }));
});

test('what a tree does not reach is not answered', () => {
  const { pieces, top } = treesOf(new Uint8Array(20 * HASH_BYTES).fill(1));
  assert.equal(answerRun({ baseLayer: 0, index: 4, length: 4, proofLayers: 0 }, [top, pieces[0]]), undefined);
  assert.equal(answerRun({ baseLayer: 2, index: 0, length: 16, proofLayers: 0 }, [top]), undefined);
  assert.equal(answerRun({ baseLayer: 2, index: 0, length: 8, proofLayers: 3 }, [top]), undefined);
});

test("BEP 52's rules for requests", () => {
  const run = { baseLayer: 0, index: 8, length: 4, proofLayers: 3 };
  assert.ok(isSoundRun(run));
  for (const wrong of [{ length: 1 }, { length: 0 }, { length: 3 }, { length: 1024 }, { index: 2 }, { baseLayer: 64 }, { proofLayers: 2 ** 32 - 1 }]) {
    assert.ok(!isSoundRun({ ...run, index: 1024, ...wrong }), JSON.stringify(wrong));
  }
});

test('a piece layer is asked for in runs of at most 512', () => {
  const pieceLength = 4 * 1024 * 1024;
  const runsFor = (pieces: number): number[][] =>
    pieceLayerRuns(pieces * pieceLength - 1, pieceLength).map(({ baseLayer, index, length, proofLayers }) => [baseLayer, index, length, proofLayers]);
  assert.deepEqual(runsFor(1), []);
  assert.deepEqual(runsFor(2), [[8, 0, 2, 0]]);
  assert.deepEqual(runsFor(7), [[8, 0, 8, 2]]);
  assert.deepEqual(runsFor(22), [[8, 0, 32, 4]]);
  assert.deepEqual(runsFor(63), [[8, 0, 64, 5]]);
  assert.deepEqual(runsFor(82), [[8, 0, 128, 6]]);
  assert.deepEqual(runsFor(1100), [[8, 0, 512, 10], [8, 512, 512, 10], [8, 1024, 512, 10]]);
  for (const run of pieceLayerRuns(1100 * pieceLength, pieceLength)) assert.ok(isSoundRun(run));
});
