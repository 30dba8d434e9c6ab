import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRate, parseSize } from '../bytes/units.ts';
import { askModel, drawModel, equalPeers, modelFigure, modelText, MODEL_COLUMNS, type ModelQuestion } from './model.ts';
import { tableObjects } from './table.ts';
import { TIME_UNITS } from './time-unit.ts';

const hours = TIME_UNITS[1];
const textbook: ModelQuestion = {
  fileBytes: 3.6e9, serverUpBytesPerSecond: 1e7, populations: [equalPeers(1e6, Infinity)], peerCounts: [10, 30, 100], chunkBytes: 262_144,
};
const exercise: ModelQuestion = {
  ...textbook,
  fileBytes: parseSize('15Gbit'),
  serverUpBytesPerSecond: parseRate('30Mbps'),
  populations: ['300kbps', '700kbps', '2Mbps'].map((up) => equalPeers(parseRate(up), parseRate('2Mbps'))),
  peerCounts: [10, 100, 1000],
};

test('the table of the textbook figure', () => {
  assert.equal(modelText(askModel(textbook), hours), [
    '  N  Client-server  set by   Peer-to-peer  set by             Gain',
    '───  ─────────────  ───────  ────────────  ────────────────  ─────',
    ' 10         1.00 h  N·F/u_s       0.500 h  N·F/(u_s + Σu_i)   2.0×',
    ' 30         3.00 h  N·F/u_s       0.750 h  N·F/(u_s + Σu_i)   4.0×',
    '100         10.0 h  N·F/u_s       0.909 h  N·F/(u_s + Σu_i)  11.0×',
    '',
  ].join('\n'));
});

test('programs get seconds in full', () => {
  const last = tableObjects(MODEL_COLUMNS, askModel(exercise))[2];
  assert.deepEqual({ ...last, peerToPeerSeconds: Math.round(Number(last.peerToPeerSeconds)) }, {
    population: 'u = 300 kbps', peerCount: 1000, clientServerSeconds: 500_000, clientServerTerm: 'N·F/u_s',
    peerToPeerSeconds: 45_455, peerToPeerTerm: 'N·F/(u_s + Σu_i)', gain: 11,
  });
});

test('where the theorem holds, the time with whole chunks is told too', () => {
  const equal = { ...textbook, serverUpBytesPerSecond: 1e6, chunkBytes: 3.6e7 };
  assert.deepEqual(askModel(equal).map(({ chunkedSeconds }) => chunkedSeconds), [3708, 3744, 3816]);
  assert.match(modelText(askModel(equal), hours), /in whole chunks/);
});

test('the figure: a rising line, and a curve that bends below it, marked where it was asked', () => {
  const { layers } = modelFigure(textbook);
  const [clientServer, peerToPeer] = layers.map((layer) => (layer.kind === 'line' ? layer : undefined));
  assert.deepEqual(clientServer?.marks?.map(([count, time]) => [count, time]), [[10, 1], [30, 3], [100, 10]]);
  assert.deepEqual(peerToPeer?.marks?.map(([count]) => count), [10, 30, 100]);
  const times = peerToPeer?.points.map(([, time]) => time) ?? [];
  const steps = times.slice(1).map((time, index) => time - times[index]);
  assert.ok(steps.every((step, index) => step > 0 && (index === 0 || step < steps[index - 1])), 'rises ever more slowly');
  for (const scale of ['linear', 'log'] as const) assert.match(drawModel(exercise, scale), /u = 700 kbps/);
});
