/**
 * Routing tables as bytes, to be kept between runs: who was a neighbour is the best guess at who still is (BEP 5).
 *
 * Invariant: any bytes decode to a table, if need be an empty one; what is decoded is hearsay, to be asked before it counts.
 */
import { type Encodable, encode, field, tryDecode } from '../../bytes/bencode.ts';
import type { AddressFamily } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { type Contact, formatContacts, parseContacts } from './contact.ts';
import { ID_BYTES } from './distance.ts';

export interface SavedTable {
  /** 20 bytes; undefined where none is known. */
  readonly id: Uint8Array | undefined;
  /** The port on which the node had that id. On another one it is another node, for the first may run still. */
  readonly port: number | undefined;
  readonly contacts: readonly Contact[];
}

export type SavedTables = Readonly<Record<AddressFamily, SavedTable>>;

const VERSION = 1;
const NOTHING: SavedTable = { id: undefined, port: undefined, contacts: [] };

export function encodeTables(tables: SavedTables): Uint8Array {
  const part = (family: AddressFamily): Encodable => {
    const { id, port, contacts } = tables[family];
    return { id, nodes: formatContacts(contacts, family), port };
  };
  return encode({ version: VERSION, ipv4: part(4), ipv6: part(6) });
}

export function decodeTables(bytes: Uint8Array): SavedTables {
  const saved = tryDecode(bytes);
  if (!(saved instanceof Map) || saved.get('version') !== VERSION) return { 4: NOTHING, 6: NOTHING };
  const part = (name: string, family: AddressFamily): SavedTable => {
    const table = field.dictionary(saved, name);
    if (table === undefined) return NOTHING;
    const id = field.bytes(table, 'id');
    const nodes = field.bytes(table, 'nodes') ?? new Uint8Array(0);
    return {
      id: id?.length === ID_BYTES ? Uint8Array.from(id) : undefined,
      port: field.integer(table, 'port'),
      contacts: parseContacts(nodes, family, LIMITS.dhtSavedNodes),
    };
  };
  return { 4: part('ipv4', 4), 6: part('ipv6', 6) };
}
