import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { type Announcement, encodeAnnouncement, parseAnnouncement } from './announcement.ts';

const HASH = new Uint8Array(20).fill(0xab);
const parse = (text: string): Announcement | undefined => parseAnnouncement(Buffer.from(text, 'latin1'));

test('an announcement stands as BEP 14 has it', () => {
  const text = Buffer.from(encodeAnnouncement({ port: 6881, infoHashes: [HASH], cookie: 'me' }, 4)).toString('latin1');
  assert.equal(text, `BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: ${'ab'.repeat(20)}\r\ncookie: me\r\n\r\n\r\n`);
  const other = Buffer.from(encodeAnnouncement({ port: 1, infoHashes: [HASH], cookie: undefined }, 6)).toString('latin1');
  assert.equal(other, `BT-SEARCH * HTTP/1.1\r\nHost: [ff15::efc0:988f]:6771\r\nPort: 1\r\nInfohash: ${'ab'.repeat(20)}\r\n\r\n\r\n`);
});

test('what is written is read, in a datagram that no link has to split', () => {
  const hashes = fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { minLength: 1, maxLength: LIMITS.localInfoHashes });
  fc.assert(fc.property(fc.integer({ min: 1, max: 65535 }), hashes, fc.option(fc.stringMatching(/^[0-9a-f]{1,16}$/), { nil: undefined }), (port, infoHashes, cookie) => {
    const bytes = encodeAnnouncement({ port, infoHashes, cookie }, 6);
    assert.ok(bytes.length <= 1400);
    const read = parseAnnouncement(bytes) ?? assert.fail();
    assert.deepEqual([read.port, read.infoHashes.map(toHex), read.cookie], [port, infoHashes.map(toHex), cookie]);
  }));
});

test('names in any case and lines unknown are read over; what lacks a port or a torrent is none', () => {
  const line = `INFOHASH:${toHex(HASH).toUpperCase()}`;
  assert.deepEqual(parse(`BT-SEARCH * HTTP/1.1\r\nX-New: 1\r\nport: 7 \r\n${line}\r\n\r\n`)?.port, 7);
  for (const text of [
    '', 'GET / HTTP/1.1\r\n', `BT-SEARCH * HTTP/1.1\r\n${line}\r\n`, 'BT-SEARCH * HTTP/1.1\r\nPort: 7\r\n', `BT-SEARCH * HTTP/1.1\r\nPort: 0\r\n${line}\r\n`,
    `BT-SEARCH * HTTP/1.1\r\nPort: 65536\r\n${line}\r\n`, `BT-SEARCH * HTTP/1.1\r\nPort: x\r\n${line}\r\n`, 'BT-SEARCH * HTTP/1.1\r\nPort: 7\r\nInfohash: abcd\r\n',
  ]) assert.equal(parse(text), undefined, text);
});

test('any bytes are an announcement or none, with no more torrents than are read', () => {
  const part = fc.constantFrom('BT-SEARCH * HTTP/1.1', '\r\n', 'Port: 7', 'Infohash: ', toHex(HASH), ':', 'cookie: x', '\0', `Infohash: ${toHex(HASH)}\r\n`);
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.array(part, { maxLength: 60 }).map((parts) => Buffer.from(`BT-SEARCH * HTTP/1.1\r\nPort: 7\r\n${parts.join('')}`))), (bytes) => {
    const read = parseAnnouncement(bytes);
    assert.ok(read === undefined || (read.port > 0 && read.infoHashes.length > 0 && read.infoHashes.length <= LIMITS.localInfoHashes));
  }), { numRuns: 500 });
});
