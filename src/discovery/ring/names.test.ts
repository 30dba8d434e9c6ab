import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { sha1 } from '../../bytes/digest.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { hasWords, keysOf, nameKey, normaliseName, wordsOf } from './names.ts';

const INFO_HASH = new Uint8Array(20).fill(7);

test('spellings that a person takes for the same have one normal form', () => {
  const spellings = ['Big.Buck_Bunny (4K).mkv', 'big buck bunny 4k mkv', '  BIG-BUCK-BUNNY--4k.MKV', 'Big Buck Bünny 4K mkv', 'Ｂｉｇ Buck Bunny 4K mkv'];
  for (const spelling of spellings) assert.equal(normaliseName(spelling), 'big buck bunny 4k mkv', spelling);
});

test('words of other scripts keep their marks', () => {
  assert.equal(normaliseName('हिन्दी फ़िल्म'), normaliseName('हिन्दी_फ़िल्म'));
  assert.notEqual(normaliseName('कि'), normaliseName('क'));
  assert.deepEqual(wordsOf('電影 2024'), ['電影', '2024']);
});

test('a name without letters or digits is itself', () => {
  assert.equal(normaliseName(' !!! '), '!!!');
  assert.deepEqual(keysOf('!!!', INFO_HASH).length, 2);
});

test('the key is the SHA-1 of the normal form', () => {
  assert.deepEqual(nameKey('Big Buck Bunny'), sha1(Buffer.from('big buck bunny')));
});

test('a file is published under its info-hash, its name and its words, but not its ending or single letters', () => {
  const keys = new Set(keysOf('A Big Buck Bunny.mkv', INFO_HASH).map(toHex));
  const expected = [INFO_HASH, ...['a big buck bunny mkv', 'big', 'buck', 'bunny'].map(nameKey)].map(toHex);
  assert.deepEqual([...keys].sort(), expected.sort());
});

test('a number at the end is no ending', () => {
  const keys = new Set(keysOf('Sintel.2010', INFO_HASH).map(toHex));
  assert.ok(keys.has(toHex(nameKey('2010'))));
  assert.ok(!new Set(keysOf('Sintel.2010.mp4', INFO_HASH).map(toHex)).has(toHex(nameKey('mp4'))));
});

test('without a name the info-hash stands alone, cut to 20 bytes', () => {
  assert.deepEqual(keysOf('', new Uint8Array(32).fill(9)), [new Uint8Array(20).fill(9)]);
});

test('a one-word name does not give the same key twice', () => {
  assert.equal(keysOf('bunny', INFO_HASH).length, 2);
});

test('hasWords asks for every word', () => {
  assert.ok(hasWords('Big Buck Bunny.mkv', ['bunny', 'mkv']));
  assert.ok(!hasWords('Big Buck Bunny.mkv', ['bunny', 'hare']));
  assert.ok(hasWords('anything', []));
});

test('normalising is idempotent, and keys are bounded, whatever the name', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
    assert.equal(normaliseName(normaliseName(name)), normaliseName(name));
    assert.ok(keysOf(name, INFO_HASH).length <= LIMITS.ringWords + 2);
    assert.ok(hasWords(name, wordsOf(name)));
  }));
});
