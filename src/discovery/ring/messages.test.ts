import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { plain } from '../../../test/support/plain.ts';
import { encode } from '../../bytes/bencode.ts';
import type { AddressFamily } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { decodeMessage, encodeMessage, ERROR, type Answer, type Message, type Query } from './messages.ts';
import { DIGEST_BUCKETS } from './records.ts';
import { contactAt, type Contact } from './ring-id.ts';

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const id = bytesOf(20);
const endpoint = fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65535 }) });
const contact = fc.record({ number: fc.integer({ min: 0, max: 0xffffff }), port: fc.integer({ min: 1, max: 65535 }), slot: fc.integer({ min: 0, max: 7 }) })
  .map(({ number, port, slot }) => contactAt({ host: `8.${number >>> 16}.${(number >>> 8) & 255}.${number & 255}`, port }, slot) as Contact);
const contacts = fc.array(contact, { maxLength: 25 });
const neighbours = { successors: contacts, predecessors: contacts };
const records = fc.constant([{
  key: new Uint8Array(20).fill(1), infoHash: new Uint8Array(20).fill(2), name: 'Ünïcode.mkv', length: 12,
  holders: [{ endpoint: { host: '1.2.3.4', port: 5 }, secondsLeft: 6 }],
}]);
const cursor = fc.uint8Array({ maxLength: LIMITS.ringCursorBytes });
const digests = fc.uint32Array({ minLength: DIGEST_BUCKETS, maxLength: DIGEST_BUCKETS });

const anyQuery: fc.Arbitrary<Query> = fc.oneof<fc.Arbitrary<Query>[]>(
  fc.record({ type: fc.constantFrom('ping' as const, 'describe' as const) }),
  fc.record({ type: fc.constant('closest' as const), target: id }),
  fc.record({ type: fc.constantFrom('stabilise' as const, 'leave' as const), ...neighbours }),
  fc.record({ type: fc.constantFrom('join' as const, 'route' as const), target: id, nonce: bytesOf(8), hops: fc.integer({ min: 0, max: 128 }), origin: endpoint }),
  fc.record({ type: fc.constantFrom('join-ack' as const, 'route-ack' as const), nonce: bytesOf(8), hops: fc.integer({ min: 0, max: 128 }), ...neighbours }),
  fc.record({
    type: fc.constant('announce' as const), key: id, infoHash: fc.oneof(bytesOf(20), bytesOf(32)), name: fc.string({ maxLength: 60 }),
    length: fc.maxSafeNat(), port: fc.integer({ min: 1, max: 65535 }), lifetimeSeconds: fc.nat(),
  }),
  fc.record({ type: fc.constant('find' as const), key: id, words: fc.array(fc.string({ maxLength: 20 }), { maxLength: 16 }), cursor }),
  fc.record({ type: fc.constant('store' as const), records }),
  fc.record({ type: fc.constant('compare' as const), after: id, upTo: id, digests }),
  fc.record({ type: fc.constant('records' as const), after: id, upTo: id, buckets: fc.integer({ min: 0, max: 2 ** DIGEST_BUCKETS - 1 }), cursor }),
);
const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  closer: contacts, successors: contacts, predecessors: contacts, shortcuts: contacts, records, cursor, digests, kept: fc.uint8Array({ maxLength: 64 }), keys: fc.nat(),
});
const envelope = { transaction: bytesOf(4), slot: fc.integer({ min: 0, max: 7 }), receiver: endpoint, token: bytesOf(8) };
const anyMessage: fc.Arbitrary<Message> = fc.oneof<fc.Arbitrary<Message>[]>(
  fc.record({ kind: fc.constant('query' as const), query: anyQuery, ...envelope }),
  fc.record({ kind: fc.constant('answer' as const), answer: anyAnswer, ...envelope }),
  fc.record({ kind: fc.constant('error' as const), code: fc.nat(), text: fc.string({ maxLength: 40 }), ...envelope }),
);

