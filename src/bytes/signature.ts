/**
 * Ed25519 (RFC 8032): the signatures of mutable items and mutable torrents in the DHT (BEP 44, 46), of bytes at hand, at
 * once. Like a digest a signature is arithmetic, not the outside world, so this file may name `node:crypto`.
 */
import { createPrivateKey, createPublicKey, sign as signWith, verify as verifyWith } from 'node:crypto';

export interface KeyPair {
  /** 32 bytes: what others know the signer by. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret: the seed from which RFC 8032 derives the private key. */
  readonly seed: Uint8Array;
}

/** Bytes of a seed, and of a public key. */
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** What stands before the 32 bytes of a seed in PKCS #8, and of a public key in SubjectPublicKeyInfo (RFC 8410). */
const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The pair that a seed of 32 bytes stands for. Throws `RangeError` on another length. */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const publicKey = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_KEY_PREFIX.length);
  return { publicKey: Uint8Array.from(publicKey), seed: Uint8Array.from(seed) };
}

/** 64 bytes. The same message and key give the same signature. */
export function sign(message: Uint8Array, { seed }: Pick<KeyPair, 'seed'>): Uint8Array {
  return Uint8Array.from(signWith(undefined, message, privateKey(seed)));
}

/** Whether `signature` is `publicKey`'s for `message`. Anything of a wrong length, or that is no point of the curve, is not. */
export function verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([PUBLIC_KEY_PREFIX, publicKey]), format: 'der', type: 'spki' });
    return verifyWith(undefined, message, key, signature);
  } catch {
    return false;
  }
}

function privateKey(seed: Uint8Array): ReturnType<typeof createPrivateKey> {
  if (seed.length !== KEY_BYTES) throw new RangeError(`an Ed25519 seed has ${KEY_BYTES} bytes, not ${seed.length}`);
  return createPrivateKey({ key: Buffer.concat([PRIVATE_KEY_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}
