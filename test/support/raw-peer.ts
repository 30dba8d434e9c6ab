/** A peer in virtual time that says just what the test has it say: for protocol details, and for those who mean harm. */
import { Bitfield } from '../../src/bytes/bitfield.ts';
import type { Channel } from '../../src/runtime/channel.ts';
import type { LinkOptions, SimulatedHost } from '../../src/runtime/simulated/network.ts';
import { encodeExtensionHandshake, EXTENSIONS, type ExtensionName } from '../../src/wire/extensions.ts';
import type { BlockRequest, Capabilities, PeerMessage } from '../../src/wire/messages.ts';
import { peerProtocol } from '../../src/wire/peer-protocol.ts';
import { PORT, type Peer, type SwarmWorld } from './swarm-world.ts';

export interface RawPeerOptions {
  readonly host?: string;
  readonly link?: LinkOptions;
  readonly peerId?: Uint8Array;
  readonly infoHash?: Uint8Array;
  readonly supports?: Partial<Capabilities>;
  /** What it does about each message. */
  readonly on?: (message: PeerMessage, peer: RawPeer) => void;
}

let rawPeers = 0;

export class RawPeer {
  readonly world: SwarmWorld;
  readonly host: SimulatedHost;
  readonly heard: PeerMessage[] = [];
  readonly #options: RawPeerOptions;
  #channel: Channel<PeerMessage> | undefined;
  isClosed = false;

  /** Connects to a peer of the world, and shakes hands. */
  static async dial(world: SwarmWorld, target: Peer, options: RawPeerOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(world, options);
    const endpoint = { host: target.host.addresses[0], port: PORT };
    peer.#open(await world.simulation.complete(peer.host.connect(endpoint, peerProtocol, { timeoutMs: 1000 }), 10_000));
    await world.simulation.run(100);
    return peer;
  }

  /** Waits for a peer of the world to connect, and shakes hands. */
  static async await(world: SwarmWorld, target: Peer, options: RawPeerOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(world, options);
    await peer.host.listen<PeerMessage>({ port: PORT }, peerProtocol, (channel) => peer.#open(channel));
    target.swarm.addPeers([{ host: peer.host.addresses[0], port: PORT }]);
    await world.simulation.run(100);
    return peer;
  }

  constructor(world: SwarmWorld, options: RawPeerOptions) {
    const number = ++rawPeers;
    this.world = world;
    this.#options = options;
    this.host = world.network.addHost(options.host ?? `198.51.${(number >>> 8) & 255}.${number & 255}`, options.link);
  }

  #open(channel: Channel<PeerMessage>): void {
    const { peerId, infoHash, supports, on } = this.#options;
    this.#channel = channel;
    this.isClosed = false;
    channel.handle({
      message: (message) => {
        this.heard.push(message);
        on?.(message, this);
      },
      drained: () => undefined,
      closed: () => { this.isClosed = true; },
    });
    this.send({
      type: 'handshake', infoHash: infoHash ?? this.world.metainfo.infoHash!, peerId: peerId ?? Buffer.from(`-RW0001-${this.host.addresses[0].slice(-12).padStart(12, 'x')}`),
      supports: { extensions: true, fast: true, dht: false, v2: false, ...supports },
    });
  }

  send(...messages: PeerMessage[]): void {
    for (const message of messages) this.#channel?.send(message);
  }

  /** Says that it has these pieces. */
  has(pieces: Iterable<number>): void {
    const bitfield = new Bitfield(this.world.metainfo.pieceCount);
    for (const piece of pieces) bitfield.set(piece);
    this.send({ type: 'bitfield', bytes: bitfield.bytes });
  }

  hasAll(): void {
    this.send({ type: 'have-all' });
  }

  /** Says which extensions it takes, under our own numbers, and whatever else `encodeExtensionHandshake` can say. */
  extend(names: readonly ExtensionName[], said: Partial<Parameters<typeof encodeExtensionHandshake>[0]> = {}): void {
    const payload = encodeExtensionHandshake({
      names, metadataBytes: undefined, client: 'raw', listenPort: undefined, requestQueueLength: 500, yourAddress: '10.0.0.1', uploadOnly: false, ...said,
    });
    this.send({ type: 'extended', id: 0, payload });
  }

  sendExtended(name: ExtensionName, payload: Uint8Array): void {
    this.send({ type: 'extended', id: EXTENSIONS[name], payload });
  }

  /** The block asked for, as it should be. */
  block({ piece, begin, length }: BlockRequest): PeerMessage {
    const start = piece * this.world.metainfo.pieceLength + begin;
    return { type: 'piece', piece, begin, length, data: this.world.payload.slice(start, start + length) };
  }

  /** What it has heard of one type. */
  of<Type extends PeerMessage['type']>(type: Type): Extract<PeerMessage, { type: Type }>[] {
    return this.heard.filter((message) => message.type === type) as Extract<PeerMessage, { type: Type }>[];
  }

  close(): void {
    this.#channel?.close();
  }
}
