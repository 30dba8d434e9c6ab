import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { decode, encode, type Encodable } from '../../bytes/bencode.ts';
import { addressToBytes, formatCompactEndpoints, formatEndpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { announceRequests } from '../../../test/support/announce-requests.ts';
import { plain } from '../../../test/support/plain.ts';
import { TrackerError, type AnnounceAnswer, type AnnounceRequest } from './announcement.ts';
import {
  decodeAnnounceReply, decodeRefusal, decodeScrapeReply, encodeAnnounceAnswer, encodeRefusal, encodeScrapeAnswer,
  formatAnnounceUrl, formatScrapeUrl, parseAnnounceQuery, parseScrapeQuery,
} from './http-protocol.ts';

const REQUEST: AnnounceRequest = {
  infoHash: Buffer.from('123456789abcdef123456789abcdef123456789a', 'hex'),
  peerId: Buffer.from('-SH0100-~._-A %+&=#?'),
  port: 6881,
  uploaded: 1,
  downloaded: 2,
  left: 3,
  key: 0xbeef,
  compact: true,
  url: '',
};

const request = announceRequests({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  compact: fc.boolean(),
  trackerId: fc.uint8Array({ maxLength: 40 }),
  url: fc.constant('/announce'),
});


test('in a query every byte is escaped but the unreserved ones', () => {
  assert.equal(formatAnnounceUrl('http://t.example/announce', REQUEST),
    'http://t.example/announce?info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A'
    + '&peer_id=-SH0100-~._-A%20%25%2B%26%3D%23%3F&port=6881&uploaded=1&downloaded=2&left=3&compact=1&key=0000beef');
});

test('parameters join those that the tracker\'s URL has, and go before a fragment', () => {
  assert.match(formatAnnounceUrl('http://t.example/announce?key=1#top', REQUEST), /^http:\/\/t\.example\/announce\?key=1&info_hash=[^#]*$/);
});

test('a request is read back from its URL', () => {
  fc.assert(fc.property(request, (sent) => {
    const url = new URL(formatAnnounceUrl('http://t.example/announce', sent));
    assert.deepEqual(plain(parseAnnounceQuery(url.search.slice(1), '/announce')), plain(sent));
  }));
});

test('what other clients leave unescaped, or escape as forms do, is understood', () => {
  const parsed = parseAnnounceQuery('peer_id=-XX0000-+!*()\'$,;:@/abc&info_hash=%00%ff%Ab++++++++++++++++++++&info_hash=x&port=1&left=0&numwant=-1&key=zz&event=empty', '');
  assert.ok('refusal' in parsed && parsed.refusal.includes('23'), 'the first info_hash counts, and it is 23 bytes');
  const good = parseAnnounceQuery('peer_id=-XX0000-+!*()\'$,;:@/&info_hash=%00%ff%Ab+++++++++++++++++&port=1&numwant=-1&key=zz&event=empty&compact=0', '');
  assert.ok(!('refusal' in good));
  assert.equal(Buffer.from(good.infoHash).toString('hex'), `00ffab${'20'.repeat(17)}`);
  assert.equal(Buffer.from(good.peerId).toString(), '-XX0000- !*()\'$,;:@/');
  assert.deepEqual([good.wanted, good.key, good.event, good.compact], [undefined, 0, undefined, false]);
  assert.ok(good.left > 0, 'who does not say how much is left is no seed');
});

test('any query parses to a request or a refusal', () => {
  const nearly = fc.array(fc.tuple(fc.constantFrom('info_hash', 'peer_id', 'port', 'left', 'key', 'numwant', '%', ''), fc.string()))
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), (query) => {
    const parsed = parseAnnounceQuery(query, '');
    assert.ok('refusal' in parsed || parsed.infoHash.length === 20);
    const scraped = parseScrapeQuery(query);
    assert.ok('refusal' in scraped || scraped.length > 0);
  }));
});

