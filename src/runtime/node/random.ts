/** Randomness of a real machine: all of it from the operating system's generator, so none of it can be foretold. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../random.ts';

/** Fractions are drawn from a stock, for one call into the system costs as much as a hundred of them. */
const stock = new Uint32Array(1024);
let next = stock.length;

export const nodeRandom: Random = {
  fraction() {
    if (next === stock.length) {
      randomFillSync(stock);
      next = 0;
    }
    const high = stock[next++];
    const low = stock[next++];
    return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
  },

  bytes: (length) => randomBytes(length),
};
