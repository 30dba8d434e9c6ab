import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compareBytes, equalBytes } from './compare.ts';

test('bytes are ordered as Node orders its buffers, and equal if neither is before the other', () => {
  const short = fc.uint8Array({ max: 3, maxLength: 4 });
  fc.assert(fc.property(short, short, (a, b) => {
    assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
    assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0);
  }));
});
