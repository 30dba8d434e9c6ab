/**
 * The body of an HTTP answer on its way between two simulated hosts: in parts, each charged to the server's uplink and the
 * client's downlink, with a window of them under way as TCP would have.
 *
 * Invariant: no more than `WINDOW_BYTES` have left the server that the reader has not asked for.
 */
import type { Receiver } from './agenda.ts';
import type { Sender } from './links.ts';
import type { SimulatedHost } from './network.ts';

const PART_BYTES = 16 * 1024;
const WINDOW_BYTES = 1024 * 1024;

export class SimulatedHttpBody implements AsyncIterable<Uint8Array>, Sender, Receiver<Uint8Array> {
  readonly #server: SimulatedHost;
  readonly #client: SimulatedHost;
  readonly #bytes: Uint8Array;
  readonly #arrived: Uint8Array[] = [];
  #sentBytes = 0;
  #readBytes = 0;
  #isOffered = false;
  #closeReason: Error | undefined;
  #change = Promise.withResolvers<void>();

  constructor(server: SimulatedHost, client: SimulatedHost, bytes: Uint8Array) {
    this.#server = server;
    this.#client = client;
    this.#bytes = bytes;
    this.#offer();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.#readBytes < this.#bytes.length) {
      if (this.#closeReason !== undefined) throw this.#closeReason;
      const part = this.#arrived.shift();
      if (part === undefined) {
        await this.#change.promise;
        continue;
      }
      this.#readBytes += part.length;
      this.#offer();
      yield part;
    }
  }

  headBytes(): number {
    if (this.#closeReason !== undefined || this.#sentBytes - this.#readBytes >= WINDOW_BYTES) return 0;
    return Math.min(PART_BYTES, this.#bytes.length - this.#sentBytes);
  }

  headSent(): void {
    const part = this.#bytes.subarray(this.#sentBytes, this.#sentBytes + PART_BYTES);
    this.#sentBytes += part.length;
    this.#isOffered = this.headBytes() > 0;
    this.#client.downlink.pass(part.length, this.#client.latencyMs + this.#server.latencyMs, this, part);
  }

  receive(part: Uint8Array): void {
    this.#arrived.push(part);
    this.#changed();
  }

  /** What has left still arrives, but nobody reads it. */
  close(reason: Error): void {
    this.#closeReason ??= reason;
    this.#server.forget(this);
    this.#changed();
  }

  #offer(): void {
    if (this.#isOffered || this.headBytes() === 0) return;
    this.#isOffered = true;
    this.#server.uplink.offer(this);
  }

  #changed(): void {
    this.#client.clock.settleSoon();
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
