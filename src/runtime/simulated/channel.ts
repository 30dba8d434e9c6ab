/**
 * A channel between two simulated hosts: whole messages, charged to the sender's uplink and the receiver's downlink.
 *
 * Invariant: each end is told of every message in the order sent, and of the end of the channel after all of them.
 */
import type { Endpoint } from '../../bytes/endpoint.ts';
import type { Channel, ChannelHandler, Protocol } from '../channel.ts';
import type { Sender } from './links.ts';
import type { SimulatedHost } from './network.ts';

export interface ChannelEnd {
  readonly host: SimulatedHost;
  readonly endpoint: Endpoint;
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

export class SimulatedChannel<Message> implements Channel<Message>, Sender {
  readonly remote: Endpoint;
  readonly incoming: boolean;
  queuedBytes = 0;
  lowWaterBytes = 0;
  readonly #protocol: Protocol<Message>;
  readonly #host: SimulatedHost;
  readonly #queue: { message: Message; bytes: number }[] = [];
  /** What arrived before anybody handled it. */
  #unhandled: Message[] = [];
  #peer!: SimulatedChannel<Message>;
  #handler: ChannelHandler<Message> | undefined;
  #closed = false;
  #closeReason: Error | undefined;
  #aboveLowWater = false;

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
    for (const message of waiting) this.#deliver(message);
    if (this.#closed) this.#host.clock.after(0, () => handler.closed(this.#closeReason));
  }

  send(message: Message): void {
    if (this.#closed) return;
    const bytes = this.#protocol.weigh(message);
    this.#queue.push({ message: this.#protocol.detach(message), bytes });
    this.queuedBytes += bytes;
    if (this.queuedBytes >= this.lowWaterBytes) this.#aboveLowWater = true;
    if (this.#queue.length === 1) this.#host.uplink.offer(this);
  }

  headBytes(): number {
    return this.#queue.length === 0 ? 0 : this.#queue[0].bytes;
  }

  headSent(): void {
    const head = this.#queue.shift();
    if (head === undefined) return;
    this.queuedBytes -= head.bytes;
    const peer = this.#peer;
    const clock = this.#host.clock;
    clock.after(this.#host.latencyMs + peer.#host.latencyMs, () => {
      const passMs = peer.#host.downlink.passMs(head.bytes);
      if (passMs === 0) peer.#deliver(head.message);
      else clock.after(passMs, () => peer.#deliver(head.message));
    });
    if (this.#aboveLowWater && this.queuedBytes < this.lowWaterBytes) {
      this.#aboveLowWater = false;
      this.#handler?.drained();
    }
  }

  close(reason?: Error): void {
    if (this.#closed) return;
    this.#end(reason);
    const peer = this.#peer;
    const arriveMs = this.#host.latencyMs + peer.#host.latencyMs + peer.#host.downlink.passMs(0);
    this.#host.clock.after(arriveMs, () => peer.#end(undefined));
  }

  #end(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReason = reason;
    // The head may be on the link already; what is behind it never leaves.
    this.#queue.length = Math.min(this.#queue.length, 1);
    this.#host.forget(this);
    this.#host.clock.after(0, () => this.#handler?.closed(reason));
  }

  #deliver(message: Message): void {
    if (this.#closed) return;
    if (this.#handler === undefined) {
      this.#unhandled.push(message);
      return;
    }
    try {
      this.#handler.message(message);
    } catch (error) {
      this.close(error as Error);
    }
  }
}
