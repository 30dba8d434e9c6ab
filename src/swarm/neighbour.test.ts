import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel } from '../runtime/channel.ts';
import type { PeerMessage } from '../wire/messages.ts';
import { Neighbour } from './neighbour.ts';

/** A neighbour that has piece 3 of 8, and what it is sent. */
function neighbourWithPieceThree(): { readonly neighbour: Neighbour; readonly sent: string[] } {
  const sent: string[] = [];
  const channel: Channel<PeerMessage> = {
    remote: { host: '10.0.0.2', port: 6881 }, incoming: false, queuedBytes: 0, lowWaterBytes: 0,
    handle: () => undefined, close: () => undefined,
    send: (message) => { sent.push(message.type === 'have' ? `have ${message.piece}` : message.type); },
  };
  const supports = { extensions: false, fast: true, dht: false, v2: false };
  const neighbour = new Neighbour(1, channel, { type: 'handshake', infoHash: new Uint8Array(20), peerId: new Uint8Array(20), supports }, 0);
  neighbour.learnPieceCount(8);
  neighbour.pieces.set(3);
  return { neighbour, sent };
}

test('it is told at once of a piece that it lacks; of one that it has, with the next message', () => {
  const { neighbour, sent } = neighbourWithPieceThree();
  neighbour.tellHave({ type: 'have', piece: 3 }, 1000);
  assert.deepEqual(sent, []);
  neighbour.tellHave({ type: 'have', piece: 4 }, 2000);
  neighbour.send({ type: 'unchoke' }, 3000);
  assert.deepEqual(sent, ['have 3', 'have 4', 'unchoke']);
});

test('what waits is told once it has not heard from us for a while', () => {
  const { neighbour, sent } = neighbourWithPieceThree();
  neighbour.send({ type: 'unchoke' }, 1000);
  neighbour.tellHave({ type: 'have', piece: 3 }, 1500);
  neighbour.tellWaiting(999, 30_000);
  assert.deepEqual(sent, ['unchoke']);
  neighbour.tellWaiting(1000, 31_000);
  neighbour.tellWaiting(31_000, 31_000);
  assert.deepEqual(sent, ['unchoke', 'have 3']);
  assert.equal(neighbour.lastSentMs, 31_000);
});
