import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressToBytes } from '../../bytes/endpoint.ts';
import { blockKey, isCredible, subscriberKey } from './addresses.ts';

const address = (text: string): Uint8Array => addressToBytes(text) ?? assert.fail(text);

test('an IPv4 address and an IPv6 /64 are one subscriber, a /24 and a /48 one block', () => {
  assert.notEqual(subscriberKey(address('20.0.0.1')), subscriberKey(address('20.0.0.2')));
  assert.equal(blockKey(address('20.0.0.1')), blockKey(address('20.0.0.2')));
  assert.notEqual(blockKey(address('20.0.0.1')), blockKey(address('20.0.1.1')));
  assert.equal(subscriberKey(address('2001:db8:1:2::1')), subscriberKey(address('2001:db8:1:2:3:4:5:6')));
  assert.notEqual(subscriberKey(address('2001:db8:1:2::1')), subscriberKey(address('2001:db8:1:3::1')));
  assert.equal(blockKey(address('2001:db8:1:2::1')), blockKey(address('2001:db8:1:3::1')));
  assert.notEqual(blockKey(address('2001:db8:1:2::1')), blockKey(address('2001:db8:2:2::1')));
});

test('of local addresses only local ones can know, and at some there can be nobody', () => {
  const [near, far] = [address('192.168.1.1'), address('20.0.0.1')];
  assert.ok(isCredible(far, far) && isCredible(far, near) && isCredible(near, near) && isCredible(near, undefined));
  assert.ok(!isCredible(near, far));
  for (const nowhere of ['0.0.0.0', '224.0.0.1', '::', 'ff15::1']) assert.ok(!isCredible(address(nowhere), near), nowhere);
});
