/**
 * Channels over TCP: a `Protocol` laid onto a stream of bytes.
 *
 * The way in: the kernel reads into one buffer that all channels share, and the decoder looks at the bytes where they lie;
 * so nothing is allocated a read. The way out: messages are laid one behind the other into pages, and each page is one write.
 *
 * Invariant: while the handler looks at a message the shared buffer does not change, for reading and decoding are one
 * synchronous step; a page is used again only once the kernel has taken all of it.
 */
import net from 'node:net';
import { canonicalAddress, formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { ByteOutput, Channel, ChannelHandler, Decoder, Protocol } from '../channel.ts';
import { checkListenPort, ListenError, type Listener, type ListenPlace } from '../network.ts';

const RECEIVE_BYTES = 256 * 1024;
const PAGE_BYTES = 64 * 1024;
/** Pages kept for the next write: 4 MiB. */
const SPARE_PAGES = 64;
/** How long a closing channel may take to send what is queued. */
const LINGER_MS = 1000;

const received = new Uint8Array(RECEIVE_BYTES);
const sparePages: Uint8Array[] = [];

export function connectTcp<Message>(
  endpoint: Endpoint,
  protocol: Protocol<Message>,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly localHost?: string },
): Promise<Channel<Message>> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    let channel: TcpChannel<Message> | undefined;
    const socket = net.connect({
      host: endpoint.host,
      port: endpoint.port,
      ...(options.localHost === undefined ? {} : { localAddress: options.localHost }),
      onread: { buffer: received, callback: (count, bytes) => channel?.received(bytes.subarray(0, count)) ?? true },
    });
    socket.pause();
    const fail = (what: string): void => {
      cleanUp();
      socket.destroy();
      reject(new ShoalError('CONNECT_FAILED', `cannot connect to ${formatEndpoint(endpoint)}: ${what}`));
    };
    const abort = (): void => {
      cleanUp();
      socket.destroy();
      reject(options.signal?.reason);
    };
    const failed = (error: NodeJS.ErrnoException): void => fail(describeSocketError(error));
    const timer = setTimeout(() => fail('it does not answer'), options.timeoutMs);
    const cleanUp = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      socket.off('error', failed);
      // An error that comes later has been answered already.
      socket.on('error', () => undefined);
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', failed);
    socket.once('connect', () => {
      cleanUp();
      channel = new TcpChannel(socket, protocol, endpoint, false);
      resolve(channel);
    });
  });
}

export function listenTcp<Message>(
  where: ListenPlace,
  protocol: Protocol<Message>,
  accept: (channel: Channel<Message>) => void,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    checkListenPort(where);
    const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
      const reader: { channel?: TcpChannel<Message> } = {};
      const socket = readIntoSharedBuffer(accepted, (bytes) => reader.channel?.received(bytes) ?? true);
      const remote = { host: canonicalAddress(socket.remoteAddress ?? '') ?? '', port: socket.remotePort ?? 0 };
      // Gone again before anybody looked.
      if (remote.host === '') return socket.destroy();
      reader.channel = new TcpChannel(socket, protocol, remote, true);
      accept(reader.channel);
      return undefined;
    });
    // One that comes later, as when the system has no more sockets to give, costs that connection only.
    server.on('error', (error) => reject(listenError(where, error)));
    server.listen({ port: where.port, ...(where.host === undefined ? {} : { host: where.host }) }, () => {
      const address = server.address() as net.AddressInfo;
      resolve({
        endpoint: { host: address.address, port: address.port },
        close: async () => void server.close(),
      });
    });
  });
}

/** What a system's error means for who wanted to listen. */
export function listenError(where: ListenPlace, error: NodeJS.ErrnoException): ListenError {
  switch (error.code) {
    case 'EADDRINUSE': return new ListenError(where, 'it is in use; choose another port', { isPortTaken: true });
    case 'EACCES': return new ListenError(where, 'not permitted; ports under 1024 belong to the system', { isPortTaken: true });
    case 'EADDRNOTAVAIL': return new ListenError(where, 'this machine has no such address');
    default: return new ListenError(where, describeSocketError(error));
  }
}

/**
 * Node lets a socket that it opens read into a given buffer, but not one that it accepts: there the handle is given to a
 * second socket made as for opening. Where a Node has no such handle any more, plain reads serve.
 */
function readIntoSharedBuffer(accepted: net.Socket, take: (bytes: Uint8Array) => true): net.Socket {
  const holder = accepted as unknown as { _handle: object | null };
  const handle = holder._handle;
  if (handle === null) {
    accepted.on('data', take);
    return accepted;
  }
  holder._handle = null;
  return new net.Socket({
    handle,
    pauseOnCreate: true,
    onread: { buffer: received, callback: (count: number, bytes: Uint8Array) => take(bytes.subarray(0, count)) },
  } as net.SocketConstructorOpts);
}

