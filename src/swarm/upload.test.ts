import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { LoneTransfer } from '../../test/support/lone-transfer.ts';
import { sampleTorrent } from '../../test/support/sample-torrent.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { pieceSize, type MetainfoFormat } from '../metainfo/metainfo.ts';
import type { Channel } from '../runtime/channel.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import type { BlockRequest, PeerMessage } from '../wire/messages.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { Neighbour } from './neighbour.ts';
import { RateLimit } from './rate.ts';
import { Upload } from './upload.ts';

const BLOCK = 16 * 1024;

/** A seed of two files that end within a piece each, with one unchoked neighbour. */
function seedOf(format: MetainfoFormat): { ask(request: BlockRequest): Promise<Uint8Array | undefined>; payload: Uint8Array; pieceLength: number } {
  const { metainfo, payload } = sampleTorrent({ format, pieceLength: 2 * BLOCK, lengths: [3 * BLOCK + 777, BLOCK + 99] });
  const simulation = new Simulation({ seed: 1 });
  const upload = new Upload({
    metainfo, have: Bitfield.full(metainfo.pieceCount), carriesPayload: true, learnLayer: () => undefined, verify: async () => true,
    store: {
      read: async (piece, begin, target) => {
        assert.ok(begin + target.length <= pieceSize(metainfo, piece), 'reads what is there');
        target.set(payload.subarray(piece * metainfo.pieceLength + begin, piece * metainfo.pieceLength + begin + target.length));
      },
      write: async () => undefined,
      close: async () => undefined,
    },
  }, {
    clock: simulation, limit: new RateLimit(Number.POSITIVE_INFINITY, 0),
    hooks: { failed: (error) => { throw error; }, throttled: () => undefined, isAllowedFast: () => false, endTurn: () => false },
  });
  const sent: PeerMessage[] = [];
  const channel: Channel<PeerMessage> = {
    remote: { host: '10.0.0.2', port: 1 }, incoming: true, queuedBytes: 0, lowWaterBytes: 0,
    handle: () => undefined, send: (message) => sent.push(message), close: () => undefined,
  };
  const neighbour = new Neighbour(1, channel, {
    type: 'handshake', infoHash: new Uint8Array(20), peerId: new Uint8Array(20), supports: { extensions: false, fast: true, dht: false, v2: true },
  }, 0);
  neighbour.unchoke(0);
  return {
    payload,
    pieceLength: metainfo.pieceLength,
    ask: async (request) => {
      upload.requested(neighbour, request);
      await simulation.run(100);
      const answer = sent.at(-1);
      return answer?.type === 'piece' && answer.piece === request.piece && answer.begin === request.begin && answer.length === request.length ? answer.data : undefined;
    },
  };
}

test('a block is sent as it was asked for, the shorter one at a file\'s end too', async () => {
  const { ask, payload, pieceLength } = seedOf('v2');
  assert.deepEqual(await ask({ piece: 1, begin: 0, length: BLOCK }), payload.subarray(pieceLength, pieceLength + BLOCK));
  assert.deepEqual(await ask({ piece: 1, begin: BLOCK, length: 777 }), payload.subarray(pieceLength + BLOCK, pieceLength + BLOCK + 777));
});

test('behind the end of a v2 file come zeros for those who ask for a whole block, as libtorrent does', async () => {
  const { ask, payload, pieceLength } = seedOf('v2');
  const answer = await ask({ piece: 1, begin: BLOCK, length: BLOCK });
  assert.deepEqual(answer?.subarray(0, 777), payload.subarray(pieceLength + BLOCK, pieceLength + BLOCK + 777));
  assert.deepEqual(answer?.subarray(777), new Uint8Array(BLOCK - 777));
  // In the last piece too, and from wherever it is asked for.
  assert.deepEqual((await ask({ piece: 2, begin: 0, length: BLOCK }))?.length, BLOCK);
  assert.deepEqual((await ask({ piece: 2, begin: BLOCK, length: BLOCK }))?.subarray(99), new Uint8Array(BLOCK - 99));
  assert.deepEqual((await ask({ piece: 1, begin: BLOCK + 700, length: BLOCK - 700 }))?.subarray(77), new Uint8Array(BLOCK - 777));
});

