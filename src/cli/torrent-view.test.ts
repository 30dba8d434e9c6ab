import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { TorrentStatus } from '../session/torrent-status.ts';
import type { NeighbourStatus } from '../swarm/swarm.ts';
import { columnsOf } from './columns.ts';
import { makeStyle } from './style.ts';
import { torrentView } from './torrent-view.ts';

const style = makeStyle(false, true);

const NEIGHBOUR: NeighbourStatus = {
  endpoint: { host: '192.0.2.7', port: 6881 }, client: 'Shoal 0.1.0', incoming: false, progress: 0.5,
  downBytesPerSecond: 0, upBytesPerSecond: 0, amChoking: true, amInterested: false, peerChoking: true, peerInterested: false, snubbed: false,
};

const STATUS: TorrentStatus = {
  state: 'downloading', name: 'holiday.mkv', progress: 0.25, wantedBytes: 4_000_000, haveBytes: 1_000_000,
  downloadedBytes: 1_100_000, uploadedBytes: 250_000, wastedBytes: 100_000, downBytesPerSecond: 1_500_000, upBytesPerSecond: 20_000,
  etaMs: 2000, neighbours: [], webSeeds: [], knownPeers: 12, metadata: { receivedBytes: 0, totalBytes: 0 }, messages: [],
};

function lines(status: Partial<TorrentStatus>, screen = { columns: 100, rows: 24 }, stateForMs = 65_000): readonly string[] {
  return torrentView({ status: { ...STATUS, ...status }, stateForMs }).lines(screen, style);
}

test('a download on a terminal', () => {
  const neighbours: NeighbourStatus[] = [
    { ...NEIGHBOUR, endpoint: { host: '192.0.2.8', port: 6881 }, peerInterested: true, amInterested: true },
    { ...NEIGHBOUR, endpoint: { host: '2001:db8::1', port: 51413 }, client: 'Transmission 4.1', progress: 1, downBytesPerSecond: 1_500_000, peerChoking: false, amInterested: true },
    { ...NEIGHBOUR, upBytesPerSecond: 20_000, amChoking: false, peerInterested: true },
  ];
  assert.deepEqual(lines({ neighbours, messages: ['tracker.example: 3 peers, next in 30m'] }), [
    'holiday.mkv',
    '━━━━━━━━━━━━━───────────────────────────────────────   25.0 %  ↓ 1.50 MB/s  ↑ 20.0 kB/s  2s left    ',
    '1.00 MB of 4.00 MB · 250 kB sent · 100 kB wasted · 3 neighbours (1 unchoke us, we unchoke 1)',
    '',
    '  neighbour              client                  has          ↓             ↑   ',
    '  [2001:db8::1]:51413    Transmission 4.1    100.0 %  1.50 MB/s  ●             ·',
    '  192.0.2.7:6881         Shoal 0.1.0          50.0 %             ·  20.0 kB/s  ●',
    '  192.0.2.8:6881         Shoal 0.1.0          50.0 %             ○             ○',
    '  ● unchoked   ○ choked   · nothing wanted',
    '',
    '  tracker.example: 3 peers, next in 30m',
  ]);
});

test('who waits is told for what, and for how long', () => {
  const waiting = { state: 'metadata', progress: 0, wantedBytes: 0, haveBytes: 0, uploadedBytes: 0, wastedBytes: 0, etaMs: undefined } as const;
  assert.equal(lines(waiting)[2], 'asking peers what it holds for 1m5s · no neighbours, 12 peers known');
  assert.match(lines({ ...waiting, metadata: { receivedBytes: 8, totalBytes: 32 } })[1], / 25\.0 %$/);
  const view = torrentView({ status: { ...STATUS, ...waiting, messages: ['tracker.example: no answer'] }, stateForMs: 500 });
  assert.equal(view.line(), 'holiday.mkv: asking peers what it holds for 0s, no neighbours, 12 peers known, tracker.example: no answer');
});

test('off a terminal, and for programs', () => {
  const view = torrentView({ status: STATUS, stateForMs: 0 });
  assert.equal(view.line(), 'holiday.mkv: downloading, 25.0 % (1.00 MB of 4.00 MB), down 1.50 MB/s, up 20.0 kB/s (250 kB sent), no neighbours, 12 peers known, 2s left');
  assert.deepEqual(view.event(), {
    event: 'progress', state: 'downloading', stateSeconds: 0, progress: 0.25, have: 1_000_000, wanted: 4_000_000, downloaded: 1_100_000, uploaded: 250_000,
    wasted: 100_000, downBytesPerSecond: 1_500_000, upBytesPerSecond: 20_000, etaSeconds: 2, neighbours: 0, unchokingUs: 0, unchokedByUs: 0,
    knownPeers: 12, messages: [],
  });
});

test('a few of many neighbours, those with whom most is going on', () => {
  const neighbours = Array.from({ length: 30 }, (_, index) => ({ ...NEIGHBOUR, endpoint: { host: `192.0.2.${index}`, port: 6881 }, downBytesPerSecond: index * 1000 }));
  const shown = lines({ neighbours }, { columns: 80, rows: 14 });
  assert.equal(shown.length, 13);
  assert.match(shown[5], /192\.0\.2\.29:/);
  assert.match(shown[10], /192\.0\.2\.24:/);
  assert.match(shown[11], /… and 24 more/);
});

const anyNeighbour = fc.record({
  ...Object.fromEntries((['incoming', 'amChoking', 'amInterested', 'peerChoking', 'peerInterested', 'snubbed'] as const).map((name) => [name, fc.boolean()])),
  endpoint: fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 1, max: 65535 }) }),
  client: fc.string({ unit: 'grapheme', maxLength: 64 }),
  progress: fc.double({ min: 0, max: 1, noNaN: true }),
  downBytesPerSecond: fc.nat(),
  upBytesPerSecond: fc.nat(),
}) as fc.Arbitrary<NeighbourStatus>;

test('no line is wider than the screen, and the screen\'s last row stays free', () => {
  const states = fc.constantFrom<TorrentStatus['state']>('metadata', 'checking', 'downloading', 'seeding');
  fc.assert(fc.property(
    states, fc.string({ unit: 'grapheme', maxLength: 200 }), fc.array(anyNeighbour, { maxLength: 40 }), fc.array(fc.string({ maxLength: 200 }), { maxLength: 5 }),
    fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 60 }), fc.boolean(),
    (state, name, neighbours, messages, columns, rows, hasUnicode) => {
      const shown = torrentView({ status: { ...STATUS, state, name, neighbours, messages }, stateForMs: 1000 }).lines({ columns, rows }, makeStyle(false, hasUnicode));
      assert.ok(shown.length < rows);
      for (const line of shown) assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} > ${columns}: ${line}`);
    },
  ));
});
