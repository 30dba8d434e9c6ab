/** Items of the DHT (BEP 44) as people write and read them. */
import { InvalidArgumentError } from 'commander';
import { tryDecode } from '../../bytes/bencode.ts';
import { fromHex, toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { KEY_BYTES } from '../../bytes/signature.ts';
import { ID_BYTES } from '../../discovery/kademlia/distance.ts';
import { HIGHEST_SEQUENCE, type MutableItem, targetOf } from '../../discovery/kademlia/item.ts';
import { parseMagnet } from '../../metainfo/magnet.ts';
import { UsageError } from '../failure.ts';

export const NO_SALT = new Uint8Array(0);

/** A salt is text here, and bytes in a link. */
export function readSalt(text: string): Uint8Array {
  const salt = Buffer.from(text);
  if (salt.length > LIMITS.dhtSaltBytes) throw new InvalidArgumentError(`a salt has at most ${LIMITS.dhtSaltBytes} bytes`);
  return salt;
}

export function readSequence(text: string): number | bigint {
  const sequence = /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
  if (sequence < 0n || sequence > HIGHEST_SEQUENCE) throw new InvalidArgumentError('a sequence number is a whole number from 0 to 2^63 - 1');
  return sequence <= Number.MAX_SAFE_INTEGER ? Number(sequence) : sequence;
}

/** As JSON can hold it: a number, or its digits where it is beyond 2^53. */
export function sequenceField(sequence: number | bigint): number | string {
  return typeof sequence === 'number' ? sequence : String(sequence);
}

/** What a person names an item by: its target, a public key, or a publisher's link. Throws `UsageError` or `MagnetError`. */
export function readItemKey(text: string, salt: Uint8Array = NO_SALT): { readonly target: Uint8Array; readonly salt: Uint8Array } {
  if (text.startsWith('magnet:')) {
    const { publisher } = parseMagnet(text);
    if (publisher === undefined) throw new UsageError('the link names no publisher: there is no xs=urn:btpk:… in it');
    return { target: targetOf(publisher), salt: publisher.salt };
  }
  const bytes = fromHex(text);
  if (bytes?.length === ID_BYTES) return { target: bytes, salt };
  if (bytes?.length === KEY_BYTES) return { target: targetOf({ publicKey: bytes, salt }), salt };
  throw new UsageError(`expected a target (${ID_BYTES * 2} hexadecimal digits), a public key (${KEY_BYTES * 2}) or a link with xs=urn:btpk:…`);
}

/** The text that a bencoded value is; undefined where it is none. */
export function textOf(value: Uint8Array): string | undefined {
  const decoded = tryDecode(value);
  if (!(decoded instanceof Uint8Array)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(decoded);
  } catch {
    return undefined;
  }
}

/** What programs are told of a mutable item beside its value. */
export function versionFields({ publicKey, salt, sequence }: Pick<MutableItem, 'publicKey' | 'salt' | 'sequence'>): object {
  return { publicKey: toHex(publicKey), salt: toHex(salt), seq: sequenceField(sequence) };
}
