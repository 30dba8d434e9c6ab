/**
 * A channel between two simulated hosts: whole messages, charged to the sender's uplink and the receiver's downlink.
 *
 * Invariant: each end is told of every message in the order sent, and of the end of the channel after all of them.
 */
import type { Endpoint } from '../../bytes/endpoint.ts';
import type { Channel, ChannelHandler, Protocol } from '../channel.ts';
import { Batch, type Receiver } from './agenda.ts';
import { PACKET_BYTES, type Sender } from './links.ts';
import type { SimulatedHost } from './network.ts';

export interface ChannelEnd {
  readonly host: SimulatedHost;
  readonly endpoint: Endpoint;
}

/** What takes one turn on the uplink: a message, and the packets behind it. */
interface Parcel<Message> {
  load: Message | Batch<Message>;
  bytes: number;
}

/** Both ends of a new channel, the one that opened it first. */
export function openChannel<Message>(
  protocol: Protocol<Message>,
  near: ChannelEnd,
  far: ChannelEnd,
): [SimulatedChannel<Message>, SimulatedChannel<Message>] {
  const opened = new SimulatedChannel(protocol, near.host, far.endpoint, false);
  const accepted = new SimulatedChannel(protocol, far.host, near.endpoint, true);
  opened.join(accepted);
  accepted.join(opened);
  return [opened, accepted];
}

export class SimulatedChannel<Message> implements Channel<Message>, Sender, Receiver<Message> {
  readonly remote: Endpoint;
  readonly incoming: boolean;
  queuedBytes = 0;
  lowWaterBytes = 0;
  readonly #protocol: Protocol<Message>;
  readonly #host: SimulatedHost;
  readonly #queue: Parcel<Message>[] = [];
  /** What arrived before anybody handled it. */
  #unhandled: Message[] = [];
  #peer!: SimulatedChannel<Message>;
  #handler: ChannelHandler<Message> | undefined;
  #closed = false;
  #closeReason: Error | undefined;
  #isClosedTold = false;
  /** When the last message that had to wait for the receiver's downlink is through. */
  #clearMs = 0;

  constructor(protocol: Protocol<Message>, host: SimulatedHost, remote: Endpoint, incoming: boolean) {
    this.#protocol = protocol;
    this.#host = host;
    this.remote = remote;
    this.incoming = incoming;
  }

  join(peer: SimulatedChannel<Message>): void {
    this.#peer = peer;
  }

  handle(handler: ChannelHandler<Message>): void {
    this.#handler = handler;
    const waiting = this.#unhandled;
    this.#unhandled = [];
    // The other end may have closed it since; once this end does, nothing more is wanted.
    const wasClosed = this.#closed;
    for (const message of waiting) if (wasClosed || !this.#closed) this.#tell(handler, message);
    if (this.#closed) this.#host.clock.after(0, () => this.#tellClosed());
  }

  send(message: Message): void {
    if (this.#closed) return;
    const bytes = this.#protocol.weigh(message);
    const carried = this.#protocol.detach(message);
    const { uplink } = this.#host;
    if (this.#queue.length === 0 && (bytes <= PACKET_BYTES || uplink.isUnlimited)) {
      uplink.charge(bytes);
      this.#travel(carried, bytes);
      return;
    }
    this.queuedBytes += bytes;
    if (bytes <= PACKET_BYTES) return this.#addToLast(carried, bytes);
    this.#queue.push({ load: carried, bytes });
    if (this.#queue.length === 1) uplink.offer(this);
  }

  /** A packet goes right behind the long message that it waits for: it needs no turn of its own. */
  #addToLast(message: Message, bytes: number): void {
    const parcel = this.#queue[this.#queue.length - 1];
    if (parcel.load instanceof Batch) parcel.load.loads.push(message);
    else parcel.load = new Batch([parcel.load, message]);
    parcel.bytes += bytes;
    if (this.#queue.length === 1 && this.#host.uplink.isCarrying(this)) this.#host.uplink.charge(bytes);
  }

  headBytes(): number {
    return this.#queue.length === 0 ? 0 : this.#queue[0].bytes;
  }

  headSent(): void {
    const head = this.#queue.shift();
    if (head === undefined) return;
    const wasBelow = this.queuedBytes < this.lowWaterBytes;
    this.queuedBytes -= head.bytes;
    this.#travel(head.load, head.bytes);
    if (this.#closed) return this.#travelEnd();
    if (!wasBelow && this.queuedBytes < this.lowWaterBytes) this.#handler?.drained();
  }

  /** The message has left: it travels, then passes the receiver's downlink. */
  #travel(load: Message | Batch<Message>, bytes: number): void {
    const peer = this.#peer;
    const travelMs = this.#host.latencyMs + peer.#host.latencyMs;
    const arriveMs = this.#host.clock.exactMs + travelMs;
    if (bytes <= PACKET_BYTES && arriveMs >= this.#clearMs) {
      peer.#host.downlink.charge(bytes, arriveMs);
      this.#host.lineOf(travelMs).send(arriveMs, peer, load);
    } else {
      // Nor does a packet overtake what is before it in its own channel.
      this.#clearMs = peer.#host.downlink.pass(bytes, travelMs, peer, load);
    }
  }

  close(reason?: Error): void {
    if (this.#closed) return;
    this.#end(reason);
    if (this.#queue.length === 0) this.#travelEnd();
  }

  #end(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReason = reason;
    // The head may be on the link already; what is behind it never leaves.
    this.#queue.length = Math.min(this.#queue.length, 1);
    this.#host.forget(this);
    this.#host.clock.after(0, () => this.#tellClosed());
  }

  #tellClosed(): void {
    if (this.#isClosedTold || this.#handler === undefined) return;
    this.#isClosedTold = true;
    this.#handler.closed(this.#closeReason);
  }

  /** The other end learns of the end, behind all that has left before. */
  #travelEnd(): void {
    const { clock, latencyMs } = this.#host;
    const peer = this.#peer;
    clock.at(Math.max(clock.exactMs + latencyMs + peer.#host.latencyMs, this.#clearMs), () => peer.#end(undefined));
  }

  /** A message has come through the links. */
  receive(message: Message): void {
    if (this.#closed) return;
    if (this.#handler === undefined) this.#unhandled.push(message);
    else this.#tell(this.#handler, message);
  }

  #tell(handler: ChannelHandler<Message>, message: Message): void {
    try {
      handler.message(message);
    } catch (error) {
      this.close(error as Error);
    }
  }
}
