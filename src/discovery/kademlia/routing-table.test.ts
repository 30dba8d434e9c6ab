import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../../bytes/limits.ts';
import { SeededRandom } from '../../runtime/simulated/simulation.ts';
import { blockKey, subscriberKey } from './addresses.ts';
import { BUCKET_SIZE } from './bucket.ts';
import { Contact } from './contact.ts';
import { commonPrefixLength, compareDistance, idAtPrefix } from './distance.ts';
import { nodeIdFor } from './node-id.ts';
import { FRESH_MS, RoutingTable } from './routing-table.ts';

const OWN_ID = new Uint8Array(20);

/** The node of a number, each on a block of its own, with an id of its own choice. */
function node(number: number, id: Uint8Array): Contact {
  return Contact.of(id, { host: `${11 + (number >>> 16)}.${(number >>> 8) & 0xff}.${number & 0xff}.1`, port: 6881 }) ?? assert.fail();
}

const random = new SeededRandom(1);
const idInBucket = (bucket: number): Uint8Array => idAtPrefix(OWN_ID, bucket, random.bytes(20));
const table = (): RoutingTable => new RoutingTable(OWN_ID, 'off');

/** A table whose bucket 0 is full with the nodes 0 to 7, which answered at 0 ms. */
function tableWithFullBucket(): { table: RoutingTable; nodes: Contact[] } {
  const full = table();
  const nodes = Array.from({ length: BUCKET_SIZE }, (_, number) => node(number, idInBucket(0)));
  for (const contact of nodes) full.answered(contact, 0);
  full.answered(node(100, idInBucket(3)), 0);
  return { table: full, nodes };
}

const has = (inTable: RoutingTable, contact: Contact): boolean => [...inTable].includes(contact);

test('whatever happens, buckets hold their part of the key space and no more than k, and addresses no more than their share', () => {
  const step = fc.record({
    number: fc.nat(60), bucket: fc.nat(9), id: fc.uint8Array({ minLength: 20, maxLength: 20 }), does: fc.constantFrom('answers', 'asks', 'fails'),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const inTable = table();
    const contacts = new Map<number, Contact>();
    for (const [nowMs, { number, bucket, id, does }] of steps.entries()) {
      // Sixty nodes on few hosts and fewer blocks.
      const endpoint = { host: `11.0.${number % 7}.${number % 21}`, port: 1000 + number };
      const contact = contacts.get(number) ?? Contact.of(idAtPrefix(OWN_ID, bucket, id), endpoint) ?? assert.fail();
      contacts.set(number, contact);
      if (does === 'answers') inTable.answered(contact, nowMs);
      else if (does === 'asks') inTable.asked(contact, nowMs);
      else inTable.failed(contact);
    }
    const places = new Map<string, number>();
    for (const { address } of inTable) for (const key of [subscriberKey(address), blockKey(address)]) places.set(key, (places.get(key) ?? 0) + 1);
    for (const [key, count] of places) assert.ok(count <= (key.length === 4 ? LIMITS.dhtNodesPerSubscriber : LIMITS.dhtNodesPerBlock));
    const { bucketSizes } = inTable;
    for (const [index, size] of bucketSizes.entries()) {
      const prefixes = [...inTable].map(({ compact }) => Math.min(commonPrefixLength(OWN_ID, compact), bucketSizes.length - 1));
      assert.ok(size <= BUCKET_SIZE);
      assert.equal(prefixes.filter((prefix) => prefix === index).length, size);
    }
  }), { numRuns: 60 });
});

test('the closest are the closest of all that have not been silent', () => {
  fc.assert(fc.property(fc.integer(), fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.integer({ min: 1, max: 30 }), (seed, target, count) => {
    const inTable = table();
    const draws = new SeededRandom(seed);
    for (let number = 0; number < 200; number++) inTable.answered(node(number, idAtPrefix(OWN_ID, number % 12, draws.bytes(20))), 0);
    const all = [...inTable];
    const silent = all.filter((_, index) => index % 5 === 0);
    for (const contact of silent) inTable.failed(contact);
    const expected = all.filter((contact) => !silent.includes(contact)).sort((a, b) => compareDistance(target, a.compact, b.compact));
    assert.deepEqual(new Set(inTable.closest(target, count)), new Set(expected.slice(0, count)));
  }), { numRuns: 50 });
});

test('only the bucket of the own id splits', () => {
  const inTable = table();
  for (let number = 0; number < 400; number++) inTable.answered(node(number, random.bytes(20)), 0);
  const sizes = inTable.bucketSizes;
  // 400 nodes: about 200, 100, 50, 25, 12 in the first buckets, and the last is not yet full.
  assert.ok(sizes.length >= 5 && sizes.length <= 9, String(sizes));
  assert.deepEqual(sizes.slice(0, 4), [8, 8, 8, 8]);
});

test('neighbours that answer are not replaced, however many newcomers there are', () => {
  const { table: inTable, nodes } = tableWithFullBucket();
  for (let number = 200; number < 1200; number++) inTable.answered(node(number, idInBucket(0)), number);
  for (const contact of nodes) assert.ok(has(inTable, contact));
  assert.ok(!inTable.wants(node(1300, idInBucket(0))) && inTable.wants(node(1300, idInBucket(1))));
});

