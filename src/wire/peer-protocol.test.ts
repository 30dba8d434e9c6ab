import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plain } from '../../test/support/plain.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Handshake, PeerMessage } from './messages.ts';
import { peerProtocol, WireError } from './peer-protocol.ts';

/** The bytes of messages one behind the other. */
function encodeAll(messages: readonly PeerMessage[]): Buffer {
  const claimed: Uint8Array[] = [];
  for (const message of messages) {
    peerProtocol.encode(message, {
      claim: (length) => {
        // What is claimed may hold anything: a page that was used before.
        claimed.push(new Uint8Array(length).fill(0xa5));
        return claimed[claimed.length - 1];
      },
    });
  }
  return Buffer.concat(claimed);
}

/** Copies of what the decoder gives when the stream comes in parts of these lengths, over and over. */
function decodeInParts(stream: Uint8Array, lengths: readonly number[]): PeerMessage[] {
  const decoder = peerProtocol.decoder();
  const messages: PeerMessage[] = [];
  let offset = 0;
  for (let part = 0; offset < stream.length; part++) {
    const end = Math.min(stream.length, offset + lengths[part % lengths.length]);
    // Each part in the same buffer, as the network has it: what a view shows later is another message.
    const buffer = Uint8Array.from(stream.subarray(offset, end));
    decoder.push(buffer, (message) => messages.push(structuredClone(peerProtocol.detach(message))) > 0);
    buffer.fill(0xee);
    offset = end;
  }
  return messages;
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

const HANDSHAKE: Handshake = {
  type: 'handshake', infoHash: new Uint8Array(20).fill(1), peerId: new Uint8Array(20).fill(2),
  supports: { extensions: true, fast: true, dht: true, v2: true },
};

/** The messages in these bytes, which follow a handshake. */
function decodeAfterHandshake(bytes: Uint8Array): PeerMessage[] {
  return decodeInParts(Buffer.concat([encodeAll([HANDSHAKE]), bytes]), [1e6]).slice(1);
}

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const block = { piece: uint32, begin: uint32, length: uint32 };
const hashRun = { piecesRoot: bytesOf(32), baseLayer: uint32, index: uint32, length: uint32, proofLayers: uint32 };

const handshakes: fc.Arbitrary<Handshake> = fc.record({
  type: fc.constant('handshake'), infoHash: bytesOf(20), peerId: bytesOf(20),
  supports: fc.record({ extensions: fc.boolean(), fast: fc.boolean(), dht: fc.boolean(), v2: fc.boolean() }, { noNullPrototype: true }),
});

const messages: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('keep-alive', 'choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none') }),
  fc.record({ type: fc.constantFrom('have', 'suggest', 'allowed-fast'), piece: uint32 }),
  fc.record({ type: fc.constantFrom('request', 'cancel', 'reject'), ...block }),
  fc.record({ type: fc.constant('bitfield' as const), bytes: fc.uint8Array({ maxLength: 50 }) }),
  fc.record({ piece: uint32, begin: uint32, data: fc.uint8Array({ maxLength: 300 }) })
    .map((piece) => ({ type: 'piece' as const, length: piece.data.length, ...piece })),
  fc.record({ type: fc.constant('port' as const), port: fc.integer({ min: 0, max: 65535 }) }),
  fc.record({ type: fc.constant('extended' as const), id: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 50 }) }),
  fc.record({ type: fc.constantFrom('hash-request', 'hash-reject'), ...hashRun }),
  fc.record({ type: fc.constant('hashes' as const), ...hashRun, hashes: fc.integer({ min: 0, max: 5 }).chain((count) => bytesOf(count * 32)) }),
);

const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 });

test('whatever is said arrives as it was said, however the stream is cut', () => {
  fc.assert(fc.property(handshakes, fc.array(messages, { maxLength: 20 }), cuts, (handshake, said, lengths) => {
    assert.deepEqual(plain(decodeInParts(encodeAll([handshake, ...said]), lengths)), plain([handshake, ...said]));
  }), { numRuns: 300 });
});

