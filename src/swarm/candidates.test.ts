import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LIMITS } from '../bytes/limits.ts';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { Candidates } from './candidates.ts';
import { peerPriority } from './peer-priority.ts';

const A = { host: '192.0.2.1', port: 6881 };
const B = { host: '192.0.2.2', port: 6881 };
const numbered = (number: number): { host: string; port: number } => ({ host: `203.${number >>> 16}.${(number >>> 8) & 255}.${number & 255}`, port: 6881 });

test('an address that is in use is not given out', () => {
  const candidates = new Candidates(new SeededRandom(1));
  candidates.add(A, 0);
  candidates.add(A, 0);
  assert.deepEqual(candidates.take(0), A);
  assert.equal(candidates.take(0), undefined);
  candidates.use(B, 0);
  assert.equal(candidates.take(1e9), undefined);
  candidates.released(B, 1000, { pauseMs: 30_000, isSeed: false });
  assert.equal(candidates.take(30_999), undefined);
  assert.deepEqual(candidates.take(31_000), B);
});

test('one that fails is tried again after 5 s, 10 s, 20 s ... a quarter more or less, a quarter of an hour at most, ten times in all', () => {
  const candidates = new Candidates(new SeededRandom(1));
  candidates.add(A, 0);
  let nowMs = 0;
  for (let failures = 1; failures <= 10; failures++) {
    assert.deepEqual(candidates.take(nowMs), A, `try ${failures}`);
    candidates.failed(A, nowMs);
    const expectedMs = Math.min(5000 * 2 ** (failures - 1), 900_000);
    assert.equal(candidates.take(nowMs + expectedMs * 0.75 - 1), undefined);
    nowMs += expectedMs * 1.25;
  }
  assert.equal(candidates.take(1e12), undefined);
  // Named anew, it is worth one more.
  candidates.add(A, nowMs);
  assert.deepEqual(candidates.take(1e12), A);
});

test('those that have failed least come first, then by BEP 40\'s priority', () => {
  const candidates = new Candidates(new SeededRandom(1));
  const ours = { host: '123.213.32.10', port: 0 };
  candidates.ourEndpoint = ours;
  const all = Array.from({ length: 20 }, (_, number) => numbered(number * 77_777));
  for (const endpoint of all) candidates.add(endpoint, 0);
  const inOrder = all.toSorted((a, b) => peerPriority(ours, b) - peerPriority(ours, a));
  assert.deepEqual(all.map(() => candidates.take(0)), inOrder);
  candidates.failed(inOrder[0], 0);
  for (const endpoint of inOrder.slice(1)) candidates.released(endpoint, 0, { pauseMs: 0, isSeed: false });
  assert.deepEqual(all.map(() => candidates.take(10_000)), [...inOrder.slice(1), inOrder[0]]);
});

test('a seed leaves seeds alone; once it wants more they are there', () => {
  const candidates = new Candidates(new SeededRandom(1));
  candidates.use(A, 0);
  candidates.released(A, 0, { pauseMs: 0, isSeed: true });
  assert.equal(candidates.take(1000, true), undefined);
  assert.deepEqual(candidates.take(1000, false), A);
});

test('our own address, once known, is never given out again; nor is what no single host can have', () => {
  const candidates = new Candidates(new SeededRandom(1));
  candidates.add(A, 0);
  candidates.avoid(A);
  candidates.add(A, 0);
  for (const host of ['0.0.0.0', '255.255.255.255', '239.192.152.143', '::', 'ff15::efc0:988f', '::ffff:192.0.2.1']) candidates.add({ host, port: 6881 }, 0);
  assert.equal(candidates.take(1e9), undefined);
  assert.equal(candidates.size, 1);
  candidates.add({ host: 'peer.example', port: 6881 }, 0);
  assert.deepEqual(candidates.take(1e9), { host: 'peer.example', port: 6881 });
});

test('where there are too many, the one that has failed most makes room; where none has, the newcomer is passed over', () => {
  const candidates = new Candidates(new SeededRandom(1));
  for (let number = 0; number < LIMITS.candidates; number++) candidates.add(numbered(number), 0);
  candidates.add(A, 0);
  assert.equal(candidates.size, LIMITS.candidates);
  const failing = [candidates.take(0)!, candidates.take(0)!];
  for (const [index, endpoint] of failing.entries()) for (let time = 0; time <= index; time++) candidates.failed(endpoint, 0);
  candidates.add(A, 0);
  candidates.add(failing[1], 0);
  assert.equal(candidates.size, LIMITS.candidates);
  const all = new Set<string>();
  for (let next = candidates.take(1e9); next !== undefined; next = candidates.take(1e9)) all.add(next.host);
  assert.ok(all.has(A.host) && all.has(failing[1].host) && !all.has(failing[0].host));
});

test('whatever happens, nobody is given out twice at once, or before his time, and the memory is bounded', () => {
  const steps = fc.array(fc.record({ what: fc.constantFrom('add', 'take', 'failed', 'released', 'forget', 'wait'), who: fc.nat(8), ms: fc.integer({ min: 0, max: 60_000 }) }), { maxLength: 80, size: 'max' });
  fc.assert(fc.property(steps, (all) => {
    const candidates = new Candidates(new SeededRandom(1));
    const inUse = new Set<string>();
    const notBefore = new Map<string, number>();
    let nowMs = 0;
    for (const { what, who, ms } of all) {
      const endpoint = numbered(who);
      if (what === 'add') candidates.add(endpoint, nowMs);
      if (what === 'wait') nowMs += ms;
      if (what === 'take') {
        const taken = candidates.take(nowMs);
        if (taken !== undefined) {
          assert.ok(!inUse.has(taken.host));
          assert.ok(nowMs >= (notBefore.get(taken.host) ?? 0));
          inUse.add(taken.host);
        } else {
          // Nobody is kept back without a reason.
          const free = [...notBefore].filter(([host, fromMs]) => !inUse.has(host) && fromMs <= nowMs);
          assert.deepEqual(free, []);
        }
      }
      if (what === 'released' && inUse.delete(endpoint.host)) {
        candidates.released(endpoint, nowMs, { pauseMs: ms, isSeed: false });
        notBefore.set(endpoint.host, nowMs + ms);
      }
      if (what === 'failed' && inUse.delete(endpoint.host)) {
        candidates.failed(endpoint, nowMs);
        notBefore.delete(endpoint.host);
      }
      if (what === 'forget') {
        candidates.forget(endpoint);
        inUse.delete(endpoint.host);
        notBefore.delete(endpoint.host);
      }
    }
  }), { numRuns: 300 });
});
