import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Channel, Protocol } from '../channel.ts';
import { sleep } from '../clock.ts';
import { SimulatedNetwork, type LinkOptions, type SimulatedHost } from './network.ts';
import { Simulation } from './simulation.ts';

/** Numbers that weigh as many kilobytes as they say; one below 1 is a packet. */
const numbers: Protocol<number> = {
  encode: () => assert.fail('nothing is encoded in a simulation'),
  decoder: () => assert.fail('nothing is decoded in a simulation'),
  weigh: (message) => message * 1000,
  detach: (message) => message,
};

/** What one end of a channel hears, with the time of each. */
class Listening {
  readonly log: [timeMs: number, what: number | string][] = [];

  constructor(clock: Simulation, channel: Channel<number>) {
    channel.handle({
      message: (message) => this.log.push([clock.now(), message]),
      drained: () => this.log.push([clock.now(), 'drained']),
      closed: (reason) => this.log.push([clock.now(), reason === undefined ? 'closed' : `closed: ${reason.message}`]),
    });
  }

  get heard(): (number | string)[] {
    return this.log.map(([, what]) => what);
  }
}

interface Pair {
  readonly clock: Simulation;
  readonly network: SimulatedNetwork;
  readonly near: SimulatedHost;
  readonly far: SimulatedHost;
}

function twoHosts(nearLink: LinkOptions = {}, farLink: LinkOptions = {}): Pair {
  const clock = new Simulation();
  const network = new SimulatedNetwork(clock);
  return { clock, network, near: network.addHost('10.0.0.1', nearLink), far: network.addHost(['10.0.0.2', '2001:db8::2'], farLink) };
}

async function connected({ clock, near, far }: Pair): Promise<{ opened: Channel<number>; accepted: Channel<number> }> {
  const accepting = Promise.withResolvers<Channel<number>>();
  const listener = await far.listen({ port: 0 }, numbers, accepting.resolve);
  const opened = await clock.complete(near.connect(listener.endpoint, numbers, { timeoutMs: 1000 }), 1000);
  return { opened, accepted: await accepting.promise };
}

test('a connection takes a round trip, and each end knows the other', async () => {
  const pair = twoHosts({ latencyMs: 10 }, { latencyMs: 20 });
  const { opened, accepted } = await connected(pair);
  assert.equal(pair.clock.now(), 60);
  assert.equal(opened.remote.host, '10.0.0.2');
  assert.equal(accepted.remote.host, '10.0.0.1');
  assert.deepEqual([opened.incoming, accepted.incoming], [false, true]);
});

test('a message takes the uplink, both latencies and the downlink', async () => {
  const pair = twoHosts({ latencyMs: 10, upBytesPerSecond: 1e6 }, { latencyMs: 20, downBytesPerSecond: 5e5 });
  const { opened, accepted } = await connected(pair);
  const startMs = pair.clock.now();
  const far = new Listening(pair.clock, accepted);
  opened.send(100);
  opened.send(100);
  assert.equal(opened.queuedBytes, 200_000);
  await pair.clock.run(10_000);
  assert.equal(opened.queuedBytes, 0);
  assert.deepEqual(far.log.map(([timeMs]) => Math.round(timeMs - startMs)), [100 + 30 + 200, 100 + 30 + 400]);
});

test('every message that has left arrives, in order, before the end of the channel, which each end is told of once', async () => {
  const runs = fc.record({
    near: fc.record({ upBytesPerSecond: fc.constantFrom(1e5, 1e6, Number.POSITIVE_INFINITY), latencyMs: fc.nat(20) }),
    far: fc.record({ downBytesPerSecond: fc.constantFrom(1e5, 1e6, Number.POSITIVE_INFINITY), latencyMs: fc.nat(20) }),
    messages: fc.array(fc.record({ kilobytes: fc.oneof(fc.constant(0.5), fc.integer({ min: 2, max: 100 })), pauseMs: fc.nat(50) }), { maxLength: 8 }),
    closeAfterMs: fc.constantFrom(0, 1, 1000, 100_000),
  });
  await fc.assert(fc.asyncProperty(runs, async ({ near, far, messages, closeAfterMs }) => {
    const pair = twoHosts(near, far);
    const { opened, accepted } = await connected(pair);
    const [nearEnd, farEnd] = [new Listening(pair.clock, opened), new Listening(pair.clock, accepted)];
    const sent: number[] = [];
    for (const { kilobytes, pauseMs } of messages) {
      opened.send(kilobytes);
      sent.push(kilobytes);
      await pair.clock.run(pauseMs);
    }
    await pair.clock.run(closeAfterMs);
    const left = sent.reduce((sum, kilobytes) => sum + kilobytes, 0) - opened.queuedBytes / 1000;
    opened.close(new Error('enough'));
    opened.close();
    opened.send(1);
    await pair.clock.run(100_000);
    assert.deepEqual(nearEnd.heard, ['closed: enough']);
    assert.equal(farEnd.heard.at(-1), 'closed');
    const arrived = farEnd.heard.slice(0, -1);
    assert.deepEqual(arrived, sent.slice(0, arrived.length));
    assert.ok(arrived.reduce<number>((sum, kilobytes) => sum + Number(kilobytes), 0) >= left);
  }));
});

