import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { plain } from '../../../test/support/plain.ts';
import { decode, encode, type BencodeValue } from '../../bytes/bencode.ts';
import type { AddressFamily } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { keysOf, nameKey } from './names.ts';
import { decodeRecords, encodeRecords, pages } from './record-codec.ts';
import { bucketOf, DIGEST_BUCKETS, RecordStore, type FileRecord } from './records.ts';

const HOUR_MS = 3_600_000;
const FIRST = new Uint8Array(20);
const LAST = new Uint8Array(20).fill(0xff);

function hash(number: number): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function file(name: string, number = 1, key = nameKey(name)): Omit<FileRecord, 'holders'> {
  return { key, infoHash: hash(number), name, length: 1000 };
}

const holder = (number: number): { host: string; port: number } => ({ host: `198.51.${number >>> 8}.${number & 0xff}`, port: 6881 });

test('what was put is found by its key until it expires, and no longer', () => {
  const store = new RecordStore();
  assert.equal(store.put(file('Big Buck Bunny'), holder(1), HOUR_MS, 0), 'stored');
  const [found] = store.find(nameKey('big buck bunny'), [], 1000);
  assert.equal(found.name, 'Big Buck Bunny');
  assert.deepEqual(found.holders, [{ endpoint: holder(1), secondsLeft: 3599 }]);
  assert.deepEqual(store.find(nameKey('big buck bunny'), [], HOUR_MS), []);
  store.expire(HOUR_MS);
  assert.equal(store.keyCount, 0);
  assert.equal(store.announcementCount, 0);
});

test('renewing prolongs, and an older announcement does not shorten', () => {
  const store = new RecordStore();
  store.put(file('a name'), holder(1), HOUR_MS, 0);
  store.put(file('a name'), holder(1), HOUR_MS, HOUR_MS / 2);
  store.put(file('a name'), holder(1), 1000, HOUR_MS / 2);
  assert.equal(store.find(nameKey('a name'), [], HOUR_MS)[0].holders.length, 1);
  assert.equal(store.announcementCount, 1);
});

test('holders who withdraw go, and the record with the last of them', () => {
  const store = new RecordStore();
  store.put(file('a name'), holder(1), HOUR_MS, 0);
  store.put(file('a name'), holder(2), HOUR_MS, 0);
  store.withdraw(file('a name'), holder(1), HOUR_MS, 0);
  store.withdraw(file('a name'), holder(3), HOUR_MS, 0);
  assert.deepEqual(store.find(nameKey('a name'), [], 0)[0].holders.map(({ endpoint }) => endpoint), [holder(2)]);
  store.withdraw(file('a name'), holder(2), HOUR_MS, 0);
  assert.equal(store.keyCount, 0);
});

test('a copy that comes late does not bring back what its holder has taken back, but the holder may', () => {
  const store = new RecordStore();
  store.put(file('a name'), holder(1), HOUR_MS, 0);
  store.withdraw(file('a name'), holder(1), HOUR_MS, 1000);
  assert.equal(store.putCopy(file('a name'), holder(1), HOUR_MS - 2000, 2000), 'removed');
  assert.equal(store.keyCount, 0);
  assert.equal(store.putCopy(file('a name'), holder(2), HOUR_MS - 2000, 2000), 'stored', 'another holder\'s is another');
  assert.equal(store.put(file('a name'), holder(1), HOUR_MS, 3000), 'stored');
  assert.equal(store.putCopy(file('a name'), holder(1), HOUR_MS - 4000, 4000), 'stored');
});

test('a copy of what was announced again elsewhere after it was taken back here is taken', () => {
  const store = new RecordStore();
  store.withdraw(file('a name'), holder(1), HOUR_MS, 1000);
  assert.equal(store.putCopy(file('a name'), holder(1), HOUR_MS - 1000, 2000), 'removed', 'announced at 1 s');
  assert.equal(store.putCopy(file('a name'), holder(1), HOUR_MS - 1000, 4000), 'stored', 'announced at 3 s');
});

test('a record stands only under keys that are its own', () => {
  const store = new RecordStore();
  assert.equal(store.put(file('Big Buck Bunny', 1, nameKey('bunny')), holder(1), HOUR_MS, 0), 'stored');
  assert.equal(store.put(file('Big Buck Bunny', 1, hash(1)), holder(1), HOUR_MS, 0), 'stored');
  assert.equal(store.put(file('Big Buck Bunny', 1, nameKey('sintel')), holder(1), HOUR_MS, 0), 'invalid');
  assert.equal(store.put(file('Big Buck Bunny', 1, hash(2)), holder(1), HOUR_MS, 0), 'invalid');
  assert.equal(store.put(file('bunny\u001b[2J', 3, nameKey('bunny')), holder(1), HOUR_MS, 0), 'invalid', 'nothing that commands a terminal');
});

test('a query with words gets only names that have them all', () => {
  const store = new RecordStore();
  store.put(file('Big Buck Bunny', 1, nameKey('bunny')), holder(1), HOUR_MS, 0);
  store.put(file('Bunny Girl', 2, nameKey('bunny')), holder(1), HOUR_MS, 0);
  assert.deepEqual(store.find(nameKey('bunny'), ['bunny', 'buck'], 0).map(({ name }) => name), ['Big Buck Bunny']);
  assert.equal(store.find(nameKey('bunny'), [], 0).length, 2);
});

