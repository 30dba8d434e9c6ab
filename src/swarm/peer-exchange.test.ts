import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loneNeighbour, type LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { RawPeer } from '../../test/support/raw-peer.ts';
import { PORT, SwarmWorld } from '../../test/support/swarm-world.ts';
import { decodePeerExchange, encodePeerExchange, EXTENSIONS, type PeerExchange } from '../wire/extensions.ts';
import { PeerExchanges } from './peer-exchange.ts';

const addressOf = ({ listenEndpoint }: LoneNeighbour): string => `${listenEndpoint?.host}`;

test('each is told who has come and who has left since it was told last, never of himself or of those who cannot be reached', () => {
  const exchanges = new PeerExchanges();
  const [a, b, c] = [loneNeighbour(), loneNeighbour(), loneNeighbour()];
  const unreachable = loneNeighbour({ incoming: true });
  const told = (neighbour: LoneNeighbour, all: LoneNeighbour[]): [string[], string[]] | undefined => {
    const news = exchanges.newsFor(neighbour, new Set(all));
    return news && [news.added.map(({ host }) => host), news.dropped.map(({ host }) => host)];
  };
  assert.deepEqual(told(a, [a, b, unreachable]), [[addressOf(b)], []]);
  assert.equal(told(a, [a, b, unreachable]), undefined);
  assert.deepEqual(told(a, [a, c, unreachable]), [[addressOf(c)], [addressOf(b)]]);
  assert.deepEqual(told(b, [a, b, c]), [[addressOf(a), addressOf(c)], []]);
  exchanges.left(a);
  assert.deepEqual(told(a, [a, c]), [[addressOf(c)], []], 'who comes back hears it all anew');
});

test('what one is told adds up to who is there, fifty at a time', () => {
  const everybody = Array.from({ length: 120 }, () => loneNeighbour());
  const steps = fc.array(fc.record({ from: fc.nat(119), count: fc.nat(119) }), { maxLength: 12 });
  fc.assert(fc.property(steps, (all) => {
    const exchanges = new PeerExchanges();
    const listener = everybody[0];
    const believed = new Set<string>();
    const hear = (present: ReadonlySet<LoneNeighbour>): PeerExchange | undefined => {
      const news = exchanges.newsFor(listener, present);
      for (const { host } of news?.added ?? []) assert.equal(believed.size, believed.add(host).size - 1);
      for (const { host } of news?.dropped ?? []) assert.ok(believed.delete(host));
      assert.ok((news?.added.length ?? 0) <= 50 && (news?.dropped.length ?? 0) <= 50);
      return news;
    };
    let present = new Set<LoneNeighbour>();
    for (const { from, count } of all) {
      present = new Set(everybody.slice(from, from + count));
      hear(present);
    }
    for (let time = 0; hear(present) !== undefined; time++) assert.ok(time < 4);
    present.delete(listener);
    assert.deepEqual(believed, new Set([...present].map(addressOf)));
  }), { numRuns: 60 });
});

test('who tells more than once a minute is not listened to, the same from each', () => {
  const exchanges = new PeerExchanges();
  const [a, b] = [loneNeighbour(), loneNeighbour()];
  assert.deepEqual([exchanges.mayTell(a, 0), exchanges.mayTell(a, 1000), exchanges.mayTell(b, 1000), exchanges.mayTell(a, 44_000), exchanges.mayTell(a, 60_000)], [true, false, true, false, true]);
});

test('peers are found by those who are known, and told to others once a minute; not where that is turned off', async () => {
  for (const exchangePeers of [true, false]) {
    const world = new SwarmWorld();
    const target = await world.add({ swarm: { exchangePeers } });
    const unknown = await world.add();
    const listener = await RawPeer.dial(world, target);
    listener.extend(['ut_pex'], { listenPort: 7000 });
    const teller = await RawPeer.dial(world, target);
    teller.extend(['ut_pex'], { listenPort: 7001 });
    teller.sendExtended('ut_pex', encodePeerExchange({ added: [{ host: unknown.host.addresses[0], port: PORT }], dropped: [] }));
    await world.simulation.run(1000);
    assert.equal([...target.swarm.neighbours.all].some(({ endpoint }) => endpoint.host === unknown.host.addresses[0]), exchangePeers);
    await world.simulation.run(130_000);
    const heard = listener.of('extended').filter(({ id }) => id === EXTENSIONS.ut_pex).flatMap(({ payload }) => decodePeerExchange(payload).added);
    const ports = heard.map(({ port }) => port).sort((a, b) => a - b);
    assert.deepEqual(ports, exchangePeers ? [PORT, 7001] : []);
  }
});

test('a private torrent that came by a link exchanges no peers once that is known (BEP 27)', async () => {
  for (const isPrivate of [true, false]) {
    const world = new SwarmWorld({ isPrivate });
    const seed = await world.add({ seed: true, link: { upBytesPerSecond: 1000 } });
    const unknown = await world.add();
    const target = await world.add({ knowsMetadata: false });
    target.swarm.addPeers([{ host: seed.host.addresses[0], port: PORT }]);
    await world.simulation.runUntil(() => target.swarm.transfer !== undefined, 60_000);
    const raw = await RawPeer.dial(world, target);
    raw.extend(['ut_pex'], { listenPort: 7001 });
    raw.sendExtended('ut_pex', encodePeerExchange({ added: [{ host: unknown.host.addresses[0], port: PORT }], dropped: [] }));
    await world.simulation.run(130_000);
    assert.equal([...target.swarm.neighbours.all].some(({ endpoint }) => endpoint.host === unknown.host.addresses[0]), !isPrivate);
    assert.equal(raw.of('extended').some(({ id }) => id === EXTENSIONS.ut_pex), !isPrivate);
  }
});
