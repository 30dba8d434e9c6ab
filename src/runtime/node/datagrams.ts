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
import type { DatagramSocket } from '../network.ts';
import { describeSocketError, listenError } from './channel.ts';

/** Asked of the system, which may give less: room for the datagrams that come while the program is busy elsewhere. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Implements `Network.bindDatagrams`. */
export function bindDatagrams(where: {
  readonly family: AddressFamily;
  readonly host?: string;
  readonly port: number;
  readonly multicastGroup?: string;
}): Promise<DatagramSocket> {
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
    socket.bind({ port, ...(host === undefined ? {} : { address: host }) }, () => {
      socket.off('error', failed);
      socket.on('error', () => undefined);
      if (multicastGroup !== undefined) joinGroup(socket, family, multicastGroup, host);
      resolve(new NodeDatagramSocket(socket));
    });
  });
}

class NodeDatagramSocket implements DatagramSocket {
  readonly endpoint: Endpoint;
  readonly #socket: dgram.Socket;
  #closed = false;

  constructor(socket: dgram.Socket) {
    this.#socket = socket;
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
    this.#socket.send(bytes, to.port, to.host);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** Joins on every interface, for the one that the system would choose need not be the one on which the others are. */
function joinGroup(socket: dgram.Socket, family: AddressFamily, group: string, host: string | undefined): void {
  const interfaces = family === 4 ? ipv4Interfaces(host) : ipv6Interfaces();
  for (const each of interfaces) {
    try {
      socket.addMembership(group, each);
    } catch {
      // One that cannot do multicast; the others may.
    }
  }
  socket.setMulticastLoopback(true);
  if (family === 4 && host !== undefined) socket.setMulticastInterface(host);
}

function ipv4Interfaces(host: string | undefined): string[] {
  if (host !== undefined && host !== '0.0.0.0') return [host];
  return ownInterfaces().filter(({ family }) => family === 'IPv4').map(({ address }) => address);
}

function ipv6Interfaces(): string[] {
  return Object.keys(os.networkInterfaces()).map((name) => `::%${name}`);
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
