/** The ring on real sockets, in one process; `bench/ring-loopback.ts` is the same with more peers, in several. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { compareBytes } from '../src/bytes/compare.ts';
import { nameKey } from '../src/discovery/ring/names.ts';
import { RingNode } from '../src/discovery/ring/ring-node.ts';
import { nodeRuntime } from '../src/runtime/node/runtime.ts';

const PEERS = 12;
const FILES = 24;
/** Much faster than on the Internet, but with patience for a busy machine. */
const SETTINGS = {
  successors: 4, stabiliseIntervalMs: 200, fixFingerIntervalMs: 300, mergeIntervalMs: 2000, repairIntervalMs: 1000, silenceMs: 1000,
  shortestTimeoutMs: 250, firstTimeoutMs: 250,
};

/** Resolves once it holds; a minute is longer than it takes on the slowest machine. */
async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 600 && !holds(); attempt++) await pause(100);
  assert.ok(holds());
}

function isCircle(nodes: readonly RingNode[]): boolean {
  const keys = nodes.toSorted((a, b) => compareBytes(a.contact.id, b.contact.id)).map(({ contact }) => contact.key);
  return nodes.every((node) => {
    const at = keys.indexOf(node.contact.key);
    const around = [...keys.slice(at + 1), ...keys.slice(0, at)];
    return node.status().successors.map(({ key }) => key).join() === around.slice(0, node.settings.successors).join();
  });
}

async function assertAllFound(nodes: readonly RingNode[], names: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const found = await Promise.all(names.map((name) => node.findByKey(nameKey(name))));
    assert.deepEqual(found.map((records) => records[0]?.name), names);
  }
}

test('peers on loopback form a ring, which keeps its records when some vanish and others leave', async (context) => {
  const runtime = nodeRuntime();
  let nodes = await Promise.all(Array.from({ length: PEERS }, () => RingNode.open(runtime, { host: '127.0.0.1', settings: SETTINGS })));
  context.after(() => { for (const node of nodes) node.close(); });
  const [first, ...others] = nodes;
  first.begin();
  await Promise.all(others.map((node) => node.join([first.localEndpoint])));
  await until(() => isCircle(nodes));

  const names = Array.from({ length: FILES }, (_, index) => `title${index} series${index % 7}.mkv`);
  const results = await Promise.all(names.map((name, index) => {
    return nodes[index % PEERS].publish({ infoHash: Buffer.alloc(20, index + 1), name, length: 1000, port: 6881 });
  }));
  for (const { keys, stored } of results) assert.equal(stored, keys);
  // A copy is made a fifth of a second after the announcement; what has none would be lost with its peer.
  await until(() => nodes.reduce((sum, { records }) => sum + records.announcementCount, 0) >= 4 * FILES * (SETTINGS.successors + 1));

  for (const node of nodes.slice(0, 3)) node.close();
  nodes = nodes.slice(3);
  await until(() => isCircle(nodes));
  await assertAllFound(nodes, names);

  const leaving = nodes.slice(0, 2);
  nodes = nodes.slice(2);
  await Promise.all([assertAllFound(nodes, names), ...leaving.map((node) => node.leave())]);
  await until(() => isCircle(nodes));
  await assertAllFound(nodes, names);
});
