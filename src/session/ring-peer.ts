/**
 * This program's peer on a ring. Whom it has met is remembered between runs, so that later ones find the ring by themselves.
 *
 * Invariant: nobody is asked but those who are named. Whoever named peers of two rings would make one of them, so remembered
 * peers are for when no others are named.
 */
import { addressFamily, formatEndpoint, parseEndpoint, type AddressFamily, type Endpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import { RingNode } from '../discovery/ring/ring-node.ts';
import type { RingSettings } from '../discovery/ring/settings.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface RingPeerOptions {
  /** Exactly this UDP port; 0: any free one. */
  readonly port: number;
  /** The address to use; absent: all of IPv4, or of IPv6 where all well-known peers are there. */
  readonly listenHost?: string | undefined;
  /** Where peers are remembered; absent: nowhere. */
  readonly stateDirectory: string | undefined;
  /** Well-known peers of the ring. */
  readonly wellKnown: readonly Endpoint[];
  /** Whether it stands on the circle, beginning one of its own where no peers are known, or only asks those who stand there. */
  readonly place: 'member' | 'outside';
  readonly settings?: Partial<RingSettings>;
}

export interface RingPeer {
  readonly node: RingNode;
  /** Resolves once it is where it should be. Rejects as `RingNode.join` and `RingNode.connect` do; what can come right later, does. */
  readonly ready: Promise<void>;
  /** Says goodbye, and remembers whom it has met. Never rejects. */
  close(): Promise<void>;
}

/** Rejects with `ShoalError` 'LISTEN_FAILED'. */
export async function openRingPeer({ clock, random, network, disk }: Runtime, options: RingPeerOptions): Promise<RingPeer> {
  const { port, listenHost, stateDirectory, wellKnown, place, settings = {} } = options;
  const family = familyFor(listenHost === undefined ? wellKnown.map(({ host }) => host) : [listenHost]);
  const node = await RingNode.open({ clock, random, network }, { family, port, settings, ...(listenHost === undefined ? {} : { host: listenHost }) });
  const ready = takePlace(node, place, wellKnown);
  // Those who never ask how it went must not bring the program down.
  ready.catch(() => undefined);
  return {
    node,
    ready,
    close: async () => {
      const peers = node.knownPeers();
      await node.leave();
      if (stateDirectory === undefined || peers.length === 0) return;
      // Where they cannot be kept, the next run has to be told of the ring again.
      await disk.writeWhole(peersPath(stateDirectory), Buffer.from(peers.map(formatEndpoint).join('\n'))).catch(() => undefined);
    },
  };
}

/** Peers of the ring that was used last; none where there was none. Never rejects. */
export async function rememberedPeers(disk: Disk, stateDirectory: string | undefined): Promise<Endpoint[]> {
  if (stateDirectory === undefined) return [];
  const bytes = await disk.readWhole(peersPath(stateDirectory), LIMITS.ringPeersBytes).catch(() => new Uint8Array());
  const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, LIMITS.ringRememberedPeers);
  return lines.map(parseEndpoint).filter((endpoint) => endpoint !== undefined);
}

/**
 * For where peers are neither named nor remembered: there is no public ring.
 * @param option with which a person names one
 */
export function noRingKnown(option: '--ring' | '--join'): ShoalError {
  return new ShoalError('RING_UNKNOWN', `no ring is known here: ${option} HOST:PORT names a peer of it`);
}

/** A ring is of one family of addresses; names may be of either, so IPv4 is tried. */
function familyFor(hosts: readonly string[]): AddressFamily {
  return hosts.length > 0 && hosts.every((host) => addressFamily(host) === 6) ? 6 : 4;
}

async function takePlace(node: RingNode, place: RingPeerOptions['place'], wellKnown: readonly Endpoint[]): Promise<void> {
  if (place === 'outside') await node.connect(wellKnown);
  else if (wellKnown.length > 0) await node.join(wellKnown);
  else node.begin();
}

function peersPath(stateDirectory: string): string {
  return `${stateDirectory}/ring.peers`;
}