test('every message survives the wire', () => {
  fc.assert(fc.property(anyMessage, (message) => {
    assert.deepEqual(plain(decodeMessage(encodeMessage(message, 4), 4)), plain(message));
  }));
});

test('any bytes decode to a message or to what is wrong with them', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom<AddressFamily>(4, 6), (bytes, family) => {
    assert.ok(['query', 'answer', 'error', 'unreadable'].includes(decodeMessage(bytes, family).kind));
  }));
});

test('a message with some of its bytes changed decodes to a message or to what is wrong with it', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(anyMessage, changes, (message, places) => {
    const bytes = encodeMessage(message, 4);
    for (const [place, byte] of places) bytes[place % bytes.length] = byte;
    assert.ok(['query', 'answer', 'error', 'unreadable'].includes(decodeMessage(bytes, 4).kind));
  }));
});

const REFUSED = { v: 1, t: 'abcd', q: 'closest' };

test('a query that cannot be used says so with its transaction, so that it can be refused', () => {
  const id20 = new Uint8Array(20);
  const cases: [string, Parameters<typeof encode>[0], number][] = [
    ['another version', { ...REFUSED, v: 2, a: { target: id20 } }, ERROR.otherVersion],
    ['no version', { t: 'abcd', q: 'closest', a: { target: id20 } }, ERROR.otherVersion],
    ['an unknown query', { ...REFUSED, q: 'teleport' }, ERROR.unknownQuery],
    ['no arguments', REFUSED, ERROR.malformed],
    ['a target of 19 bytes', { ...REFUSED, a: { target: new Uint8Array(19) } }, ERROR.malformed],
    ['a target that is a number', { ...REFUSED, a: { target: 5 } }, ERROR.malformed],
    ['contacts cut short', { ...REFUSED, q: 'stabilise', a: { successors: new Uint8Array(8) } }, ERROR.malformed],
    ['hops without end', { ...REFUSED, q: 'route', a: { target: id20, nonce: new Uint8Array(8), hops: 1e9 } }, ERROR.malformed],
    ['a port that is none', { ...REFUSED, q: 'announce', a: { key: id20, hash: id20, name: 'x', length: 1, port: 0, lifetime: 1 } }, ERROR.malformed],
    ['a name too long', { ...REFUSED, q: 'announce', a: { key: id20, hash: id20, name: 'x'.repeat(256), length: 1, port: 1, lifetime: 1 } }, ERROR.malformed],
    ['buckets that are none', { ...REFUSED, q: 'records', a: { after: id20, upto: id20, buckets: 2 ** DIGEST_BUCKETS } }, ERROR.malformed],
    ['more records than a page has', { ...REFUSED, q: 'store', a: { records: Array.from({ length: 65 }, () => 1) } }, ERROR.malformed],
  ];
  for (const [what, message, code] of cases) {
    const decoded = decodeMessage(encode(message), 4);
    assert.equal(decoded.kind, 'unreadable', what);
    assert.equal(decoded.kind === 'unreadable' && decoded.code, code, what);
    assert.deepEqual(plain(decoded.transaction), [...Buffer.from('abcd')], what);
  }
});

test('what is no query is not refused, for errors about errors would never end', () => {
  for (const message of [{ v: 1, t: 'abcd' }, { v: 1, t: 'abcd', r: { closer: 'cut' } }, { v: 1, t: 'abcd', e: ['x'] }, { v: 9, t: 'abcd', r: {} }]) {
    const decoded = decodeMessage(encode(message), 4);
    assert.deepEqual(decoded.kind === 'unreadable' && decoded.transaction, undefined);
  }
});

test('a list of contacts is read up to its bound', () => {
  const many = Array.from({ length: 200 }, (_, number) => contactAt({ host: `8.8.${number}.8`, port: 1 }, 0) as Contact);
  const message: Message = { kind: 'answer', transaction: new Uint8Array(4), answer: { closer: many } };
  const decoded = decodeMessage(encodeMessage(message, 4), 4);
  assert.equal(decoded.kind === 'answer' && decoded.answer.closer?.length, LIMITS.ringContactsPerList);
});
