import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { DatagramSocket } from '../network.ts';
import { bindDatagrams, localAddresses, lookup } from './datagrams.ts';

async function bindLoopback(t: TestContext, port = 0): Promise<DatagramSocket> {
  const socket = await bindDatagrams({ family: 4, host: '127.0.0.1', port });
  t.after(() => socket.close());
  return socket;
}

function next(socket: DatagramSocket): Promise<{ bytes: Uint8Array; from: Endpoint }> {
  return new Promise((resolve) => socket.receive((bytes, from) => resolve({ bytes, from })));
}

test('a datagram arrives with the address to answer to', async (t) => {
  const [one, other] = [await bindLoopback(t), await bindLoopback(t)];
  const question = next(other);
  one.send(Buffer.from('ping'), other.endpoint);
  const { bytes, from } = await question;
  assert.equal(Buffer.from(bytes).toString(), 'ping');
  assert.deepEqual(from, one.endpoint);
  const answer = next(one);
  other.send(Buffer.from('pong'), from);
  assert.equal(Buffer.from((await answer).bytes).toString(), 'pong');
});

test('datagrams longer than the limit are neither sent nor read', async (t) => {
  const [one, other] = [await bindLoopback(t), await bindLoopback(t)];
  const sender = dgram.createSocket('udp4');
  t.after(() => sender.close());
  const first = next(other);
  one.send(new Uint8Array(LIMITS.datagramBytes + 1), other.endpoint);
  sender.send(new Uint8Array(LIMITS.datagramBytes + 1), other.endpoint.port, '127.0.0.1');
  await once(sender, 'listening');
  sender.send(new Uint8Array(LIMITS.datagramBytes), other.endpoint.port, '127.0.0.1');
  assert.equal((await first).bytes.length, LIMITS.datagramBytes);
});

test('what cannot be sent is lost without a word, and so is all after closing', async (t) => {
  const [one, other] = [await bindLoopback(t), await bindLoopback(t)];
  one.send(Buffer.from('x'), { host: '2001:db8::1', port: 9 });
  one.send(Buffer.from('x'), { host: 'not.an.address', port: 9 });
  one.send(Buffer.from('x'), { host: '127.0.0.1', port: 0 });
  const arrived = next(other);
  one.send(Buffer.from('still here'), other.endpoint);
  assert.equal(Buffer.from((await arrived).bytes).toString(), 'still here');
  one.close();
  one.close();
  one.send(Buffer.from('x'), other.endpoint);
});

test('a port is not shared, unless it is a multicast group\'s', async (t) => {
  const taken = await bindLoopback(t);
  await assert.rejects(bindLoopback(t, taken.endpoint.port), { code: 'LISTEN_FAILED', message: /in use/ });
  const group = { family: 4, multicastGroup: '239.192.152.143' } as const;
  const one = await bindDatagrams({ ...group, port: 0 });
  t.after(() => one.close());
  const other = await bindDatagrams({ ...group, port: one.endpoint.port });
  t.after(() => other.close());
  assert.equal(other.endpoint.port, one.endpoint.port);
});

test('what is sent to a group reaches all on this machine that share its port, on the interface that is named', async (t) => {
  const group = { family: 4, host: '127.0.0.1', multicastGroup: '239.192.152.143' } as const;
  const one = await bindDatagrams({ ...group, port: 0 });
  t.after(() => one.close());
  const { port } = one.endpoint;
  const other = await bindDatagrams({ ...group, port });
  t.after(() => other.close());
  const heard = Promise.all([next(one), next(other)]);
  one.send(Buffer.from('anyone?'), { host: group.multicastGroup, port });
  for (const { bytes, from } of await heard) {
    assert.equal(Buffer.from(bytes).toString(), 'anyone?');
    assert.deepEqual(from, { host: '127.0.0.1', port });
  }
});

test('an address stands for itself, and a name that nobody has is told', async () => {
  assert.deepEqual(await lookup('192.0.2.7'), ['192.0.2.7']);
  assert.deepEqual(await lookup('2001:DB8:0::1'), ['2001:db8::1']);
  assert.ok((await lookup('localhost')).some((address) => address === '127.0.0.1' || address === '::1'));
  // A part of a name has 63 letters at most, so no server needs to be asked.
  const nobody = `${'x'.repeat(64)}.invalid`;
  await assert.rejects(lookup(nobody), { code: 'LOOKUP_FAILED', message: /\.invalid: / });
  await assert.rejects(lookup(nobody, AbortSignal.abort(new Error('enough'))), { message: 'enough' });
});

test('the machine\'s own addresses are ones that others could use', () => {
  for (const address of localAddresses()) assert.doesNotMatch(address, /^(127\.|::1$|fe80:|169\.254\.)/);
});