class TcpChannel<Message> implements Channel<Message>, ByteOutput {
  readonly remote: Endpoint;
  readonly incoming: boolean;
  queuedBytes = 0;
  lowWaterBytes = 0;
  readonly #socket: net.Socket;
  readonly #protocol: Protocol<Message>;
  readonly #decoder: Decoder<Message>;
  readonly #receive: (message: Message) => boolean;
  #handler: ChannelHandler<Message> | undefined;
  #closed = false;
  #closeReason: Error | undefined;
  #ended = false;
  #flushing = false;
  /** The page that messages are being laid into, and how far it is filled. */
  #page: Uint8Array | undefined;
  #pageFilled = 0;

  constructor(socket: net.Socket, protocol: Protocol<Message>, remote: Endpoint, incoming: boolean) {
    this.#socket = socket;
    this.#protocol = protocol;
    this.#decoder = protocol.decoder();
    this.#receive = (message) => this.#deliver(message);
    this.remote = remote;
    this.incoming = incoming;
    socket.setNoDelay(true);
    socket.on('error', (error) => { this.#closeReason ??= connectionLost(error); });
    socket.on('end', () => this.close());
    socket.on('close', () => this.#end());
  }

  handle(handler: ChannelHandler<Message>): void {
    this.#handler = handler;
    if (this.#ended) process.nextTick(() => handler.closed(this.#closeReason));
    else this.#socket.resume();
  }

  send(message: Message): void {
    if (this.#closed) return;
    this.#protocol.encode(message, this);
    if (!this.#flushing) {
      this.#flushing = true;
      process.nextTick(() => this.#flush());
    }
  }

  claim(length: number): Uint8Array {
    if (this.#page !== undefined && this.#pageFilled + length > this.#page.length) this.#writePage();
    this.#page ??= length > PAGE_BYTES ? new Uint8Array(length) : (sparePages.pop() ?? new Uint8Array(PAGE_BYTES));
    const start = this.#pageFilled;
    this.#pageFilled += length;
    this.queuedBytes += length;
    return this.#page.subarray(start, this.#pageFilled);
  }

  close(reason?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReason ??= reason;
    this.#writePage();
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Bytes have come in. Returns true, to go on reading: also when closed, for only so the other end's end is noticed. */
  received(bytes: Uint8Array): true {
    if (this.#closed) return true;
    try {
      this.#decoder.push(bytes, this.#receive);
    } catch (error) {
      this.close(error as Error);
    }
    return true;
  }

  #deliver(message: Message): boolean {
    this.#handler?.message(message);
    return !this.#closed;
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#socket.destroyed) return;
    this.#writePage();
    if (this.queuedBytes > LIMITS.channelHighWaterBytes) {
      this.close(new ShoalError('PEER_TOO_SLOW', 'it does not take what it is sent'));
    }
  }

  #writePage(): void {
    const page = this.#page;
    const filled = this.#pageFilled;
    if (page === undefined) return;
    this.#page = undefined;
    this.#pageFilled = 0;
    this.#socket.write(page.subarray(0, filled), () => this.#pageSent(page, filled));
  }

  #pageSent(page: Uint8Array, filled: number): void {
    if (page.length === PAGE_BYTES && sparePages.length < SPARE_PAGES) sparePages.push(page);
    const wasBelow = this.queuedBytes < this.lowWaterBytes;
    this.queuedBytes -= filled;
    if (!wasBelow && this.queuedBytes < this.lowWaterBytes && !this.#closed) this.#handler?.drained();
  }

  #end(): void {
    this.#closed = true;
    this.#ended = true;
    this.#handler?.closed(this.#closeReason);
  }
}

function connectionLost(error: NodeJS.ErrnoException): ShoalError {
  return new ShoalError('CONNECTION_LOST', `the connection is lost: ${describeSocketError(error)}`, { cause: error });
}

/** What a system's error means, to be put behind the name of the other end. */
export function describeSocketError(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED': return 'nobody listens there';
    case 'ECONNRESET': case 'EPIPE': return 'the other end has closed it';
    case 'ETIMEDOUT': return 'it does not answer';
    case 'EHOSTUNREACH': case 'ENETUNREACH': return 'there is no way to it';
    case 'EPROTO': return 'it does not speak TLS';
    case 'ENOTFOUND': case 'EAI_AGAIN': return 'there is no such name';
    default: return error.message;
  }
}