test('what begins behind a file, or reaches beyond its piece or the torrent, does not exist', async () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    const { ask } = seedOf(format);
    const last = 2;
    await assert.rejects(ask({ piece: 1, begin: BLOCK + 1, length: BLOCK }), WireError);
    await assert.rejects(ask({ piece: last, begin: BLOCK + 1, length: BLOCK }), WireError);
    await assert.rejects(ask({ piece: last, begin: BLOCK + 900, length: 1000 }), WireError);
    await assert.rejects(ask({ piece: last + 1, begin: 0, length: 1 }), WireError);
  }
  await assert.rejects(seedOf('v2').ask({ piece: 1, begin: BLOCK + 777, length: 1 }), WireError);
  await assert.rejects(seedOf('hybrid').ask({ piece: 2, begin: BLOCK, length: BLOCK }), WireError);
});

/** A seed of 12 pieces of two blocks, and a neighbour that it serves. */
function serving(options: ConstructorParameters<typeof LoneTransfer>[0] = {}, neighbourOptions: { fast?: boolean } = {}): { lone: LoneTransfer; neighbour: LoneNeighbour } {
  const lone = new LoneTransfer({ have: Bitfield.full(12), ...options });
  const neighbour = lone.join(neighbourOptions);
  lone.say(neighbour, { type: 'interested' });
  return { lone, neighbour };
}

function askAll(lone: LoneTransfer, neighbour: LoneNeighbour): void {
  for (let piece = 0; piece < 12; piece++) for (const block of [0, 1]) lone.say(neighbour, { type: 'request', ...lone.block(piece, block) });
}

test('who is choked gets nothing, and is told so where BEP 6 is spoken; what waited when the choke came is thrown out', async () => {
  for (const fast of [true, false]) {
    const { lone, neighbour } = serving({}, { fast });
    neighbour.channel.queuedBytes = 1e6;
    askAll(lone, neighbour);
    assert.deepEqual([neighbour.uploadQueue.length, neighbour.channel.take('reject').length], [24, 0]);
    lone.transfer.upload.choke(neighbour);
    assert.deepEqual([neighbour.uploadQueue.length, neighbour.channel.take('choke').length, neighbour.channel.take('reject').length], [0, 1, fast ? 24 : 0]);
    neighbour.channel.queuedBytes = 0;
    askAll(lone, neighbour);
    await lone.simulation.run(1000);
    assert.deepEqual([neighbour.channel.take('piece').length, neighbour.channel.take('reject').length], [0, fast ? 24 : 0]);
  }
});

test('each request is answered once, in order, and no further ahead than the link takes', async () => {
  const { lone, neighbour } = serving();
  neighbour.channel.isStuck = true;
  askAll(lone, neighbour);
  await lone.simulation.run(100);
  const sent = neighbour.channel.take('piece');
  assert.ok(sent.length >= 2 && sent.length <= 3, `${sent.length} blocks wait in the channel`);
  for (let round = 0; round < 30; round++) {
    neighbour.channel.queuedBytes = 0;
    lone.transfer.upload.serve(neighbour);
    await lone.simulation.run(100);
    sent.push(...neighbour.channel.take('piece'));
  }
  assert.deepEqual(sent.map(({ piece, begin }) => [piece, begin]), Array.from({ length: 24 }, (_, number) => [Math.floor(number / 2), (number % 2) * BLOCK]));
  for (const message of sent) assert.deepEqual(message.data, lone.payload.subarray(message.piece * 2 * BLOCK + message.begin, message.piece * 2 * BLOCK + message.begin + message.length));
});

test('the limit holds whoever asks, and is shared', async () => {
  const bytesPerSecond = 3 * BLOCK;
  const { lone, neighbour } = serving({ upLimit: new RateLimit(bytesPerSecond, 0) });
  const other = lone.join();
  lone.say(other, { type: 'interested' });
  askAll(lone, neighbour);
  askAll(lone, other);
  await lone.simulation.run(10_000);
  const counts = [neighbour, other].map(({ channel }) => channel.take('piece').length);
  const blocks = counts[0] + counts[1];
  assert.ok(blocks >= 30 && blocks <= 34, `${blocks} blocks in ten seconds`);
  assert.ok(Math.min(...counts) >= 6, counts.join(' and '));
});

test('a disk that cannot be read is told of once it is asked, and costs no neighbour its place', async () => {
  const broken = new Error('the file has vanished');
  const { lone, neighbour } = serving({ contents: { store: { read: () => Promise.reject(broken), write: async () => undefined, close: async () => undefined } } });
  lone.say(neighbour, { type: 'request', ...lone.block(3, 0) });
  await lone.simulation.run(100);
  assert.deepEqual([lone.failure, lone.neighbours.has(neighbour)], [broken, true]);
});
