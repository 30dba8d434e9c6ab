import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { Channel, Protocol } from '../channel.ts';
import { ListenError } from '../network.ts';
import { SeededRandom } from '../simulated/simulation.ts';
import { connectTcp, listenTcp } from './channel.ts';
import { bindDatagrams } from './datagrams.ts';
import { serveHttp } from './http.ts';

const LOOPBACK = '127.0.0.1';
const ROOMY_MS = 20_000;

/** Messages of at most 99,999 bytes behind their length as five digits; anything else is refused. */
const framed: Protocol<Uint8Array> = {
  encode: (message, output) => {
    const bytes = output.claim(5 + message.length);
    bytes.set(Buffer.from(`${message.length}`.padStart(5, '0')));
    bytes.set(message, 5);
  },
  weigh: (message) => 5 + message.length,
  detach: (message) => message.slice(),
  decoder: () => {
    let held = Buffer.alloc(0);
    return {
      push: (bytes, receive) => {
        held = Buffer.concat([held, bytes]);
        while (held.length >= 5) {
          const head = held.toString('latin1', 0, 5);
          if (!/^\d{5}$/.test(head)) throw new ShoalError('BAD_FRAME', 'it does not speak the protocol');
          const end = 5 + Number(head);
          if (held.length < end) return;
          const message = held.subarray(5, end);
          held = held.subarray(end);
          if (!receive(message)) return;
        }
      },
    };
  },
};

