/**
 * Where a peer stands on the circle: at an id that anybody works out from its address, so that nobody chooses a place.
 *
 * A peer at a public address has `SLOTS` places to stand, the SHA-1 of its address and a slot number; an IPv6 address counts
 * by its /64. The port is left out, or a peer could try 65,535 of them until a place suits it. On private and loopback
 * addresses many peers share one address and no stranger can be among them, so there the port takes the slot's part. In the
 * spirit of BEP 42, which binds the first 21 bits of a Kademlia id; here it is all 160, for on a circle every bit counts.
 *
 * Invariant: ids are never sent nor believed, only worked out, from the endpoint that a datagram came from or goes to.
 */
import { addressGroup, addressScope } from '../../bytes/address-scope.ts';
import { sha1 } from '../../bytes/digest.ts';
import {
  addressToBytes, bytesToAddress, endpointToCompact, formatEndpoint, type AddressFamily, type Endpoint,
} from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';

/** Places on the circle for each public address: peers behind one translator, no more (BEP 42 has as many). */
export const SLOTS = 8;

const PREFIX = Buffer.from('shoal ring 1');

/** A peer of the ring, as others know it. */
export interface Contact {
  readonly endpoint: Endpoint;
  /** Which of its address's places the peer stands on: 0 to `SLOTS` - 1, and always 0 at a local address. */
  readonly slot: number;
  /** 20 bytes, worked out from the other two. */
  readonly id: Uint8Array;
  /** Tells contacts apart in tables. */
  readonly key: string;
}

/** Contacts worked out already, by key, for the same few peers are named again and again. */
const known = new Map<string, Contact>();

/** The contact at an endpoint; undefined where no peer can be there, or not on that slot. */
export function contactAt(endpoint: Endpoint, slot: number): Contact | undefined {
  const key = `${formatEndpoint(endpoint)}/${slot}`;
  const contact = known.get(key) ?? workOut(endpoint, slot, key);
  if (contact === undefined) return undefined;
  if (known.size >= LIMITS.ringKnownContacts) known.clear();
  known.set(key, contact);
  return contact;
}

function workOut(endpoint: Endpoint, slot: number, key: string): Contact | undefined {
  const scope = addressScope(endpoint.host);
  if (scope === 'unusable' || endpoint.port === 0) return undefined;
  if (!Number.isInteger(slot) || slot < 0 || slot >= (scope === 'local' ? 1 : SLOTS)) return undefined;
  return { endpoint, slot, key, id: scope === 'local' ? localId(endpoint) : publicId(endpoint.host, slot) };
}

/** The name under which what one stranger may have is counted: the same that its ids are bound to. */
export function strangerAt(endpoint: Endpoint): string {
  return addressScope(endpoint.host) === 'local' ? formatEndpoint(endpoint) : addressGroup(endpoint.host);
}

/** Bytes of a compact contact: address, port (big-endian), slot. */
export function contactBytes(family: AddressFamily): number {
  return family === 4 ? 7 : 19;
}

/** The contacts one after the other; those of the other family are left out. */
export function encodeContacts(contacts: readonly Contact[], family: AddressFamily): Uint8Array {
  const size = contactBytes(family);
  const bytes = new Uint8Array(contacts.length * size);
  let length = 0;
  for (const { endpoint, slot } of contacts) {
    const compact = endpointToCompact(endpoint);
    if (compact?.length !== size - 1) continue;
    bytes.set(compact, length);
    bytes[length + size - 1] = slot;
    length += size;
  }
  return bytes.subarray(0, length);
}

/** Reads compact contacts, at most `limit`. Those that no peer can have are passed over; undefined where a contact is cut short. */
export function decodeContacts(bytes: Uint8Array, family: AddressFamily, limit: number): Contact[] | undefined {
  const size = contactBytes(family);
  if (bytes.length % size !== 0) return undefined;
  const contacts: Contact[] = [];
  for (let offset = 0; offset < bytes.length && contacts.length < limit; offset += size) {
    const port = (bytes[offset + size - 3] << 8) | bytes[offset + size - 2];
    const host = bytesToAddress(bytes.subarray(offset, offset + size - 3));
    const contact = contactAt({ host, port }, bytes[offset + size - 1]);
    if (contact !== undefined) contacts.push(contact);
  }
  return contacts;
}

function publicId(host: string, slot: number): Uint8Array {
  const address = addressToBytes(host) ?? new Uint8Array();
  return sha1(Buffer.concat([PREFIX, address.subarray(0, 8), Uint8Array.of(slot)]));
}

function localId(endpoint: Endpoint): Uint8Array {
  return sha1(Buffer.concat([PREFIX, endpointToCompact(endpoint) ?? new Uint8Array()]));
}
