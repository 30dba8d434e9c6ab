import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toHex } from './hex.ts';
import { keyPairFromSeed, sign, verify } from './signature.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

/** RFC 8032, section 7.1 (tests 2 and 3), and two of libgcrypt's. */
const VECTORS = [
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature: '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    seed: '0d4a05b07352a5436e180356da0ae6efa0345ff7fb1572575772e8005ed978e9',
    publicKey: 'e61a185bcef2613a6c7cb79763ce945d3b245d76114dd440bcf5f2dc1aa57057',
    message: 'cbc77b',
    signature: 'd9868d52c2bebce5f3fa5a79891970f309cb6591e3e1702a70276fa97c24b3a8e58606c38c9758529da50ee31b8219cba45271c689afa60b0ea26c99db19b00c',
  },
  {
    seed: '960cab5034b9838d098d2dcbf4364bec16d388f6376d73a6273b70f82bbc98c0',
    publicKey: '5e3c19f2415acf729f829a4ebd5c40e1a6bc9fbca95703a9376087ed0937e51a',
    message: 'f8b21962447b0a8f2e4279de411bea128e0be44b6915e6cda88341a68a0d818357db938eac73e0af6d31206b3948f8c48a447308',
    signature: '27d4c3a1811ef9d4360b3bdd133c2ccc30d02c2f248215776cb07ee4177f9b13fc42dd70a6c2fed8f225c7663c7f182e7ee8eccff20dc7b0e1d5834ec5b1ea01',
  },
] as const;

test('published vectors: a seed gives its public key, and signs as it should', () => {
  for (const { seed, publicKey, message, signature } of VECTORS) {
    const pair = keyPairFromSeed(bytes(seed));
    assert.equal(toHex(pair.publicKey), publicKey);
    assert.equal(toHex(sign(bytes(message), pair)), signature);
    assert.ok(verify(bytes(message), bytes(signature), bytes(publicKey)));
  }
});

test('a signature holds for its message and its signer alone', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(fc.property(seeds, fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (seed, message, at) => {
    const pair = keyPairFromSeed(seed);
    const signature = sign(message, pair);
    assert.ok(verify(message, signature, pair.publicKey));
    const changed = (original: Uint8Array): Uint8Array => original.map((byte, index) => (index === at % original.length ? byte ^ 1 : byte));
    assert.ok(!verify(changed(message), signature, pair.publicKey));
    assert.ok(!verify(message, changed(signature), pair.publicKey));
    assert.ok(!verify(message, signature, changed(pair.publicKey)));
  }), { numRuns: 40 });
});

test('bytes that are no signature or no key verify nothing, and never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 40 }), (signature, publicKey) => {
    assert.equal(verify(bytes('72'), signature, publicKey), false);
  }), { numRuns: 200 });
  assert.equal(verify(bytes('72'), new Uint8Array(64), new Uint8Array(32).fill(0xff)), false);
});

test('a seed has 32 bytes', () => {
  assert.throws(() => keyPairFromSeed(new Uint8Array(31)), RangeError);
  assert.throws(() => sign(bytes('72'), { seed: new Uint8Array(64) }), RangeError);
});
