/**
 * How many places one holder of addresses may have in a table, so that a stranger cannot fill it from one machine or one
 * block of addresses. A machine is one IPv4 address or one IPv6 /64, for within that it picks its address at will; a block
 * is an IPv4 /24 or an IPv6 /48.
 *
 * Invariant: nothing is remembered of a machine or a block that has no place.
 */
import { isLocalAddress } from './node-id.ts';

/** One machine's key: equal for addresses (4 or 16 bytes) that count as one machine. */
export function machineKey(address: Uint8Array): string {
  return address.length === 4 ? text(address, 4) : text(address, 8);
}

/** One block's key. */
export function blockKey(address: Uint8Array): string {
  return address.length === 4 ? text(address, 3) : text(address, 6);
}

function text(bytes: Uint8Array, length: number): string {
  let result = '';
  for (let index = 0; index < length; index++) result += String.fromCharCode(bytes[index]);
  return result;
}

export class AddressQuota {
  readonly #perMachine: number;
  readonly #perBlock: number;
  /** Places by machine and by block; the lengths of their keys keep them apart within a family. */
  readonly #places = new Map<string, number>();

  constructor(limits: { readonly perMachine: number; readonly perBlock: number }) {
    this.#perMachine = limits.perMachine;
    this.#perBlock = limits.perBlock;
  }

  /** Whether one more place is left for `address`. */
  hasRoom(address: Uint8Array): boolean {
    return (this.#places.get(machineKey(address)) ?? 0) < this.#perMachine && (this.#places.get(blockKey(address)) ?? 0) < this.#perBlock;
  }

  /** Takes a place for `address`; false where none is left. */
  take(address: Uint8Array): boolean {
    if (!this.hasRoom(address)) return false;
    this.#add(machineKey(address), 1);
    this.#add(blockKey(address), 1);
    return true;
  }

  /** Gives back a place that was taken. */
  release(address: Uint8Array): void {
    this.#add(machineKey(address), -1);
    this.#add(blockKey(address), -1);
  }

  #add(key: string, change: number): void {
    const places = (this.#places.get(key) ?? 0) + change;
    if (places === 0) this.#places.delete(key);
    else this.#places.set(key, places);
  }
}

/** Places among a node's neighbours. Local addresses, where one machine may well run several nodes, are not counted. */
export class NeighbourQuota extends AddressQuota {
  override hasRoom(address: Uint8Array): boolean {
    return isLocalAddress(address) || super.hasRoom(address);
  }
}
