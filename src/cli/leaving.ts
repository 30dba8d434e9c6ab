/** When a command leaves the swarm: the selfish peer as soon as it has everything, the altruistic one when it is told to. */
import { aborted } from '../runtime/cancellation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Torrent } from '../session/torrent.ts';
import type { TorrentStatus } from '../session/torrent-status.ts';
import type { TransferOptions } from './transfer-options.ts';

export type Leaving =
  | { readonly when: 'whole' | 'told' }
  /** Once it has sent so many times what it wanted. */
  | { readonly when: 'ratio'; readonly ratio: number }
  /** So long after it was whole. */
  | { readonly when: 'time'; readonly timeMs: number };

/** @param otherwise where no option says anything */
export function leavingOf({ stay, seedRatio, seedTime }: TransferOptions, otherwise: 'whole' | 'told'): Leaving {
  if (seedRatio !== undefined) return { when: 'ratio', ratio: seedRatio };
  if (seedTime !== undefined) return { when: 'time', timeMs: seedTime };
  return { when: stay === true ? 'told' : otherwise };
}

const LOOK_EVERY_MS = 1000;

/** Resolves when it is time for a whole torrent to leave, or when `signal` aborts; rejects where the torrent fails. */
export async function untilLeaving(torrent: Torrent, leaving: Leaving, clock: Clock, signal: AbortSignal): Promise<void> {
  const endMs = clock.now() + (leaving.when === 'time' ? leaving.timeMs : Number.POSITIVE_INFINITY);
  const isOver = ({ uploadedBytes, wantedBytes }: TorrentStatus): boolean =>
    leaving.when === 'whole' || clock.now() >= endMs || (leaving.when === 'ratio' && uploadedBytes >= leaving.ratio * wantedBytes);
  const watch = async (): Promise<void> => {
    for await (const status of torrent.progress(LOOK_EVERY_MS)) if (isOver(status)) return;
  };
  await Promise.race([watch(), aborted(signal)]);
}
