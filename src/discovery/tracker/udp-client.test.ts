import assert from 'node:assert/strict';
import test from 'node:test';
import type { Endpoint } from '../../bytes/endpoint.ts';
import { SimulatedNetwork } from '../../runtime/simulated/network.ts';
import { simulatedRuntime } from '../../runtime/simulated/runtime.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import type { AnnounceRequest } from './announcement.ts';
import { UdpTrackerClient } from './udp-client.ts';
import { decodeRequest, encodeAnnounceReply, encodeConnectReply, encodeErrorReply, encodeScrapeReply, type UdpRequest } from './udp-protocol.ts';

const TRACKER: Endpoint = { host: '10.0.0.1', port: 80 };
const REQUEST: AnnounceRequest = {
  infoHash: new Uint8Array(20), peerId: new Uint8Array(20), port: 1, uploaded: 0, downloaded: 0, left: 1, key: 1, compact: true, url: '',
};
const COUNTS = { seeds: 1, leechers: 2, partialSeeds: 0, downloads: 3 };
const NOBODY = { endpoints: new Uint8Array(), peerIds: new Uint8Array() };
const ANSWER = { intervalMs: 1_800_000, minIntervalMs: 0, counts: COUNTS, peers: { 4: NOBODY, 6: NOBODY } };

interface Heard {
  readonly atMs: number;
  readonly from: Endpoint;
  readonly request: UdpRequest;
}

type Answer = (request: UdpRequest, send: (bytes: Uint8Array) => void) => void;

/** A tracker that answers as it should. */
const obliging: Answer = ({ action, transaction }, send) => {
  if (action === 'connect') send(encodeConnectReply(transaction, Buffer.from('12345678')));
  else if (action === 'announce') send(encodeAnnounceReply(transaction, ANSWER, 4));
  else send(encodeScrapeReply(transaction, [COUNTS]));
};

/** A client, and a tracker that writes down what it hears before it answers. */
async function world(answer: Answer): Promise<{ simulation: Simulation; network: SimulatedNetwork; client: UdpTrackerClient; heard: Heard[] }> {
  const simulation = new Simulation();
  const network = new SimulatedNetwork(simulation);
  const client = new UdpTrackerClient(simulatedRuntime(network.addHost('10.0.0.2')));
  const socket = await network.addHost(TRACKER.host).bindDatagrams({ family: 4, port: TRACKER.port });
  const heard: Heard[] = [];
  socket.receive((bytes, from) => {
    const request = decodeRequest(bytes);
    assert.ok(request !== undefined);
    heard.push({ atMs: simulation.now(), from, request });
    answer(request, (reply) => socket.send(reply, from));
  });
  return { simulation, network, client, heard };
}

const actions = (heard: readonly Heard[]): string[] => heard.map(({ request }) => request.action);

test('announces and scrapes within a minute share one connection id; later ones get a new one', async () => {
  const { simulation, client, heard } = await world(obliging);
  assert.equal((await simulation.complete(client.announce(TRACKER, REQUEST), 1000)).leechers, 2);
  assert.deepEqual(await simulation.complete(client.scrape(TRACKER, [REQUEST.infoHash]), 1000), [COUNTS]);
  await simulation.run(59_000);
  await simulation.complete(client.announce(TRACKER, REQUEST), 1000);
  await simulation.run(60_000);
  await simulation.complete(client.announce(TRACKER, REQUEST), 1000);
  assert.deepEqual(actions(heard), ['connect', 'announce', 'scrape', 'announce', 'connect', 'announce']);
});

test('announces at the same time ask for one connection id together', async () => {
  const { simulation, client, heard } = await world(obliging);
  await simulation.complete(Promise.all([client.announce(TRACKER, REQUEST), client.announce(TRACKER, REQUEST)]), 1000);
  assert.deepEqual(actions(heard), ['connect', 'announce', 'announce']);
});

test('a datagram without an answer is sent again after 15 s, and given up 30 s later', async () => {
  const { simulation, client, heard } = await world(() => undefined);
  await assert.rejects(simulation.complete(client.announce(TRACKER, REQUEST), 60_000), { code: 'TRACKER_FAILED', message: 'it does not answer' });
  assert.deepEqual(heard.map(({ atMs }) => Math.floor(atMs / 1000)), [0, 15]);
  assert.deepEqual(heard[0].request, heard[1].request);
  assert.equal(Math.floor(simulation.now() / 1000), 45);
});

test('a datagram lost on either way is made up for', async () => {
  let number = 0;
  const { simulation, client, heard } = await world((...args) => { if (++number % 2 === 0) obliging(...args); });
  await simulation.complete(client.announce(TRACKER, REQUEST), 60_000);
  assert.deepEqual(actions(heard), ['connect', 'connect', 'announce', 'announce']);
});

test('a tracker that has forgotten the connection id is asked for a new one, once', async () => {
  let forgets = false;
  const { simulation, client, heard } = await world((request, send) => {
    if (forgets && request.action !== 'connect') send(encodeErrorReply(request.transaction, 'connect first'));
    else obliging(request, send);
    forgets = false;
  });
  await simulation.complete(client.announce(TRACKER, REQUEST), 1000);
  forgets = true;
  await simulation.complete(client.announce(TRACKER, REQUEST), 1000);
  assert.deepEqual(actions(heard), ['connect', 'announce', 'announce', 'connect', 'announce']);
});

test('a refusal is told in the tracker\'s words, without what would steer a terminal', async () => {
  const { simulation, client } = await world((request, send) => {
    if (request.action === 'connect') obliging(request, send);
    else send(encodeErrorReply(request.transaction, '\x1b[1mnot\nregistered'));
  });
  await assert.rejects(simulation.complete(client.announce(TRACKER, REQUEST), 1000), { message: '[1mnot registered' });
});

test('only the tracker\'s own answer to this very question counts', async () => {
  const { simulation, network, client, heard } = await world(({ transaction, action }, send) => {
    send(Buffer.from('rubbish'));
    send(encodeErrorReply((transaction ^ 1) >>> 0, 'another transaction'));
    if (action === 'connect') send(encodeAnnounceReply(transaction, ANSWER, 4));
  });
  const stranger = await network.addHost('10.0.0.3').bindDatagrams({ family: 4, port: 80 });
  const asking = client.announce(TRACKER, REQUEST);
  await simulation.run(1000);
  stranger.send(encodeErrorReply(heard[0].request.transaction, 'a stranger'), heard[0].from);
  await assert.rejects(simulation.complete(asking, 60_000), { message: 'it does not answer' });
});

test('what is cancelled ends at once, and closing ends everything', async () => {
  const { simulation, client, heard } = await world(obliging);
  await simulation.complete(client.announce(TRACKER, REQUEST), 1000);
  const controller = new AbortController();
  const cancelled = client.announce(TRACKER, REQUEST, controller.signal);
  await simulation.run(1);
  controller.abort(new Error('enough'));
  await assert.rejects(cancelled, { message: 'enough' });
  const closed = client.announce({ host: '10.0.0.9', port: 80 }, REQUEST);
  await simulation.run(1);
  client.close();
  await assert.rejects(closed, { code: 'TRACKER_FAILED' });
  await simulation.run(1000);
  const before = heard.length;
  await simulation.complete(client.announce(TRACKER, REQUEST), 1000);
  assert.equal(heard.length, before + 2, 'a closed client begins anew');
});
