import assert from 'node:assert/strict';
import test from 'node:test';
import type { Endpoint } from '../../bytes/endpoint.ts';
import { Simulation } from '../../runtime/simulated/simulation.ts';
import { ERROR, type AnswerMessage, type QueryMessage } from './messages.ts';
import { Queries, type QueryOutcome } from './queries.ts';
import { contactAt, type Contact } from './ring-id.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

const PEER = contactAt({ host: '203.0.113.1', port: 6882 }, 2) as Contact;
const OTHER = contactAt({ host: '203.0.113.2', port: 6882 }, 2) as Contact;
const TOKEN = new Uint8Array(8).fill(7);

function setUp(): {
  simulation: Simulation; queries: Queries; sent: { message: QueryMessage; to: Endpoint }[]; answered: Contact[]; outcomes: QueryOutcome[];
  ask: (attempts?: number) => void;
} {
  const simulation = new Simulation();
  const sent: { message: QueryMessage; to: Endpoint }[] = [];
  const answered: Contact[] = [];
  const outcomes: QueryOutcome[] = [];
  const queries = new Queries({
    clock: simulation, random: simulation.random, settings: DEFAULT_SETTINGS,
    send: (message, to) => sent.push({ message, to }),
    answered: (contact) => answered.push(contact),
  });
  const ask = (attempts = 2): void => queries.ask(PEER, { type: 'closest', target: new Uint8Array(20) }, attempts, (outcome) => outcomes.push(outcome));
  return { simulation, queries, sent, answered, outcomes, ask };
}

function answerTo({ message }: { message: QueryMessage }, slot: number | 'outside' = PEER.slot): AnswerMessage {
  return { kind: 'answer', transaction: message.transaction, answer: {}, token: TOKEN, ...(slot !== 'outside' && { slot }) };
}

test('an answer ends the query with the time it took, and tells of the peer', async () => {
  const { simulation, queries, sent, answered, outcomes, ask } = setUp();
  ask();
  await simulation.run(80);
  assert.ok(queries.receive(answerTo(sent[0]), PEER.endpoint));
  assert.deepEqual(outcomes, [{ kind: 'answer', answer: {}, contact: PEER, roundTripMs: 80 }]);
  assert.deepEqual(answered, [PEER]);
  assert.ok(!queries.receive(answerTo(sent[0]), PEER.endpoint), 'a second answer finds nobody waiting');
  await simulation.run(60_000);
  assert.equal(outcomes.length, 1);
});

test('an answer from another endpoint, or with another transaction, is none', async () => {
  const { simulation, queries, sent, answered, outcomes, ask } = setUp();
  ask();
  assert.ok(!queries.receive(answerTo(sent[0]), OTHER.endpoint));
  assert.ok(!queries.receive(answerTo(sent[0]), { ...PEER.endpoint, port: 1 }));
  assert.ok(!queries.receive({ ...answerTo(sent[0]), transaction: new Uint8Array(4) }, PEER.endpoint));
  assert.deepEqual(answered, []);
  await simulation.run(60_000);
  assert.deepEqual(outcomes, [{ kind: 'silence' }]);
});

test('who answers from another place on the circle is not the one who was asked', () => {
  const { queries, sent, answered, outcomes, ask } = setUp();
  ask();
  queries.receive(answerTo(sent[0], PEER.slot + 1), PEER.endpoint);
  ask();
  queries.receive(answerTo(sent[1], 'outside'), PEER.endpoint);
  assert.deepEqual(outcomes, [{ kind: 'silence' }, { kind: 'silence' }]);
  assert.deepEqual(answered, [contactAt(PEER.endpoint, PEER.slot + 1)], 'but it is somebody');
});

test('silence is known after so many attempts, each waiting longer', async () => {
  const { simulation, sent, outcomes, ask } = setUp();
  ask(3);
  await simulation.run(999);
  assert.equal(sent.length, 1);
  await simulation.run(2002);
  assert.equal(sent.length, 3);
  assert.deepEqual(new Set(sent.map(({ message }) => message.transaction)).size, 1, 'any of them may be answered');
  assert.deepEqual(outcomes, []);
  await simulation.run(4000);
  assert.deepEqual(outcomes, [{ kind: 'silence' }]);
});

test('queries that need a token bear the last one issued, and are sent once more with a fresh one', () => {
  const { queries, sent, outcomes } = setUp();
  const fresh = new Uint8Array(8).fill(9);
  queries.ask(PEER, { type: 'describe' }, 1, (outcome) => outcomes.push(outcome));
  assert.equal(sent[0].message.token, undefined);
  const refusal = { kind: 'error', transaction: sent[0].message.transaction, code: ERROR.badToken, text: '', slot: PEER.slot, token: fresh } as const;
  queries.receive(refusal, PEER.endpoint);
  assert.deepEqual(sent[1].message.token, fresh);
  assert.equal(outcomes.length, 0);
  queries.receive(refusal, PEER.endpoint);
  assert.equal(sent.length, 2, 'who is not content with its own token is not asked for ever');
  assert.equal(outcomes[0].kind, 'error');
  queries.ask(PEER, { type: 'describe' }, 1, () => {});
  assert.deepEqual(sent[2].message.token, fresh);
  queries.ask(PEER, { type: 'ping' }, 1, () => {});
  assert.equal(sent[3].message.token, undefined);
});

test('closing ends what is under way, and nothing is sent after it', async () => {
  const { simulation, queries, sent, outcomes, ask } = setUp();
  ask();
  queries.close();
  assert.deepEqual(outcomes, [{ kind: 'silence' }]);
  ask();
  await simulation.run(1);
  assert.equal(sent.length, 1);
  assert.equal(outcomes.length, 2);
});
