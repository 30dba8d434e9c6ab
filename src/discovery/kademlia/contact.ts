/**
 * Where a node of the DHT is and what its id is: "compact node info" (BEP 5; BEP 32 for IPv6). It is kept in the very bytes
 * that travel, for a node knows hundreds of others, hears of thousands, and mostly passes them on.
 */
import { bytesToAddress, endpointToCompact, type AddressFamily, type Endpoint } from '../../bytes/endpoint.ts';
import { blockBytes, subscriberBytes } from '../../bytes/address-scope.ts';
import { ID_BYTES } from './distance.ts';

export class Contact {
  /** Id, address and port, 26 bytes (IPv4) or 38 (IPv6). Whatever reads an id off 20 bytes may be given these. */
  readonly compact: Uint8Array;

  constructor(compact: Uint8Array) {
    this.compact = compact;
  }

  /** The contact of a node; undefined where the endpoint's host is a name. */
  static of(id: Uint8Array, endpoint: Endpoint): Contact | undefined {
    const compact = endpointToCompact(endpoint);
    return compact === undefined ? undefined : Contact.at(id, compact);
  }

  /** The same, for a compact endpoint of 6 or 18 bytes. */
  static at(id: Uint8Array, compactEndpoint: Uint8Array): Contact {
    const compact = new Uint8Array(ID_BYTES + compactEndpoint.length);
    compact.set(id);
    compact.set(compactEndpoint, ID_BYTES);
    return new Contact(compact);
  }

  /** 20 bytes, a copy. */
  get id(): Uint8Array {
    return this.compact.slice(0, ID_BYTES);
  }

  /** 4 or 16 bytes, a copy. */
  get address(): Uint8Array {
    return this.compact.slice(ID_BYTES, -2);
  }

  get endpoint(): Endpoint {
    const { compact } = this;
    return { host: bytesToAddress(this.address), port: (compact[compact.length - 2] << 8) | compact[compact.length - 1] };
  }

  hasSameId(other: Contact): boolean {
    return isSame(this.compact, other.compact, 0, ID_BYTES);
  }

  hasSameEndpoint(other: Contact): boolean {
    const { length } = this.compact;
    return length === other.compact.length && isSame(this.compact, other.compact, ID_BYTES, length);
  }

  /** Whether both are one subscriber's, as far as addresses tell. For contacts of one family. */
  sharesSubscriber({ compact }: Contact): boolean {
    return isSame(this.compact, compact, ID_BYTES, ID_BYTES + subscriberBytes(compact.length - ID_BYTES - 2));
  }

  /** Whether both are in one block of addresses. */
  sharesBlock({ compact }: Contact): boolean {
    return isSame(this.compact, compact, ID_BYTES, ID_BYTES + blockBytes(compact.length - ID_BYTES - 2));
  }
}

/** Bytes of a contact in `nodes` (IPv4) or `nodes6` (IPv6). */
export function contactBytes(family: AddressFamily): number {
  return family === 4 ? ID_BYTES + 6 : ID_BYTES + 18;
}

/** The contacts in a `nodes` or `nodes6`, copied, at most `limit`. Those with port 0 and a cut-off rest are passed over. */
export function parseContacts(bytes: Uint8Array, family: AddressFamily, limit: number): Contact[] {
  const size = contactBytes(family);
  const contacts: Contact[] = [];
  for (let offset = 0; offset + size <= bytes.length && contacts.length < limit; offset += size) {
    if (bytes[offset + size - 2] === 0 && bytes[offset + size - 1] === 0) continue;
    const compact = new Uint8Array(size);
    for (let index = 0; index < size; index++) compact[index] = bytes[offset + index];
    contacts.push(new Contact(compact));
  }
  return contacts;
}

/** A `nodes` or `nodes6` of contacts that are all of `family`. */
export function formatContacts(contacts: readonly Contact[], family: AddressFamily): Uint8Array {
  const size = contactBytes(family);
  const bytes = new Uint8Array(contacts.length * size);
  for (let index = 0; index < contacts.length; index++) bytes.set(contacts[index].compact, index * size);
  return bytes;
}

function isSame(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (a[index] !== b[index]) return false;
  return true;
}