test('a neighbour silent twice makes way for the reserve heard last; one that answers in between stays', () => {
  const { table: inTable, nodes } = tableWithFullBucket();
  const [older, newer] = [node(200, idInBucket(0)), node(201, idInBucket(0))];
  inTable.answered(older, 1);
  inTable.answered(newer, 2);
  inTable.failed(nodes[0]);
  inTable.answered(nodes[0], 3);
  inTable.failed(nodes[0]);
  assert.ok(has(inTable, nodes[0]));
  inTable.failed(nodes[0]);
  assert.ok(!has(inTable, nodes[0]) && has(inTable, newer) && !has(inTable, older));
  assert.equal(inTable.bucketSizes[0], BUCKET_SIZE);
});

test('a flood from one block of addresses gets no more than its few places', () => {
  const inTable = table();
  for (let number = 0; number < 5000; number++) {
    const endpoint = { host: `66.6.6.${number % 256}`, port: 1024 + number };
    const id = idAtPrefix(OWN_ID, number % 20, random.bytes(20));
    inTable.answered(Contact.of(id, endpoint) ?? assert.fail(), number);
  }
  assert.equal(inTable.size, LIMITS.dhtNodesPerBlock);
  for (let number = 0; number < 100; number++) inTable.answered(node(number, random.bytes(20)), 6000);
  assert.ok(inTable.size > 30);
});

test('one subscriber has one place, even under many ids; but on local addresses each port is one', () => {
  const inTable = table();
  for (let port = 1; port <= 100; port++) inTable.answered(Contact.of(random.bytes(20), { host: '66.6.6.6', port }) ?? assert.fail(), 0);
  assert.equal(inTable.size, 1);
  for (let port = 1; port <= 5; port++) inTable.answered(Contact.of(random.bytes(20), { host: '127.0.0.1', port }) ?? assert.fail(), 0);
  assert.equal(inTable.size, 6);
});

test('nobody takes over an id that is taken, nor our own', () => {
  const { table: inTable, nodes } = tableWithFullBucket();
  const impostor = node(500, nodes[0].id);
  inTable.answered(impostor, 1);
  inTable.asked(impostor, 1);
  inTable.failed(impostor);
  inTable.failed(impostor);
  assert.ok(has(inTable, nodes[0]) && !has(inTable, impostor));
  inTable.answered(node(501, OWN_ID), 1);
  assert.ok(![...inTable].some(({ compact }) => commonPrefixLength(compact, OWN_ID) === 160));
});

test('ids bound to their addresses are preferred, or required (BEP 42)', () => {
  const own = nodeIdFor(Uint8Array.of(20, 1, 1, 1), random);
  const unbound = (number: number): Contact => node(number, idAtPrefix(own, 0, random.bytes(20)));
  const bound = (number: number): Contact => {
    for (;;) {
      const { address, endpoint } = unbound(number);
      const id = nodeIdFor(address, random);
      if (commonPrefixLength(own, id) === 0) return Contact.of(id, endpoint) ?? assert.fail();
      number += 1000;
    }
  };
  const preferring = new RoutingTable(own, 'prefer');
  for (let number = 0; number < 8; number++) preferring.answered(unbound(number), 0);
  preferring.answered(node(50, idAtPrefix(own, 1, random.bytes(20))), 0);
  const newcomers = Array.from({ length: 8 }, (_, index) => bound(100 + index));
  for (const contact of newcomers) preferring.answered(contact, 1);
  assert.deepEqual(new Set([...preferring].slice(0, 8)), new Set(newcomers));
  assert.equal(preferring.closest(own, 9).length, 9, 'an unbound one fills up');
  assert.deepEqual(new Set(preferring.closest(own, 8)), new Set(newcomers), 'though it is nearer');
  preferring.answered(unbound(60), 2);
  assert.deepEqual(new Set([...preferring].slice(0, 8)), new Set(newcomers));

  const requiring = new RoutingTable(own, 'require');
  requiring.answered(unbound(0), 0);
  requiring.answered(newcomers[0], 0);
  assert.deepEqual([...requiring], [newcomers[0]]);
});

test('the longest unheard is to be asked after a quarter of an hour, and one just silent before it; nobody twice in a row', () => {
  const { table: inTable, nodes } = tableWithFullBucket();
  assert.equal(inTable.nextToAsk(FRESH_MS - 1), undefined);
  for (const contact of nodes.slice(1)) inTable.answered(contact, 5);
  inTable.answered(node(100, [...inTable].at(-1)?.id ?? assert.fail()), 5);
  assert.equal(inTable.nextToAsk(FRESH_MS), nodes[0]);
  assert.equal(inTable.nextToAsk(FRESH_MS), undefined);
  assert.notEqual(inTable.nextToAsk(FRESH_MS + 5), nodes[0]);
  inTable.failed(nodes[3]);
  assert.equal(inTable.nextToAsk(FRESH_MS + 5), nodes[3]);
  inTable.asked(nodes[0], FRESH_MS + 5);
  assert.notEqual(inTable.nextToAsk(FRESH_MS + 60_000), nodes[0]);
});

test('a bucket with room is looked up once, and each again when nobody in it has answered for a quarter of an hour', () => {
  const { table: inTable, nodes } = tableWithFullBucket();
  assert.equal(inTable.staleBucket(0), 1);
  inTable.refreshed(1, 0);
  assert.equal(inTable.staleBucket(0), undefined);
  inTable.refreshed(0, 0);
  assert.equal(inTable.staleBucket(FRESH_MS), 0);
  inTable.answered(nodes[2], 100);
  assert.equal(inTable.staleBucket(FRESH_MS), 1);
});
