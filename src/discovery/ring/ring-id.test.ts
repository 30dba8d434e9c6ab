import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { contactAt, decodeContacts, encodeContacts, SLOTS, strangerAt } from './ring-id.ts';

test('a public address has as many places as there are slots, whatever the port', () => {
  const places = new Set<string>();
  for (let port = 1; port < 2000; port += 7) {
    for (let slot = 0; slot < SLOTS; slot++) {
      const contact = contactAt({ host: '203.0.113.9', port }, slot);
      places.add(Buffer.from(contact?.id ?? []).toString('hex'));
    }
  }
  assert.equal(places.size, SLOTS);
  assert.equal(contactAt({ host: '203.0.113.9', port: 1 }, SLOTS), undefined);
  assert.equal(contactAt({ host: '203.0.113.9', port: 1 }, -1), undefined);
  assert.equal(contactAt({ host: '203.0.113.9', port: 1 }, 0.5), undefined);
});

test('a whole /64 of IPv6 has the places of one address', () => {
  const one = contactAt({ host: '2001:db8::1', port: 5 }, 3);
  assert.deepEqual(contactAt({ host: '2001:db8::ffff:1', port: 6 }, 3)?.id, one?.id);
  assert.notDeepEqual(contactAt({ host: '2001:db8:0:1::1', port: 5 }, 3)?.id, one?.id);
});

test('on a local address each port is a place, and there is one slot', () => {
  const one = contactAt({ host: '127.0.0.1', port: 4001 }, 0);
  assert.notDeepEqual(contactAt({ host: '127.0.0.1', port: 4002 }, 0)?.id, one?.id);
  assert.equal(contactAt({ host: '127.0.0.1', port: 4001 }, 1), undefined);
});

test('no peer is at an unspecified or multicast address, at port 0, or at a name', () => {
  for (const host of ['0.0.0.0', '224.0.0.1', '::', 'ff02::1', 'example.org']) assert.equal(contactAt({ host, port: 1 }, 0), undefined, host);
  assert.equal(contactAt({ host: '203.0.113.9', port: 0 }, 0), undefined);
});

test('what one stranger has is counted by what its ids are bound to', () => {
  assert.equal(strangerAt({ host: '203.0.113.9', port: 1 }), strangerAt({ host: '203.0.113.9', port: 2 }));
  assert.notEqual(strangerAt({ host: '10.0.0.1', port: 1 }), strangerAt({ host: '10.0.0.1', port: 2 }));
});

const endpoints = fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65535 }) }, { noNullPrototype: true });

test('contacts survive the wire, but for those that no peer can have', () => {
  fc.assert(fc.property(fc.array(fc.tuple(endpoints, fc.integer({ min: 0, max: 7 }))), (pairs) => {
    const contacts = pairs.map(([endpoint, slot]) => contactAt(endpoint, slot)).filter((contact) => contact !== undefined);
    assert.deepEqual(decodeContacts(encodeContacts(contacts, 4), 4, 1000), contacts);
  }));
});

test('any bytes decode to contacts that a peer can have, or to nothing', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(4 as const, 6 as const), (bytes, family) => {
    for (const contact of decodeContacts(bytes, family, 10) ?? []) assert.deepEqual(contactAt(contact.endpoint, contact.slot), contact);
    assert.ok((decodeContacts(bytes, family, 10) ?? []).length <= 10);
  }));
});
