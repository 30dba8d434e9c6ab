import assert from 'node:assert/strict';
import { test } from 'node:test';
import { variantsOf, withChange } from './variants.ts';

const file = { name: 'x', seeds: { up: '1MB/s' }, peers: [{ count: 3, up: '1Mbps' }, { count: 4, up: '2Mbps' }] };

test('a field is changed in a copy; without an index in every item of a list', () => {
  assert.deepEqual(withChange(file, 'seeds.up=2Mbps'), { ...file, seeds: { up: '2Mbps' } });
  assert.deepEqual(withChange(file, 'peers[1].count=9'), { ...file, peers: [file.peers[0], { count: 9, up: '2Mbps' }] });
  assert.deepEqual(withChange(file, 'peers.count=9'), { ...file, peers: file.peers.map((peer) => ({ ...peer, count: 9 })) });
  assert.deepEqual(withChange(file, 'tracker.peersPerAnswer=5'), { ...file, tracker: { peersPerAnswer: 5 } });
  assert.deepEqual(withChange(file, 'peers[0].arrival={"kind":"poisson","meanGap":"5s"}'), {
    ...file, peers: [{ count: 3, up: '1Mbps', arrival: { kind: 'poisson', meanGap: '5s' } }, file.peers[1]],
  });
  assert.equal(file.peers[0].count, 3);
});

test('what is no change, or of what is not there, is refused in one line', () => {
  for (const change of ['', 'peers', '=3', 'peers[2].count=1', 'name.first=2', 'seeds.up.more=1', 'peers.=1']) {
    assert.throws(() => withChange(file, change), { code: 'BAD_CHANGE', message: /^[^\n]+$/ }, change);
  }
  assert.throws(() => variantsOf(file, ['peers.count']), { code: 'BAD_CHANGE' });
});

test('several ranges give every combination, each with its name', () => {
  assert.deepEqual(variantsOf(file, ['peers.count=1,2', 'seeds.up=1Mbps,2Mbps']).map(({ name }) => name), [
    'peers.count=1 seeds.up=1Mbps', 'peers.count=1 seeds.up=2Mbps', 'peers.count=2 seeds.up=1Mbps', 'peers.count=2 seeds.up=2Mbps',
  ]);
  assert.deepEqual(variantsOf(file, []), [{ name: '', file }]);
});