test('byte by byte, the longest messages too', () => {
  const said: PeerMessage[] = [
    HANDSHAKE,
    { type: 'bitfield', bytes: new Uint8Array(LIMITS.pieces / 8).fill(0x55) },
    { type: 'piece', piece: 1, begin: 2, length: LIMITS.blockBytes, data: new Uint8Array(LIMITS.blockBytes).fill(3) },
    { type: 'have', piece: 4 },
  ];
  assert.deepEqual(plain(decodeInParts(encodeAll(said), [1])), plain(said));
});

test('a message weighs what its bytes do', () => {
  fc.assert(fc.property(fc.oneof(handshakes, messages), (message) => assert.equal(encodeAll([message]).length, peerProtocol.weigh(message))));
});

test('any bytes behind a handshake are messages or refused, at once and however they are cut', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, lengths) => {
    const stream = Buffer.concat([encodeAll([HANDSHAKE]), bytes]);
    const outcome = (parts: readonly number[]): unknown => {
      try {
        return plain(decodeInParts(stream, parts));
      } catch (error) {
        assert.ok(error instanceof WireError);
        return error.message;
      }
    };
    assert.deepEqual(outcome(lengths), outcome([stream.length]));
  }), { numRuns: 1000 });
});

test('any bytes instead of a handshake are refused as soon as one is wrong', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
    fc.pre(bytes[0] !== 19);
    assert.throws(() => decodeInParts(bytes, [1]), WireError);
  }));
  assert.throws(() => decodeInParts(Buffer.from('\x13BitTorrent protocoL'), [1]), WireError);
  assert.deepEqual(decodeInParts(Buffer.from('\x13BitTorrent protocol'), [1]), []);
});

test('a message that is whole in what arrived is read where it stands', () => {
  const decoder = peerProtocol.decoder();
  const stream = new Uint8Array(encodeAll([HANDSHAKE, { type: 'piece', piece: 0, begin: 0, length: 5, data: new Uint8Array(5) }, { type: 'bitfield', bytes: new Uint8Array(3) }]));
  const views: Uint8Array[] = [];
  decoder.push(stream, (message) => {
    if (message.type === 'piece') views.push(message.data);
    if (message.type === 'bitfield') views.push(message.bytes);
    return true;
  });
  assert.deepEqual(views.map((view) => view.buffer === stream.buffer), [true, true]);
});

test('the decoder stops as soon as it is told that no more is wanted', () => {
  for (const lengths of [[1], [1000]]) {
    const decoder = peerProtocol.decoder();
    const stream = encodeAll([HANDSHAKE, { type: 'choke' }, { type: 'unchoke' }]);
    const heard: string[] = [];
    for (let offset = 0; offset < stream.length && heard.length < 2; offset += lengths[0]) {
      decoder.push(stream.subarray(offset, offset + lengths[0]), (message) => heard.push(message.type) < 2);
    }
    assert.deepEqual(heard, ['handshake', 'choke']);
  }
});

test('lengths that no message of its kind has are refused before anything of it has come', () => {
  const refused = [
    'ffffffff 14', // An extended message of 4 GiB.
    'ffffffff 07', // A block of 4 GiB.
    'ffffffff 63', // A kind unknown of 4 GiB.
    '0000400a 07', // A block one byte too long: 16,385 bytes.
    '00080002 05', // A bitfield of more pieces than there may be.
    '00000002 00', '00000005 01', '00000004 04', '0000000c 06', '0000000e 08', '00000004 09', '00000001 14', '00000030 15', '00000008 07',
    // A hash cut short.
    `00000032 16 ${'00'.repeat(49)}`,
  ];
  for (const bytes of refused) assert.throws(() => decodeAfterHandshake(hex(bytes)), WireError, bytes);
  for (const bytes of ['00004009 07', '00080001 05', '00020000 14', '00020000 63']) assert.deepEqual(decodeAfterHandshake(hex(bytes)), [], bytes);
});

test('room is taken for what has come, not for what was announced', () => {
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 2000 }, () => peerProtocol.decoder());
  const stream = Buffer.concat([encodeAll([HANDSHAKE]), hex('00080001 05 aa')]);
  for (const decoder of decoders) decoder.push(stream, () => true);
  // As announced it would be a gigabyte.
  assert.ok(process.memoryUsage().arrayBuffers - before < 50e6);
  assert.equal(decoders.length, 2000);
});

