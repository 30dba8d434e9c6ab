/**
 * Which of two strangers to connect to first (BEP 40): a number that both ends of a connection compute alike, so that a swarm
 * in which everybody has more candidates than room is joined at random, and nobody can place himself near to all.
 */
import { addressToBytes, type Endpoint } from '../bytes/endpoint.ts';
import { compareBytes, equalBytes } from '../bytes/compare.ts';
import { crc32c } from '../bytes/digest.ts';

/** An unsigned 32-bit number, higher is better; 0 where the two are not of one family. */
export function peerPriority(ours: Endpoint, theirs: Endpoint): number {
  const a = addressToBytes(ours.host);
  const b = addressToBytes(theirs.host);
  if (a === undefined || b === undefined || a.length !== b.length) return 0;
  if (equalBytes(a, b)) return crc32c(inOrder(portBytes(ours.port), portBytes(theirs.port)));
  const mask = a.length === 4 ? maskIPv4(a, b) : maskIPv6(a, b);
  return crc32c(inOrder(masked(a, mask), masked(b, mask)));
}

/** The nearer the two are, the more of the address counts. */
function maskIPv4(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (equalBytes(a.subarray(0, 3), b.subarray(0, 3))) return Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  if (equalBytes(a.subarray(0, 2), b.subarray(0, 2))) return Uint8Array.of(0xff, 0xff, 0xff, 0x55);
  return Uint8Array.of(0xff, 0xff, 0x55, 0x55);
}

function maskIPv6(a: Uint8Array, b: Uint8Array): Uint8Array {
  let same = 0;
  while (same < 16 && a[same] === b[same]) same += 1;
  // /48 as it is; and one byte more than they share, from there on.
  const whole = Math.min(16, Math.max(6, same + 1));
  return Uint8Array.from({ length: 16 }, (_, index) => (index < whole ? 0xff : 0x55));
}

function masked(address: Uint8Array, mask: Uint8Array): Uint8Array {
  return address.map((byte, index) => byte & mask[index]);
}

function inOrder(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareBytes(a, b) <= 0 ? Buffer.concat([a, b]) : Buffer.concat([b, a]);
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >>> 8, port & 0xff);
}