/** What one end of a channel hears. */
class Hearing {
  readonly messages: Buffer[] = [];
  drains = 0;
  isClosed = false;
  reason: Error | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(channel: Channel<Uint8Array>, onMessage: (message: Uint8Array) => void = () => undefined) {
    channel.handle({
      message: (message) => {
        this.messages.push(Buffer.from(message));
        this.#notify();
        onMessage(message);
      },
      drained: () => {
        this.drains += 1;
        this.#notify();
      },
      closed: (reason) => {
        assert.equal(this.isClosed, false, 'closed is told once');
        this.isClosed = true;
        this.reason = reason;
        this.#notify();
      },
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  closed(): Promise<void> {
    return this.until(() => this.isClosed);
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** The two ends of a new channel on loopback. */
async function pair(t: TestContext): Promise<{ opened: Channel<Uint8Array>; accepted: Channel<Uint8Array> }> {
  const accepting = Promise.withResolvers<Channel<Uint8Array>>();
  const listener = await listenTcp({ host: LOOPBACK, port: 0 }, framed, accepting.resolve);
  t.after(() => listener.close());
  const opened = await connectTcp(listener.endpoint, framed, { timeoutMs: ROOMY_MS });
  const accepted = await accepting.promise;
  t.after(() => {
    opened.close();
    accepted.close();
  });
  return { opened, accepted };
}

/** A channel whose other end is a bare socket. */
async function withBareSocket(t: TestContext): Promise<{ channel: Channel<Uint8Array>; socket: net.Socket }> {
  const accepting = Promise.withResolvers<Channel<Uint8Array>>();
  const listener = await listenTcp({ host: LOOPBACK, port: 0 }, framed, accepting.resolve);
  t.after(() => listener.close());
  const socket = net.connect(listener.endpoint);
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const channel = await accepting.promise;
  t.after(() => channel.close());
  return { channel, socket };
}

test('each end knows the other, and who opened the channel', async (t) => {
  const { opened, accepted } = await pair(t);
  assert.deepEqual([opened.incoming, accepted.incoming], [false, true]);
  assert.equal(opened.remote.host, LOOPBACK);
  assert.equal(accepted.remote.host, LOOPBACK);
  assert.ok(accepted.remote.port > 0);
});

test('messages of all sizes arrive whole and in order, both ways at once, also those sent before anybody listens', async (t) => {
  const { opened, accepted } = await pair(t);
  const random = new SeededRandom(1);
  const sizes = [0, 1, 16_384, 65_536 - 5, 65_536, 99_999, 3, ...Array.from({ length: 60 }, () => Math.floor(random.fraction() * 70_000))];
  const sent = sizes.map((size) => Buffer.alloc(size, size % 251));
  for (const message of sent) {
    opened.send(message);
    accepted.send(message);
    // What was sent may be overwritten at once.
    const kept = Buffer.from(message);
    message.fill(255);
    kept.copy(message);
  }
  for (const end of [opened, accepted]) {
    const hearing = new Hearing(end);
    await hearing.until(() => hearing.messages.length === sent.length);
    for (const [index, message] of hearing.messages.entries()) assert.ok(message.equals(sent[index]), `message ${index}`);
  }
});

test('however the bytes are cut, the same messages come', async (t) => {
  const { channel, socket } = await withBareSocket(t);
  socket.setNoDelay(true);
  const hearing = new Hearing(channel);
  await fc.assert(fc.asyncProperty(
    fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
    async (messages, cuts) => {
      hearing.messages.length = 0;
      const stream = Buffer.concat(messages.map((message) => Buffer.concat([Buffer.from(`${message.length}`.padStart(5, '0')), message])));
      for (let offset = 0, cut = 0; offset < stream.length; cut++) {
        const end = offset + cuts[cut % cuts.length];
        // Each part leaves by itself.
        await new Promise((resolve) => socket.write(stream.subarray(offset, end), resolve));
        offset = end;
      }
      await hearing.until(() => hearing.messages.length === messages.length);
      assert.deepEqual(hearing.messages, messages.map((message) => Buffer.from(message)));
    },
  ), { numRuns: 25 });
});

test('what is queued counts until the other end takes it, and its fall below the mark is told once', async (t) => {
  const { opened, accepted } = await pair(t);
  const near = new Hearing(opened);
  opened.lowWaterBytes = 1_000_000;
  const message = new Uint8Array(99_995);
  let sent = 0;
  // Past what the system holds for a reader that does not read.
  for (; sent < 100; sent++) opened.send(message);
  assert.equal(opened.queuedBytes, 100 * 100_000);
  const far = new Hearing(accepted);
  await far.until(() => far.messages.length === sent);
  await near.until(() => near.drains > 0);
  assert.ok(opened.queuedBytes < 1_000_000);
  opened.send(message);
  await far.until(() => far.messages.length === sent + 1);
  assert.equal(near.drains, 1);
});

test('the mark may be lowered while much is queued', async (t) => {
  const { opened, accepted } = await pair(t);
  const near = new Hearing(opened);
  opened.lowWaterBytes = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 50; count++) opened.send(new Uint8Array(99_995));
  await new Promise(setImmediate);
  opened.lowWaterBytes = 200_000;
  const far = new Hearing(accepted);
  await near.until(() => near.drains === 1);
  await far.until(() => far.messages.length === 50);
});

test('a reader that takes nothing is given up before much is held for it', async (t) => {
  const { channel } = await withBareSocket(t);
  const hearing = new Hearing(channel);
  while (channel.queuedBytes <= LIMITS.channelHighWaterBytes) channel.send(new Uint8Array(99_995));
  await hearing.closed();
  assert.equal((hearing.reason as ShoalError).code, 'PEER_TOO_SLOW');
});

test('an end that closes says why to itself, sends what it has queued, and hears nothing more', async (t) => {
  const { opened, accepted } = await pair(t);
  const near = new Hearing(opened);
  const far = new Hearing(accepted);
  opened.send(Buffer.from('farewell'));
  const reason = new ShoalError('ENOUGH', 'enough');
  opened.close(reason);
  opened.close(new ShoalError('OTHER', 'the first reason counts'));
  opened.send(Buffer.from('too late'));
  accepted.send(Buffer.from('unheard'));
  await Promise.all([near.closed(), far.closed()]);
  assert.equal(near.reason, reason);
  assert.equal(far.reason, undefined);
  assert.deepEqual(far.messages.map(String), ['farewell']);
  assert.deepEqual(near.messages, []);
});

test('an end may be closed from within its handler, and is told of no message behind that', async (t) => {
  const { channel, socket } = await withBareSocket(t);
  const hearing = new Hearing(channel, () => channel.close());
  socket.write('00001a00001b00001c');
  await hearing.closed();
  assert.deepEqual(hearing.messages.map(String), ['a']);
});

test('an error in the handler, or bytes that are not of the protocol, close the channel with that error', async (t) => {
  const failing = await withBareSocket(t);
  const thrown = new Error('a bug');
  const first = new Hearing(failing.channel, () => { throw thrown; });
  failing.socket.write('00001a00001b');
  await first.closed();
  assert.equal(first.reason, thrown);
  assert.equal(first.messages.length, 1);
  const babbling = await withBareSocket(t);
  const second = new Hearing(babbling.channel);
  babbling.socket.write('00002hi GET / HTTP/1.1');
  await second.closed();
  assert.equal((second.reason as ShoalError).code, 'BAD_FRAME');
  assert.deepEqual(second.messages.map(String), ['hi']);
});

test('an other end that ends is an orderly end; one that breaks off is not', async (t) => {
  const ending = await withBareSocket(t);
  const first = new Hearing(ending.channel);
  ending.socket.end('00002ok');
  await first.closed();
  assert.deepEqual([first.messages.map(String), first.reason], [['ok'], undefined]);
  const breaking = await withBareSocket(t);
  const second = new Hearing(breaking.channel);
  breaking.socket.resetAndDestroy();
  await second.closed();
  assert.equal((second.reason as ShoalError).code, 'CONNECTION_LOST');
  assert.match(second.reason?.message ?? '', /the other end has closed it/);
});

test('an end that was closed before anybody listened is told of when somebody does', async (t) => {
  const { channel, socket } = await withBareSocket(t);
  const early = new Hearing(channel);
  socket.resetAndDestroy();
  await early.closed();
  const late = new Hearing(channel);
  await late.closed();
  assert.equal((late.reason as ShoalError).code, 'CONNECTION_LOST');
});

test('a channel can be handed on: the next handler hears what comes next', async (t) => {
  const { channel, socket } = await withBareSocket(t);
  const handedOn = Promise.withResolvers<Hearing>();
  const first = new Hearing(channel, () => handedOn.resolve(new Hearing(channel)));
  socket.write('00001a00001b');
  const second = await handedOn.promise;
  await second.until(() => second.messages.length === 1);
  assert.deepEqual([first.messages.map(String), second.messages.map(String)], [['a'], ['b']]);
});

test('where nobody listens, or nobody answers, that is said with the address', async (t) => {
  const listener = await listenTcp({ host: LOOPBACK, port: 0 }, framed, () => undefined);
  await listener.close();
  const { port } = listener.endpoint;
  await assert.rejects(connectTcp(listener.endpoint, framed, { timeoutMs: ROOMY_MS }), {
    code: 'CONNECT_FAILED', message: `cannot connect to ${LOOPBACK}:${port}: nobody listens there`,
  });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const silent = await listenTcp({ host: LOOPBACK, port: 0 }, framed, () => undefined);
  t.after(() => silent.close());
  const connecting = connectTcp(silent.endpoint, framed, { timeoutMs: 10_000 });
  t.mock.timers.tick(10_000);
  await assert.rejects(connecting, { code: 'CONNECT_FAILED', message: /it does not answer/ });
});

test('an attempt to connect ends with the signal\'s reason when it is aborted, before or meanwhile', async (t) => {
  const listener = await listenTcp({ host: LOOPBACK, port: 0 }, framed, (channel) => channel.close());
  t.after(() => listener.close());
  const reason = new Error('no longer wanted');
  const controller = new AbortController();
  const connecting = connectTcp(listener.endpoint, framed, { timeoutMs: ROOMY_MS, signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(connecting, reason);
  await assert.rejects(connectTcp(listener.endpoint, framed, { timeoutMs: ROOMY_MS, signal: controller.signal }), reason);
});

test('a port that there is not, and an address that is not this machine\'s, are told of in a sentence; only another port may help who meets a port in use', async () => {
  const listen = (where: { host?: string; port: number }): Promise<Error> => listenTcp(where, framed, () => undefined).then(() => assert.fail(), (error) => error);
  const tooHigh = await listen({ port: 99_999 });
  assert.ok(tooHigh instanceof ListenError && !tooHigh.isPortTaken);
  assert.equal(tooHigh.message, 'cannot listen on port 99999: a port is a whole number from 0 to 65535');
  const elsewhere = await listen({ host: '192.0.2.1', port: 7000 });
  assert.ok(elsewhere instanceof ListenError && !elsewhere.isPortTaken);
  assert.equal(elsewhere.message, 'cannot listen on 192.0.2.1:7000: this machine has no such address');
  const listener = await listenTcp({ host: '127.0.0.1', port: 0 }, framed, () => undefined);
  const taken = await listen(listener.endpoint);
  assert.ok(taken instanceof ListenError && taken.isPortTaken);
  assert.match(taken.message, /it is in use; choose another port/);
  await listener.close();
  await assert.rejects(bindDatagrams({ family: 4, port: -1 }), { code: 'LISTEN_FAILED', message: /^cannot listen on port -1: / });
  await assert.rejects(serveHttp({ port: 65_536 }, () => ({ status: 200, body: '' })), { code: 'LISTEN_FAILED', message: /^cannot listen on port 65536: / });
});