test('what arrives before anybody listens waits, and so does the end', async () => {
  const pair = twoHosts();
  const { opened, accepted } = await connected(pair);
  for (const message of [1, 2, 3]) opened.send(message);
  opened.close();
  await pair.clock.run(1000);
  const far = new Listening(pair.clock, accepted);
  await pair.clock.run(1000);
  assert.deepEqual(far.heard, [1, 2, 3, 'closed']);
});

test('an end that is closed while it hears what has waited is told once', async () => {
  const pair = twoHosts({ upBytesPerSecond: 1e6 });
  const { opened, accepted } = await connected(pair);
  opened.send(1);
  await pair.clock.run(1000);
  let closings = 0;
  accepted.handle({ message: () => accepted.close(), drained: () => undefined, closed: () => { closings += 1; } });
  await pair.clock.run(1000);
  assert.equal(closings, 1);
});

test('a handler that throws closes its channel with the error', async () => {
  const pair = twoHosts();
  const { opened, accepted } = await connected(pair);
  const near = new Listening(pair.clock, opened);
  let reason: Error | undefined;
  accepted.handle({ message: () => { throw new Error('bad message'); }, drained: () => undefined, closed: (error) => { reason = error; } });
  opened.send(1);
  await pair.clock.run(1000);
  assert.equal(reason?.message, 'bad message');
  assert.deepEqual(near.heard, ['closed']);
});

test('what fits in a packet does not wait for the link, unless something of its own channel does: then it goes right behind it', async () => {
  const pair = twoHosts({ upBytesPerSecond: 1e6, latencyMs: 5 }, { latencyMs: 5 });
  const first = await connected(pair);
  const second = await connected(pair);
  const startMs = pair.clock.now();
  const [far, other] = [new Listening(pair.clock, first.accepted), new Listening(pair.clock, second.accepted)];
  first.opened.send(100);
  first.opened.send(0.5);
  second.opened.send(0.5);
  first.opened.send(50);
  await pair.clock.run(1000);
  const times = (listening: Listening): unknown[] => listening.log.map(([timeMs, what]) => [Math.round((timeMs - startMs) * 10) / 10, what]);
  assert.deepEqual(times(other), [[10, 0.5]]);
  // The two packets have their half a millisecond of the link each, after the long one that was on it already.
  assert.deepEqual(times(far), [[110, 100], [110, 0.5], [161, 50]]);
});

test('a channel says once that it has drained, when its queue falls below the mark', async () => {
  const pair = twoHosts({ upBytesPerSecond: 1e6 });
  const { opened } = await connected(pair);
  const near = new Listening(pair.clock, opened);
  opened.lowWaterBytes = 250_000;
  for (let message = 0; message < 5; message++) opened.send(100);
  await pair.clock.run(250);
  assert.deepEqual(near.heard, []);
  await pair.clock.run(1000);
  assert.deepEqual(near.heard, ['drained']);
  opened.send(100);
  await pair.clock.run(1000);
  assert.deepEqual(near.heard, ['drained']);
});

test('the mark may be lowered while much is queued: what counts is where it stands when the queue falls', async () => {
  const pair = twoHosts({ upBytesPerSecond: 1e6 });
  const { opened } = await connected(pair);
  const near = new Listening(pair.clock, opened);
  opened.lowWaterBytes = 900_000;
  for (let message = 0; message < 5; message++) opened.send(100);
  opened.lowWaterBytes = 250_000;
  await pair.clock.run(1000);
  assert.deepEqual(near.heard, ['drained']);
});

