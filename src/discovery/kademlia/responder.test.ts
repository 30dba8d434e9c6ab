import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decode, encode, type Encodable, field } from '../../bytes/bencode.ts';
import { endpointToCompact } from '../../bytes/endpoint.ts';
import { keyPairFromSeed } from '../../bytes/signature.ts';
import { TokenIssuer } from '../../bytes/token.ts';
import { SeededRandom } from '../../runtime/simulated/simulation.ts';
import { BloomFilter } from './bloom.ts';
import { signItem, targetOf } from './item.ts';
import { ItemStore } from './item-store.ts';
import { decodeMessage, encodeAnswer, encodeQuery } from './krpc.ts';
import { PeerStore } from './peer-store.ts';
import { type Caller, type Reply, Responder, type Results } from './responder.ts';

const OWN_ID = new Uint8Array(20).fill(9);
const ID = new Uint8Array(20).fill(1);
const HASH = new Uint8Array(20).fill(2);
const PAIR = keyPairFromSeed(new Uint8Array(32).fill(3));

function responder(): Responder {
  const random = new SeededRandom(1);
  return new Responder({
    ownId: () => OWN_ID,
    nodes: (family, _target, count) => new Uint8Array(count * (family === 4 ? 26 : 38)),
    tokens: new TokenIssuer(() => random.bytes(16)),
    peers: new PeerStore(random),
    items: new ItemStore(),
  });
}

function caller(host = '20.0.0.1'): Caller {
  const compact = endpointToCompact({ host, port: 6881 }) ?? assert.fail();
  return { compact, address: compact.subarray(0, -2), family: compact.length === 6 ? 4 : 6, host, nowMs: 0 };
}

function ask(of: Responder, method: string, args: Record<string, Encodable>, by = caller()): Reply {
  const bytes = encodeQuery(Uint8Array.of(1), method, { id: ID, ...args }, false);
  const query = decodeMessage(bytes);
  return query?.kind === 'query' ? of.respond(query, by, bytes) : assert.fail();
}

function results(reply: Reply): Results {
  return reply.error === undefined ? reply.results : assert.fail(reply.error.text);
}

const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : assert.fail('no bytes'));
const token = (of: Responder, by = caller()): Uint8Array => bytesOf(results(ask(of, 'get_peers', { info_hash: HASH }, by)).token);
const code = (reply: Reply): number | undefined => reply.error?.code;

test('every answer names the node that gives it', () => {
  const of = responder();
  for (const [method, args] of [['ping', {}], ['find_node', { target: HASH }], ['get_peers', { info_hash: HASH }], ['get', { target: HASH }], ['sample_infohashes', { target: HASH }]] as const) {
    assert.deepEqual(results(ask(of, method, args)).id, OWN_ID);
  }
});

test('nodes are those of the caller\'s family, or of the families it wants (BEP 32)', () => {
  const of = responder();
  const kinds = (args: Record<string, Encodable>, host?: string): string[] =>
    Object.keys(results(ask(of, 'find_node', { target: HASH, ...args }, caller(host)))).filter((key) => key.startsWith('nodes')).sort();
  assert.deepEqual(kinds({}), ['nodes']);
  assert.deepEqual(kinds({}, '2001:db8::1'), ['nodes6']);
  assert.deepEqual(kinds({ want: ['n6'] }), ['nodes6']);
  assert.deepEqual(kinds({ want: ['n4', 'n6'] }), ['nodes', 'nodes6']);
  assert.deepEqual(kinds({ want: ['nothing', 7] }), []);
});

test('a peer that announces itself with a token is named to others, with the port it gives or the one it sends from', () => {
  const of = responder();
  assert.equal(code(ask(of, 'announce_peer', { info_hash: HASH, port: 1234, token: token(of) })), undefined);
  const other = caller('20.0.1.1');
  assert.equal(code(ask(of, 'announce_peer', { info_hash: HASH, port: 0, implied_port: 1, token: token(of, other) }, other)), undefined);
  const values = results(ask(of, 'get_peers', { info_hash: HASH })).values as Uint8Array[];
  const named = values.map((value) => Buffer.from(value).toString('hex')).sort();
  assert.deepEqual(named, ['1400000104d2', '140001011ae1']);
});