const SAMPLES: AnnounceAnswer = {
  intervalMs: 1_800_000,
  minIntervalMs: 60_000,
  counts: { seeds: 3, leechers: 4, partialSeeds: 1, downloads: 5 },
  peers: {
    4: { endpoints: formatCompactEndpoints([{ host: '1.2.3.4', port: 5 }, { host: '6.7.8.9', port: 10 }], 4), peerIds: Buffer.alloc(40, 'x') },
    6: { endpoints: formatCompactEndpoints([{ host: '2001:db8::1', port: 11 }], 6), peerIds: Buffer.alloc(20, 'y') },
  },
  externalAddress: Uint8Array.of(9, 8, 7, 6),
};

test('an answer is read back, in the compact form and in the other', () => {
  for (const compact of [true, false]) {
    const reply = decodeAnnounceReply(encodeAnnounceAnswer(SAMPLES, compact));
    assert.deepEqual(reply.peers.map(formatEndpoint), ['1.2.3.4:5', '6.7.8.9:10', '[2001:db8::1]:11']);
    assert.deepEqual({ ...reply, peers: [] }, {
      intervalMs: 1_800_000, minIntervalMs: 60_000, seeds: 3, leechers: 4, peers: [], externalAddress: '9.8.7.6',
    });
  }
});

test('the dictionary form has each peer\'s id', () => {
  const answer = decode(encodeAnnounceAnswer(SAMPLES, false)) as Map<string, Map<string, Uint8Array>[]>;
  assert.deepEqual(answer.get('peers')?.map((peer) => Buffer.from(peer.get('peer id') ?? []).toString()), ['x'.repeat(20), 'x'.repeat(20), 'y'.repeat(20)]);
  assert.ok(!answer.has('peers6'));
});

const reply = (answer: Encodable): ReturnType<typeof decodeAnnounceReply> => decodeAnnounceReply(encode(answer));

test('peers that make no sense are passed over; names are kept', () => {
  const { peers } = reply({
    interval: 60,
    peers: [
      { ip: '1.2.3.4', port: 1 }, { ip: 'peer.example', port: 2 }, { ip: '2001:DB8::1', port: 3 }, { ip: '::ffff:1.2.3.5', port: 4 },
      { ip: '1.2.3.4', port: 0 }, { ip: '1.2.3.4', port: 65536 }, { ip: '1.2.3', port: 5 }, { ip: 'a b', port: 5 }, { ip: '', port: 5 },
      { ip: 7, port: 5 }, { port: 5 }, { ip: '1.2.3.4' }, 'nonsense', 5, [],
    ],
    peers6: Buffer.from('short'),
  });
  assert.deepEqual(peers.map(formatEndpoint), ['1.2.3.4:1', 'peer.example:2', '[2001:db8::1]:3', '1.2.3.5:4']);
});

test('no more peers are taken than the limit', () => {
  assert.equal(reply({ peers: new Uint8Array(6 * 5000).fill(1) }).peers.length, LIMITS.trackerPeers);
  assert.equal(reply({ peers: Array.from({ length: 5000 }, () => ({ ip: '1.2.3.4', port: 1 })) }).peers.length, LIMITS.trackerPeers);
});

test('what a tracker has to say is made fit for a terminal', () => {
  assert.equal(reply({ 'warning message': '\x1b[2Jpay\nup' }).warning, '[2Jpay up');
  assert.equal(reply({ 'warning message': 'x'.repeat(1000) }).warning?.length, LIMITS.trackerTextLength);
  assert.throws(() => reply({ 'failure reason': '\0' }), { message: 'it refuses, and gives no reason' });
});

test('the tracker\'s id is kept unless it is huge, and an address only if it is one', () => {
  assert.equal(Buffer.from(reply({ 'tracker id': 'abc' }).trackerId ?? []).toString(), 'abc');
  assert.equal(reply({ 'tracker id': new Uint8Array(LIMITS.trackerIdBytes + 1) }).trackerId, undefined);
  assert.equal(reply({ 'external ip': addressToBytes('2001:db8::5') as Uint8Array }).externalAddress, '2001:db8::5');
  assert.equal(reply({ 'external ip': '1.2.3.4' }).externalAddress, undefined);
});