test('a host that is crashed is gone at once: its channels break, and its address is free', async () => {
  const pair = twoHosts();
  const { opened } = await connected(pair);
  const near = new Listening(pair.clock, opened);
  pair.far.crash();
  await pair.clock.run(1000);
  assert.deepEqual(near.heard, ['closed']);
  await assert.rejects(pair.clock.complete(pair.near.connect({ host: '10.0.0.2', port: 1 }, numbers, { timeoutMs: 3000 }), 5000), { code: 'CONNECT_FAILED' });
  assert.equal(pair.clock.now() > 3000, true);
  pair.network.addHost('10.0.0.2');
  assert.throws(() => pair.network.addHost('10.0.0.2'), /has a host/);
});

test('nobody answers on a port that nobody listens on, nor once listening has ended', async () => {
  const { clock, near, far } = twoHosts();
  await assert.rejects(clock.complete(near.connect({ host: '10.0.0.2', port: 7 }, numbers, { timeoutMs: 1000 }), 5000), { code: 'CONNECT_FAILED' });
  const listener = await far.listen({ port: 7 }, numbers, () => undefined);
  await assert.rejects(far.listen({ port: 7 }, numbers, () => undefined), { code: 'LISTEN_FAILED' });
  await listener.close();
  await assert.rejects(clock.complete(near.connect({ host: '10.0.0.2', port: 7 }, numbers, { timeoutMs: 1000 }), 5000), { code: 'CONNECT_FAILED' });
});

test('connecting ends at once when its signal aborts', async () => {
  const { clock, near } = twoHosts();
  const stop = new AbortController();
  const connecting = near.connect({ host: '10.9.9.9', port: 7 }, numbers, { timeoutMs: 1000, signal: stop.signal });
  clock.after(10, () => stop.abort(new Error('enough')));
  await assert.rejects(clock.complete(connecting, 5000), /enough/);
  assert.equal(clock.now(), 10);
});

test('datagrams arrive after both latencies, and are copies', async () => {
  const { clock, near, far } = twoHosts({ latencyMs: 10 }, { latencyMs: 20 });
  const from = await near.bindDatagrams({ family: 4, port: 0 });
  const to = await far.bindDatagrams({ family: 4, port: 5000 });
  const heard: [number, number, string][] = [];
  to.receive((bytes, sender) => heard.push([clock.now(), bytes[0], sender.host]));
  const bytes = Uint8Array.of(1);
  from.send(bytes, to.endpoint);
  bytes[0] = 2;
  await clock.run(100);
  assert.deepEqual(heard, [[30, 1, '10.0.0.1']]);
  to.close();
  from.send(bytes, to.endpoint);
  await clock.run(100);
  assert.equal(heard.length, 1);
  const again = await far.bindDatagrams({ family: 4, port: 5000 });
  await assert.rejects(far.bindDatagrams({ family: 4, port: 5000 }), { code: 'LISTEN_FAILED' });
  assert.equal((await far.bindDatagrams({ family: 6, port: 5000 })).endpoint.host, '2001:db8::2');
  await assert.rejects(near.bindDatagrams({ family: 6, port: 5000 }), { code: 'LISTEN_FAILED' });
  again.close();
});

test('datagrams are lost, doubled and late as often as asked, the same for the same seed', async () => {
  const run = async (seed: number): Promise<[number, number][]> => {
    const clock = new Simulation({ seed });
    const network = new SimulatedNetwork(clock, { lossRate: 0.3, duplicateRate: 0.2, jitterMs: 50 });
    const from = await network.addHost('10.0.0.1').bindDatagrams({ family: 4, port: 1 });
    const to = await network.addHost('10.0.0.2').bindDatagrams({ family: 4, port: 1 });
    const heard: [number, number][] = [];
    to.receive((bytes) => heard.push([clock.now(), bytes[0] * 256 + bytes[1]]));
    for (let index = 0; index < 2000; index++) from.send(Uint8Array.of(index >>> 8, index & 0xff), to.endpoint);
    await clock.run(1000);
    return heard;
  };
  const heard = await run(1);
  const different = new Set(heard.map(([, index]) => index)).size;
  assert.ok(Math.abs(different / 2000 - 0.7) < 0.05);
  assert.ok(Math.abs(heard.length / different - 1.2) < 0.05);
  assert.ok(heard.every(([timeMs]) => timeMs >= 10 && timeMs <= 60));
  assert.deepEqual(await run(1), heard);
  assert.notDeepEqual(await run(2), heard);
});