test('without a good token nothing is stored', () => {
  const of = responder();
  assert.equal(code(ask(of, 'announce_peer', { info_hash: HASH, port: 1, token: 'guess' })), 203);
  assert.equal(code(ask(of, 'announce_peer', { info_hash: HASH, port: 1 })), 203);
  assert.equal(code(ask(of, 'announce_peer', { info_hash: HASH, port: 1, token: token(of, caller('20.0.0.2')) })), 203);
  assert.equal(code(ask(of, 'put', { v: 'x', token: 'guess' })), 203);
  assert.equal(results(ask(of, 'get_peers', { info_hash: HASH })).values, undefined);
});

test('seeds and peers are counted, and seeds left out, for who asks so (BEP 33)', () => {
  const of = responder();
  for (let host = 1; host <= 20; host++) {
    const by = caller(`20.0.${host}.1`);
    results(ask(of, 'announce_peer', { info_hash: HASH, port: 1, seed: host <= 5 ? 1 : 0, token: token(of, by) }, by));
  }
  const scraped = results(ask(of, 'get_peers', { info_hash: HASH, scrape: 1, noseed: 1 }));
  assert.equal((scraped.values as unknown[]).length, 15);
  assert.equal(Math.round(new BloomFilter(bytesOf(scraped.BFsd)).estimate()), 5);
  assert.equal(Math.round(new BloomFilter(bytesOf(scraped.BFpe)).estimate()), 15);
  assert.equal(results(ask(of, 'get_peers', { info_hash: ID, scrape: 1 })).BFsd, undefined);
});

test('items: put, got, and got only if newer than the version one has (BEP 44)', () => {
  const of = responder();
  results(ask(of, 'put', { v: { list: [1, 'two'] }, token: token(of) }));
  const immutable = results(ask(of, 'get', { target: targetOf({ value: encode({ list: [1, 'two'] }) }) }));
  assert.deepEqual(encode(immutable.v ?? 0), encode({ list: [1, 'two'] }));
  assert.ok(immutable.token !== undefined && immutable.nodes !== undefined);

  const salt = Buffer.from('s');
  const item = signItem(PAIR, { value: encode('first'), salt, sequence: 4 });
  const args = { v: 'first', k: item.publicKey, sig: item.signature, seq: 4, salt };
  results(ask(of, 'put', { ...args, token: token(of) }));
  const mutable = results(ask(of, 'get', { target: targetOf(item) }));
  assert.deepEqual([mutable.k, mutable.seq, mutable.sig], [item.publicKey, 4, item.signature]);
  const known = results(ask(of, 'get', { target: targetOf(item), seq: 4 }));
  assert.deepEqual([known.k, known.v, known.sig, known.seq], [undefined, undefined, undefined, 4]);
  assert.notEqual(results(ask(of, 'get', { target: targetOf(item), seq: 3 })).v, undefined);

  assert.equal(code(ask(of, 'put', { ...args, seq: 5, token: token(of) })), 206);
  const next = signItem(PAIR, { value: encode('second'), salt, sequence: 5 });
  const nextArgs = { v: 'second', k: next.publicKey, sig: next.signature, seq: 5, salt, token: token(of) };
  assert.equal(code(ask(of, 'put', { ...nextArgs, cas: 3 })), 301);
  assert.equal(code(ask(of, 'put', { ...nextArgs, cas: 4 })), undefined);
  assert.equal(code(ask(of, 'put', { ...args, token: token(of) })), 302);
});

test('samples of what is held (BEP 51)', () => {
  const of = responder();
  results(ask(of, 'announce_peer', { info_hash: HASH, port: 1, token: token(of) }));
  const sampled = results(ask(of, 'sample_infohashes', { target: ID }));
  assert.deepEqual([sampled.samples, sampled.num, sampled.interval], [Buffer.from(HASH), 1, 300]);
});

