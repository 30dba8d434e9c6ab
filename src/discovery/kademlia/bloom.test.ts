import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressToBytes } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { BloomFilter } from './bloom.ts';

const address = (text: string): Uint8Array => addressToBytes(text) ?? assert.fail(text);

/** BEP 33: 192.0.2.0 to 192.0.2.255 and 2001:db8:: to 2001:db8::3e7. */
const EXAMPLE = [
  'f6c3f5eaa07ffd91bde89f777f26fb2bff37bdb8fb2bbaa2fd3ddde7bacfff75ee7ccbaefe5eedb1fbfaff67f6abff5e43ddbca3fd9b9ffdf4ffd3e9dff12d1b',
  'df59db53dbe9fa5b7ff3b8fdfcde1afb8bedd7be2f3ee71ebbbfe93bcdeefe148246c2bc5dbff7e7efdcf24fd8dc7adffd8fffdfddfff7a4bbeedf5cb95ce81f',
  'c7fcff1ff4ffffdfe5f7fdcbb7fd79b3fa1fc77bfe07fff905b7b7ffc7fefeffe0b8370bb0cd3f5b7f2bd93feb4386cfdd6f7fd5bfaf2e9ebffffeecd67adbf7',
  'c67f17efd5d75eba6ffeba7fff47a91eb1bfbb53e8abfb5762abe8ff237279bfefbfeef5ffc5febfdfe5adffadfee1fb737ffffbfd9f6aeffeee76b6fd8f72ef',
].join('');

test('the example of BEP 33, bit for bit, and its estimate', () => {
  const filter = new BloomFilter();
  for (let host = 0; host < 256; host++) filter.insert(address(`192.0.2.${host}`));
  for (let host = 0; host < 1000; host++) filter.insert(address(`2001:db8::${host.toString(16)}`));
  assert.equal(toHex(filter.bytes), EXAMPLE);
  assert.equal(filter.estimate().toFixed(4), '1224.9309');
});

test('an empty filter holds nothing, a full one is still a number', () => {
  assert.equal(Math.abs(new BloomFilter().estimate()), 0);
  assert.ok(!new BloomFilter().mayHold(address('1.2.3.4')));
  assert.ok(Number.isFinite(new BloomFilter(new Uint8Array(256).fill(0xff)).estimate()));
});

test('what was inserted is held, in a union too, whose estimate is near the truth', () => {
  const addresses = fc.uniqueArray(fc.uint8Array({ minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 300, selector: toHex });
  fc.assert(fc.property(addresses, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
    const parts = [new BloomFilter(), new BloomFilter()];
    for (const [index, each] of all.entries()) parts[index < all.length * share ? 0 : 1].insert(each);
    const union = new BloomFilter(parts[0].bytes);
    union.unite(parts[1]);
    for (const each of all) assert.ok(union.mayHold(each));
    assert.ok(Math.abs(union.estimate() - all.length) < 5 + all.length / 8, `${union.estimate()} for ${all.length}`);
  }), { numRuns: 50 });
});
