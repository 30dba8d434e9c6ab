import assert from 'node:assert/strict';
import { test } from 'node:test';
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
