/** What addresses (4 or 16 bytes) tell: whose they are, as keys of maps that count it, and whether to believe who names them. */
import { blockBytes, scopeOf, subscriberBytes } from '../../bytes/address-scope.ts';

/**
 * Whether there may be a node or a peer at `address`, if the node at `source` says so: who is not near by cannot know what is.
 * Without a source it speaks for itself.
 */
export function isCredible(address: Uint8Array, source: Uint8Array | undefined): boolean {
  const scope = scopeOf(address);
  return scope === 'global' || (scope === 'local' && (source === undefined || scopeOf(source) === 'local'));
}

/** The key of one subscriber: equal for all of the addresses it may use. */
export function subscriberKey(address: Uint8Array): string {
  return text(address, subscriberBytes(address.length));
}

/** The key of one block of addresses; never the same as a subscriber's of its family. */
export function blockKey(address: Uint8Array): string {
  return text(address, blockBytes(address.length));
}

/** One character a byte: shorter than hexadecimal, and nobody reads it. */
function text(bytes: Uint8Array, length: number): string {
  let result = '';
  for (let index = 0; index < length; index++) result += String.fromCharCode(bytes[index]);
  return result;
}
