/**
 * The commands with which others get what is shared here, and what there is to say of them.
 *
 * Invariant: each of them names all that it takes to find this machine as it is reached now.
 */
import { formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import type { Network } from '../runtime/network.ts';
import { chosenDiscoveries } from './open-session.ts';
import { reachableEndpoints } from './reachable.ts';
import type { SwarmOptions } from './transfer-options.ts';

export interface WaysToGet {
  /** The words of each command after `get`. */
  readonly commands: readonly (readonly string[])[];
  readonly note: string | undefined;
}

/** What counts of a session, and of a torrent. */
interface Sharing {
  readonly dht: object | undefined;
  readonly ring: { readonly node: { readonly localEndpoint: Endpoint } } | undefined;
  readonly port: number;
}
type Shared = Pick<Metainfo, 'name' | 'isPrivate' | 'trackers'>;
type Addresses = Pick<Network, 'localAddresses'>;

/** @param links by which it is found: its URL, its magnet link */
export function waysToGet(session: Sharing, metainfo: Shared, links: readonly string[], options: SwarmOptions, network: Addresses): WaysToGet {
  const name = nameOnRing(session, metainfo, options, network);
  const { words, note } = metainfo.trackers.length > 0 ? { words: [], note: undefined } : wordsWithoutTracker(session, metainfo, options, network);
  return { commands: [...links.map((link) => [link, ...words]), ...(name === undefined ? [] : [name])], note };
}

/** Its name, and through whom to join the ring that knows it. */
function nameOnRing({ ring: peer }: Sharing, { name, isPrivate }: Shared, { ring = [] }: SwarmOptions, network: Addresses): string[] | undefined {
  if (peer === undefined || isPrivate) return undefined;
  // A ring that is only remembered here others know by this peer of it.
  const wellKnown = ring.length > 0 ? ring.map(formatEndpoint) : reachableEndpoints([peer.node.localEndpoint], network);
  return [name, '--ring', ...wellKnown];
}

/** What a link must be followed by, where it names no tracker. */
function wordsWithoutTracker(session: Sharing, metainfo: Shared, options: SwarmOptions, network: Addresses): { readonly words: string[]; readonly note: string } {
  const { bootstrap = [], listen } = options;
  const { isPrivate } = metainfo;
  const nearby = chosenDiscoveries(options).includes('local') ? ', or on the local network' : '';
  if (session.dht !== undefined && !isPrivate) {
    const words = bootstrap.length === 0 ? [] : ['--bootstrap', ...bootstrap.map(formatEndpoint)];
    return { words, note: `There is no tracker: others find this through the DHT${nearby}.` };
  }
  const [, ...ring] = nameOnRing(session, metainfo, options, network) ?? [];
  if (ring.length > 0) return { words: ring, note: `There is no tracker and no DHT: others find this through the ring${nearby}.` };
  const peers = reachableEndpoints([{ host: listen ?? '::', port: session.port }], network);
  const beyond = isPrivate || nearby === '' ? '' : ' beyond the local network';
  return { words: ['--peer', ...peers], note: `There is no tracker and no DHT to find this through: others${beyond} must be told where it is.` };
}
