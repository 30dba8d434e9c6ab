import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encode, type Encodable } from '../bytes/bencode.ts';
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import {
  decodeDontHave, decodeExtensionHandshake, decodeMetadataMessage, decodePeerExchange, encodeExtensionHandshake,
  encodeMetadataMessage, encodePeerExchange, EXTENSIONS, type MetadataMessage,
} from './extensions.ts';

const OURS = {
  names: ['ut_metadata', 'ut_pex', 'lt_donthave', 'upload_only'] as const, metadataBytes: 31235, client: 'Shoal 0.1.0',
  listenPort: 6881, requestQueueLength: 500, yourAddress: '192.0.2.7', uploadOnly: true,
};

test('an extension handshake says what it was given, and names only the extensions asked for', () => {
  assert.deepEqual(decodeExtensionHandshake(encodeExtensionHandshake(OURS)), {
    ids: { ut_metadata: 1, ut_pex: 2, lt_donthave: 3, upload_only: 4 },
    metadataBytes: 31235, client: 'Shoal 0.1.0', listenPort: 6881, requestQueueLength: 500, yourAddress: '192.0.2.7', uploadOnly: true,
  });
  const sparing = decodeExtensionHandshake(encodeExtensionHandshake({
    ...OURS, names: ['ut_metadata'], metadataBytes: undefined, listenPort: undefined, yourAddress: '2001:db8::7', uploadOnly: false,
  }));
  assert.deepEqual(sparing, {
    ids: { ut_metadata: 1 }, metadataBytes: undefined, client: 'Shoal 0.1.0', listenPort: undefined,
    requestQueueLength: 500, yourAddress: '2001:db8::7', uploadOnly: false,
  });
});

test('a real client\'s extension handshake is understood', () => {
  // What qBittorrent 4.4.0 alpha sends, keys in its own order.
  const bytes = Buffer.concat([
    Buffer.from('d12:complete_agoi2934e1:md11:lt_donthavei7e10:share_modei8e11:upload_onlyi3e12:ut_holepunchi4e11:ut_metadatai2e6:ut_pexi1ee'),
    Buffer.from('13:metadata_sizei13887e4:reqqi500e11:upload_onlyi1e1:v23:qBittorrent/4.4.0alpha16:yourip4:'), Uint8Array.of(127, 0, 0, 1), Buffer.from('e'),
  ]);
  assert.deepEqual(decodeExtensionHandshake(bytes), {
    ids: { ut_metadata: 2, ut_pex: 1, lt_donthave: 7, upload_only: 3 },
    metadataBytes: 13887, client: 'qBittorrent/4.4.0alpha1', listenPort: undefined, requestQueueLength: 500, yourAddress: '127.0.0.1', uploadOnly: true,
  });
});

test('fields that make no sense are as if they were not there', () => {
  const decoded = (fields: Record<string, Encodable>): unknown => decodeExtensionHandshake(encode(fields));
  const nothing = decoded({});
  for (const fields of [
    { metadata_size: 0 }, { metadata_size: -1 }, { metadata_size: LIMITS.metadataBytes + 1 }, { metadata_size: 2n ** 64n }, { metadata_size: 'much' },
    { p: 0 }, { p: 65536 }, { p: -1 }, { reqq: 0 }, { reqq: -5 }, { reqq: 2n ** 70n },
    { yourip: 'abc' }, { yourip: '' }, { yourip: 5 }, { v: 5 }, { upload_only: 2 }, { upload_only: [] },
    { m: 5 }, { m: [] }, { m: { ut_pex: 0 } }, { m: { ut_pex: 256 } }, { m: { ut_pex: -1 } }, { m: { ut_pex: 'one' } }, { m: { unheard_of: 1 } },
  ]) assert.deepEqual(decoded(fields), nothing, JSON.stringify(Object.keys(fields)));
});

