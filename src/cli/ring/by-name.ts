/** `shoal get NAME`: what is no link, URL, info-hash nor file may be the name of a file that the ring knows. */
import type { Magnet } from '../../metainfo/magnet.ts';
import { unlessAborted } from '../../runtime/cancellation.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { noRingKnown } from '../../session/ring-peer.ts';
import { findByName } from '../../session/ring-source.ts';
import { resolvePath } from '../invocation.ts';
import type { Surroundings } from '../transfer.ts';
import type { SwarmOptions } from '../transfer-options.ts';
import { showWaiting } from '../waiting.ts';

/** Whether the ring is to be asked: only where a person has named it, for a mistyped path should not be searched for by strangers. */
export async function isNameOnRing(runtime: Runtime, source: string, { discovery, ring }: SwarmOptions): Promise<boolean> {
  if (ring === undefined && discovery?.includes('ring') !== true) return false;
  if (/^(magnet:|https?:\/\/)|\.torrent$|^([0-9a-f]{40}|[0-9a-f]{64}|[a-z2-7]{32})$/i.test(source)) return false;
  return (await runtime.disk.status(resolvePath(source)).catch(() => undefined)) === undefined;
}

/** Rejects as `findByName` does, or with the signal's reason. */
export async function findOnRing({ runtime, session, display }: Surroundings, name: string, signal: AbortSignal): Promise<Magnet> {
  if (session.ring === undefined) throw noRingKnown('--ring');
  return showWaiting(display, runtime.clock, `looking on the ring for ${name}`, unlessAborted(findByName(session.ring, name), signal));
}
