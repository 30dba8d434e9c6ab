import assert from 'node:assert/strict';
import test from 'node:test';
import { sleep } from '../runtime/clock.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { EventLines } from './event-lines.ts';
import { Pace } from './pace.ts';
import { PlainLines } from './plain-lines.ts';
import { showUntilStopped, showWaiting } from './waiting.ts';

test('who waits is told for what and for how long, and no more once it is over', async () => {
  const simulation = new Simulation();
  const lines: string[] = [];
  const display = new PlainLines((text) => lines.push(text), new Pace(() => simulation.now()));
  const waiting = showWaiting(display, simulation, 'looking around', sleep(simulation, 40_500).then(() => 'found'));
  assert.equal(await simulation.complete(waiting, 60_000), 'found');
  await simulation.run(60_000);
  assert.deepEqual(lines, ['looking around for 1s\n', 'looking around for 31s\n']);
});

test('a wait that may be short is shown only once it is not', async () => {
  const simulation = new Simulation();
  const lines: string[] = [];
  const display = new EventLines((text) => lines.push(text), new Pace(() => simulation.now()));
  await simulation.complete(showWaiting(display, simulation, 'closing files', sleep(simulation, 990), 1000), 2000);
  assert.deepEqual(lines, []);
  await simulation.complete(showWaiting(display, simulation, 'closing files', sleep(simulation, 2500), 1000), 4000);
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [1, 2].map((seconds) => ({ event: 'progress', state: 'closing', seconds })));
  const failing = showWaiting(display, simulation, 'closing files', sleep(simulation, 10).then(() => { throw new Error('as planned'); }), 1000);
  await assert.rejects(simulation.complete(failing, 1000), /as planned/);
});

test('what stays is shown until it is told to stop', async () => {
  const simulation = new Simulation();
  const lines: string[] = [];
  const display = new PlainLines((text) => lines.push(text), new Pace(() => simulation.now()));
  const stopping = new AbortController();
  let peers = 0;
  const view = { state: 'tracking', lineEveryMs: 0, firstLineMs: 0, event: () => ({ event: 'progress' }) as const, line: () => `${peers++} peers`, lines: () => [] };
  const staying = showUntilStopped(display, simulation, stopping.signal, () => view);
  await simulation.run(2500);
  stopping.abort();
  await simulation.complete(staying, 1);
  assert.deepEqual(lines, ['0 peers\n', '1 peers\n', '2 peers\n']);
});
