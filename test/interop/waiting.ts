/** Waiting for something to become so, with an upper bound: never for time to pass. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
export const PATIENCE_MS = 60_000;

/**
 * Looks until there is something to see: anything but undefined and false. Rejects, naming what was waited for, after
 * `patienceMs`; and with whatever `look` throws, at once.
 */
export async function until<Seen>(
  what: string,
  look: () => Seen | undefined | false | Promise<Seen | undefined | false>,
  patienceMs = PATIENCE_MS,
): Promise<Seen> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > endMs) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
