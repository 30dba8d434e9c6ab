/** `shoal get NAME`: what is no link, URL, info-hash nor file may be the name of a file that the ring knows. */
import type { Magnet } from '../../metainfo/magnet.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import { noRingKnown } from '../../session/ring-peer.ts';
import { findByName } from '../../session/ring-source.ts';
import type { Surroundings } from '../transfer.ts';
import type { SwarmOptions } from '../transfer-options.ts';
import { showWaiting } from '../waiting.ts';

/**
 * Whether the ring may be asked for what a person has named: only where it is named too, for a mistyped path should not be
 * searched for by strangers. What is a torrent file all the same is not looked for.
 */
export function mayBeNameOnRing(source: string, { discovery, ring }: SwarmOptions): boolean {
  if (ring === undefined && discovery?.includes('ring') !== true) return false;
  return !/^(magnet:|https?:\/\/)|\.torrent$|^([0-9a-f]{40}|[0-9a-f]{64}|[a-z2-7]{32})$/i.test(source);
}

/** Rejects as `findByName` does, or with the signal's reason. */
export async function findOnRing({ runtime, session, display }: Surroundings, name: string, signal: AbortSignal): Promise<Magnet> {
  if (session.ring === undefined) throw noRingKnown('--ring');
  return showWaiting(display, runtime.clock, `looking on the ring for ${name}`, unlessAborted(findByName(session.ring, name), signal));
}
