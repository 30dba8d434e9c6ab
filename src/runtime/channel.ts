/**
 * The seam between peers: a connection that carries messages, not bytes. On a real machine a `Protocol` turns messages into
 * bytes on a TCP stream; in the simulator whole messages are passed on, and only their weight is charged to the links.
 *
 * Invariant: messages arrive whole, once, and in the order sent, or the channel closes.
 */
import type { Endpoint } from '../bytes/endpoint.ts';

/** What a kind of connection says: how its messages are laid out in bytes. Defined by `wire/`, known to nobody below. */
export interface Protocol<Message> {
  /** Appends the message's bytes to `output`. */
  encode(message: Message, output: ByteOutput): void;
  /** A decoder for one connection's incoming bytes. */
  decoder(): Decoder<Message>;
  /** How many bytes `encode` would append: what a simulated link charges. */
  weigh(message: Message): number;
  /** The same message with every view into somebody's buffer copied, so that it can be delivered later. */
  detach(message: Message): Message;
}

export interface ByteOutput {
  /** Where to write the next `length` bytes, all of which the caller fills before the next call. */
  claim(length: number): Uint8Array;
}

export interface Decoder<Message> {
  /**
   * Takes the next bytes of the stream and hands each message that they complete to `receive`. Views in a message are good
   * only until `receive` returns. Stops early once `receive` returns false. Throws `ShoalError` where the stream breaks the
   * protocol; it must then not be used again.
   */
  push(bytes: Uint8Array, receive: (message: Message) => boolean): void;
}

export interface Channel<Message> {
  /** The other end, as seen from here. */
  readonly remote: Endpoint;
  /** Whether the other end opened it. */
  readonly incoming: boolean;
  /** Bytes accepted by `send` that have not left for the network yet. */
  readonly queuedBytes: number;
  /** The handler is told when `queuedBytes` falls below this after having been above it. May be set at any time. */
  lowWaterBytes: number;
  /** Sets who is told what happens from now on; what arrived before waits for it. May be called again to hand the channel on. */
  handle(handler: ChannelHandler<Message>): void;
  /** Queues a message. Views in it may be reused as soon as this returns. Nothing happens on a closed channel. */
  send(message: Message): void;
  /** Closes both directions; what is queued is still sent if it leaves soon. The handler's `closed` is called, once, later. */
  close(reason?: Error): void;
}

export interface ChannelHandler<Message> {
  /** A message has arrived. Views in it are good only until this returns. An error thrown here closes the channel with it. */
  message(message: Message): void;
  /** `queuedBytes` has fallen below `lowWaterBytes` after having been at or above it. */
  drained(): void;
  /** The channel is closed, by either end. `reason` is what `close` was given, or what went wrong; absent after an orderly end. */
  closed(reason?: Error): void;
}