test('wrong arguments are answered with 203, unknown methods with 204 or, where they look for something, with nodes', () => {
  const of = responder();
  const wrongs: readonly (readonly [string, Record<string, Encodable>])[] = [
    ['ping', { id: 'short' }], ['find_node', {}], ['find_node', { target: 'short' }], ['find_node', { target: 7 }], ['get_peers', {}], ['get', {}],
    ['sample_infohashes', {}], ['announce_peer', {}], ['announce_peer', { info_hash: HASH, port: 0, token: token(of) }],
    ['announce_peer', { info_hash: HASH, port: 65536, token: token(of) }], ['put', { token: token(of) }],
    ['put', { token: token(of), v: 1, k: 'short' }], ['put', { token: token(of), v: 1, k: PAIR.publicKey, sig: 'short', seq: 1 }],
    ['put', { token: token(of), v: 1, k: PAIR.publicKey, sig: new Uint8Array(64), seq: -1 }], ['put', { token: token(of), v: 1, k: PAIR.publicKey, sig: new Uint8Array(64) }],
    ['put', { token: token(of), v: 1, k: PAIR.publicKey, sig: new Uint8Array(64), seq: 2n ** 63n }],
  ];
  for (const [method, args] of wrongs) assert.equal(code(ask(of, method, args)), 203, method);
  assert.equal(code(ask(of, 'vote', {})), 204);
  assert.equal(bytesOf(results(ask(of, 'vote', { target: HASH })).nodes).length, 208);
});

test('a value whose keys are out of order is refused', () => {
  const of = responder();
  const bytes = Buffer.concat([Buffer.from('d1:ad2:id20:'), ID, Buffer.from('5:token8:'), token(of), Buffer.from('1:vd1:bi1e1:ai2eee1:q3:put1:t1:x1:y1:qe')]);
  const query = decodeMessage(bytes);
  assert.equal(query?.kind === 'query' ? code(of.respond(query, caller(), bytes)) : 0, 203);
});

test('no answer is longer than a datagram should be, whoever asks for whatever', () => {
  const item = signItem(PAIR, { value: encode(new Uint8Array(995)), salt: new Uint8Array(0), sequence: 2 ** 50 });
  // Each family's node has stores of its own.
  for (const hostOf of [(number: number) => `20.${number >>> 8}.${number & 0xff}.1`, (number: number) => `2001:db8:${number.toString(16)}::1`]) {
    const of = responder();
    for (let number = 0; number < 300; number++) {
      const by = caller(hostOf(number));
      results(ask(of, 'announce_peer', { info_hash: HASH, port: 1, seed: number & 1, token: token(of, by) }, by));
    }
    const by = caller(hostOf(0));
    results(ask(of, 'put', { v: decode(item.value), k: item.publicKey, sig: item.signature, seq: item.sequence, token: token(of, by) }, by));
    const methods = fc.constantFrom('get_peers', 'find_node', 'get', 'sample_infohashes');
    fc.assert(fc.property(fc.subarray(['n4', 'n6']), fc.boolean(), methods, (want, scrape, method) => {
      const reply = results(ask(of, method, { target: targetOf(item), info_hash: HASH, want, scrape: scrape ? 1 : 0 }, by));
      const bytes = encodeAnswer(new Uint8Array(20), reply, by.compact);
      assert.ok(bytes.length <= 1400, `${method}: ${bytes.length}`);
      if (method === 'get') assert.ok(reply.v !== undefined);
      if (method === 'get_peers') assert.ok((reply.values as unknown[]).length >= 5);
    }), { numRuns: 50 });
  }
});

test('any arguments at all are answered or refused', () => {
  const of = responder();
  const names = fc.constantFrom('id', 'target', 'info_hash', 'port', 'token', 'v', 'k', 'sig', 'seq', 'salt', 'cas', 'want', 'implied_port', 'seed', 'scrape');
  const value: fc.Arbitrary<Encodable> = fc.oneof(
    fc.integer(), fc.uint8Array({ maxLength: 70 }), fc.constant(ID), fc.constant(PAIR.publicKey), fc.constant(new Uint8Array(64)), fc.constant(token(of)), fc.array(fc.integer(), { maxLength: 3 }),
  );
  const methods = fc.constantFrom('ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put', 'sample_infohashes', 'unheard');
  fc.assert(fc.property(methods, fc.array(fc.tuple(names, value), { maxLength: 9 }), (method, entries) => {
    const args = Object.fromEntries(entries);
    const reply = ask(of, method, args);
    assert.ok(reply.error === undefined ? field.bytes(new Map([['id', OWN_ID]]), 'id') : [203, 204, 205, 206, 207, 301, 302].includes(reply.error.code));
  }), { numRuns: 1000 });
});
