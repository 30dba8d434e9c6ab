import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointOf, RingNetwork } from '../lab/ring-network.ts';
import { findByName } from './ring-source.ts';

/** A ring on which peers have files of these names, each with an info-hash that begins with its place in the list. */
async function ringWith(files: readonly { readonly name: string; readonly holders?: number; readonly hashBytes?: 20 | 32 }[]): Promise<(name: string) => ReturnType<typeof findByName>> {
  const network = await RingNetwork.stabilised(6, { seed: 1 });
  const asker = await network.add();
  await network.complete(asker.node.connect([endpointOf(network.peers[0])]));
  for (const [index, { name, holders = 1, hashBytes = 20 }] of files.entries()) {
    for (const { node } of network.peers.slice(0, holders)) {
      await network.complete(node.publish({ name, infoHash: new Uint8Array(hashBytes).fill(index + 1), length: 1000, port: 6881 }));
    }
  }
  return (name) => network.complete(findByName({ node: asker.node, ready: Promise.resolve() }, name));
}

test('a name in any spelling leads to its torrent and to who has it, with or without the ending', async () => {
  const find = await ringWith([{ name: 'Big.Buck_Bunny (4K).mkv', holders: 3 }]);
  for (const name of ['big buck bunny 4k', 'Big Buck Bunny 4K.mkv', 'bunny']) {
    const { infoHash, name: found, length, peers } = await find(name);
    assert.deepEqual([infoHash?.[0], found, length, peers.length], [1, 'Big.Buck_Bunny (4K).mkv', 1000, 3]);
  }
});

test('a whole name is meant rather than longer ones, and of two that most have', async () => {
  const find = await ringWith([{ name: 'Sintel trailer.mkv' }, { name: 'Sintel.mkv' }, { name: 'sintel.mkv', holders: 2 }]);
  assert.equal((await find('Sintel')).infoHash?.[0], 3);
  assert.equal((await find('trailer')).infoHash?.[0], 1);
});

test('one who announces many ports is one', async () => {
  const network = await RingNetwork.stabilised(6, { seed: 3 });
  const [asker, honest, other, liar] = network.peers;
  for (const { node } of [honest, other]) await network.complete(node.publish({ name: 'Sintel.mkv', infoHash: new Uint8Array(20).fill(1), length: 1, port: 6881 }));
  for (let port = 1; port <= 8; port++) await network.complete(liar.node.publish({ name: 'Sintel.mkv', infoHash: new Uint8Array(20).fill(2), length: 1, port }));
  const { infoHash } = await network.complete(findByName({ node: asker.node, ready: Promise.resolve() }, 'sintel'));
  assert.equal(infoHash?.[0], 1);
});

test('where several files fit, they are named, and where none does, that is said', async () => {
  const find = await ringWith([{ name: 'holiday 2024.zip' }, { name: 'holiday 2025.zip' }]);
  await assert.rejects(find('holiday'), { code: 'RING_AMBIGUOUS', message: /^2 files on the ring fit 'holiday': .*holiday 202[45]\.zip, holiday 202[45]\.zip; give more of the name$/ });
  await assert.rejects(find('holiday 2026'), { code: 'RING_NOT_FOUND' });
});

test('a v2 torrent is named by its own info-hash', async () => {
  const find = await ringWith([{ name: 'new.iso', hashBytes: 32 }]);
  const { infoHash, infoHashV2 } = await find('new');
  assert.deepEqual([infoHash, infoHashV2?.length], [undefined, 32]);
});

test('whoever cannot get to the ring is told so', async () => {
  const network = await RingNetwork.stabilised(1, { seed: 2 });
  const ready = Promise.reject(new Error('the ring is not there'));
  await assert.rejects(findByName({ node: network.peers[0].node, ready }, 'x'), /not there/);
});
