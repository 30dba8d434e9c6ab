import assert from 'node:assert/strict';
import test from 'node:test';
import { InvalidArgumentError } from 'commander';
import { encode } from '../../bytes/bencode.ts';
import { toHex } from '../../bytes/hex.ts';
import { readItemKey, readSalt, readSequence, sequenceField, textOf, versionFields } from './item-values.ts';

const KEY = '8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e';

test('an item is named by its target, by who signs it, or by a link', () => {
  assert.equal(toHex(readItemKey('ab'.repeat(20)).target), 'ab'.repeat(20));
  assert.equal(toHex(readItemKey(KEY).target), 'cc3f9d90b572172053626f9980ce261a850d050b');
  for (const [text, salt] of [[KEY, readSalt('n')], [`magnet:?xs=urn:btpk:${KEY}&s=6e`, undefined]] as const) {
    const found = readItemKey(text, salt);
    assert.deepEqual([toHex(found.target), toHex(found.salt)], ['59ee7c2cb9b4f7eb1986ee2d18fd2fdb8a56554f', '6e']);
  }
  for (const text of ['', 'zz', 'ab'.repeat(21), `magnet:?xt=urn:btih:${'ab'.repeat(20)}`]) assert.throws(() => readItemKey(text), { code: 'USAGE' });
});

test('salts and sequence numbers within their bounds, and as JSON can hold them', () => {
  assert.equal(readSalt('ä'.repeat(32)).length, 64);
  assert.throws(() => readSalt('ä'.repeat(33)), InvalidArgumentError);
  assert.deepEqual(['0', '9007199254740991', '9007199254740992', '9223372036854775807'].map(readSequence), [0, 2 ** 53 - 1, 2n ** 53n, 2n ** 63n - 1n]);
  for (const text of ['-1', '1.5', '', '9223372036854775808', '1e3']) assert.throws(() => readSequence(text), InvalidArgumentError);
  assert.deepEqual([sequenceField(7), sequenceField(2n ** 53n)], [7, '9007199254740992']);
  assert.deepEqual(versionFields({ publicKey: Uint8Array.of(1), salt: Uint8Array.of(), sequence: 3 }), { publicKey: '01', salt: '', seq: 3 });
});

test('what is text is shown as text', () => {
  assert.equal(textOf(encode('grüße')), 'grüße');
  for (const value of [encode(Uint8Array.of(0xff)), encode(['a']), encode(1), Buffer.from('no bencoding')]) assert.equal(textOf(value), undefined);
});
