/**
 * A network in virtual time: hosts with addresses, each with an uplink and a downlink of some rate and a latency, carrying
 * the same channels, datagrams and HTTP exchanges as `runtime/network.ts` promises, in one process.
 *
 * The model: an uplink sends one message after the other, in turn from each channel that has any (so that channels share it
 * fairly, as long TCP flows do); the message travels both ends' latencies, then waits for the receiver's downlink. What fits
 * in one packet waits for neither link, but is charged to both; behind a long message of its own channel it goes along with
 * that, in the same event. Bytes are charged by `Protocol.weigh`; nothing is encoded.
 * Datagrams and HTTP take no time on the links, but for bodies that are read as streams; datagrams can be lost, doubled and
 * delayed.
 *
 * Invariant: what happens depends on nothing but the calls made and the simulation's seed.
 */
import { addressFamily, formatEndpoint, type AddressFamily, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { unlessAborted } from '../cancellation.ts';
import type { Channel, Protocol } from '../channel.ts';
import { sleep, type Clock } from '../clock.ts';
import {
  checkListenPort, ListenError, type DatagramSocket, type HttpHandler, type HttpReply, type HttpRequest, type HttpResponse,
  type HttpStream, type HttpStreamRequest, type Listener, type ListenPlace, type Network,
} from '../network.ts';
import type { Line } from './agenda.ts';
import { openChannel } from './channel.ts';
import { SimulatedHttpBody } from './http-body.ts';
import { Downlink, Uplink } from './links.ts';
import type { Simulation } from './simulation.ts';

export interface LinkOptions {
  /** Absent: without limit. */
  readonly upBytesPerSecond?: number;
  /** Absent: without limit. */
  readonly downBytesPerSecond?: number;
  /** One way, from the host to the middle of the network; a message pays the sender's and the receiver's. Default 5. */
  readonly latencyMs?: number;
}

/** What befalls datagrams. All default to none. */
export interface DatagramFaults {
  /** Share of datagrams that never arrive, 0 to 1. */
  readonly lossRate?: number;
  /** Share of datagrams that arrive twice, 0 to 1. */
  readonly duplicateRate?: number;
  /** Each datagram is late by up to this much more, uniformly; so they overtake one another. */
  readonly jitterMs?: number;
}

type Accept = (channel: Channel<unknown>) => void;

export class SimulatedNetwork {
  readonly simulation: Simulation;
  /** May be changed while it runs. */
  faults: DatagramFaults;
  /** Whether two hosts can reach each other; to make partitions. May be changed while it runs. */
  reachable: (from: string, to: string) => boolean = () => true;
  /** Names for `lookup`. */
  readonly names = new Map<string, string[]>();
  readonly #hosts = new Map<string, SimulatedHost>();
  /** Members of multicast groups, by the group's address and port. */
  readonly #groups = new Map<string, Set<Endpoint>>();
  readonly #lines = new Map<number, Line>();

  constructor(simulation: Simulation, faults: DatagramFaults = {}) {
    this.simulation = simulation;
    this.faults = faults;
  }

  /** A host at one or more addresses (say an IPv4 and an IPv6 one). An address that a crashed host had may be given again. */
  addHost(addresses: string | readonly string[], link: LinkOptions = {}): SimulatedHost {
    const all = typeof addresses === 'string' ? [addresses] : addresses;
    for (const address of all) {
      if (this.#hosts.has(address)) throw new Error(`the simulated network has a host at ${address} already`);
    }
    const host = new SimulatedHost(this, all, link);
    for (const address of all) this.#hosts.set(address, host);
    return host;
  }

  /** Has a socket hear what is sent to a multicast group. */
  joinGroup(group: string, member: Endpoint): void {
    const members = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, members.add(member));
  }

  leaveGroup(group: string, member: Endpoint): void {
    this.#groups.get(group)?.delete(member);
  }

  /** Who hears what is sent to `to`: the members of a multicast group, or undefined where it is none. */
  membersOf(to: Endpoint): ReadonlySet<Endpoint> | undefined {
    return this.#groups.get(formatEndpoint(to));
  }

  removeHost(host: SimulatedHost): void {
    for (const address of host.addresses) if (this.#hosts.get(address) === host) this.#hosts.delete(address);
  }

  /** For what is on its way between two hosts and waits for no link: all that takes `delayMs`. */
  lineOf(delayMs: number): Line {
    let line = this.#lines.get(delayMs);
    if (line === undefined) this.#lines.set(delayMs, line = this.simulation.line());
    return line;
  }

  /** The host at `to`, if there is one and `from` can reach it. */
  route(from: string, to: string): SimulatedHost | undefined {
    return this.reachable(from, to) ? this.#hosts.get(to) : undefined;
  }
}

const FIRST_FREE_PORT = 49152;

export class SimulatedHost implements Network {
  readonly addresses: readonly string[];
  readonly latencyMs: number;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly #world: SimulatedNetwork;
  readonly #listeners = new Map<number, Accept>();
  readonly #datagramSockets = new Map<string, SimulatedDatagramSocket>();
  readonly #httpHandlers = new Map<number, HttpHandler>();
  /** Channels, and answers under way. */
  readonly #open = new Set<{ close(reason: Error): void }>();
  #nextPort = FIRST_FREE_PORT;

  constructor(world: SimulatedNetwork, addresses: readonly string[], link: LinkOptions) {
    this.#world = world;
    this.addresses = addresses;
    this.latencyMs = link.latencyMs ?? 5;
    this.uplink = new Uplink(world.simulation, link.upBytesPerSecond ?? Number.POSITIVE_INFINITY);
    this.downlink = new Downlink(world.simulation, link.downBytesPerSecond ?? Number.POSITIVE_INFINITY, (delayMs) => world.lineOf(delayMs));
  }

  /** Channels and answers that are open at this end. */
  get connections(): number {
    return this.#open.size;
  }

  get clock(): Simulation {
    return this.#world.simulation;
  }

  lineOf(travelMs: number): Line {
    return this.#world.lineOf(travelMs);
  }

  /** The host is gone from one moment to the next: its channels break, its sockets fall silent, its addresses are free. */
  crash(): void {
    this.#world.removeHost(this);
    this.#listeners.clear();
    this.#datagramSockets.clear();
    this.#httpHandlers.clear();
    for (const connection of this.#open) connection.close(new ShoalError('HOST_CRASHED', 'the host has crashed'));
  }

  async connect<Message>(
    endpoint: Endpoint,
    protocol: Protocol<Message>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly localHost?: string },
  ): Promise<Channel<Message>> {
    const from = options.localHost ?? this.#addressFor(endpoint.host);
    const host = this.#world.route(from, endpoint.host);
    const roundTripMs = 2 * (this.latencyMs + (host?.latencyMs ?? 0));
    await this.#pause(host === undefined ? options.timeoutMs : roundTripMs, options.signal);
    const accept = this.#world.route(from, endpoint.host)?.listenerOn(endpoint.port);
    if (host === undefined || accept === undefined) {
      throw new ShoalError('CONNECT_FAILED', `cannot connect to ${formatEndpoint(endpoint)}: nobody listens there`);
    }
    const [near, far] = openChannel(protocol, { host: this, endpoint: { host: from, port: this.#freePort() } }, { host, endpoint });
    this.#open.add(near);
    host.#open.add(far);
    accept(far as Channel<unknown>);
    return near;
  }

  async listen<Message>(
    where: ListenPlace,
    _protocol: Protocol<Message>,
    accept: (channel: Channel<Message>) => void,
  ): Promise<Listener> {
    return this.#serve(this.#listeners, where, accept as Accept);
  }

  async serveHttp(where: ListenPlace, handler: HttpHandler): Promise<Listener> {
    return this.#serve(this.#httpHandlers, where, handler);
  }

  async bindDatagrams(where: ListenPlace & {
    readonly family: AddressFamily;
    readonly multicastGroup?: string;
  }): Promise<DatagramSocket> {
    const host = where.host ?? this.addresses.find((address) => addressFamily(address) === where.family);
    if (host === undefined) throw new ListenError(where, `this host has no address of IPv${where.family}`);
    this.#checkPlace(where);
    const endpoint = { host, port: where.port === 0 ? this.#freePort() : where.port };
    const key = formatEndpoint(endpoint);
    if (this.#datagramSockets.has(key)) throw new ListenError(endpoint, 'it is in use', { isPortTaken: true });
    const group = where.multicastGroup === undefined ? undefined : formatEndpoint({ host: where.multicastGroup, port: endpoint.port });
    const socket = new SimulatedDatagramSocket(endpoint, {
      send: (bytes, to) => this.#sendDatagram(endpoint, bytes, to),
      close: () => {
        if (this.#datagramSockets.get(key) === socket) this.#datagramSockets.delete(key);
        if (group !== undefined) this.#world.leaveGroup(group, endpoint);
      },
    });
    if (group !== undefined) this.#world.joinGroup(group, endpoint);
    this.#datagramSockets.set(key, socket);
    return socket;
  }

  async lookup(host: string): Promise<string[]> {
    const addresses = addressFamily(host) === undefined ? this.#world.names.get(host) : [host];
    if (addresses === undefined) throw new ShoalError('LOOKUP_FAILED', `cannot look up ${host}: no such name`);
    return addresses;
  }

  async fetch(request: HttpRequest): Promise<HttpResponse> {
    const { reply, body } = await this.#ask(request);
    if (body.length > request.maxBodyBytes) throw new ShoalError('HTTP_TOO_LARGE', `${new URL(request.url).origin} sent more than ${request.maxBodyBytes} bytes`);
    return { status: reply.status, headers: reply.headers ?? {}, body };
  }

  async fetchStream(request: HttpStreamRequest): Promise<HttpStream> {
    const { server, reply, body } = await this.#ask(request);
    const carried = new SimulatedHttpBody(server, this, body);
    server.#open.add(carried);
    const abort = (): void => carried.close(request.signal?.reason);
    request.signal?.addEventListener('abort', abort, { once: true });
    const close = (): void => {
      request.signal?.removeEventListener('abort', abort);
      carried.close(new ShoalError('HTTP_FAILED', 'the answer has been closed'));
    };
    return { status: reply.status, headers: reply.headers ?? {}, body: carried, close };
  }

  /** One exchange, which takes a round trip, and whatever time the handler takes. */
  async #ask(request: HttpStreamRequest & Pick<HttpRequest, 'method'>): Promise<{ server: SimulatedHost; reply: HttpReply; body: Uint8Array }> {
    const url = new URL(request.url);
    const addresses = await this.lookup(url.hostname.replace(/^\[|\]$/g, ''));
    const address = addresses.find((one) => request.family === undefined || addressFamily(one) === request.family);
    if (address === undefined) throw new ShoalError('HTTP_FAILED', `${url.host} has no address of IPv${request.family}`);
    const from = this.#addressFor(address);
    const server = this.#world.route(from, address);
    await this.#pause(server === undefined ? request.timeoutMs : 2 * (this.latencyMs + server.latencyMs), request.signal);
    const handler = server?.httpHandlerOn(Number(url.port || 80));
    if (server === undefined || handler === undefined) throw new ShoalError('HTTP_FAILED', `${url.origin} does not answer`);
    const reply: HttpReply = await unlessAborted(Promise.resolve(handler({
      method: request.method ?? 'GET', path: url.pathname, query: url.search.slice(1),
      headers: request.headers ?? {}, from: { host: from, port: this.#freePort() },
    })), request.signal);
    return { server, reply, body: typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body };
  }

  listenerOn(port: number): Accept | undefined {
    return this.#listeners.get(port);
  }

  httpHandlerOn(port: number): HttpHandler | undefined {
    return this.#httpHandlers.get(port);
  }

  datagramSocketAt(endpoint: Endpoint): SimulatedDatagramSocket | undefined {
    return this.#datagramSockets.get(formatEndpoint(endpoint));
  }

  localAddresses(): string[] {
    return [...this.addresses];
  }

  /** A `sleep` whose end is noticed at once. */
  #pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this;
    clock.settleSoon();
    const noticed: Pick<Clock, 'after'> = {
      after: (afterMs, action) => clock.after(afterMs, () => {
        clock.settleSoon();
        action();
      }),
    };
    return sleep(noticed, delayMs, signal);
  }

  #sendDatagram(from: Endpoint, bytes: Uint8Array, to: Endpoint): void {
    const { simulation, faults } = this.#world;
    const members = this.#world.membersOf(to);
    if (members !== undefined) {
      // Each hears it or not for itself; the sender too, if it is a member.
      for (const member of members) this.#sendDatagram(from, bytes, member);
      return;
    }
    const host = this.#world.route(from.host, to.host);
    if (host === undefined || simulation.random.fraction() < (faults.lossRate ?? 0)) return;
    const copies = simulation.random.fraction() < (faults.duplicateRate ?? 0) ? 2 : 1;
    // A copy, for the sender may use its buffer again before the datagram arrives.
    const carried = new Uint8Array(bytes);
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = this.latencyMs + host.latencyMs + simulation.random.fraction() * (faults.jitterMs ?? 0);
      simulation.after(delayMs, () => {
        this.#world.route(from.host, to.host)?.datagramSocketAt(to)?.deliver(carried, from);
      });
    }
  }

  #checkPlace(place: ListenPlace): void {
    checkListenPort(place);
    if (place.host !== undefined && !this.addresses.includes(place.host)) throw new ListenError(place, 'this host has no such address');
  }

  #serve<Handler>(handlers: Map<number, Handler>, where: ListenPlace, handler: Handler): Listener {
    this.#checkPlace(where);
    const port = where.port === 0 ? this.#freePort() : where.port;
    if (handlers.has(port)) throw new ListenError({ ...where, port }, 'it is in use', { isPortTaken: true });
    handlers.set(port, handler);
    return {
      endpoint: { host: where.host ?? this.addresses[0], port },
      close: async () => { if (handlers.get(port) === handler) handlers.delete(port); },
    };
  }

  /** Called by a channel or an answer that has closed. */
  forget(connection: { close(reason: Error): void }): void {
    this.#open.delete(connection);
  }

  #addressFor(destination: string): string {
    const family = addressFamily(destination);
    return this.addresses.find((address) => addressFamily(address) === family) ?? this.addresses[0];
  }

  #freePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65535 ? FIRST_FREE_PORT : port + 1;
    return port;
  }
}

class SimulatedDatagramSocket implements DatagramSocket {
  readonly endpoint: Endpoint;
  readonly #host: { send(bytes: Uint8Array, to: Endpoint): void; close(): void };
  #handler: ((bytes: Uint8Array, from: Endpoint) => void) | undefined;
  #closed = false;

  constructor(endpoint: Endpoint, host: { send(bytes: Uint8Array, to: Endpoint): void; close(): void }) {
    this.endpoint = endpoint;
    this.#host = host;
  }

  receive(handler: (bytes: Uint8Array, from: Endpoint) => void): void {
    this.#handler = handler;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (!this.#closed) this.#host.send(bytes, to);
  }

  deliver(bytes: Uint8Array, from: Endpoint): void {
    if (!this.#closed) this.#handler?.(bytes, from);
  }

  close(): void {
    this.#closed = true;
    this.#host.close();
  }
}
