/**
 * Arithmetic on the circle of 2^160 ids, on which both peers and keys stand. Clockwise is upwards, and after the highest id
 * comes zero.
 *
 * Chord: Stoica, Morris, Liben-Nowell, Karger, Kaashoek, Dabek, Balakrishnan, IEEE/ACM Transactions on Networking 11(1), 2003.
 */
import { compareBytes } from '../../bytes/compare.ts';

/** Bytes of an id or a key: as many as SHA-1 has. */
export const ID_BYTES = 20;
export const ID_BITS = 160;

/** Whether `id` lies in the arc from just behind `after` up to and with `upTo`. Where the two are the same, that is the whole circle. */
export function isWithin(id: Uint8Array, after: Uint8Array, upTo: Uint8Array): boolean {
  if (compareBytes(after, upTo) < 0) return compareBytes(after, id) < 0 && compareBytes(id, upTo) <= 0;
  return compareBytes(after, id) < 0 || compareBytes(id, upTo) <= 0;
}

/** Whether `id` lies strictly between the two; where they are the same, whether it is any other. */
export function isBetween(id: Uint8Array, after: Uint8Array, before: Uint8Array): boolean {
  return isWithin(id, after, before) && compareBytes(id, before) !== 0;
}

/** Negative where a clockwise walk from `from` meets `a` before `b`, positive where after. `from` itself is met first. */
export function compareClockwise(from: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  const aWraps = compareBytes(a, from) < 0;
  const bWraps = compareBytes(b, from) < 0;
  return aWraps === bWraps ? compareBytes(a, b) : aWraps ? 1 : -1;
}

/** How far a clockwise walk goes: `to` less `from`, modulo 2^160. */
export function clockwiseDistance(from: Uint8Array, to: Uint8Array): Uint8Array {
  const distance = new Uint8Array(ID_BYTES);
  let borrow = 0;
  for (let index = ID_BYTES - 1; index >= 0; index--) {
    const difference = to[index] - from[index] - borrow;
    borrow = difference < 0 ? 1 : 0;
    distance[index] = difference & 0xff;
  }
  return distance;
}

/** The point 2^`exponent` clockwise of `id`. */
export function plusPowerOfTwo(id: Uint8Array, exponent: number): Uint8Array {
  // Not `slice`, which would leave a Buffer's bytes shared.
  const sum = new Uint8Array(id);
  let index = ID_BYTES - 1 - (exponent >>> 3);
  let carry = 1 << (exponent & 7);
  for (; index >= 0 && carry > 0; index--) {
    const value = sum[index] + carry;
    sum[index] = value & 0xff;
    carry = value >>> 8;
  }
  return sum;
}

/** The greatest whole number of which 2 to the power does not exceed `distance`; -1 for zero. */
export function highestBit(distance: Uint8Array): number {
  for (let index = 0; index < ID_BYTES; index++) {
    if (distance[index] !== 0) return (ID_BYTES - 1 - index) * 8 + (31 - Math.clz32(distance[index]));
  }
  return -1;
}

/** A distance as a share of the circle, 0 to 1, to a double's precision. */
export function shareOfCircle(distance: Uint8Array): number {
  let share = 0;
  for (let index = 7; index >= 0; index--) share = (share + distance[index]) / 256;
  return share;
}
