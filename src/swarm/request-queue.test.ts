import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../bytes/limits.ts';
import type { BlockRequest } from '../wire/messages.ts';
import { RequestQueue } from './request-queue.ts';

const requests: fc.Arbitrary<BlockRequest> = fc.record({
  piece: fc.constantFrom(0, 1, 5, LIMITS.torrentPieces - 1, 2 ** 32 - 1),
  begin: fc.constantFrom(0, 1, 16_384, LIMITS.pieceBytes - 1, LIMITS.pieceBytes, 2 ** 32 - 1),
  length: fc.constantFrom(1, 16_384),
});

test('it is a line in which each place stands once, and out of which any can be taken', () => {
  const step = fc.record({ what: fc.constantFrom('add', 'delete', 'first', 'clear'), request: requests });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const queue = new RequestQueue();
    let model: BlockRequest[] = [];
    for (const { what, request } of steps) {
      // Only what exists is ever put in; anything may be cancelled.
      const exists = request.begin < LIMITS.pieceBytes && request.piece < LIMITS.torrentPieces;
      if (what === 'add' && exists) {
        const isNew = !model.some(({ piece, begin }) => piece === request.piece && begin === request.begin);
        assert.equal(queue.add(request), isNew);
        if (isNew) model.push(request);
      } else if (what === 'delete') {
        const rest = model.filter(({ piece, begin, length }) => piece !== request.piece || begin !== request.begin || length !== request.length);
        assert.equal(queue.delete(request), rest.length < model.length);
        model = rest;
      } else if (what === 'clear') {
        assert.deepEqual(queue.clear(), model);
        model = [];
      }
      assert.deepEqual([queue.first, queue.length], [model[0], model.length]);
    }
  }));
});

test('no more than a thousand wait', () => {
  const queue = new RequestQueue();
  for (let piece = 0; piece < LIMITS.incomingRequests; piece++) assert.equal(queue.add({ piece, begin: 0, length: 1 }), true);
  assert.equal(queue.add({ piece: 1e6, begin: 0, length: 1 }), false);
  assert.equal(queue.delete({ piece: 0, begin: 0, length: 1 }), true);
  assert.equal(queue.add({ piece: 1e6, begin: 0, length: 1 }), true);
});