test('an interval that is missing or mad becomes the usual one', () => {
  for (const interval of [undefined, 0, -5, 'soon']) assert.equal(reply({ interval }).intervalMs, 1_800_000);
  assert.equal(reply({ interval: 5, 'min interval': -1 }).minIntervalMs, 0);
});

test('a refusal says when to come back, in the ways that trackers say it', () => {
  const wishes: [Encodable, number | undefined][] = [['5', 300_000], [5, 300_000], ['never', Number.POSITIVE_INFINITY], ['soon', undefined], [-1, undefined], ['1e9', undefined]];
  for (const [wish, retryInMs] of wishes) {
    const refusal = decodeRefusal(encode({ 'failure reason': 'Overloaded', 'retry in': wish }));
    assert.deepEqual([refusal?.message, refusal?.retryInMs], ['Overloaded', retryInMs]);
  }
  for (const retryInMs of [undefined, 120_000, Number.POSITIVE_INFINITY]) {
    const refusal = decodeRefusal(encodeRefusal({ refusal: 'no', ...(retryInMs === undefined ? {} : { retryInMs }) }));
    assert.equal(refusal?.retryInMs, retryInMs);
  }
  assert.equal(decodeRefusal(encode({ interval: 5 })), undefined);
  assert.equal(decodeRefusal(Buffer.from('<html>')), undefined);
});

test('any body ends in a reply or in a TrackerError', () => {
  const anything = fc.letrec<{ value: Encodable }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.maxSafeInteger(), fc.string(), fc.uint8Array(), fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('ip', 'port', 'peer id', 'complete', 'x'), tie('value'))),
  })).value;
  const answers = fc.dictionary(
    fc.constantFrom('interval', 'min interval', 'peers', 'peers6', 'failure reason', 'retry in', 'warning message', 'tracker id', 'external ip', 'files'), anything);
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), answers.map((answer) => encode(answer))), (body) => {
    for (const read of [decodeAnnounceReply, (bytes: Uint8Array) => decodeScrapeReply(bytes, [REQUEST.infoHash])]) {
      try {
        assert.ok(read(body));
      } catch (error) {
        assert.ok(error instanceof TrackerError, String(error));
      }
    }
  }));
});

test('where counts are asked for follows from where one announces (BEP 48)', () => {
  const hash = '?info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A';
  const scrapeUrl = (url: string): string | undefined => formatScrapeUrl(url, [REQUEST.infoHash]);
  assert.equal(scrapeUrl('http://t.example/announce'), `http://t.example/scrape${hash}`);
  assert.equal(scrapeUrl('http://t.example/x/announce'), `http://t.example/x/scrape${hash}`);
  assert.equal(scrapeUrl('http://t.example/announce.php'), `http://t.example/scrape.php${hash}`);
  assert.equal(scrapeUrl('http://t.example/announce?x2%0644'), `http://t.example/scrape?x2%0644&${hash.slice(1)}`);
  for (const url of ['http://t.example/a', 'http://t.example/x%064announce', 'http://t.example/announce?x=2/4'.replace('announce', 'a'), 'http://t.example/x?announce']) {
    assert.equal(scrapeUrl(url), undefined, url);
  }
});

test('counts are read back for the swarms asked for', () => {
  const other = Buffer.alloc(20, 0xff);
  const counts = { seeds: 1, leechers: 5, partialSeeds: 2, downloads: 9 };
  assert.deepEqual(decodeScrapeReply(encodeScrapeAnswer([REQUEST.infoHash], [counts]), [other, REQUEST.infoHash]), [undefined, counts]);
  const query = formatScrapeUrl('http://t.example/announce', [REQUEST.infoHash, other])?.split('?')[1] ?? '';
  assert.deepEqual(parseScrapeQuery(query), [REQUEST.infoHash, other]);
});
