/**
 * Peers on the tracker's own machine. A program that shares a file and tracks it announces over the loopback interface, and
 * is entered as 127.0.0.1: of no use to anybody elsewhere. So whoever asks from elsewhere is told the machine's own address
 * instead, of several the one nearest to the asker: the longer the prefix that two addresses share, the likelier the same
 * network. Behind a translator the public address is not the machine's own and must be given.
 */
import { addressToBytes, type AddressFamily } from '../bytes/endpoint.ts';
import type { PeerSample } from '../discovery/tracker/announcement.ts';
import type { Clock } from '../runtime/clock.ts';

/** Asking the system for every answer would cost more than the answer; interfaces seldom come and go. */
const REFRESH_MS = 10_000;

/** The addresses under which others reach this machine: those given, or else the system's word, which may change. */
export class OwnAddresses {
  readonly #clock: Clock;
  readonly #read: () => readonly string[];
  #addresses: readonly Uint8Array[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, read: () => readonly string[]) {
    this.#clock = clock;
    this.#read = read;
  }

  /** The one of a family that is nearest to `asker` (of either family); undefined where there is none. */
  nearestTo(asker: Uint8Array, family: AddressFamily): Uint8Array | undefined {
    if (this.#clock.now() - this.#readAtMs >= REFRESH_MS) {
      this.#readAtMs = this.#clock.now();
      this.#addresses = this.#read().map(addressToBytes).filter((address) => address !== undefined);
    }
    let nearest: Uint8Array | undefined;
    for (const address of this.#addresses) {
      if (address.length !== (family === 4 ? 4 : 16)) continue;
      if (nearest === undefined || sharedBits(address, asker) > sharedBits(nearest, asker)) nearest = address;
    }
    return nearest;
  }
}

/** Whether the `length` bytes from `start` on are an address of the loopback interface. */
export function isLoopback(bytes: Uint8Array, start = 0, length = bytes.length): boolean {
  if (length === 4) return bytes[start] === 127;
  for (let index = start; index < start + 15; index++) if (bytes[index] !== 0) return false;
  return bytes[start + 15] === 1;
}

/** The sample as `asker` can use it: loopback addresses replaced, or left out where there is none to put in their place. */
export function tellOwnAddress(sample: PeerSample, family: AddressFamily, asker: Uint8Array, own: OwnAddresses): PeerSample {
  const size = family === 4 ? 6 : 18;
  if (isLoopback(asker) || !hasLoopback(sample.endpoints, size)) return sample;
  const address = own.nearestTo(asker, family);
  const endpoints: Uint8Array[] = [];
  const peerIds: Uint8Array[] = [];
  for (let index = 0; index * size < sample.endpoints.length; index++) {
    const endpoint = Uint8Array.from(sample.endpoints.subarray(index * size, (index + 1) * size));
    if (isLoopback(endpoint, 0, size - 2)) {
      if (address === undefined) continue;
      endpoint.set(address);
    }
    endpoints.push(endpoint);
    peerIds.push(sample.peerIds.subarray(index * 20, (index + 1) * 20));
  }
  return { endpoints: Buffer.concat(endpoints), peerIds: Buffer.concat(peerIds) };
}

function hasLoopback(endpoints: Uint8Array, size: number): boolean {
  for (let offset = 0; offset < endpoints.length; offset += size) if (isLoopback(endpoints, offset, size - 2)) return true;
  return false;
}

/** How many bits two addresses have in common from the first on. */
function sharedBits(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 0;
  const index = a.findIndex((byte, at) => byte !== b[at]);
  return index < 0 ? a.length * 8 : index * 8 + Math.clz32(a[index] ^ b[index]) - 24;
}
