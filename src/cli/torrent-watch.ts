/** Showing a torrent from its beginning to its end. */
import type { Clock } from '../runtime/clock.ts';
import type { Torrent } from '../session/torrent.ts';
import type { TorrentState } from '../session/torrent-status.ts';
import type { Display } from './display.ts';
import { torrentView } from './torrent-view.ts';

/** Ends when the torrent does, however it does, or when it comes to the state `last`. */
export async function watchTorrent(torrent: Torrent, display: Display, clock: Clock, last?: TorrentState): Promise<void> {
  let state: TorrentState | undefined;
  let sinceMs = 0;
  try {
    for await (const status of torrent.progress(display.intervalMs)) {
      if (status.state !== state) sinceMs = clock.now();
      state = status.state;
      if (status.state === 'stopped' || status.state === 'failed' || status.state === last) return;
      display.show(torrentView({ status, stateForMs: clock.now() - sinceMs }));
    }
  } catch {
    // Whoever waits for the torrent to be whole is told why it failed.
  }
}
