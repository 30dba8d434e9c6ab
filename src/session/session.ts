/**
 * Many torrents in one program: one port for all peers that come, one budget of rates, one set of ways to find peers.
 *
 * Invariant: a torrent is in a session once; a session that is closed has no torrent, no socket and no timer left.
 */
import { addressFamily, type Endpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import type { DiscoveryName } from '../discovery/discovery.ts';
import type { KademliaNode } from '../discovery/kademlia/kademlia.ts';
import { resolveTorrent } from '../discovery/kademlia/mutable-torrent.ts';
import type { Magnet } from '../metainfo/magnet.ts';
import { shortInfoHashes, type Metainfo } from '../metainfo/metainfo.ts';
import { parseTorrent } from '../metainfo/parse.ts';
import type { Channel } from '../runtime/channel.ts';
import { ListenError, type Listener, type ListenPlace } from '../runtime/network.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ChokingPolicyName } from '../swarm/choking-policies.ts';
import { Bans } from '../swarm/neighbours.ts';
import type { Handshake, PeerMessage } from '../wire/messages.ts';
import { createPeerId } from '../wire/peer-id.ts';
import { peerProtocol } from '../wire/peer-protocol.ts';
import type { AddOptions } from './add-options.ts';
import { PUBLIC_BOOTSTRAP } from './dht-node.ts';
import { DISCOVERY_NAMES, openDiscoveries, type Discoveries } from './discoveries.ts';
import { Lobby } from './lobby.ts';
import { Rates, type RateOptions } from './rates.ts';
import type { RingPeer } from './ring-peer.ts';
import { isMetainfo, resolveSource } from './source.ts';
import { Torrent, type TorrentSurroundings } from './torrent.ts';

export interface SessionOptions {
  /** Exactly this TCP port, 0 for any free one; absent: the first free one from 6881 to 6889, else any. */
  readonly port?: number;
  /** The address to listen on and to connect from; absent: all. */
  readonly listenHost?: string;
  /** Where resume records are kept; absent: nowhere, so that every start checks the files. */
  readonly stateDirectory?: string;
  /** For all torrents together; absent: no limit; 0: nothing passes. `Session.limitRates` changes them. */
  readonly downBytesPerSecond?: number;
  readonly upBytesPerSecond?: number;
  /** Default `adaptive`. */
  readonly choking?: ChokingPolicyName;
  /** The ways to find peers; default all. */
  readonly discovery?: readonly DiscoveryName[];
  /** Well-known nodes through which to join the DHT; default those of the public one. */
  readonly bootstrap?: readonly Endpoint[];
  /** Well-known peers of a ring; by default those of the ring that was used last, if any. */
  readonly ring?: readonly Endpoint[];
  /** A torrent; default 80. */
  readonly maxNeighbours?: number;
  /** Of Shoal, such as `0.1.0`; default `0.0.0`. */
  readonly version?: string;
}

const FIRST_PORT = 6881;
const LAST_PORT = 6889;
const NEIGHBOURS = 80;
const UNVERSIONED = '0.0.0';

export class Session implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #surroundings: TorrentSurroundings;
  readonly #listener: Listener;
  readonly #discoveries: Discoveries;
  readonly #byInfoHash: Map<string, Torrent>;
  readonly #torrents = new Set<Torrent>();
  readonly #rates: Rates;
  #isClosed = false;

  /** Begins to listen. Rejects with `ShoalError`: 'LISTEN_FAILED', 'BAD_RATE', or 'RING_UNKNOWN' where a ring is all there is to find peers by. */
  static async open(runtime: Runtime, options: SessionOptions = {}): Promise<Session> {
    const rates = new Rates(runtime.clock, { down: options.downBytesPerSecond, up: options.upBytesPerSecond });
    const byInfoHash = new Map<string, Torrent>();
    const lobby = new Lobby(runtime.clock, (channel, handshake) => welcome(byInfoHash, channel, handshake));
    const listener = await listen(runtime, options, (channel) => lobby.enter(channel));
    const names = new Set(options.discovery ?? DISCOVERY_NAMES);
    const discoveries = await openDiscoveries(runtime, {
      names,
      userAgent: `Shoal/${options.version ?? UNVERSIONED}`,
      port: listener.endpoint.port,
      listenHost: options.listenHost,
      stateDirectory: options.stateDirectory,
      bootstrap: options.bootstrap ?? PUBLIC_BOOTSTRAP,
      ring: options.ring ?? [],
    }).catch(async (error: unknown) => {
      await listener.close();
      throw error;
    });
    return new Session(runtime, options, { listener, byInfoHash, discoveries, rates, exchangePeers: names.has('exchange') });
  }

  private constructor(runtime: Runtime, options: SessionOptions, opened: {
    readonly listener: Listener;
    readonly byInfoHash: Map<string, Torrent>;
    readonly discoveries: Discoveries;
    readonly rates: Rates;
    readonly exchangePeers: boolean;
  }) {
    const { listenHost, version = UNVERSIONED } = options;
    const { listener, discoveries, rates } = opened;
    this.#runtime = runtime;
    this.#listener = listener;
    this.#byInfoHash = opened.byInfoHash;
    this.#discoveries = discoveries;
    this.#rates = rates;
    this.#surroundings = {
      runtime,
      stateDirectory: options.stateDirectory,
      discoveries: discoveries.all,
      port: listener.endpoint.port,
      exchangePeers: opened.exchangePeers,
      rates,
      dhtNode: (endpoint) => discoveries.dht?.addNode(endpoint),
      register: (torrent, infoHashes) => this.#register(torrent, infoHashes),
      swarm: {
        peerId: createPeerId(runtime.random, version),
        dhtPort: discoveries.dht?.status()[0]?.endpoint.port,
        maxNeighbours: options.maxNeighbours ?? NEIGHBOURS,
        bans: new Bans(),
        choking: options.choking ?? 'adaptive',
        client: `Shoal ${version}`,
        ...(listenHost === undefined ? {} : { localHost: listenHost }),
      },
    };
  }

  /** Where peers can reach this session. */
  get port(): number {
    return this.#listener.endpoint.port;
  }

  /** The session's node in the DHT, if it has one. */
  get dht(): KademliaNode | undefined {
    return this.#discoveries.dht;
  }

  /** The session's peer on the ring, if it has one. */
  get ring(): Pick<RingPeer, 'node' | 'ready'> | undefined {
    return this.#discoveries.ring;
  }

  get torrents(): readonly Torrent[] {
    return [...this.#torrents];
  }

  /**
   * Begins with a torrent: a torrent file's path, URL or bytes, a magnet link, or either already read. Resolves as soon as
   * it has begun. A link that names a publisher (BEP 46) is looked up in the DHT first. Rejects with `ShoalError`:
   * 'BAD_SOURCE', 'BAD_ENDPOINT' where a peer's port is none, 'DUPLICATE_TORRENT' where the torrent is here already, 'CLOSED'
   * where the session is, 'NOT_PUBLISHED' where the publisher's torrent is not found.
   */
  async add(given: string | Uint8Array | Metainfo | Magnet, options: AddOptions & { readonly signal?: AbortSignal }): Promise<Torrent> {
    const named = typeof given === 'string' ? await resolveSource(this.#runtime, given, options.signal)
      : given instanceof Uint8Array ? parseTorrent(given)
      : given;
    const source = isMetainfo(named) ? named : await this.#resolve(named, options.signal);
    if (this.#isClosed) throw new ShoalError('CLOSED', 'this session has been closed; open another');
    const infoHashes = shortInfoHashes(source);
    this.#refuseDouble(source.name ?? toHex(infoHashes[0]), infoHashes);
    const torrent = new Torrent(source, options, this.#surroundings);
    this.#torrents.add(torrent);
    this.#register(torrent, infoHashes);
    return torrent;
  }

  /**
   * Who comes for one of its info-hashes is sent to this torrent. Two links may name the two of one hybrid, which shows only
   * when the metadata has come: then the first to learn it leaves it to the other.
   */
  #register(torrent: Torrent, infoHashes: readonly Uint8Array[]): void {
    if (!this.#torrents.has(torrent)) return;
    this.#unregister(torrent);
    this.#refuseDouble(torrent.name, infoHashes);
    for (const infoHash of infoHashes) this.#byInfoHash.set(toHex(infoHash), torrent);
  }

  #unregister(torrent: Torrent): void {
    for (const [key, one] of this.#byInfoHash) if (one === torrent) this.#byInfoHash.delete(key);
  }

  #refuseDouble(name: string, infoHashes: readonly Uint8Array[]): void {
    if (infoHashes.some((infoHash) => this.#byInfoHash.has(toHex(infoHash)))) throw new ShoalError('DUPLICATE_TORRENT', `${name} is in this session already`);
  }

  /** The link with the info-hash of the torrent that it stands for now. */
  async #resolve(link: Magnet, signal: AbortSignal | undefined): Promise<Magnet> {
    if (link.publisher === undefined || shortInfoHashes(link).length > 0) return link;
    if (this.dht === undefined) throw new ShoalError('NO_DHT', 'the link names a publisher, whom only the DHT knows, and this session takes no part in it');
    const { infoHash } = await resolveTorrent(this.dht, link.publisher, signal);
    return { ...link, infoHash };
  }

  /** Stops a torrent and takes it out of the session. Its files stay, unless `files` says that they go too; then it may reject with `DiskError`. */
  async remove(torrent: Torrent, { files = false }: { readonly files?: boolean } = {}): Promise<void> {
    this.#torrents.delete(torrent);
    this.#unregister(torrent);
    await torrent.stop();
    if (files) await torrent.removeFiles();
  }

  /** For all torrents together, in bytes per second: Infinity for no limit, 0 for a pause. Throws `ShoalError` 'BAD_RATE'. */
  limitRates(rates: RateOptions): void {
    this.#rates.limit(rates);
  }

  /** Stops everything, in order. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#listener.close(), ...[...this.#torrents].map((torrent) => this.remove(torrent))]);
    await this.#discoveries.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A peer has come, and its handshake tells which torrent it means. */
function welcome(byInfoHash: ReadonlyMap<string, Torrent>, channel: Channel<PeerMessage>, handshake: Handshake): void {
  const torrent = byInfoHash.get(toHex(handshake.infoHash));
  if (torrent === undefined) channel.close(new ShoalError('UNKNOWN_TORRENT', 'it asks for a torrent that is not here'));
  else torrent.accept(channel, handshake);
}

async function listen(runtime: Runtime, { port, listenHost }: SessionOptions, accept: (channel: Channel<PeerMessage>) => void): Promise<Listener> {
  const place = (tried: number): ListenPlace => ({ port: tried, ...(listenHost === undefined ? {} : { host: listenHost }) });
  const on = (tried: number): Promise<Listener> => runtime.network.listen(place(tried), peerProtocol, accept);
  // It is to connect from as well, which a name would not do for.
  if (listenHost !== undefined && addressFamily(listenHost) === undefined) throw new ListenError(place(port ?? FIRST_PORT), `"${listenHost}" is no IP address`);
  if (port !== undefined) return on(port);
  for (let tried = FIRST_PORT; tried <= LAST_PORT; tried++) {
    try {
      return await on(tried);
    } catch (error) {
      // Where somebody has it, there are more.
      if (!(error instanceof ListenError && error.isPortTaken)) throw error;
    }
  }
  return on(0);
}
