/**
 * The network, as everything above the seam sees it: connections that carry messages, datagrams, names, and HTTP. Real in
 * `node/`; virtual links with rates and latencies in `simulated/`.
 */
import { formatEndpoint, type AddressFamily, type Endpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import type { Channel, Protocol } from './channel.ts';

export interface Network {
  /** Opens a connection. Rejects with `ShoalError` 'CONNECT_FAILED', or the signal's reason. */
  connect<Message>(
    endpoint: Endpoint,
    protocol: Protocol<Message>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly localHost?: string },
  ): Promise<Channel<Message>>;

  /** Takes connections. Rejects with `ListenError`. */
  listen<Message>(
    where: ListenPlace,
    protocol: Protocol<Message>,
    accept: (channel: Channel<Message>) => void,
  ): Promise<Listener>;

  /** Binds a UDP socket of one family. Rejects with `ListenError`. */
  bindDatagrams(where: ListenPlace & {
    readonly family: AddressFamily;
    /** A multicast group to join and to hear, on a port that others on this machine share (BEP 14); `host` chooses the interface. */
    readonly multicastGroup?: string;
  }): Promise<DatagramSocket>;

  /** The addresses of a host's name; an address stands for itself. Rejects with 'LOOKUP_FAILED'. */
  lookup(host: string, signal?: AbortSignal): Promise<string[]>;

  /** One HTTP(S) exchange, redirects followed. Rejects with 'HTTP_FAILED', 'HTTP_TOO_LARGE', or the signal's reason. */
  fetch(request: HttpRequest): Promise<HttpResponse>;

  /**
   * As `fetch`, but resolves with the head of the answer; the body can be read as it comes. It is not asked for zipped, nor
   * unzipped. `timeoutMs` is for the head, redirects included, and then for each next part of the body anew.
   */
  fetchStream(request: HttpStreamRequest): Promise<HttpStream>;

  /** Serves HTTP. Rejects with `ListenError`. */
  serveHttp(where: ListenPlace, handler: HttpHandler): Promise<Listener>;

  /** This machine's own addresses that others may reach, loopback left out. */
  localAddresses(): string[];
}

/** A place to listen at: `host` absent for every address of the machine, `port` 0 for any free one. */
export interface ListenPlace {
  readonly host?: string;
  readonly port: number;
}

/** Why nobody can be heard there: 'LISTEN_FAILED'. */
export class ListenError extends ShoalError {
  /** Whether another port of the same host may do. */
  readonly isPortTaken: boolean;

  constructor({ host, port }: ListenPlace, what: string, { isPortTaken = false }: { readonly isPortTaken?: boolean } = {}) {
    super('LISTEN_FAILED', `cannot listen on ${host === undefined ? `port ${port}` : formatEndpoint({ host, port })}: ${what}`);
    this.isPortTaken = isPortTaken;
  }
}

/** Throws `ListenError` where there is no such port. */
export function checkListenPort(place: ListenPlace): void {
  if (!(Number.isInteger(place.port) && place.port >= 0 && place.port <= 65535)) throw new ListenError(place, 'a port is a whole number from 0 to 65535');
}

export interface Listener {
  /** Where it listens; the port is the real one where 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Stops listening. Connections that were accepted live on. */
  close(): Promise<void>;
}

export interface DatagramSocket {
  readonly endpoint: Endpoint;
  /** Sets who gets each datagram. `bytes` may be kept. */
  receive(handler: (bytes: Uint8Array, from: Endpoint) => void): void;
  /** Sends one datagram, best effort: no error, no word of whether it arrived. `to.host` is an address, not a name; `bytes` must not change. */
  send(bytes: Uint8Array, to: Endpoint): void;
  close(): void;
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** A body longer than this rejects with 'HTTP_TOO_LARGE', without having been held in memory. */
  readonly maxBodyBytes: number;
  /** From the first look-up to the last byte, redirects included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Only the host's addresses of this family are tried: a tracker is told of both of one's own (BEP 7). */
  readonly family?: AddressFamily;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type HttpStreamRequest = Omit<HttpRequest, 'method' | 'maxBodyBytes'>;

export interface HttpStream {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * To be read once; each part is good only until the next is asked for, and what is not asked for waits at the server. Throws
   * as `fetch` rejects, also where the body ends before its announced length.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** To be called in the end. A connection whose body has been read whole can be used again; else it is closed. */
  close(): void;
}

/** What a server is asked. */
export interface HttpQuery {
  readonly method: string;
  /** As sent, beginning with '/': percent-escapes stand as they came, for info-hashes are not text. */
  readonly path: string;
  /** What follows '?', as sent. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly from: Endpoint;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export type HttpHandler = (query: HttpQuery) => HttpReply | Promise<HttpReply>;
