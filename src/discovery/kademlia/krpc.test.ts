import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decode, encode, field } from '../../bytes/bencode.ts';
import { formatEndpoint, parseCompactEndpoints } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { parseContacts } from './contact.ts';
import { type Answer, decodeMessage, encodeAnswer, encodeError, encodeQuery, type KrpcMessage, type Query, rawItemValue } from './krpc.ts';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
const ID = 'abcdefghij0123456789';
const TARGET = 'mnopqrstuvwxyz123456';

function answer(bytes: Uint8Array): Answer {
  const message = decodeMessage(bytes);
  return message?.kind === 'answer' ? message : assert.fail('not an answer');
}

function query(bytes: Uint8Array): Query {
  const message = decodeMessage(bytes);
  return message?.kind === 'query' ? message : assert.fail('not a query');
}

/** What we send, without the mark of who sends it. */
const unmarked = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replace('1:v4:SH\x01\x00', '');

test('the queries of BEP 5, written and read', () => {
  const examples: readonly (readonly [string, Record<string, string | number>, string])[] = [
    ['ping', { id: ID }, `d1:ad2:id20:${ID}e1:q4:ping1:t2:aa1:y1:qe`],
    ['find_node', { id: ID, target: TARGET }, `d1:ad2:id20:${ID}6:target20:${TARGET}e1:q9:find_node1:t2:aa1:y1:qe`],
    ['get_peers', { id: ID, info_hash: TARGET }, `d1:ad2:id20:${ID}9:info_hash20:${TARGET}e1:q9:get_peers1:t2:aa1:y1:qe`],
    [
      'announce_peer', { id: ID, implied_port: 1, info_hash: TARGET, port: 6881, token: 'aoeusnth' },
      `d1:ad2:id20:${ID}12:implied_porti1e9:info_hash20:${TARGET}4:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe`,
    ],
  ];
  for (const [method, args, bytes] of examples) {
    assert.equal(unmarked(encodeQuery(latin1('aa'), method, args, false)), bytes);
    const read = query(latin1(bytes));
    assert.equal(read.method, method);
    assert.equal(toHex(read.transaction), '6161');
    assert.equal(field.text(read.args, 'id'), ID);
    assert.equal(read.isReadOnly, false);
  }
});

test('the answers and the error of BEP 5, written and read', () => {
  const peers = `d1:rd2:id20:${ID}5:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re`;
  const asker = hex('010203041234');
  const written = unmarked(encodeAnswer(latin1('aa'), { id: ID, token: 'aoeusnth', values: ['axje.u', 'idhtnm'] }, asker));
  assert.equal(written, peers.replace('d1:r', 'd2:ip6:\x01\x02\x03\x04\x12\x341:r'));
  assert.equal(field.text(answer(latin1(peers)).results, 'token'), 'aoeusnth');
  assert.equal(toHex(answer(latin1(written)).ownEndpoint ?? latin1('')), '010203041234');

  const error = 'd1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee';
  assert.equal(unmarked(encodeError(latin1('aa'), { code: 201, text: 'A Generic Error Ocurred' })), error);
  assert.deepEqual(decodeMessage(latin1(error)), {
    kind: 'error', transaction: Buffer.from('aa'), error: { code: 201, text: 'A Generic Error Ocurred' },
  } satisfies KrpcMessage);
});

