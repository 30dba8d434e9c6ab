import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chunksLength, splitChunks } from './chunks.ts';

const chunkLists = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 8 });

test('a head and a tail are together what was split, and the head has the length asked for', () => {
  fc.assert(fc.property(chunkLists, fc.double({ min: 0, max: 1, noNaN: true }), (chunks, share) => {
    const length = Math.floor(chunksLength(chunks) * share);
    const [head, tail] = splitChunks(chunks, length);
    assert.equal(chunksLength(head), length);
    assert.deepEqual(Buffer.concat([...head, ...tail]), Buffer.concat(chunks));
  }));
});

test('chunks are cut without being copied', () => {
  const chunk = new Uint8Array(4);
  const [head, tail] = splitChunks([chunk], 1);
  assert.equal(head[0].buffer, chunk.buffer);
  assert.equal(tail[0].buffer, chunk.buffer);
});
