import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Encodable, encode } from '../../bytes/bencode.ts';
import { type Endpoint, endpointToCompact } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { keyPairFromSeed } from '../../bytes/signature.ts';
import { BloomFilter } from './bloom.ts';
import { Contact } from './contact.ts';
import { FoundItem } from './found-item.ts';
import { FoundPeers } from './found-peers.ts';
import { type MutableItem, signItem, targetOf } from './item.ts';
import { type Answer, decodeMessage, encodeAnswer } from './krpc.ts';
import { SwarmCounter } from './swarm-size.ts';

const NO_SALT = new Uint8Array(0);
const PAIR = keyPairFromSeed(new Uint8Array(32).fill(1));
const compact = (host: string, port = 6881): Uint8Array => endpointToCompact({ host, port }) ?? assert.fail(host);
const from = (host: string): Contact => Contact.of(new Uint8Array(20), { host, port: 1 }) ?? assert.fail(host);

/** An answer with these results, and its datagram. */
function answer(results: Record<string, Encodable>): { answer: Answer; bytes: Uint8Array } {
  const bytes = encodeAnswer(Uint8Array.of(1), { id: new Uint8Array(20), ...results }, compact('20.0.0.1'));
  const message = decodeMessage(bytes);
  return message?.kind === 'answer' ? { answer: message, bytes } : assert.fail();
}

test('each peer is reported once, of both families', () => {
  const found = new FoundPeers();
  const first = answer({ values: [compact('20.0.0.1'), compact('20.0.0.2'), compact('20.0.0.1')] });
  const second = answer({ values: [compact('20.0.0.2'), compact('20.0.0.2', 7), compact('2001:db8::1')] });
  assert.deepEqual(found.read(from('30.0.0.1'), first.answer).map(({ host }) => host), ['20.0.0.1', '20.0.0.2']);
  const fresh: Endpoint[] = [{ host: '20.0.0.2', port: 7 }, { host: '2001:db8::1', port: 6881 }];
  assert.deepEqual(found.read(from('30.0.0.1'), second.answer), fresh);
  assert.equal(found.all.length, 4);
});

test('peers that there cannot be are passed over, and local ones but from local nodes', () => {
  const values = ['0.0.0.0', '224.0.0.1', '192.168.1.1'].map((host) => compact(host)).concat(compact('20.0.0.1', 0), Buffer.from('short'));
  assert.deepEqual(new FoundPeers().read(from('30.0.0.1'), answer({ values }).answer), []);
  assert.deepEqual(new FoundPeers().read(from('192.168.1.2'), answer({ values }).answer).map(({ host }) => host), ['192.168.1.1']);
  assert.deepEqual(new FoundPeers().read(from('30.0.0.1'), answer({ values: 'none' }).answer), []);
});

test('who lies at length is cut short', () => {
  const found = new FoundPeers();
  const values = Array.from({ length: 5000 }, (_, index) => compact(`20.0.${index >>> 8}.${index & 0xff}`));
  assert.equal(found.read(from('30.0.0.1'), answer({ values }).answer).length, LIMITS.dhtPeersReadPerAnswer);
  for (let block = 0; block < 20; block++) {
    found.read(from('30.0.0.1'), answer({ values: values.slice(0, 200).map((value) => Uint8Array.from([21 + block, ...value.subarray(1)])) }).answer);
  }
  assert.equal(found.all.length, LIMITS.dhtPeersPerLookup);
});

test('an immutable item is what its hash says, and the search ends with it', () => {
  const value = { list: [1, 'two'] };
  const target = targetOf({ value: encode(value) });
  const found = new FoundItem(target, NO_SALT);
  const [wrong, none, right] = [answer({ v: 'other' }), answer({}), answer({ v: value })];
  assert.ok(!found.read(wrong.answer, wrong.bytes) && !found.read(none.answer, none.bytes));
  assert.equal(found.item, undefined);
  assert.ok(found.read(right.answer, right.bytes));
  assert.deepEqual(found.item, { value: Uint8Array.from(encode(value)) });
  assert.equal(found.copies, 1);
});

const version = (sequence: number, text: string, salt = NO_SALT): MutableItem => signItem(PAIR, { value: encode(text), salt, sequence });
const results = ({ publicKey, sequence, signature }: MutableItem, text: string): Record<string, Encodable> => ({ k: publicKey, seq: sequence, sig: signature, v: text });

test('of a mutable item the highest version counts that is signed by the key looked for', () => {
  const salt = Buffer.from('salt');
  const found = new FoundItem(targetOf({ publicKey: PAIR.publicKey, salt }), salt);
  const stranger = keyPairFromSeed(new Uint8Array(32).fill(2));
  const forged = signItem(stranger, { value: encode('forged'), salt, sequence: 99 });
  const answers = [
    answer(results(version(2, 'two', salt), 'two')),
    answer(results(version(1, 'one', salt), 'one')),
    answer(results(forged, 'forged')),
    answer({ ...results(forged, 'forged'), k: PAIR.publicKey }),
    answer({ ...results(version(3, 'three', salt), 'three'), seq: 4 }),
    answer(results(version(5, 'five'), 'five')),
    answer({ seq: 7 }),
    answer(results(version(3, 'three', salt), 'three')),
    answer(results(version(3, 'three', salt), 'three')),
  ];
  for (const each of answers) assert.ok(!found.read(each.answer, each.bytes));
  assert.deepEqual([found.item, found.copies], [{ ...version(3, 'three', salt), value: Uint8Array.from(encode('three')) }, 2]);
});

test('any results at all yield an item only if it is the one looked for', () => {
  const target = targetOf({ publicKey: PAIR.publicKey, salt: NO_SALT });
  const value = fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 64 }), fc.constant(PAIR.publicKey), fc.constant(version(1, 'x').signature), fc.constant('x'));
  fc.assert(fc.property(fc.record({ k: value, seq: value, sig: value, v: value }, { requiredKeys: [] }), (given) => {
    const found = new FoundItem(target, NO_SALT);
    const each = answer(given as Record<string, Encodable>);
    found.read(each.answer, each.bytes);
    if (found.item !== undefined) assert.deepEqual(found.item, { ...version(1, 'x'), value: Uint8Array.from(encode('x')) });
  }), { numRuns: 300 });
});

test('a swarm is counted over several nodes\' answers, each peer once (BEP 33)', () => {
  const counter = new SwarmCounter();
  const hosts = (first: number, count: number): string[] => Array.from({ length: count }, (_, index) => `20.0.${(first + index) >>> 8}.${(first + index) & 0xff}`);
  const filter = (all: readonly string[]): Uint8Array => {
    const bloom = new BloomFilter();
    for (const host of all) bloom.insert(compact(host).subarray(0, -2));
    return bloom.bytes;
  };
  counter.read(answer({ BFsd: filter(hosts(0, 30)), BFpe: filter(hosts(100, 80)) }).answer);
  counter.read(answer({ BFsd: filter(hosts(20, 30)), BFpe: filter(hosts(150, 80)) }).answer);
  // A node that does not count: its peers are taken for such as do not seed, unless they are known to.
  counter.read(answer({ values: [...hosts(0, 10), ...hosts(225, 15)].map((host) => compact(host)) }).answer);
  // One that claims more than there can be, and one whose filter is no filter.
  counter.read(answer({ BFsd: new Uint8Array(256).fill(0xff), BFpe: new Uint8Array(3) }).answer);
  const { seeds, peers } = counter.size;
  assert.ok(Math.abs(seeds - 50) <= 3 && Math.abs(peers - 140) <= 6, `${seeds} seeds, ${peers} peers`);
});
