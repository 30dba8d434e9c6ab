import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loneNeighbour, type LoneNeighbour } from '../../test/support/lone-neighbour.ts';
import { LoneTransfer } from '../../test/support/lone-transfer.ts';
import { Bitfield } from '../bytes/bitfield.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { createTorrent } from '../metainfo/create.ts';
import type { FileEntry, Metainfo } from '../metainfo/metainfo.ts';
import { parseTorrent } from '../metainfo/parse.ts';
import { MemoryDisk } from '../runtime/simulated/disk.ts';
import { plainHasher } from '../runtime/simulated/runtime.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import type { PeerMessage } from '../wire/messages.ts';
import { WireError } from '../wire/peer-protocol.ts';
import { HashExchange } from './hash-exchange.ts';

const PIECE = 16 * 1024;
/** Sizes in pieces: one without a layer, two with the same contents, one whose layer comes in three runs. */
const FILES = { 'small.bin': 1, 'a.bin': 5, 'twin.bin': 5, 'large.bin': 1030 };

async function torrent(format: 'v2' | 'hybrid'): Promise<Metainfo> {
  const disk = new MemoryDisk();
  for (const [name, pieces] of Object.entries(FILES)) {
    await disk.writeWhole(`/t/${name}`, new SeededRandom(pieces).bytes(pieces * PIECE - 7));
  }
  const { bytes } = await createTorrent({ disk, hasher: plainHasher }, { paths: ['/t'], format, pieceLength: PIECE });
  return parseTorrent(bytes);
}

const whole = await torrent('v2');
/** As it is known by a magnet link. */
const bare: Metainfo = { ...whole, pieceLayers: new Map() };

type Answerer = (request: Extract<PeerMessage, { type: 'hash-request' }>, truth: PeerMessage) => PeerMessage | undefined;

/** Somebody with the metadata alone, among those who have the layers and answer at once as they like. */
class Learner {
  readonly learnt = new Map<string, Uint8Array>();
  readonly guilty: LoneNeighbour[] = [];
  readonly asked: LoneNeighbour[] = [];
  readonly answerers = new Map<LoneNeighbour, Answerer>();
  readonly exchange: HashExchange;
  nowMs = 0;
  #queue: (() => void)[] = [];

  constructor() {
    const giving = new HashExchange(whole, { send: (_, message) => { answer = message; }, learnt: () => assert.fail(), guilty: () => assert.fail() });
    let answer: PeerMessage | undefined;
    this.exchange = new HashExchange(bare, {
      learnt: (files, layer) => {
        for (const file of files) {
          this.learnt.set(file.path.at(-1)!, layer.slice());
          this.exchange.canVerify(file);
        }
      },
      guilty: (neighbour) => {
        this.guilty.push(neighbour as LoneNeighbour);
        this.answerers.delete(neighbour as LoneNeighbour);
        this.exchange.left(neighbour);
      },
      send: (neighbour, message) => {
        assert.equal(message.type, 'hash-request');
        this.asked.push(neighbour as LoneNeighbour);
        const request = message as Extract<PeerMessage, { type: 'hash-request' }>;
        giving.serve(loneNeighbour(), request, 0);
        const said = this.answerers.get(neighbour as LoneNeighbour)?.(request, answer!);
        this.#queue.push(() => {
          if (said?.type === 'hashes') this.exchange.received(neighbour, said, this.nowMs);
          if (said?.type === 'hash-reject') this.exchange.rejected(neighbour, said, this.nowMs);
        });
      },
    });
  }

  meet(answerer: Answerer): LoneNeighbour {
    const neighbour = loneNeighbour();
    neighbour.pieces = Bitfield.full(whole.pieceCount);
    this.answerers.set(neighbour, answerer);
    return neighbour;
  }

  seconds(limit: number): number {
    const beganMs = this.nowMs;
    while (!this.exchange.isComplete && this.nowMs - beganMs < limit * 1000) {
      this.exchange.tick(this.answerers.keys(), this.nowMs += 1000);
      while (this.#queue.length > 0) this.#queue.shift()!();
    }
    return (this.nowMs - beganMs) / 1000;
  }
}

const honest: Answerer = (_, truth) => truth;
const silent: Answerer = () => undefined;
const refusing: Answerer = ({ piecesRoot, baseLayer, index, length, proofLayers }) => ({ type: 'hash-reject', piecesRoot, baseLayer, index, length, proofLayers });
const lying: Answerer = (_, truth) => (truth.type === 'hashes' ? { ...truth, hashes: truth.hashes.map((byte, index) => (index === 40 ? byte ^ 1 : byte)) } : truth);
const cut: Answerer = (_, truth) => (truth.type === 'hashes' ? { ...truth, hashes: truth.hashes.subarray(32) } : truth);

const layerOf = ({ piecesRoot }: FileEntry): Uint8Array | undefined => whole.pieceLayers.get(toHex(piecesRoot!));

test('every layer is learnt, also where files are alike, and a piece can be verified once its file\'s is', () => {
  const learner = new Learner();
  const lacking = (): string[] => bare.files.filter(({ offset }) => learner.exchange.lacks(offset / PIECE)).map(({ path }) => path.at(-1)!);
  assert.deepEqual(lacking().sort(), ['a.bin', 'large.bin', 'twin.bin']);
  learner.meet(honest);
  assert.equal(learner.seconds(60), 1);
  assert.deepEqual(lacking(), []);
  for (const file of whole.files) assert.deepEqual(learner.learnt.get(file.path.at(-1)!), layerOf(file) && Buffer.from(layerOf(file)!));
  // Three runs of the large one; one for the twins together.
  assert.equal(learner.asked.length, 4);
});

