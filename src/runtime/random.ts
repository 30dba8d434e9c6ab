/** Randomness, as everything above the seam sees it: unpredictable in `node/`, drawn from one seed in `simulated/`. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Fresh bytes; unpredictable to others on a real machine, so fit for tokens and ids. */
  bytes(length: number): Uint8Array;
}

/** Uniform among 0, 1, …, `bound` - 1. */
export function integerBelow(random: Random, bound: number): number {
  return Math.floor(random.fraction() * bound);
}

/** Shuffles in place (Fisher-Yates) and returns the same array. */
export function shuffle<Item>(random: Random, items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last--) swap(items, last, integerBelow(random, last + 1));
  return items;
}

/** At most `count` different items, each subset as likely as any other; `items` is left alone. */
export function sample<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const pool = items.slice();
  const chosen = Math.min(count, pool.length);
  for (let index = 0; index < chosen; index++) swap(pool, index, index + integerBelow(random, pool.length - index));
  pool.length = chosen;
  return pool;
}

function swap<Item>(items: Item[], a: number, b: number): void {
  const held = items[a];
  items[a] = items[b];
  items[b] = held;
}
