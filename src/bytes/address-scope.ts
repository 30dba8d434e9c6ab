/**
 * What kind of place an address is, and which addresses belong to one subscriber: what BEP 42 asks before it binds an id to
 * an address, and what quotas are counted by.
 *
 * The ranges are those of IANA's special-purpose registries (RFC 6890, RFC 4193, RFC 6598).
 */
import { addressToBytes } from './endpoint.ts';

/** `local`: reached only from this machine or site. `unusable`: no single host can be there. */
export type AddressScope = 'global' | 'local' | 'unusable';

/** The scope of an IPv4 or IPv6 address; `unusable` too where the text is a name or nothing at all. */
export function addressScope(address: string): AddressScope {
  const bytes = addressToBytes(address);
  return bytes === undefined ? 'unusable' : scopeOf(bytes);
}

/** The same, of an address of 4 or 16 bytes. */
export function scopeOf(bytes: Uint8Array): AddressScope {
  return bytes.length === 4 ? scopeOfIPv4(bytes) : scopeOfIPv6(bytes);
}

/**
 * The name under which one subscriber's addresses are counted together: an IPv4 address stands for itself, an IPv6 one for
 * its /64, the least that a subscriber is given. The address itself where it is no address.
 */
export function addressGroup(address: string): string {
  const bytes = address.includes(':') ? addressToBytes(address) : undefined;
  return bytes === undefined ? address : Buffer.from(bytes.subarray(0, subscriberBytes(bytes.length))).toString('hex');
}

/** How many of an address's 4 or 16 bytes name its subscriber. */
export function subscriberBytes(addressBytes: number): number {
  return addressBytes === 4 ? 4 : 8;
}

/** … and how many the block of addresses around it, which mostly has one owner: an IPv4 /24, an IPv6 /48. */
export function blockBytes(addressBytes: number): number {
  return addressBytes === 4 ? 3 : 6;
}

function scopeOfIPv4([first, second]: Uint8Array): AddressScope {
  if (first === 0 || first >= 224) return 'unusable';
  if (first === 10 || first === 127) return 'local';
  if (first === 172 && second >= 16 && second < 32) return 'local';
  if (first === 192 && second === 168) return 'local';
  if (first === 169 && second === 254) return 'local';
  // What a provider's own translators share out (RFC 6598).
  if (first === 100 && second >= 64 && second < 128) return 'local';
  return 'global';
}

function scopeOfIPv6(bytes: Uint8Array): AddressScope {
  if (bytes[0] === 0xff) return 'unusable';
  if ((bytes[0] & 0xfe) === 0xfc) return 'local';
  if (bytes[0] === 0xfe && (bytes[1] & 0xc0) === 0x80) return 'local';
  if (!isZero(bytes, 10)) return 'global';
  // IPv4 dressed up as IPv6 is an address of the other family.
  if (bytes[10] === 0xff && bytes[11] === 0xff) return 'unusable';
  if (!isZero(bytes, 15)) return 'global';
  return bytes[15] === 1 ? 'local' : 'unusable';
}

function isZero(bytes: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) if (bytes[index] !== 0) return false;
  return true;
}
