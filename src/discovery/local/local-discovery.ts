/**
 * Finding peers on the local network (BEP 14): every peer announces to a multicast group which torrents it has, and hears
 * the others.
 *
 * Invariant: a program sends no more than one announcement a minute to each group, and names a torrent every five minutes,
 * or once more when a newcomer has announced it; a private torrent is never named (BEP 27).
 */
import { Allowance } from '../../bytes/allowance.ts';
import { addressFamily, type AddressFamily, type Endpoint, formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { counted } from '../../bytes/units.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { DatagramSocket } from '../../runtime/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Discovery, DiscoveryReports, Search, SwarmIdentity } from '../discovery.ts';
import { encodeAnnouncement, GROUPS, parseAnnouncement } from './announcement.ts';

/** How often a torrent is named. */
const INTERVAL_MS = 5 * 60_000;
/** How often anything is sent at all. */
const LEAST_INTERVAL_MS = 60_000;
const COOKIE_BYTES = 8;

/** One torrent that is announced, by one of its info-hashes. */
interface Entry {
  readonly infoHash: Uint8Array;
  readonly identity: SwarmIdentity;
  readonly reports: DiscoveryReports;
  /** Where others of this torrent have been heard, the one heard longest ago first. */
  readonly peers: Set<string>;
  /** On the clock: when it is to be named next, and when it was last. */
  dueMs: number;
  namedMs: number;
}

/**
 * Joins the groups of the families that this machine has, or only that of `host`, on its interface. Rejects with `ShoalError`
 * 'LISTEN_FAILED' where there is none.
 */
export async function openLocalDiscovery({ clock, random, network }: Pick<Runtime, 'clock' | 'random' | 'network'>, host?: string): Promise<LocalDiscovery> {
  const sockets = new Map<AddressFamily, DatagramSocket>();
  let failure: unknown;
  const families = host === undefined ? ([4, 6] as const) : [addressFamily(host) ?? 4];
  for (const family of families) {
    const { host: multicastGroup, port } = GROUPS[family];
    try {
      sockets.set(family, await network.bindDatagrams({ family, port, multicastGroup, ...(host === undefined ? {} : { host }) }));
    } catch (error) {
      failure = error;
    }
  }
  if (sockets.size === 0) throw failure;
  return new LocalDiscovery(clock, sockets, toHex(random.bytes(COOKIE_BYTES)));
}

export class LocalDiscovery implements Discovery {
  readonly name = 'local';
  readonly #clock: Clock;
  readonly #sockets: ReadonlyMap<AddressFamily, DatagramSocket>;
  readonly #cookie: string;
  readonly #entries = new Set<Entry>();
  readonly #allowance = new Allowance({
    perSecond: LIMITS.localAnnouncementsPerSecond, burst: LIMITS.localAnnouncementsAtOnce, strangers: LIMITS.localSenders,
  });
  #sentMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  /** @param cookie by which the announcements of this program are known */
  constructor(clock: Clock, sockets: ReadonlyMap<AddressFamily, DatagramSocket>, cookie: string) {
    this.#clock = clock;
    this.#sockets = sockets;
    this.#cookie = cookie;
    for (const socket of sockets.values()) socket.receive((bytes, from) => this.#hear(bytes, from));
  }

  search(identity: SwarmIdentity, reports: DiscoveryReports): Search {
    const nowMs = this.#clock.now();
    const entries: Entry[] = identity.isPrivate ? [] : identity.infoHashes.map((infoHash) => (
      { infoHash, identity, reports, peers: new Set(), dueMs: nowMs, namedMs: Number.NEGATIVE_INFINITY }
    ));
    for (const entry of entries) this.#entries.add(entry);
    this.#plan();
    return {
      // Others who come announce themselves, and those who are there have been heard.
      wantMore: () => undefined,
      completed: () => undefined,
      stop: async () => {
        for (const entry of entries) this.#entries.delete(entry);
      },
    };
  }

  /** Leaves the groups. */
  close(): void {
    this.#timer?.cancel();
    this.#entries.clear();
    for (const socket of this.#sockets.values()) socket.close();
  }

  /** Sets the time of the next announcement: when something is due, but not within a minute of the last one. */
  #plan(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#entries.size === 0) return;
    const dueMs = [...this.#entries].reduce((soonestMs, entry) => Math.min(soonestMs, entry.dueMs), Number.POSITIVE_INFINITY);
    const nextMs = Math.max(dueMs, this.#sentMs + LEAST_INTERVAL_MS);
    this.#timer = this.#clock.after(nextMs - this.#clock.now(), () => this.#announce());
  }

  /** Names what is due, the longest due first, as many as go into one datagram; all of one port, for it can tell but one. */
  #announce(): void {
    const nowMs = this.#clock.now();
    // An alarm may ring a hair before its moment, for times are fractions.
    const due = [...this.#entries].filter(({ dueMs }) => dueMs <= nowMs + 1).sort((a, b) => a.dueMs - b.dueMs);
    const named = due.filter(({ identity }) => identity.port === due[0].identity.port).slice(0, LIMITS.localInfoHashes);
    if (named.length > 0) {
      const announcement = { port: named[0].identity.port, infoHashes: named.map(({ infoHash }) => infoHash), cookie: this.#cookie };
      for (const [family, socket] of this.#sockets) socket.send(encodeAnnouncement(announcement, family), GROUPS[family]);
      this.#sentMs = nowMs;
    }
    for (const entry of named) {
      entry.namedMs = nowMs;
      entry.dueMs = nowMs + INTERVAL_MS;
    }
    this.#plan();
  }

  #hear(bytes: Uint8Array, from: Endpoint): void {
    if (!this.#allowance.take(from.host, this.#clock.now())) return;
    const announcement = parseAnnouncement(bytes);
    if (announcement === undefined || announcement.cookie === this.#cookie) return;
    const peer = { host: from.host, port: announcement.port };
    const infoHashes = new Set(announcement.infoHashes.map(toHex));
    let isAnswerDue = false;
    for (const entry of this.#entries) {
      if (!infoHashes.has(toHex(entry.infoHash))) continue;
      if (this.#meet(entry, peer)) isAnswerDue = true;
      entry.reports.found([peer]);
      entry.reports.status(`local network: ${counted(entry.peers.size, 'peer')}`, false);
    }
    if (isAnswerDue) this.#plan();
  }

  /** Remembers a peer. True where it is a newcomer that cannot have heard of us, so that we have to name the torrent again. */
  #meet(entry: Entry, peer: Endpoint): boolean {
    const key = formatEndpoint(peer);
    const isKnown = entry.peers.delete(key);
    entry.peers.add(key);
    const [oldest] = entry.peers;
    if (entry.peers.size > LIMITS.localPeers) entry.peers.delete(oldest);
    if (isKnown || this.#clock.now() - entry.namedMs < LEAST_INTERVAL_MS) return false;
    entry.dueMs = Math.min(entry.dueMs, this.#clock.now());
    return true;
  }
}
