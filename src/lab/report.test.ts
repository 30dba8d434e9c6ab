import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerToPeerTime } from './distribution-time.ts';
import { reportFiles, reportText } from './report.ts';
import { summarise, type PeerResult, type SwarmResults } from './swarm-results.ts';

const MB = 1e6;
const peer = (change: Partial<PeerResult>): PeerResult => ({
  className: 'dsl', isSeed: false, upBytesPerSecond: MB, arrivedSeconds: 0, firstPieceSeconds: 2, doneSeconds: 20, leftSeconds: 20,
  sentBytes: 10 * MB, receivedBytes: 10 * MB, wastedBytes: 0, ...change,
});

/** One seed and three peers: 10 MB, of which the last peer is done after 25 s. */
const results: SwarmResults = {
  scenario: 'three <peers>',
  description: 'For a test.',
  seed: 7,
  fileBytes: 10 * MB,
  pieceCount: 40,
  bound: peerToPeerTime({ fileBytes: 10 * MB, serverUpBytesPerSecond: MB, peers: [{ count: 3, upBytesPerSecond: MB, downBytesPerSecond: Infinity }] }),
  endedSeconds: 25,
  isCutShort: false,
  peers: [
    peer({ className: 'seeds', isSeed: true, firstPieceSeconds: undefined, doneSeconds: undefined, leftSeconds: undefined, sentBytes: 20 * MB, receivedBytes: 0 }),
    peer({}),
    peer({ arrivedSeconds: 5, firstPieceSeconds: 9, doneSeconds: 25, leftSeconds: undefined, sentBytes: 0, receivedBytes: 11 * MB, wastedBytes: MB }),
    peer({ className: 'fibre', arrivedSeconds: 10, doneSeconds: 15, leftSeconds: 15, firstPieceSeconds: 11, sentBytes: 5 * MB, receivedBytes: 10 * MB }),
  ],
  samples: [{ seconds: 0, present: 3, done: 0, uplinkUse: 0.5, rarestCopies: 1, meanCopies: 1.2 }, { seconds: 10, present: 3, done: 1, uplinkUse: 0.9, rarestCopies: 2, meanCopies: 2.5 }],
  unchoking: { shares: [[0, 0.5], [0.25, 0]], groups: [{ name: 'dsl', length: 1 }, { name: 'fibre', length: 1 }] },
  events: 1234,
};

test('the summary: last and median peer, the bound, uplinks, duplicates', () => {
  const summary = summarise(results);
  assert.equal(results.bound.seconds, 10);
  assert.deepEqual(
    [summary.lastSeconds, summary.medianSeconds, summary.meanSeconds, summary.doneCount, summary.boundOverActual],
    [25, 20, 15, 3, 10 / 25],
  );
  // 15 MB of the 20 + 20 + 5 seconds' worth that the peers could have sent; with the seed 35 MB of 70.
  assert.equal(summary.peerUplinkUse, 15 / 45);
  assert.equal(summary.uplinkUse, 35 / 70);
  assert.equal(summary.wastedShare, 1 / 31);
  assert.deepEqual(summary.classes.map(({ className, count, doneCount, medianSeconds, firstPieceSeconds }) => [className, count, doneCount, medianSeconds, firstPieceSeconds]), [
    ['seeds', 1, 0, Number.NaN, Number.NaN], ['dsl', 2, 2, 20, 3], ['fibre', 1, 1, 5, 1],
  ]);
});

test('fairness is 1 where all give as they take', () => {
  const fair = { ...results, peers: results.peers.map((one) => ({ ...one, sentBytes: one.receivedBytes * 2 })) };
  assert.equal(summarise(fair).fairness, 1);
  assert.ok(summarise(results).fairness < 0.7);
});

test('where somebody was never done there is no last peer, and no ratio to the bound', () => {
  const { lastSeconds, boundOverActual, doneCount } = summarise({ ...results, peers: [...results.peers, peer({ doneSeconds: undefined })] });
  assert.deepEqual([lastSeconds, boundOverActual, doneCount], [undefined, undefined, 3]);
});

test('the text for a terminal', () => {
  const text = reportText(results);
  assert.match(text, /^Last peer done {3}25s\nMedian peer {6}20s\nMean peer {8}15s \(bound \/ mean 0\.667\)\nBound {12}10s \(F\/u_s\)\nBound \/ actual {3}0\.400\n/);
  assert.match(text, /\nfibre +1 +1 +1s +5s +15s +10\.0 MB +5\.00 MB +0\.50 +100\.0 %\n/);
  assert.match(reportText({ ...results, isCutShort: true }), /^Stopped at 25s/);
});

test('the files: results in full, tables, and a page that needs nothing but itself', () => {
  const files = new Map(reportFiles(results).map(({ name, text }) => [name, text]));
  assert.deepEqual([...files.keys()], ['results.json', 'peers.csv', 'samples.csv', 'report.html']);
  const json = JSON.parse(files.get('results.json') ?? '') as { summary: { lastSeconds: number }; seed: number; peers: unknown[] };
  assert.deepEqual([json.summary.lastSeconds, json.seed, json.peers.length], [25, 7, 4]);
  assert.equal(files.get('samples.csv')?.split('\n')[1], '0,3,0,0.5,1,1.2');
  const page = files.get('report.html') ?? '';
  assert.equal(page.match(/<figure>/g)?.length, 5);
  assert.ok(page.includes('three &lt;peers&gt;') && !page.includes('<peers>'), 'text is escaped');
  assert.doesNotMatch(page, /<script|<link|<img|@import|url\(|href=|src=/);
  assert.doesNotMatch(page, />[^<]*(NaN|undefined|Infinity)/);
  assert.deepEqual(reportFiles(results), reportFiles(structuredClone(results)), 'the same results give the same bytes');
});
