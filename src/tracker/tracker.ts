/**
 * A tracker: it tells peers of each other (BEP 3), over HTTP and UDP at once, from one store of swarms.
 *
 * Invariant: after `close` it holds no socket, timer or promise of its own.
 */
import { Allowance } from '../bytes/allowance.ts';
import { addressFamily, type AddressFamily, type Endpoint } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import { TokenIssuer } from '../bytes/token.ts';
import type { TrackerRuntime } from '../discovery/tracker/tracker-client.ts';
import type { DatagramSocket, Network } from '../runtime/network.ts';
import { everybody, type Admission } from './admission.ts';
import type { Tally, TrackerState } from './announce.ts';
import { answerHttp } from './http-tracker.ts';
import { escapePath, type PublishedTorrent } from './index-page.ts';
import { MemorySwarmStore } from './memory-swarm-store.ts';
import { OwnAddresses } from './own-addresses.ts';
import { whenReady, type Eventual, type StoreTotals, type SwarmStore } from './swarm-store.ts';
import { answerDatagram } from './udp-tracker.ts';

export interface ListenOptions {
  /**
   * An address; absent: all of both families. A machine with several addresses of a family had better name one for UDP, for
   * from all of them answers leave by the one that the system chooses, which need not be the one that was asked.
   */
  readonly host?: string;
  /** 0: any free one; for UDP the same number as HTTP has, where that is free. */
  readonly port: number;
}

export interface TrackerOptions {
  /** Where to serve HTTP; absent: nowhere. */
  readonly http?: ListenOptions;
  /** Where to serve UDP; absent: nowhere. */
  readonly udp?: ListenOptions;
  /** How often peers are to announce. Default 30 minutes. One who misses it by half is forgotten. */
  readonly intervalMs?: number;
  /** How soon a peer that lacks others may come back. Default one minute, or the interval where that is less. */
  readonly minIntervalMs?: number;
  /** Peers told where the asker does not say how many it would like. Default 50. */
  readonly peersPerAnswer?: number;
  /** Default: `everybody`. */
  readonly admit?: Admission;
  /** The addresses under which others reach peers on this machine. Default: those of its interfaces. */
  readonly ownAddresses?: () => readonly string[];
  /** Default: one in memory. A store of one's own forgets peers by its own rule. */
  readonly store?: SwarmStore;
}

export interface Tracker {
  /** Where HTTP is served. */
  readonly http: Endpoint | undefined;
  /** Where UDP is served, of each address family. */
  readonly udp: readonly Endpoint[];
  /** Serves a torrent file over HTTP to whoever asks, in place of one of the same name; gives its path, escaped, such as `/my%20film.torrent`. */
  publish(torrent: PublishedTorrent): string;
  counts(): Eventual<StoreTotals & Readonly<Tally>>;
  close(): Promise<void>;
}

const INTERVAL_MS = 30 * 60_000;
const MIN_INTERVAL_MS = 60_000;
const PEERS_PER_ANSWER = 50;
/** A connection id is good for one to two of these (BEP 15: for two minutes at most). */
const CONNECTION_ID_ROTATION_MS = 60_000;

/** Rejects with `ShoalError` 'LISTEN_FAILED', or 'LOOKUP_FAILED' where a host is an unknown name. */
export async function startTracker(runtime: TrackerRuntime, options: TrackerOptions): Promise<Tracker> {
  const { clock, random, network } = runtime;
  const state = newState(runtime, options);
  const published = new Map<string, PublishedTorrent>();
  const connectionIds = new TokenIssuer(() => random.bytes(20));
  const listener = options.http && await network.serveHttp(options.http, (query) => answerHttp(state, published, query));
  const sockets = await bindUdp(network, options.udp, listener?.endpoint.port).catch(async (error: unknown) => {
    await listener?.close();
    throw error;
  });
  for (const socket of sockets) {
    socket.receive((datagram, from) => {
      const send = (answer: Uint8Array | undefined): void => {
        if (answer !== undefined) socket.send(answer, from);
      };
      const answer = answerDatagram(state, connectionIds, datagram, from);
      // Where a store fails the asker hears nothing, and asks again.
      if (answer instanceof Promise) answer.then(send, () => undefined);
      else send(answer);
    });
  }
  const rotation = clock.every(CONNECTION_ID_ROTATION_MS, () => connectionIds.rotate());
  return {
    http: listener?.endpoint,
    udp: sockets.map((socket) => socket.endpoint),
    publish(torrent) {
      const path = `/${torrent.name.replaceAll('/', '_')}.torrent`;
      published.set(path, torrent);
      return escapePath(path);
    },
    counts: () => whenReady(state.store.totals(), (totals) => ({ ...totals, ...state.tally })),
    async close() {
      rotation.cancel();
      for (const socket of sockets) socket.close();
      await listener?.close();
    },
  };
}

function newState({ clock, random, network }: TrackerRuntime, options: TrackerOptions): TrackerState {
  const intervalMs = options.intervalMs ?? INTERVAL_MS;
  return {
    clock,
    random,
    store: options.store ?? new MemorySwarmStore(clock, random, { expiryMs: intervalMs * 1.5 + MIN_INTERVAL_MS }),
    rules: {
      intervalMs,
      minIntervalMs: options.minIntervalMs ?? Math.min(MIN_INTERVAL_MS, intervalMs),
      peersPerAnswer: options.peersPerAnswer ?? PEERS_PER_ANSWER,
      admit: options.admit ?? everybody,
    },
    allowance: new Allowance({ perSecond: LIMITS.announcesPerSecond, burst: LIMITS.announceBurst, strangers: LIMITS.announcingAddresses }),
    ownAddresses: new OwnAddresses(clock, options.ownAddresses ?? (() => network.localAddresses())),
    tally: { announces: 0, scrapes: 0, refusals: 0 },
  };
}

/**
 * A socket of each family where no host is given; a machine without IPv6 does without.
 * @param usualPort to be tried first where any will do
 */
async function bindUdp(network: Network, where: ListenOptions | undefined, usualPort?: number): Promise<DatagramSocket[]> {
  if (where === undefined) return [];
  if (where.port === 0 && usualPort !== undefined) return bindUdp(network, { ...where, port: usualPort }).catch(() => bindUdp(network, where));
  const bind = (family: AddressFamily, host: string | undefined, port: number): Promise<DatagramSocket> =>
    network.bindDatagrams({ family, port, ...(host === undefined ? {} : { host }) });
  if (where.host !== undefined) {
    const [address] = await network.lookup(where.host);
    return [await bind(addressFamily(address) ?? 4, address, where.port)];
  }
  const ipv4 = await bind(4, undefined, where.port);
  const ipv6 = await bind(6, undefined, ipv4.endpoint.port).catch(() => undefined);
  return ipv6 === undefined ? [ipv4] : [ipv4, ipv6];
}