test('kinds that nobody has told us of are passed over', () => {
  assert.deepEqual(decodeAfterHandshake(hex('00000003 63 0102 00000001 00')), [{ type: 'choke' }]);
});

test('messages stand on the wire as the BEPs say', () => {
  const facts: [PeerMessage, string][] = [
    [{ type: 'keep-alive' }, '00000000'],
    [{ type: 'choke' }, '00000001 00'],
    [{ type: 'unchoke' }, '00000001 01'],
    [{ type: 'interested' }, '00000001 02'],
    [{ type: 'not-interested' }, '00000001 03'],
    [{ type: 'have', piece: 42 }, '00000005 04 0000002a'],
    [{ type: 'bitfield', bytes: hex('8106') }, '00000003 05 8106'],
    [{ type: 'request', piece: 1, begin: 0x4000, length: 0x4000 }, '0000000d 06 00000001 00004000 00004000'],
    [{ type: 'piece', piece: 1, begin: 2, length: 3, data: hex('aabbcc') }, '0000000c 07 00000001 00000002 aabbcc'],
    [{ type: 'cancel', piece: 1, begin: 0x4000, length: 0x4000 }, '0000000d 08 00000001 00004000 00004000'],
    [{ type: 'port', port: 43707 }, '00000003 09 aabb'],
    // BEP 6.
    [{ type: 'suggest', piece: 7 }, '00000005 0d 00000007'],
    [{ type: 'have-all' }, '00000001 0e'],
    [{ type: 'have-none' }, '00000001 0f'],
    [{ type: 'reject', piece: 1, begin: 2, length: 3 }, '0000000d 10 00000001 00000002 00000003'],
    [{ type: 'allowed-fast', piece: 0xffff_ffff }, '00000005 11 ffffffff'],
    // BEP 10.
    [{ type: 'extended', id: 0, payload: Buffer.from('de') }, '00000004 14 00 6465'],
    // BEP 52.
    [{ type: 'hash-request', piecesRoot: new Uint8Array(32).fill(9), baseLayer: 1, index: 2, length: 4, proofLayers: 3 },
      `00000031 15 ${'09'.repeat(32)} 00000001 00000002 00000004 00000003`],
    [{ type: 'hashes', piecesRoot: new Uint8Array(32).fill(9), baseLayer: 1, index: 2, length: 4, proofLayers: 3, hashes: new Uint8Array(32).fill(8) },
      `00000051 16 ${'09'.repeat(32)} 00000001 00000002 00000004 00000003 ${'08'.repeat(32)}`],
    [{ type: 'hash-reject', piecesRoot: new Uint8Array(32).fill(9), baseLayer: 1, index: 2, length: 4, proofLayers: 3 },
      `00000031 17 ${'09'.repeat(32)} 00000001 00000002 00000004 00000003`],
  ];
  for (const [message, bytes] of facts) {
    assert.equal(encodeAll([message]).toString('hex'), hex(bytes).toString('hex'));
    assert.deepEqual(plain(decodeAfterHandshake(hex(bytes))), plain([message]));
  }
});

test('the handshake\'s reserved bits are those of BEP 5, 6, 10 and 52', () => {
  const bits = (supports: Partial<Handshake['supports']>): string =>
    encodeAll([{ ...HANDSHAKE, supports: { extensions: false, fast: false, dht: false, v2: false, ...supports } }]).toString('hex', 20, 28);
  assert.equal(bits({}), '0000000000000000');
  assert.equal(bits({ extensions: true }), '0000000000100000');
  assert.equal(bits({ dht: true }), '0000000000000001');
  assert.equal(bits({ fast: true }), '0000000000000004');
  assert.equal(bits({ v2: true }), '0000000000000010');
  // Bits that others use for theirs mean nothing to us.
  const stream = Buffer.concat([Buffer.from('\x13BitTorrent protocol', 'latin1'), hex('ffffffffffefffea'), new Uint8Array(40)]);
  const [heard] = decodeInParts(stream, [1000]);
  assert.deepEqual(heard.type === 'handshake' && heard.supports, { extensions: false, fast: false, dht: false, v2: false });
});
