import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planCommands, planFleet, planText, type FleetQuestion } from './plan.ts';

const MB = 1e6;
const fleet: FleetQuestion = {
  fileBytes: 3e9, hostCount: 2600, hostUpBytesPerSecond: 300 * MB, hostDownBytesPerSecond: 300 * MB, sourceUpBytesPerSecond: 300 * MB, pieceBytes: 2 ** 20,
};

test('3 GB to 2,600 machines: ten seconds at best, and every link binds', () => {
  const plan = planFleet(fleet);
  assert.equal(plan.peerToPeer.seconds, 10);
  assert.equal(plan.clientServer.seconds, 26_000);
  assert.deepEqual(plan.bottlenecks, ['server uplink', 'slowest downlink', 'all uplinks']);
  assert.deepEqual(plan.remedies[0], { doubled: plan.bottlenecks, seconds: 5 });
  assert.ok(plan.expectedSeconds > 11 && plan.expectedSeconds < 11.1, String(plan.expectedSeconds));
});

test('a slow source: its uplink binds, and doubling it halves the time', () => {
  const plan = planFleet({ ...fleet, sourceUpBytesPerSecond: 30 * MB });
  assert.deepEqual(plan.bottlenecks, ['server uplink']);
  assert.deepEqual(plan.remedies[0], { doubled: ['server uplink'], seconds: 50 });
});

test('hosts that give little: their uplinks bind', () => {
  const plan = planFleet({ ...fleet, hostUpBytesPerSecond: 10 * MB });
  assert.deepEqual(plan.bottlenecks, ['all uplinks']);
  assert.deepEqual(plan.remedies[0].doubled, ['all uplinks']);
});

test('the text says what to reckon with, what binds, what helps and what to run', () => {
  const text = planText(planFleet(fleet));
  assert.match(text, /^3\.00 GB to 2,600 hosts\n/);
  assert.match(text, /Reckon with 11s\./);
  assert.match(text, /10s is the least possible/);
  assert.match(text, /Held back by the uplink of the source, the downlinks of the hosts and the uplinks of the hosts/);
  assert.match(text, /doubling one of them alone would do nothing/);
  assert.match(text, /shoal share FILE --piece-length 1MiB\n {2}shoal get 'MAGNET' --dir DIR --seed-time 1m\n/);
  assert.deepEqual(planCommands(planFleet({ ...fleet, sourceUpBytesPerSecond: MB })).map((command) => command.split(' ').pop()), ['1MiB', '56m']);
});