test('a key has so many records, a record so many holders, and what is full keeps what it has', () => {
  const store = new RecordStore();
  const outcomes = new Set<string>();
  for (let number = 0; number < LIMITS.ringRecordsPerKey + 10; number++) {
    outcomes.add(store.put(file('bunny', number), holder(number), HOUR_MS, 0));
  }
  assert.deepEqual([...outcomes], ['stored', 'full']);
  assert.equal(store.find(nameKey('bunny'), [], 0).length, LIMITS.ringRecordsPerKey);
  for (let number = 0; number < LIMITS.ringHoldersPerRecord + 10; number++) store.put(file('hare'), holder(number), HOUR_MS, 0);
  const [{ holders }] = store.find(nameKey('hare'), [], 0);
  assert.equal(holders.length, LIMITS.ringHoldersPerRecord);
  assert.deepEqual(holders[0].endpoint, holder(0));
  assert.equal(store.put(file('hare'), holder(0), 2 * HOUR_MS, 0), 'stored', 'who is there may renew');
});

test('one address announces so much, and leaves room for others', () => {
  const store = new RecordStore();
  let stored = 0;
  for (let number = 0; number < LIMITS.ringAnnouncementsPerAddress + 50; number++) {
    if (store.put(file('', number, hash(number)), { host: '198.51.100.1', port: 1 + number }, HOUR_MS, 0) === 'stored') stored += 1;
  }
  assert.equal(stored, LIMITS.ringAnnouncementsPerAddress);
  assert.equal(store.put(file('', 1_000_000, hash(1_000_000)), holder(2), HOUR_MS, 0), 'stored');
  store.expire(HOUR_MS);
  assert.equal(store.put(file('', 1, hash(1)), { host: '198.51.100.1', port: 1 }, HOUR_MS, HOUR_MS), 'stored', 'and has room again');
});

const anyFile = fc.record({
  name: fc.oneof(fc.constant(''), fc.string({ maxLength: 60 })),
  infoHash: fc.uint8Array({ minLength: 20, maxLength: 20 }),
  length: fc.maxSafeNat(),
  holders: fc.array(fc.record({ number: fc.integer({ min: 0, max: 60_000 }), secondsLeft: fc.integer({ min: 0, max: 65_535 }) }), { maxLength: 70 }),
});
const anyRecord: fc.Arbitrary<FileRecord> = anyFile.map(({ name, infoHash, length, holders }) => ({
  name, infoHash, length,
  key: keysOf(name, infoHash)[0],
  holders: holders.map(({ number, secondsLeft }) => ({ endpoint: holder(number), secondsLeft })),
}));

test('records survive the wire in pages of which each fits in a datagram', () => {
  fc.assert(fc.property(fc.array(anyRecord, { maxLength: 30 }), (records) => {
    const holdersSent = records.flatMap((record) => record.holders.map((one) => ({ ...record, holders: one })));
    const received: object[] = [];
    for (const page of pages(records, 4)) {
      const bytes = encode(encodeRecords(page, 4));
      assert.ok(bytes.length < LIMITS.ringDatagramBytes - 200);
      for (const record of decodeRecords(decode(bytes) as BencodeValue[], 4) ?? []) {
        for (const one of record.holders) received.push({ ...record, holders: one });
      }
    }
    assert.deepEqual(received.map(plain), holdersSent.map(plain));
  }));
});

test('two stores with the same announcements have the same digests, and one announcement more shows', () => {
  fc.assert(fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), fc.array(fc.nat(), { maxLength: 20 }), (records, order) => {
    const [one, other] = [new RecordStore(), new RecordStore()];
    const all = records.flatMap((record) => record.holders.map(({ endpoint }) => ({ record, endpoint })));
    for (const { record, endpoint } of all) one.put(record, endpoint, HOUR_MS, 0);
    for (const index of order) if (index < all.length) other.put(all[index].record, all[index].endpoint, HOUR_MS, 0);
    for (const { record, endpoint } of all.toReversed()) other.put(record, endpoint, HOUR_MS, 0);
    assert.deepEqual(other.digests(FIRST, LAST, 0), one.digests(FIRST, LAST, 0));

    const extra = file('one more', 4_000_000_000);
    other.put(extra, holder(65_000), HOUR_MS, 0);
    const before = one.digests(FIRST, LAST, 0);
    const differing = [...other.digests(FIRST, LAST, 0).entries()].filter(([bucket, digest]) => digest !== before[bucket]);
    assert.deepEqual(differing.map(([bucket]) => bucket), [bucketOf(extra.key)]);
    assert.equal(before.length, DIGEST_BUCKETS);
  }));
});

test('any bencoding decodes to records within bounds, or to nothing', () => {
  const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.integer(), fc.array(tie('value'), { maxLength: 5 }), fc.dictionary(
      fc.constantFrom('key', 'hash', 'name', 'length', 'holders'), tie('value'),
    ).map((entries) => new Map(Object.entries(entries)))),
  })).value;
  fc.assert(fc.property(fc.array(anyValue, { maxLength: 80 }), fc.constantFrom<AddressFamily>(4, 6), (values, family) => {
    const records = decodeRecords(values as never, family) ?? [];
    assert.ok(records.length <= LIMITS.ringRecordsPerPage);
    for (const { key, holders } of records) {
      assert.equal(key.length, 20);
      for (const { endpoint } of holders) assert.ok(endpoint.port > 0);
    }
  }));
});