test('who lies is found out at the first hash, and the rest comes from others', () => {
  for (const answerer of [lying, cut]) {
    const learner = new Learner();
    const liar = learner.meet(answerer);
    const friend = learner.meet(honest);
    assert.ok(learner.seconds(60) <= 3);
    assert.deepEqual(learner.guilty, [liar]);
    assert.equal(learner.learnt.size, 3);
    assert.ok(learner.asked.includes(friend));
  }
});

test('those who are silent, or refuse, hold nobody up for long, and are asked again later', () => {
  const learner = new Learner();
  for (let count = 0; count < 6; count++) learner.meet(count % 2 === 0 ? silent : refusing);
  learner.meet(honest);
  assert.ok(learner.seconds(100) <= 25);
  const alone = new Learner();
  const peer = alone.meet(refusing);
  alone.seconds(100);
  assert.ok(alone.asked.length >= 8 && alone.asked.length <= 20, `${alone.asked.length} requests`);
  alone.answerers.set(peer, honest);
  assert.ok(alone.seconds(200) < 100);
  assert.deepEqual(learner.guilty, []);
});

test('hashes that were not asked for are nothing, however right', () => {
  const learner = new Learner();
  const neighbour = learner.meet(silent);
  learner.exchange.received(neighbour, { piecesRoot: whole.files[0].piecesRoot!, baseLayer: 0, index: 0, length: 8, proofLayers: 2, hashes: new Uint8Array(8 * 32) }, 0);
  learner.exchange.rejected(neighbour, { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 8, proofLayers: 2 }, 0);
  assert.deepEqual([learner.guilty, learner.learnt.size], [[], 0]);
});

test('hashes are given a few times to each who asks, nothing that does not exist, and not on top of what was not taken', () => {
  const sent: PeerMessage[] = [];
  const giving = new HashExchange(whole, { send: (_, message) => sent.push(message), learnt: () => assert.fail(), guilty: () => assert.fail() });
  const large = whole.files.find(({ length }) => length > 1000 * PIECE)!;
  const run = { piecesRoot: large.piecesRoot!, baseLayer: 0, index: 0, length: 512, proofLayers: 10 };
  const neighbour = loneNeighbour();
  for (let time = 0; time < 100; time++) giving.serve(neighbour, run, 0);
  const given = sent.splice(0).filter(({ type }) => type === 'hashes');
  assert.ok(given.length > 8 && given.length * 512 * 32 <= Math.max(256 * 1024, LIMITS.sideAnswersEach * whole.pieceCount * 32));
  const other = loneNeighbour();
  for (const wrong of [
    { ...run, piecesRoot: new Uint8Array(32) }, { ...run, index: 1 }, { ...run, length: 3 }, { ...run, length: 1024 }, { ...run, baseLayer: 40 }, { ...run, index: 512 * 1000 },
  ]) giving.serve(other, wrong, 0);
  assert.ok(sent.every(({ type }) => type === 'hash-reject') && sent.splice(0).length === 6);
  other.channel.queuedBytes = LIMITS.sideAnswersQueuedBytes + 1;
  giving.serve(other, run, 0);
  assert.equal(sent.pop()?.type, 'hash-reject');
  assert.throws(() => { for (let time = 0; time < LIMITS.idleMessages + 10; time++) giving.serve(other, run, 0); }, WireError);
});

test('where all that is wanted is had before the last layer comes, it is finished when that comes', async () => {
  const payload = new Uint8Array(whole.pieceCount * PIECE);
  const wanted = bare.files.find(({ path }) => path.at(-1) === 'small.bin')!;
  const lone = new LoneTransfer({
    torrent: { metainfo: bare, payload }, contents: { verify: async () => true }, priorityOf: (piece) => (piece === wanted.offset / PIECE ? 'normal' : 'none'),
  });
  const neighbour = lone.joinGiver();
  const requests = neighbour.channel.take('hash-request');
  assert.equal(requests.length, 4);
  await lone.give(neighbour);
  assert.deepEqual([lone.transfer.download.demand.missing, lone.finished, lone.transfer.isSeeding], [0, 0, false]);
  const giving = new HashExchange(whole, { send: (_, message) => lone.say(neighbour, message), learnt: () => assert.fail(), guilty: () => assert.fail() });
  for (const request of requests) giving.serve(loneNeighbour(), request, 0);
  assert.deepEqual([lone.finished, lone.transfer.isSeeding, lone.banned], [1, true, []]);
});

test('a hybrid\'s layers are asked of those who speak v2, hold nothing up, and are asked of nobody once they have been made here', async () => {
  const known = await torrent('hybrid');
  const lone = new LoneTransfer({
    torrent: { metainfo: { ...known, pieceLayers: new Map() }, payload: new Uint8Array(known.pieceCount * PIECE) }, contents: { verify: async () => true },
  });
  const old = lone.joinGiver();
  const modern = lone.joinGiver(undefined, { v2: true });
  await lone.tick(3);
  assert.deepEqual(old.channel.take('hash-request'), []);
  const requests = modern.channel.take('hash-request');
  assert.equal(requests.length, 4);
  for (const neighbour of [old, modern]) await lone.give(neighbour);
  assert.deepEqual([lone.finished, lone.transfer.isSeeding], [1, true]);
  for (const file of known.files) {
    const layer = file.piecesRoot && known.pieceLayers.get(toHex(file.piecesRoot));
    if (layer !== undefined) lone.transfer.layerMade(file, layer);
  }
  const another = lone.joinGiver(undefined, { v2: true });
  await lone.tick(30);
  for (const neighbour of [modern, another]) assert.deepEqual(neighbour.channel.take('hash-request'), []);
  assert.deepEqual([lone.finished, lone.banned], [1, []]);
});
