/** A neighbour without anybody at the other end: what is sent to it is kept, what it says is up to the test. */
import type { Channel, ChannelHandler } from '../../src/runtime/channel.ts';
import { Neighbour } from '../../src/swarm/neighbour.ts';
import type { PeerMessage } from '../../src/wire/messages.ts';
import { peerProtocol } from '../../src/wire/peer-protocol.ts';

export class LoneChannel implements Channel<PeerMessage> {
  readonly remote: { host: string; port: number };
  readonly incoming: boolean;
  queuedBytes = 0;
  lowWaterBytes = 0;
  readonly sent: PeerMessage[] = [];
  isClosed = false;
  closeReason: Error | undefined;
  /** Whether what is sent stays queued, as on a link that takes nothing. */
  isStuck = false;
  handler: ChannelHandler<PeerMessage> | undefined;

  constructor(remote: { host: string; port: number }, incoming: boolean) {
    this.remote = remote;
    this.incoming = incoming;
  }

  handle(handler: ChannelHandler<PeerMessage>): void {
    this.handler = handler;
  }

  send(message: PeerMessage): void {
    if (this.isClosed) return;
    this.sent.push(peerProtocol.detach(message));
    if (this.isStuck) this.queuedBytes += peerProtocol.weigh(message);
  }

  close(reason?: Error): void {
    this.isClosed = true;
    this.closeReason ??= reason;
  }

  /** The messages of one type that have been sent, which are taken off. */
  take<Type extends PeerMessage['type']>(type: Type): Extract<PeerMessage, { type: Type }>[] {
    const taken = this.sent.filter((message) => message.type === type) as Extract<PeerMessage, { type: Type }>[];
    this.sent.splice(0, this.sent.length, ...this.sent.filter((message) => message.type !== type));
    return taken;
  }
}

export interface LoneNeighbour extends Neighbour {
  readonly channel: LoneChannel;
}

let serials = 0;

/** Connected at `nowMs`; at 10.x.y.z by its serial unless told. */
export function loneNeighbour(options: {
  readonly nowMs?: number;
  readonly fast?: boolean;
  readonly v2?: boolean;
  readonly incoming?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly peerId?: Uint8Array;
} = {}): LoneNeighbour {
  const serial = ++serials;
  const remote = { host: options.host ?? `10.${serial >>> 16}.${(serial >>> 8) & 255}.${serial & 255}`, port: options.port ?? 6881 };
  const channel = new LoneChannel(remote, options.incoming ?? false);
  return new Neighbour(serial, channel, {
    type: 'handshake', infoHash: new Uint8Array(20), peerId: options.peerId ?? Buffer.from(`-XX0001-${`${serial}`.padStart(12, '0')}`),
    supports: { extensions: true, fast: options.fast ?? true, dht: false, v2: options.v2 ?? false },
  }, options.nowMs ?? 0) as LoneNeighbour;
}
