/**
 * Node ids bound to addresses (BEP 42): the first 21 bits of an id follow from the node's external address and 3 bits of
 * its own choice, so that nobody can take any place in the key space that they like.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { crc32c } from '../../bytes/digest.ts';
import type { Random } from '../../runtime/random.ts';
import { ID_BYTES } from './distance.ts';

/** The bits of an address that count, most of them low ones in each byte: who owns a large block gains little by it. */
const IPV4_MASK = [0x03, 0x0f, 0x3f, 0xff];
/** Only the half of an IPv6 address that its holder cannot choose. */
const IPV6_MASK = [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff];

/**
 * What is demanded of other nodes' ids. `prefer`: nodes whose ids are bound come first in the routing table, and only they
 * are looked for to store things on, as far as there are enough. `require`: all others are ignored.
 */
export type NodeIdPolicy = 'off' | 'prefer' | 'require';

/** A fresh id bound to `address` (4 or 16 bytes). */
export function nodeIdFor(address: Uint8Array, random: Random): Uint8Array {
  const id = random.bytes(ID_BYTES);
  const prefix = boundPrefix(address, id[ID_BYTES - 1]);
  id[0] = prefix >>> 24;
  id[1] = (prefix >>> 16) & 0xff;
  id[2] = ((prefix >>> 8) & 0xf8) | (id[2] & 0x07);
  return id;
}

/** Whether `id` is one that a node at `address` may have. On local networks, whose addresses are nobody's, any id is. */
export function isBoundTo(id: Uint8Array, address: Uint8Array): boolean {
  const prefix = boundPrefix(address, id[ID_BYTES - 1]);
  const matches = id[0] === prefix >>> 24 && id[1] === ((prefix >>> 16) & 0xff) && ((id[2] ^ (prefix >>> 8)) & 0xf8) === 0;
  return matches || scopeOf(address) === 'local';
}

/** The 32 bits whose first 21 an id at `address` begins with. The id's last byte names its choice among eight. */
function boundPrefix(address: Uint8Array, choice: number): number {
  const mask = address.length === 4 ? IPV4_MASK : IPV6_MASK;
  const masked = new Uint8Array(mask.length);
  for (let index = 0; index < mask.length; index++) masked[index] = address[index] & mask[index];
  masked[0] |= (choice & 0x07) << 5;
  return crc32c(masked);
}