test('hosts on two sides of a partition do not reach each other, until it is mended', async () => {
  const { clock, network, near, far } = twoHosts();
  const from = await near.bindDatagrams({ family: 4, port: 1 });
  const to = await far.bindDatagrams({ family: 4, port: 1 });
  let heard = 0;
  to.receive(() => { heard += 1; });
  network.reachable = () => false;
  from.send(new Uint8Array(1), to.endpoint);
  await clock.run(100);
  assert.equal(heard, 0);
  network.reachable = () => true;
  from.send(new Uint8Array(1), to.endpoint);
  await clock.run(100);
  assert.equal(heard, 1);
});

test('HTTP asks a host by its name, and has its answer', async () => {
  const { clock, network, near, far } = twoHosts({ latencyMs: 10 }, { latencyMs: 20 });
  network.names.set('tracker.example', ['10.0.0.2']);
  await far.serveHttp({ port: 8080 }, (query) => ({ status: 200, headers: { 'x-from': query.from.host }, body: `${query.method} ${query.path}?${query.query}` }));
  const ask = (url: string, maxBodyBytes = 100): Promise<unknown> => clock.complete(near.fetch({ url, maxBodyBytes, timeoutMs: 3000 }), 10_000);
  assert.deepEqual(await ask('http://tracker.example:8080/announce?a=%01'), {
    status: 200, headers: { 'x-from': '10.0.0.1' }, body: Buffer.from('GET /announce?a=%01'),
  });
  assert.equal(clock.now(), 60);
  await assert.rejects(ask('http://tracker.example:8080/announce', 3), { code: 'HTTP_TOO_LARGE' });
  await assert.rejects(ask('http://tracker.example:9/'), { code: 'HTTP_FAILED' });
  await assert.rejects(ask('http://10.9.9.9/'), { code: 'HTTP_FAILED' });
  await assert.rejects(ask('http://nobody.example/'), { code: 'LOOKUP_FAILED' });
});

test('the body of an answer passes the links when it is read as a stream, no faster than it is read, and ends where it is left', async () => {
  const simulation = new Simulation({ seed: 1 });
  const network = new SimulatedNetwork(simulation);
  const server = network.addHost('10.0.0.1', { upBytesPerSecond: 1_000_000 });
  const client = network.addHost('10.0.0.2');
  const sent = simulation.random.bytes(4_000_000);
  await server.serveHttp({ port: 80 }, () => ({ status: 206, headers: { 'x-colour': 'green' }, body: sent }));
  const get = async (read: (part: Uint8Array) => Promise<boolean>): Promise<void> => {
    const stream = await client.fetchStream({ url: 'http://10.0.0.1/', timeoutMs: 1000 });
    assert.deepEqual([stream.status, stream.headers['x-colour']], [206, 'green']);
    for await (const part of stream.body) if (!await read(part)) break;
    stream.close();
  };
  const parts: Uint8Array[] = [];
  await simulation.complete(get(async (part) => parts.push(part) > 0), 60_000);
  assert.deepEqual(Buffer.concat(parts), Buffer.from(sent));
  // A round trip, four seconds of uplink, and the way.
  assert.equal(Math.round(simulation.now()), 4030);
  const before = server.uplink.sentBytes;
  let readBytes = 0;
  await simulation.complete(get(async (part) => {
    readBytes += part.length;
    await sleep(simulation, 1000);
    return readBytes < 100_000;
  }), 60_000);
  await simulation.run(60_000);
  assert.ok(server.uplink.sentBytes - before < 1_500_000);
});

test('an answer under way ends when its server crashes, or its reader has had enough', async () => {
  const simulation = new Simulation({ seed: 1 });
  const network = new SimulatedNetwork(simulation);
  const server = network.addHost('10.0.0.1', { upBytesPerSecond: 1_000_000 });
  const client = network.addHost('10.0.0.2');
  await server.serveHttp({ port: 80 }, () => ({ status: 200, body: new Uint8Array(4_000_000) }));
  const readAll = async (signal?: AbortSignal): Promise<void> => {
    const stream = await client.fetchStream({ url: 'http://10.0.0.1/', timeoutMs: 1000, ...(signal === undefined ? {} : { signal }) });
    for await (const part of stream.body) assert.ok(part.length > 0);
  };
  const reason = new Error('enough');
  const controller = new AbortController();
  simulation.after(1000, () => controller.abort(reason));
  await assert.rejects(simulation.complete(readAll(controller.signal), 60_000), reason);
  simulation.after(1000, () => server.crash());
  await assert.rejects(simulation.complete(readAll(), 60_000), { code: 'HOST_CRASHED' });
});
