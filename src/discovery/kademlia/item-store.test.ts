import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encode } from '../../bytes/bencode.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { keyPairFromSeed } from '../../bytes/signature.ts';
import { HIGHEST_SEQUENCE, isGenuine, isMutable, type MutableItem, signItem, targetOf } from './item.ts';
import { ITEM_LIFE_MS, ItemStore } from './item-store.ts';

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
const PAIR = keyPairFromSeed(new Uint8Array(32).fill(1));
const NO_SALT = new Uint8Array(0);
const HERE = Uint8Array.of(20, 0, 0, 1);

const version = (sequence: number | bigint, text = 'x', salt = NO_SALT): MutableItem => signItem(PAIR, { value: encode(text), salt, sequence });

/** BEP 44. Its private key is one already expanded, for which there is no seed; so it is verified only. */
const HELLO = encode('Hello World!');
const SIGNED: Omit<MutableItem, 'salt' | 'signature'> = {
  value: HELLO, sequence: 1, publicKey: hex('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548'),
};

test('the examples of BEP 44: where items are found, and what is signed', () => {
  const plain = {
    ...SIGNED, salt: NO_SALT,
    signature: hex('305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01'),
  };
  const salted = {
    ...SIGNED, salt: Buffer.from('foobar'),
    signature: hex('6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08'),
  };
  assert.equal(toHex(targetOf(plain)), '4a533d47ec9c7d95b1ad75f576cffc641853b750');
  assert.equal(toHex(targetOf(salted)), '411eba73b6f087ca51a3795d9c8c938d365e32c1');
  assert.equal(toHex(targetOf({ value: HELLO })), 'e5f96f6f38320f0f33959cb4d3d656452117aadb');
  assert.ok(isGenuine(plain) && isGenuine(salted));
  assert.ok(!isGenuine({ ...plain, salt: salted.salt }) && !isGenuine({ ...plain, sequence: 2 }) && !isGenuine({ ...plain, value: encode('Hello') }));
});

test('an item is stored until it lapses, and lives on where it is put again', () => {
  const items = new ItemStore();
  const item = { value: HELLO };
  assert.equal(items.put(item, undefined, HERE, 0), undefined);
  assert.deepEqual(items.get(targetOf(item), ITEM_LIFE_MS - 1), item);
  assert.equal(items.get(targetOf(item), ITEM_LIFE_MS), undefined);
  items.put(item, undefined, HERE, ITEM_LIFE_MS - 1);
  assert.deepEqual(items.get(targetOf(item), ITEM_LIFE_MS), item);
  items.expire(2 * ITEM_LIFE_MS);
  assert.equal(items.size, 0);
});

test('a version replaces an older one, never a newer, nor another of its own number', () => {
  const items = new ItemStore();
  assert.equal(items.put(version(5), undefined, HERE, 0), undefined);
  assert.equal(items.put(version(4), undefined, HERE, 0)?.code, 302);
  assert.equal(items.put(version(5, 'other'), undefined, HERE, 0)?.code, 302);
  assert.equal(items.put(version(5), undefined, HERE, 1), undefined);
  assert.equal(items.put(version(6), undefined, HERE, 1), undefined);
  assert.deepEqual(items.get(targetOf(version(6)), 1), version(6));
  assert.equal(items.size, 1);
});

test('compare and swap: the version expected must be the one that is there', () => {
  const items = new ItemStore();
  assert.equal(items.put(version(1), 7, HERE, 0), undefined, 'nothing is there to compare with');
  assert.equal(items.put(version(3), 2, HERE, 0)?.code, 301);
  assert.equal(items.put(version(3), 1, HERE, 0), undefined);
});

test('what is too big, or not signed as it should be, is refused', () => {
  const items = new ItemStore();
  const big = encode(new Uint8Array(LIMITS.dhtItemBytes));
  assert.equal(items.put({ value: big }, undefined, HERE, 0)?.code, 205);
  assert.equal(items.put({ value: big.subarray(0, LIMITS.dhtItemBytes) }, undefined, HERE, 0), undefined);
  assert.equal(items.put({ ...version(1), salt: new Uint8Array(65) }, undefined, HERE, 0)?.code, 207);
  assert.equal(items.put({ ...version(1), sequence: 2 }, undefined, HERE, 0)?.code, 206);
  assert.throws(() => signItem(PAIR, { value: big, salt: NO_SALT, sequence: 1 }), RangeError);
  assert.throws(() => version(1, 'x', new Uint8Array(65)), RangeError);
  assert.throws(() => version(-1), RangeError);
  assert.throws(() => version(HIGHEST_SEQUENCE + 1n), RangeError);
});

test('sequence numbers go up to 2^63 - 1', () => {
  const items = new ItemStore();
  for (const sequence of [2 ** 40, 2n ** 53n + 1n, 2n ** 53n + 2n, HIGHEST_SEQUENCE]) {
    assert.equal(items.put(version(sequence), undefined, HERE, 0), undefined);
  }
  assert.equal(items.put(version(2 ** 40), undefined, HERE, 0)?.code, 302);
});

test('one key holds many items, each under its salt', () => {
  const items = new ItemStore();
  for (const salt of ['a', 'b', 'c']) items.put(version(1, salt, Buffer.from(salt)), undefined, HERE, 0);
  assert.equal(items.size, 3);
  const found = items.get(targetOf({ publicKey: PAIR.publicKey, salt: Buffer.from('b') }), 0);
  assert.ok(found !== undefined && isMutable(found));
  assert.deepEqual(found.value, encode('b'));
});

test('one subscriber, one block and all together have their limits, and there is room again when items lapse', () => {
  const items = new ItemStore();
  let number = 0;
  const put = (address: Uint8Array, nowMs = 0): number | undefined => items.put({ value: encode(number++) }, undefined, address, nowMs)?.code;
  for (let count = 0; count < LIMITS.dhtItemsPerSubscriber; count++) assert.equal(put(HERE), undefined);
  assert.equal(put(HERE), 202);
  for (let count = 0; count < LIMITS.dhtItemsPerBlock; count++) put(Uint8Array.of(20, 0, 0, 2 + (count % 10)));
  assert.equal(items.size, LIMITS.dhtItemsPerBlock);
  for (let block = 0; items.size < LIMITS.dhtItems; block++) put(Uint8Array.of(30, block >>> 8, block & 0xff, 1));
  assert.equal(put(Uint8Array.of(40, 0, 0, 1)), 202);
  assert.equal(put(HERE, ITEM_LIFE_MS), undefined);
  assert.equal(items.size, 1);
});

test('no sequence of puts makes a sequence number fall', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(6), fc.nat(2), fc.option(fc.nat(6), { nil: undefined })), { maxLength: 12 }), (puts) => {
    const items = new ItemStore();
    let highest = -1;
    for (const [sequence, text, expected] of puts) {
      const refusal = items.put(version(sequence, String(text)), expected, HERE, 0);
      const stored = items.get(targetOf(version(0)), 0);
      assert.ok(stored !== undefined && isMutable(stored) && stored.sequence >= highest);
      if (refusal === undefined) assert.equal(stored.sequence, sequence);
      else assert.equal(stored.sequence, highest);
      highest = Number(stored.sequence);
    }
  }), { numRuns: 30 });
});
