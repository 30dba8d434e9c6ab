import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { formatCompactEndpoints } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { announceRequests } from '../../../test/support/announce-requests.ts';
import { plain } from '../../../test/support/plain.ts';
import type { AnnounceRequest } from './announcement.ts';
import {
  decodeReply, decodeRequest, encodeAnnounceReply, encodeAnnounceRequest, encodeConnectReply, encodeConnectRequest,
  encodeErrorReply, encodeScrapeReply, encodeScrapeRequest, peersPerDatagram,
} from './udp-protocol.ts';

const ID = Buffer.from('0102030405060708', 'hex');
const REQUEST: AnnounceRequest = {
  infoHash: Buffer.alloc(20, 0xaa),
  peerId: Buffer.alloc(20, 0xbb),
  port: 0x1ae1,
  downloaded: 0x0102030405,
  left: 6,
  uploaded: 7,
  event: 'started',
  key: 0xdeadbeef,
  compact: true,
  url: '',
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('requests are laid out as BEP 15 has it', () => {
  assert.equal(hex(encodeConnectRequest(0xcafebabe)), '000004172710198000000000cafebabe');
  assert.equal(hex(encodeAnnounceRequest(ID, 0xcafebabe, REQUEST)), [
    '0102030405060708', '00000001', 'cafebabe', 'aa'.repeat(20), 'bb'.repeat(20),
    '0000000102030405', '0000000000000006', '0000000000000007', '00000002', '00000000', 'deadbeef', 'ffffffff', '1ae1',
  ].join(''));
  assert.equal(hex(encodeScrapeRequest(ID, 1, [Buffer.alloc(20, 0xcc)])), `01020304050607080000000200000001${'cc'.repeat(20)}`);
});

test('events have the numbers of BEP 15', () => {
  const numbers = ([undefined, 'completed', 'started', 'stopped'] as const).map((event) => {
    const { event: _started, ...rest } = REQUEST;
    return Buffer.from(encodeAnnounceRequest(ID, 1, event === undefined ? rest : { ...rest, event })).readUInt32BE(80);
  });
  assert.deepEqual(numbers, [0, 1, 2, 3]);
});

const bytes20 = fc.uint8Array({ minLength: 20, maxLength: 20 });
const request = announceRequests({
  address: fc.ipV4().filter((address) => address !== '0.0.0.0'),
  compact: fc.constant(true),
  url: fc.string({ maxLength: LIMITS.announceUrlBytes }).filter((url) => /^[\x20-\x7e]*$/.test(url)),
});

test('requests are read back', () => {
  assert.deepEqual(decodeRequest(encodeConnectRequest(5)), { action: 'connect', transaction: 5 });
  fc.assert(fc.property(request, (announce) => {
    const read = decodeRequest(encodeAnnounceRequest(ID, 5, announce));
    assert.deepEqual(plain(read ?? {}), plain({ action: 'announce', transaction: 5, connectionId: ID, announce }));
  }));
  fc.assert(fc.property(fc.array(bytes20, { minLength: 1, maxLength: LIMITS.scrapedSwarms }), (infoHashes) => {
    const read = decodeRequest(encodeScrapeRequest(ID, 5, infoHashes));
    assert.deepEqual(plain(read ?? {}), plain({ action: 'scrape', transaction: 5, connectionId: ID, infoHashes }));
  }));
});

test('the URL behind an announce is read as in BEP 41\'s examples', () => {
  const head = encodeAnnounceRequest(ID, 1, REQUEST);
  const urlOf = (...options: (number | string)[]): string | undefined => {
    const tail = options.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part)));
    const read = decodeRequest(Buffer.concat([head, ...tail]));
    return read?.action === 'announce' ? read.announce.url : undefined;
  };
  assert.equal(urlOf(2, 0xc, '/dir?a=b&c=d'), '/dir?a=b&c=d');
  assert.equal(urlOf(2, 0xc, '/dir?a=b&c=d', 1, 1, 0), '/dir?a=b&c=d');
  assert.equal(urlOf(2, 0), '');
  assert.equal(urlOf(2, 4, '/dir', 9, 3, 'xyz', 2, 2, '?a', 0, 2, 1, 'z'), '/dir?a');
  assert.equal(urlOf(2, 9, 'cut'), '');
  assert.equal(urlOf(2), '');
  assert.equal(hex(encodeAnnounceRequest(ID, 1, { ...REQUEST, url: '/dir' }).subarray(98)), '02042f646972');
});

test('replies are read back', () => {
  const counts = { seeds: 3, leechers: 4, partialSeeds: 0, downloads: 5 };
  assert.deepEqual(plain(decodeReply(encodeConnectReply(7, ID), 4) ?? {}), plain({ action: 'connect', transaction: 7, connectionId: ID }));
  assert.deepEqual(decodeReply(encodeErrorReply(7, 'schön'), 4), { action: 'error', transaction: 7, reason: 'schön' });
  assert.deepEqual(decodeReply(encodeScrapeReply(7, [counts, counts]), 4), { action: 'scrape', transaction: 7, counts: [counts, counts] });
  const peers = { 4: [{ host: '1.2.3.4', port: 5 }], 6: [{ host: '2001:db8::1', port: 6 }, { host: '2001:db8::2', port: 7 }] };
  const sample = (family: 4 | 6) => ({ endpoints: formatCompactEndpoints(peers[family], family), peerIds: new Uint8Array() });
  for (const family of [4, 6] as const) {
    const answer = { intervalMs: 1_800_400, minIntervalMs: 0, counts, peers: { 4: sample(4), 6: sample(6) } };
    assert.deepEqual(decodeReply(encodeAnnounceReply(7, answer, family), family), {
      action: 'announce', transaction: 7, announce: { intervalMs: 1_800_000, leechers: 4, seeds: 3, peers: peers[family] },
    });
  }
});

test('as many peers as fit make no datagram longer than passes everywhere', () => {
  for (const family of [4, 6] as const) {
    const endpoints = new Uint8Array(peersPerDatagram(family) * (family === 4 ? 6 : 18));
    const sample = { endpoints, peerIds: new Uint8Array() };
    const answer = { intervalMs: 0, minIntervalMs: 0, counts: { seeds: 0, leechers: 0, partialSeeds: 0, downloads: 0 }, peers: { 4: sample, 6: sample } };
    assert.ok(encodeAnnounceReply(1, answer, family).length <= LIMITS.trackerDatagramBytes);
  }
});

test('any datagram decodes to a message or to nothing', () => {
  const header = (action: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 200 })
    .map((tail) => Buffer.concat([ID, Buffer.of(0, 0, 0, action), tail]));
  const replyHeader = (action: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 200 })
    .map((tail) => Buffer.concat([Buffer.of(0, 0, 0, action), tail]));
  const actions = [0, 1, 2, 3, 4];
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: LIMITS.datagramBytes }), ...actions.map(header), ...actions.map(replyHeader)), (bytes) => {
    const read = decodeRequest(bytes);
    assert.ok(read === undefined || bytes.length >= 16);
    const reply = decodeReply(bytes, 4);
    assert.ok(reply === undefined || bytes.length >= 8);
  }));
  assert.equal(decodeRequest(Buffer.concat([ID, Buffer.alloc(8)])), undefined, 'a connect without the protocol\'s number');
});