test('a client\'s name is made fit for a terminal', () => {
  const { client } = decodeExtensionHandshake(encode({ v: `\u001b[31mEvil\u0007${'x'.repeat(1000)}` }));
  assert.equal(client?.length, LIMITS.clientNameLength);
  assert.match(client ?? '', /^\[31mEvilx+…$/);
});

test('metadata messages are those of BEP 9', () => {
  const facts: [MetadataMessage, string][] = [
    [{ type: 'request', piece: 0 }, 'd8:msg_typei0e5:piecei0ee'],
    [{ type: 'data', piece: 0, totalBytes: 34256, data: Buffer.from('xxxxxxxx') }, 'd8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx'],
    [{ type: 'reject', piece: 3 }, 'd8:msg_typei2e5:piecei3ee'],
  ];
  for (const [message, text] of facts) {
    assert.equal(Buffer.from(encodeMetadataMessage(message)).toString(), text);
    assert.deepEqual(decodeMetadataMessage(Buffer.from(text)), message);
  }
  // A kind that is unknown is passed over; a piece must be named.
  assert.equal(decodeMetadataMessage(Buffer.from('d8:msg_typei9e5:piecei0ee')), undefined);
  assert.equal(decodeMetadataMessage(Buffer.from('de')), undefined);
  for (const text of ['d8:msg_typei0ee', 'd8:msg_typei0e5:piecei-1ee', 'd8:msg_typei0e5:piece1:0e']) {
    assert.throws(() => decodeMetadataMessage(Buffer.from(text)), { code: 'BAD_PEER_MESSAGE' });
  }
});

const ports = fc.integer({ min: 1, max: 65535 });
const endpoints = fc.array(fc.oneof(
  fc.record({ host: fc.ipV4(), port: ports }, { noNullPrototype: true }),
  fc.record({ host: fc.constantFrom('2001:db8::1', '::1', 'fe80::7', '2001:db8:1:2:3:4:5:6'), port: ports }, { noNullPrototype: true }),
), { maxLength: 50 });

test('peers of both families are exchanged as they are', () => {
  fc.assert(fc.property(endpoints, endpoints, (added, dropped) => {
    const byFamily = (all: typeof added): typeof added => [...all.filter(({ host }) => !host.includes(':')), ...all.filter(({ host }) => host.includes(':'))];
    assert.deepEqual(decodePeerExchange(encodePeerExchange({ added, dropped })), { added: byFamily(added), dropped: byFamily(dropped) });
  }));
});

test('a real client\'s peer exchange is understood, one with too many is cut short', () => {
  const bytes = Buffer.from('64353a616464656431323ab99f9d14b56797f969861090373a61646465642e66323a0c00363a616464656436303a383a6164646564362e66303a373a64726f70706564303a383a64726f7070656436303a65', 'hex');
  assert.deepEqual(decodePeerExchange(bytes), {
    added: [{ host: '185.159.157.20', port: 46439 }, { host: '151.249.105.134', port: 4240 }], dropped: [],
  });
  const many = decodePeerExchange(encode({ added: new Uint8Array(6 * 5000).fill(7), dropped6: new Uint8Array(18 * 5000).fill(7), added6: 'half an address', dropped: 5 }));
  assert.deepEqual([many.added.length, many.dropped.length], [LIMITS.exchangedPeers, LIMITS.exchangedPeers]);
});

test('don\'t-have names one piece in four bytes', () => {
  assert.equal(decodeDontHave(Uint8Array.of(0xff, 0, 0, 1)), 0xff00_0001);
  for (const length of [0, 3, 5]) assert.throws(() => decodeDontHave(new Uint8Array(length)), { code: 'BAD_PEER_MESSAGE' });
});

/** Bencoding with the keys that the decoders look for, and values of any kind under them. */
const nearMisses: fc.Arbitrary<Uint8Array> = fc.letrec<{ value: Encodable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), fc.integer({ min: -3, max: 300 }), fc.string({ maxLength: 20 }), fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('m', 'ut_pex', 'ut_metadata', 'p', 'v', 'reqq', 'yourip', 'metadata_size', 'upload_only', 'msg_type', 'piece', 'total_size', 'added', 'added6', 'dropped', 'dropped6'), tie('value'), { noNullPrototype: true, maxKeys: 8 }),
  ),
})).value.map((value) => encode(value));

test('whatever a payload holds, it is a value or one clear error', () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), nearMisses, fc.tuple(nearMisses, fc.uint8Array({ maxLength: 9 })).map((parts) => Buffer.concat(parts))), (payload) => {
    for (const decode of [decodeExtensionHandshake, decodeMetadataMessage, decodePeerExchange, decodeDontHave]) {
      try {
        decode(payload);
      } catch (error) {
        assert.ok(error instanceof ShoalError, String(error));
      }
    }
  }), { numRuns: 2000 });
});

test('the numbers of our extensions are all different, and none is the handshake\'s', () => {
  const ids = Object.values(EXTENSIONS) as number[];
  assert.equal(new Set([0, ...ids]).size, ids.length + 1);
});
