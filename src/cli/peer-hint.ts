/** What to tell a person whose torrent and options leave nobody to ask for peers. */
import type { Magnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { isMetainfo } from '../session/source.ts';
import { chosenDiscoveries } from './open-session.ts';
import type { SwarmOptions } from './transfer-options.ts';

/** What counts of a session. */
interface Ways {
  readonly dht: object | undefined;
  readonly ring: object | undefined;
}

/** Undefined where there is somebody. */
export function peerHint(source: Metainfo | Magnet, { dht, ring }: Ways, options: SwarmOptions): string | undefined {
  const chosen = chosenDiscoveries(options);
  const isPrivate = isMetainfo(source) && source.isPrivate;
  const isTracked = chosen.includes('tracker') && source.trackers.length > 0;
  const isFoundOtherwise = !isPrivate && (dht !== undefined || ring !== undefined || chosen.includes('local'));
  const isNamed = source.webSeeds.length > 0 || (!isMetainfo(source) && source.peers.length > 0);
  if (isTracked || isFoundOtherwise || isNamed) return undefined;
  const why = source.trackers.length > 0 ? 'its trackers are not to be asked' : 'it names no tracker';
  return `there is nobody to ask for peers: ${why}, and no other way is left; --peer HOST:PORT names one`;
}
