/**
 * SHA-1, SHA-256 and CRC-32C of bytes at hand, at once, on this thread. A digest is arithmetic, not the outside world, so
 * this is the one file above the ground that may name `node:crypto`; bulk hashing goes through `runtime/hasher.ts`.
 */
import { hash } from 'node:crypto';
import { LIMITS } from './limits.ts';

/** 20 bytes: the info-hash of v1 and the check of a v1 piece (BEP 3). */
export function sha1(bytes: Uint8Array): Uint8Array {
  return hash('sha1', bytes, 'buffer');
}

/** 32 bytes: the info-hash of v2 and every node of its Merkle trees (BEP 52). */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** SHA-256 of each 16 KiB block (the last may be shorter), one after the other: the leaves of a v2 Merkle tree (BEP 52). */
export function sha256Blocks(bytes: Uint8Array): Uint8Array {
  const hashes = new Uint8Array(Math.ceil(bytes.length / LIMITS.blockBytes) * 32);
  for (let begin = 0, leaf = 0; begin < bytes.length; begin += LIMITS.blockBytes, leaf += 32) {
    hashes.set(sha256(bytes.subarray(begin, begin + LIMITS.blockBytes)), leaf);
  }
  return hashes;
}

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli), unsigned: peers' priorities (BEP 40) and node ids bound to addresses (BEP 42). */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ CRC32C_TABLE[(value ^ byte) & 0xff];
  return (value ^ 0xffffffff) >>> 0;
}
