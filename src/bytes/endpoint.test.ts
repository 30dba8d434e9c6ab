import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  addressFamily,
  addressToBytes,
  bytesToAddress,
  canonicalAddress,
  type Endpoint,
  endpointToCompact,
  formatCompactEndpoints,
  formatEndpoint,
  parseCompactEndpoints,
  parseEndpoint,
} from './endpoint.ts';

const anyAddress = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })).map(bytesToAddress);
const anyEndpoint: fc.Arbitrary<Endpoint> = fc.record({ host: anyAddress, port: fc.integer({ min: 1, max: 65535 }) }, { noNullPrototype: true });

test('addresses keep one spelling (RFC 5952), and IPv4 that came as IPv6 is IPv4', () => {
  const cases = {
    '2001:0DB8:0:0:0:0:0:0001': '2001:db8::1',
    '2001:db8:0:1:0:0:0:1': '2001:db8:0:1::1',
    '2001:0:0:1:0:0:1:1': '2001::1:0:0:1:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '0:0:0:0:0:0:0:0': '::',
    '1::': '1::',
    '::ffff:1.2.3.4': '1.2.3.4',
    '64:ff9b::1.2.3.4': '64:ff9b::102:304',
    'fe80::1%eth0': 'fe80::1',
    '1.2.3.4': '1.2.3.4',
  };
  for (const [text, canonical] of Object.entries(cases)) assert.equal(canonicalAddress(text), canonical);
});

test('what is no address is none', () => {
  const texts = ['', '1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', '1.2.3.4::', '::1.2.3.4:5', 'g::', 'name'];
  for (const text of texts) {
    assert.equal(addressToBytes(text), undefined, text);
    assert.equal(addressFamily(text), undefined, text);
  }
});

test('an address goes through its text and comes back', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
    const text = bytesToAddress(bytes);
    assert.equal(canonicalAddress(text), text);
    if (addressFamily(text) === 6) assert.deepEqual(addressToBytes(text), bytes);
  }));
});

test('an endpoint goes through its text and its compact bytes and comes back', () => {
  fc.assert(fc.property(anyEndpoint, (endpoint) => {
    assert.deepEqual(parseEndpoint(formatEndpoint(endpoint)), endpoint);
    const compact = endpointToCompact(endpoint) ?? new Uint8Array();
    assert.deepEqual(parseCompactEndpoints(compact, compact.length === 6 ? 4 : 6, 9), [endpoint]);
  }));
});

test('endpoints as text: names, addresses, brackets', () => {
  assert.deepEqual(parseEndpoint('[2001:DB8::2]:55013'), { host: '2001:db8::2', port: 55013 });
  assert.deepEqual(parseEndpoint('Tracker.Example:80'), { host: 'tracker.example', port: 80 });
  assert.deepEqual(parseEndpoint('bücher.example:80'), { host: 'bücher.example', port: 80 });
  assert.deepEqual(parseEndpoint('[::ffff:1.2.3.4]:80'), { host: '1.2.3.4', port: 80 });
  const refused = ['', 'name', ':80', 'name:', 'name:0', 'name:65536', 'name:080808', '::1:80', '[::1]', '<invalid>:100', 'a b:80', 'a/b:80', '999.1.1.1:80', '01.2.3.4:80', 'a..b:80', `${'a'.repeat(254)}:80`];
  for (const text of refused) assert.equal(parseEndpoint(text), undefined, text);
});

test('any text is an endpoint in its one spelling, or none', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.tuple(fc.string(), fc.nat(70_000)).map(([host, port]) => `${host}:${port}`)), (text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint !== undefined) assert.deepEqual(parseEndpoint(formatEndpoint(endpoint)), endpoint);
  }));
});

test('compact lists: both families apart, port 0, a cut-off end and what exceeds the limit left out', () => {
  fc.assert(fc.property(fc.array(anyEndpoint, { maxLength: 8 }), (endpoints) => {
    for (const family of [4, 6] as const) {
      const ofFamily = endpoints.filter(({ host }) => addressFamily(host) === family);
      const bytes = formatCompactEndpoints([...endpoints, { host: 'name', port: 1 }], family);
      assert.deepEqual(parseCompactEndpoints(Buffer.concat([bytes, new Uint8Array(5)]), family, 99), ofFamily);
      assert.deepEqual(parseCompactEndpoints(bytes, family, 2), ofFamily.slice(0, 2));
    }
  }));
  assert.deepEqual(parseCompactEndpoints(Uint8Array.of(1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 0, 80), 4, 9), [{ host: '1.2.3.4', port: 80 }]);
});
