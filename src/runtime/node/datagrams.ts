/**
 * UDP on a real machine: the datagram half of `Network`, and what the machine knows of names and of its own addresses.
 *
 * Invariant: sending never fails and never waits; what cannot be sent is lost, as any datagram may be.
 */
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import os from 'node:os';
import { canonicalAddress, type AddressFamily, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { unlessAborted } from '../cancellation.ts';
import { checkListenPort, type DatagramSocket, type ListenPlace } from '../network.ts';
import { describeSocketError, listenError } from './channel.ts';

/** Asked of the system, which may give less: room for the datagrams that come while the program is busy elsewhere. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Implements `Network.bindDatagrams`. */
export async function bindDatagrams(where: ListenPlace & {
  readonly family: AddressFamily;
  readonly multicastGroup?: string;
}): Promise<DatagramSocket> {
  checkListenPort(where);
  const { family, host, port, multicastGroup } = where;
  const socket = dgram.createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6,
    reuseAddr: multicastGroup !== undefined,
    recvBufferSize: BUFFER_BYTES,
    sendBufferSize: BUFFER_BYTES,
    // Datagrams go to addresses; without this each of them would wait for a look-up of what needs none.
    lookup: (address, _options, callback) => callback(null, address, family),
  });
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(host === undefined ? { port } : { host, port }, error));
    socket.once('error', failed);
    // What is sent to a group reaches no socket that is bound to an address.
    const address = multicastGroup === undefined ? host : undefined;
    socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => {
      socket.off('error', failed);
      socket.on('error', () => undefined);
      resolve(new NodeDatagramSocket(socket, multicastGroup === undefined ? undefined : new Group(socket, multicastGroup, () => interfacesFor(family, host))));
    });
  });
}

class NodeDatagramSocket implements DatagramSocket {
  readonly endpoint: Endpoint;
  readonly #socket: dgram.Socket;
  readonly #group: Group | undefined;
  #closed = false;

  constructor(socket: dgram.Socket, group: Group | undefined) {
    this.#socket = socket;
    this.#group = group;
    const { address, port } = socket.address();
    this.endpoint = { host: address, port };
  }

  receive(handler: (bytes: Uint8Array, from: Endpoint) => void): void {
    this.#socket.removeAllListeners('message');
    this.#socket.on('message', (bytes, { address, port }) => {
      if (bytes.length <= LIMITS.datagramBytes) handler(bytes, { host: address, port });
    });
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (this.#closed || to.port === 0 || bytes.length > LIMITS.datagramBytes) return;
    if (to.host === this.#group?.address) this.#group.send(bytes, to.port);
    else this.#socket.send(bytes, to.port, to.host);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** A multicast group on every interface, for the one that the system would choose need not be the one on which the others are. */
class Group {
  readonly address: string;
  readonly #socket: dgram.Socket;
  readonly #interfaces: () => readonly string[];

  /** Joins it. @param interfaces those to be used, which may be others another time */
  constructor(socket: dgram.Socket, address: string, interfaces: () => readonly string[]) {
    this.#socket = socket;
    this.address = address;
    this.#interfaces = interfaces;
    socket.setMulticastLoopback(true);
    this.#join();
  }

  /** Sends to the group, on every interface that there is by now. */
  send(bytes: Uint8Array, port: number): void {
    this.#join();
    this.#onEach((each) => {
      this.#socket.setMulticastInterface(each);
      this.#socket.send(bytes, port, this.address);
    });
  }

  #join(): void {
    this.#onEach((each) => this.#socket.addMembership(this.address, each));
  }

  #onEach(act: (name: string) => void): void {
    for (const each of this.#interfaces()) {
      try {
        act(each);
      } catch {
        // One that cannot do multicast, or that is in the group already; what matters is the others.
      }
    }
  }
}

/** As `dgram` names them: all but loopback where there are others, or the one with the address `host`. */
function interfacesFor(family: AddressFamily, host: string | undefined): string[] {
  const all = Object.entries(os.networkInterfaces()).flatMap(([name, addresses]) => (addresses ?? []).map((each) => ({ ...each, name })));
  const ofFamily = all.filter((each) => each.family === `IPv${family}`);
  const isAny = host === undefined || canonicalAddress(host) === (family === 4 ? '0.0.0.0' : '::');
  const outward = ofFamily.filter(({ internal }) => !internal);
  const chosen = !isAny ? ofFamily.filter(({ address }) => canonicalAddress(address) === canonicalAddress(host)) : outward.length > 0 ? outward : ofFamily;
  return [...new Set(chosen.map(({ address, name }) => (family === 4 ? address : `::%${name}`)))];
}

/** Implements `Network.lookup`. */
export async function lookup(host: string, signal?: AbortSignal): Promise<string[]> {
  signal?.throwIfAborted();
  const literal = canonicalAddress(host);
  if (literal !== undefined) return [literal];
  try {
    const addresses = await unlessAborted(dns.lookup(host, { all: true }), signal);
    return [...new Set(addresses.map(({ address }) => canonicalAddress(address) ?? address))];
  } catch (error) {
    signal?.throwIfAborted();
    throw new ShoalError('LOOKUP_FAILED', `cannot look up ${host}: ${describeSocketError(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

/** Implements `Network.localAddresses`. Link-local ones are left out too: they mean nothing without their link. */
export function localAddresses(): string[] {
  return ownInterfaces()
    .map(({ address }) => canonicalAddress(address) ?? address)
    .filter((address) => !address.startsWith('fe80:') && !address.startsWith('169.254.'));
}

function ownInterfaces(): os.NetworkInterfaceInfo[] {
  return Object.values(os.networkInterfaces()).flatMap((all) => all ?? []).filter(({ internal }) => !internal);
}
