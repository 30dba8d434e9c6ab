import { LIMITS } from '../bytes/limits.ts';

/** Runs `action` on each item, at most `limit` at once. After a failure no more are begun; it is thrown once none is under way. */
export async function atOnce<Item>(limit: number, items: Iterable<Item>, action: (item: Item) => Promise<void>): Promise<void> {
  const iterator = Iterator.from(items);
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      try {
        await action(next.value);
      } catch (error) {
        failure ??= { error };
      }
      if (failure !== undefined) return;
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  if (failure !== undefined) throw failure.error;
}

/** How many pieces can be read and hashed at once in bounded memory. */
export function piecesAtOnce({ pieceLength }: { readonly pieceLength: number }): number {
  return Math.max(2, Math.min(16, Math.floor(LIMITS.checkBytes / pieceLength)));
}
