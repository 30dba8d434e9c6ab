import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { peerPriority } from './peer-priority.ts';

test('priorities are those of BEP 40', () => {
  const at = (host: string, port = 0): { host: string; port: number } => ({ host, port });
  assert.equal(peerPriority(at('123.213.32.10'), at('98.76.54.32')), 0xec2d7224);
  assert.equal(peerPriority(at('123.213.32.10'), at('123.213.32.234')), 0x99568189);
});

test('both ends compute the same, ports matter only within one host, and families do not mix', () => {
  const endpoints = fc.record({ host: fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '2001:db8::2', '2001:db8:1::1', 'fe80::1')), port: fc.integer({ min: 1, max: 65535 }) });
  fc.assert(fc.property(endpoints, endpoints, fc.integer({ min: 1, max: 65535 }), (a, b, port) => {
    const priority = peerPriority(a, b);
    assert.equal(priority, peerPriority(b, a));
    assert.ok(Number.isInteger(priority) && priority >= 0 && priority < 2 ** 32);
    if (a.host !== b.host) assert.equal(peerPriority({ ...a, port }, b), priority);
    if (a.host.includes(':') !== b.host.includes(':')) assert.equal(priority, 0);
  }));
  assert.notEqual(peerPriority({ host: '10.0.0.1', port: 1 }, { host: '10.0.0.1', port: 2 }), peerPriority({ host: '10.0.0.1', port: 1 }, { host: '10.0.0.1', port: 3 }));
});