test('packets seen in the wild: where the asker is, who is read-only, peers and nodes', () => {
  const own = answer(hex('64323a6970363a7ca8b408f57c313a7264323a696432303aebff36697351ff4aec29cdbaabf2fbe3467cc26765313a74313a03313a79313a7265')).ownEndpoint;
  assert.deepEqual(parseCompactEndpoints(own ?? latin1(''), 4, 1).map(formatEndpoint), ['124.168.180.8:62844']);

  assert.ok(query(latin1(`d1:ad2:id20:${ID}e1:q4:ping2:roi1e1:t1:01:y1:qe`)).isReadOnly);
  assert.ok(query(encodeQuery(latin1('x'), 'ping', { id: ID }, true)).isReadOnly);

  const peers = answer(hex('64313a7264323a696432303a0000000000000000000000000000000000000000363a76616c7565736c363a0102030456786565313a74323a8c25313a79313a7265'));
  const [peer] = field.list(peers.results, 'values') ?? [];
  assert.ok(peer instanceof Uint8Array);
  assert.deepEqual(parseCompactEndpoints(peer, 4, 1).map(formatEndpoint), ['1.2.3.4:22136']);

  const nodes = answer(hex('64313a7264323a696432303a0000000000000000000000000000000000000000353a6e6f64657332363a000000000000000000000000000000000000000001020304123465313a74323a8c25313a79313a7265'));
  const [contact] = parseContacts(field.bytes(nodes.results, 'nodes') ?? latin1(''), 4, 8);
  assert.deepEqual(contact.endpoint, { host: '1.2.3.4', port: 0x1234 });

  const sampled = answer(hex('64313a7264323a696432303a68656c6c6f68656c6c6f68656c6c6f68656c6c6f383a696e74657276616c6934323065373a73616d706c6573303a65313a74353a68656c6c6f313a79313a7265'));
  assert.equal(field.integer(sampled.results, 'interval'), 420);
  assert.equal(field.bytes(sampled.results, 'samples')?.length, 0);
});

test('nodes that are no multiple of 26 bytes, and the captured packets of real nodes, are read as far as they go', () => {
  const placeholder = answer(latin1('d1:rd2:id20:0123456789abcdefghij5:nodes9:def456...e1:t2:aa1:y1:re'));
  assert.deepEqual(parseContacts(field.bytes(placeholder.results, 'nodes') ?? latin1(''), 4, 8), []);

  const captured = query(hex('64313a6164323a696432303abd7b477cfbcd10f30b705da20201e7101d8df155393a696e666f5f6861736832303acab507494d02ebb1178b38f2e9d7be299c86b86265313a71393a6765745f7065657273313a74323a0006313a79313a7165'));
  assert.equal(captured.method, 'get_peers');
  assert.equal(toHex(field.bytes(captured.args, 'info_hash') ?? latin1('')), 'cab507494d02ebb1178b38f2e9d7be299c86b862');
});

test('what is no message is undefined: no dictionary, no transaction, no kind, no method, no body', () => {
  for (const text of [
    '', 'hello', 'le', 'i1e', 'de', 'd1:t0:1:y0:e', 'd1:y1:qe', 'd1:t2:aa1:y1:qe', 'd1:q4:ping1:t2:aa1:y1:qe', 'd1:t2:aa1:y1:re', 'd1:t2:aa1:y1:ze',
    'd1:ade1:qi1e1:t2:aa1:y1:qe', 'd1:rle1:t2:aa1:y1:re', `d1:ade1:q4:ping1:t40:${'t'.repeat(40)}1:y1:qe`,
  ]) assert.equal(decodeMessage(latin1(text)), undefined, text);
});

test('any bytes, and any bytes of a real message changed, are a message or undefined', () => {
  const real = encodeAnswer(latin1('abcd'), { id: ID, nodes: new Uint8Array(52), values: ['axje.u'], v: { x: [1] } }, hex('010203041234'));
  const changed = fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const bytes = Uint8Array.from(real);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (bytes) => {
    const message = decodeMessage(bytes);
    assert.ok(message === undefined || ['query', 'answer', 'error'].includes(message.kind));
  }), { numRuns: 2000 });
});

test('an item\'s value is what was sent, byte for byte', () => {
  const value = { list: [1, 'two'], z: new Uint8Array(3) };
  const put = encodeQuery(latin1('t'), 'put', { id: ID, token: 'x', v: value }, false);
  assert.deepEqual(rawItemValue(put, 'a'), encode(value));
  const unordered = latin1(`d1:ad2:id20:${ID}1:vd1:bi1e1:ai2eee1:q3:put1:t1:x1:y1:qe`);
  assert.equal(Buffer.from(rawItemValue(unordered, 'a') ?? '').toString(), 'd1:bi1e1:ai2ee');
  assert.throws(() => decode(rawItemValue(unordered, 'a') ?? latin1('')));
  assert.equal(rawItemValue(put, 'r'), undefined);
});

test('keys out of order are tolerated', () => {
  assert.equal(query(latin1(`d1:y1:q1:t1:x1:q4:ping1:ad2:id20:${ID}ee`)).method, 'ping');
});
