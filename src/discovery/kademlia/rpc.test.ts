import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encode } from '../../bytes/bencode.ts';
import { type Endpoint, endpointToCompact } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { SeededRandom, Simulation } from '../../runtime/simulated/simulation.ts';
import { decodeMessage, encodeAnswer, encodeError, encodeQuery, type Query } from './krpc.ts';
import { type Asker, type QueryFailure, Rpc } from './rpc.ts';
import { Traffic } from './traffic.ts';

const THERE: Endpoint = { host: '20.0.0.1', port: 6881 };
const ELSEWHERE: Endpoint = { host: '20.0.0.2', port: 6881 };
const NOBODY = endpointToCompact(THERE) ?? assert.fail();

/** An `Rpc` on a socket that shows what is sent and takes what the test hands it. */
class Bench {
  readonly simulation = new Simulation();
  readonly traffic = new Traffic();
  readonly sent: { readonly query: Query; readonly to: Endpoint; readonly atMs: number }[] = [];
  readonly queries: Query[] = [];
  readonly rpc: Rpc;
  isClosed = false;
  #deliver: (bytes: Uint8Array, from: Endpoint) => void = () => assert.fail('nobody listens');

  constructor(queriesPerSecond = 1000) {
    this.rpc = new Rpc({
      clock: this.simulation, random: new SeededRandom(1), traffic: this.traffic, isReadOnly: false, queriesPerSecond,
      socket: {
        endpoint: THERE,
        receive: (handler) => { this.#deliver = handler; },
        send: (bytes, to) => {
          const message = decodeMessage(bytes);
          if (message?.kind === 'query') this.sent.push({ query: message, to, atMs: this.simulation.now() });
        },
        close: () => { this.isClosed = true; },
      },
      receive: (query) => this.queries.push(query),
    });
  }

  deliver(bytes: Uint8Array, from: Endpoint): void {
    this.#deliver(bytes, from);
  }

  answer(index: number, from = THERE): void {
    this.deliver(encodeAnswer(this.sent[index].query.transaction, { id: 'x' }, NOBODY), from);
  }

  /** Asks and notes what becomes of it. */
  ask(to = THERE): { outcomes: (QueryFailure | 'answered')[]; slowMs: number[]; isAccepted: boolean } {
    const result = { outcomes: [] as (QueryFailure | 'answered')[], slowMs: [] as number[], isAccepted: false };
    const asker: Asker = {
      answered: () => result.outcomes.push('answered'),
      failed: (failure) => result.outcomes.push(failure),
      slow: () => result.slowMs.push(this.simulation.now()),
    };
    result.isAccepted = this.rpc.query(to, 'ping', { id: 'x' }, asker);
    return result;
  }
}

test('an answer goes to who asked, and counts only from where the query went and only once', () => {
  const bench = new Bench();
  const [first, second] = [bench.ask(), bench.ask()];
  bench.answer(1, ELSEWHERE);
  bench.answer(1, { ...THERE, port: 1 });
  assert.deepEqual([first.outcomes, second.outcomes], [[], []]);
  bench.answer(1);
  bench.answer(1);
  assert.deepEqual([first.outcomes, second.outcomes], [[], ['answered']]);
  assert.deepEqual(bench.traffic.report().dropped, { unexpected: 3 });
});

test('an error ends a query too', () => {
  const bench = new Bench();
  const asked = bench.ask();
  bench.deliver(encodeError(bench.sent[0].query.transaction, { code: 203, text: 'no' }), THERE);
  assert.deepEqual(asked.outcomes, [{ code: 203, text: 'no' }]);
});

test('a query without an answer is slow after a second and over after four; whose fault that is shows in whether others were heard of late', async () => {
  const bench = new Bench();
  const alone = bench.ask();
  await bench.simulation.run(3999);
  assert.deepEqual([alone.slowMs, alone.outcomes], [[1000], []]);
  await bench.simulation.run(1);
  assert.deepEqual(alone.outcomes, ['offline']);

  const other = bench.ask(ELSEWHERE);
  bench.answer(1, ELSEWHERE);
  await bench.simulation.run(5000);
  const blamed = bench.ask();
  await bench.simulation.run(10_000);
  const offline = bench.ask();
  await bench.simulation.run(10_000);
  assert.deepEqual([other, blamed, offline].map(({ outcomes }) => outcomes), [['answered'], ['silent'], ['offline']]);
});

test('where answers come soon, who is silent is slow and given up sooner', async () => {
  const bench = new Bench();
  for (let index = 0; index < 10; index++) {
    bench.ask();
    await bench.simulation.run(150);
    bench.answer(index);
  }
  const asked = bench.ask();
  await bench.simulation.run(1199);
  assert.deepEqual([asked.slowMs, asked.outcomes], [[1500 + 300], []]);
  await bench.simulation.run(1);
  assert.deepEqual(asked.outcomes, ['silent']);
});

test('an answer that comes late still counts', async () => {
  const bench = new Bench();
  const asked = bench.ask();
  await bench.simulation.run(3000);
  bench.answer(0);
  await bench.simulation.run(5000);
  assert.deepEqual([asked.slowMs.length, asked.outcomes], [1, ['answered']]);
});

test('queries beyond the rate wait their turn, and beyond the line are not accepted', async () => {
  const bench = new Bench(100);
  const asked = Array.from({ length: 250 }, () => bench.ask());
  assert.ok(asked.every(({ isAccepted }) => isAccepted));
  assert.equal(bench.sent.length, 100);
  await bench.simulation.run(1000);
  assert.ok(Math.abs(bench.sent.length - 200) <= 10, String(bench.sent.length));
  await bench.simulation.run(1000);
  assert.equal(bench.sent.length, 250);

  const flooded = new Bench(1);
  const accepted = Array.from({ length: LIMITS.dhtQueriesUnderWay + 10 }, () => flooded.ask()).filter(({ isAccepted }) => isAccepted);
  assert.equal(accepted.length, LIMITS.dhtQueriesUnderWay);
});

test('when it stops, whoever waits is told, later', async () => {
  const bench = new Bench(1);
  const asked = [bench.ask(), bench.ask()];
  bench.rpc.stop();
  assert.ok(bench.isClosed);
  assert.deepEqual(asked.map(({ outcomes }) => outcomes), [[], []]);
  await bench.simulation.run(1);
  assert.deepEqual(asked.map(({ outcomes }) => outcomes), [['stopped'], ['stopped']]);
  assert.equal(bench.ask().isAccepted, false);
  bench.answer(0);
  assert.deepEqual(asked[0].outcomes, ['stopped']);
});

test('queries are handed on; datagrams that are no messages are counted and dropped', () => {
  const bench = new Bench();
  bench.deliver(encodeQuery(Uint8Array.of(1), 'ping', { id: 'x' }, false), THERE);
  bench.deliver(Buffer.from('hello'), THERE);
  bench.deliver(encode({ t: 'x', y: 'r' }), THERE);
  bench.deliver(new Uint8Array(LIMITS.datagramBytes + 1), THERE);
  assert.deepEqual(bench.queries.map(({ method }) => method), ['ping']);
  assert.deepEqual(bench.traffic.report().dropped, { malformed: 2, oversized: 1 });
});

test('whatever happens, every query that is accepted ends once', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const) }),
    fc.record({ kind: fc.constant('answer' as const), index: fc.nat(30) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2000 }) }),
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, stops) => {
    const bench = new Bench(5);
    const asked: ReturnType<Bench['ask']>[] = [];
    for (const each of steps) {
      if (each.kind === 'ask') asked.push(bench.ask());
      else if (each.kind === 'wait') await bench.simulation.run(each.ms);
      else if (each.index < bench.sent.length) bench.answer(each.index);
    }
    if (stops) bench.rpc.stop();
    await bench.simulation.run(60_000);
    for (const { outcomes, slowMs } of asked) assert.ok(outcomes.length === 1 && slowMs.length <= 1);
  }), { numRuns: 50 });
});
