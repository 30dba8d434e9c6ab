/**
 * The property that everything else serves: whatever sequence of joins, leaves, crashes and partitions, with datagrams lost,
 * doubled and late, once it is quiet there is one correct circle, and every record of which a copy has survived is found.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { toHex } from '../../bytes/hex.ts';
import { endpointOf, RingNetwork, type RingPeer } from '../../lab/ring-network.ts';
import type { RingSettings } from './settings.ts';

/** Everything happens faster than on the Internet, and r is small, so that little suffices to lose all neighbours. */
const SETTINGS: Partial<RingSettings> = {
  successors: 3,
  stabiliseIntervalMs: 1000,
  fixFingerIntervalMs: 2000,
  mergeIntervalMs: 5000,
  repairIntervalMs: 5000,
  silenceMs: 5000,
};
const QUIET_MS = 5 * 60_000;
const MOST_PEERS = 14;

type Step =
  | { readonly kind: 'join' | 'leave' | 'crash' | 'publish'; readonly who: number }
  | { readonly kind: 'faults'; readonly loss: number; readonly doubled: number; readonly jitterMs: number }
  | { readonly kind: 'partition' | 'heal' }
  | { readonly kind: 'wait'; readonly ms: number };

const who = fc.integer({ min: 0, max: 1000 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('crash' as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('publish' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('faults' as const),
      loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
      doubled: fc.double({ min: 0, max: 0.3, noNaN: true }),
      jitterMs: fc.integer({ min: 0, max: 1500 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('partition' as const, 'heal' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 8000 }) }) },
);

test('any course of events, followed by quiet, ends in one correct circle with every record that has survived', async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.integer({ min: 1, max: 1e6 }), async (steps, seed) => {
    const network = await RingNetwork.joined(1, { seed, settings: SETTINGS });
    const [wellKnown] = network.peers;
    for (const step of steps) await take(step, network, wellKnown);
    network.world.faults = {};
    network.world.reachable = () => true;
    const surviving = heldRecords(network);
    await network.run(QUIET_MS);

    assert.deepEqual(network.circleFaults(), []);
    for (const { key, infoHash } of surviving) {
      const asker = network.randomPeer();
      const found = await network.complete(asker.node.findByKey(key));
      assert.ok(found.some((record) => toHex(record.infoHash) === toHex(infoHash)), `${toHex(key)} is found by ${asker.node.contact.key}`);
    }
    for (const { node } of network.peers) node.close();
  }), { numRuns: 60 });
});

/** One event; the well-known peer stays, for somebody must be known to all. */
async function take(step: Step, network: RingNetwork, wellKnown: RingPeer): Promise<void> {
  const others = network.peers.filter((peer) => peer !== wellKnown);
  switch (step.kind) {
    case 'join': {
      if (network.peers.length >= MOST_PEERS) return;
      const through = network.peers[step.who % network.peers.length];
      const peer = await network.add();
      // What cannot join now, joins later.
      peer.node.join([endpointOf(wellKnown), endpointOf(through)]).catch(() => {});
      return;
    }
    case 'leave':
      if (others.length > 0) void network.leave(others[step.who % others.length]);
      return;
    case 'crash':
      if (others.length > 0) network.crash(others[step.who % others.length]);
      return;
    case 'publish': {
      const { node } = network.peers[step.who % network.peers.length];
      void node.publish({ infoHash: network.random.bytes(20), name: `file ${step.who}`, length: step.who, port: 6881 });
      return;
    }
    case 'faults':
      network.world.faults = { lossRate: step.loss, duplicateRate: step.doubled, jitterMs: step.jitterMs };
      return;
    case 'partition':
      network.world.reachable = (from, to) => from.charCodeAt(from.length - 1) % 2 === to.charCodeAt(to.length - 1) % 2;
      return;
    case 'heal':
      network.world.reachable = () => true;
      return;
    case 'wait':
      return network.run(step.ms);
  }
}

/** Every record of which a peer that is up has a copy. */
function heldRecords(network: RingNetwork): { key: Uint8Array; infoHash: Uint8Array }[] {
  const held = new Map<string, { key: Uint8Array; infoHash: Uint8Array }>();
  for (const { node } of network.peers) {
    for (const { key, infoHash } of node.records.select(() => true, network.simulation.now())) {
      held.set(`${toHex(key)}/${toHex(infoHash)}`, { key, infoHash });
    }
  }
  return [...held.values()];
}
