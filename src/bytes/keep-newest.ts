/** Bounded memory for what is remembered of strangers: the oldest goes first. */

/** Takes entries out, the first put in first, until no more than `limit` are left. */
export function keepNewest<Key>(collection: { readonly size: number; keys(): Iterable<Key>; delete(key: Key): boolean }, limit: number): void {
  if (collection.size <= limit) return;
  for (const key of collection.keys()) {
    collection.delete(key);
    if (collection.size <= limit) return;
  }
}
