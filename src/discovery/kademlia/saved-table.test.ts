import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encode } from '../../bytes/bencode.ts';
import { Contact } from './contact.ts';
import { decodeTables, encodeTables, type SavedTables } from './saved-table.ts';

const id = (byte: number): Uint8Array => new Uint8Array(20).fill(byte);
const contact = (byte: number, host: string): Contact => Contact.of(id(byte), { host, port: 6881 }) ?? assert.fail();

const TABLES: SavedTables = {
  4: { id: id(1), port: 6881, contacts: [contact(2, '20.0.0.1'), contact(3, '20.0.1.1')] },
  6: { id: undefined, port: undefined, contacts: [contact(4, '2001:db8::1')] },
};

const names = (tables: SavedTables): unknown => ([4, 6] as const).map((family) => [
  tables[family].id === undefined ? undefined : [...tables[family].id], tables[family].port, tables[family].contacts.map(({ endpoint, compact }) => [endpoint, compact[0]]),
]);

test('tables survive being saved', () => {
  assert.deepEqual(names(decodeTables(encodeTables(TABLES))), names(TABLES));
});

test('any bytes, and any damaged table, decode to a table of whole contacts', () => {
  const saved = encodeTables(TABLES);
  const damaged = fc.tuple(fc.nat(saved.length - 1), fc.nat(255), fc.nat(saved.length)).map(([at, value, length]) => {
    const bytes = Uint8Array.from(saved);
    bytes[at] = value;
    return bytes.subarray(0, length);
  });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
    const tables = decodeTables(bytes);
    for (const family of [4, 6] as const) {
      for (const each of tables[family].contacts) assert.equal(each.compact.length, family === 4 ? 26 : 38);
      assert.ok(tables[family].id === undefined || tables[family].id.length === 20);
    }
  }), { numRuns: 500 });
});

test('a table of another version is left alone', () => {
  assert.deepEqual(decodeTables(encode({ version: 2, ipv4: { id: id(1), nodes: new Uint8Array(26) } }))[4].contacts, []);
});
