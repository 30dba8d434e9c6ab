import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Contact, formatContacts, parseContacts } from './contact.ts';

const id = new Uint8Array(20).fill(7);

test('a contact is its id, address and port in the bytes of BEP 5', () => {
  const contact = Contact.of(id, { host: '1.2.3.4', port: 0x1234 }) ?? assert.fail();
  assert.equal(Buffer.from(contact.compact).toString('hex'), `${'07'.repeat(20)}010203041234`);
  assert.deepEqual(contact.endpoint, { host: '1.2.3.4', port: 0x1234 });
  assert.deepEqual(contact.id, id);
  assert.deepEqual(contact.address, Uint8Array.of(1, 2, 3, 4));
  assert.equal(Contact.of(id, { host: 'router.example', port: 1 }), undefined);
});

test('contacts of either family survive the wire', () => {
  for (const [family, hosts] of [[4, ['1.2.3.4', '250.0.0.9']], [6, ['2001:db8::1', '2001:db8::2']]] as const) {
    const contacts = hosts.map((host, index) => Contact.of(id, { host, port: 6881 + index }) ?? assert.fail());
    const parsed = parseContacts(formatContacts(contacts, family), family, 8);
    assert.deepEqual(parsed.map(({ endpoint }) => endpoint), contacts.map(({ endpoint }) => endpoint));
    assert.ok(parsed[0].hasSameId(contacts[1]) && !parsed[0].hasSameEndpoint(contacts[1]));
  }
});

test('any bytes parse to whole contacts with ports, no more than asked for', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(4, 6), fc.nat(10), (bytes, family, limit) => {
    const contacts = parseContacts(bytes, family, limit);
    assert.ok(contacts.length <= Math.min(limit, bytes.length / 26));
    for (const { endpoint } of contacts) assert.ok(endpoint.port > 0);
  }));
});

test('a contact does not change with the datagram that it was read from', () => {
  const datagram = Buffer.alloc(26, 1);
  const [contact] = parseContacts(datagram, 4, 1);
  datagram.fill(2);
  assert.deepEqual(contact.endpoint, { host: '1.1.1.1', port: 0x0101 });
});
