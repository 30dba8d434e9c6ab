import assert from 'node:assert/strict';
import test from 'node:test';
import { EventLines } from './event-lines.ts';
import { Pace } from './pace.ts';
import { PlainLines } from './plain-lines.ts';
import { workView } from './work-view.ts';

function work(doneBytes: number, what = 'hashing film'): Parameters<typeof workView>[0] {
  return { what, doneBytes, totalBytes: 4000, elapsedMs: 1000 };
}

test('off a terminal: a line of what lasts longer than a second, then one every five seconds if there is news', () => {
  let nowMs = 0;
  const lines: string[] = [];
  const display = new PlainLines((text) => lines.push(text), new Pace(() => nowMs));
  for (const [ms, done] of [[0, 0], [999, 100], [1000, 400], [5999, 2000], [6000, 2000], [11_000, 2000], [16_000, 4000]] as const) {
    nowMs = ms;
    display.show(workView(work(done)));
  }
  display.show(workView(work(0, 'checking film')));
  nowMs += 999;
  display.show(workView(work(1000, 'checking film')));
  display.tell({ event: 'done' }, 'film is whole\n/here/film');
  display.note('stopping');
  assert.equal(lines.join(''), [
    'hashing film: 10.0 % of 4.00 kB', 'hashing film: 50.0 % of 4.00 kB', 'hashing film: 100.0 % of 4.00 kB',
    'film is whole', '/here/film', 'stopping', '',
  ].join('\n'));
});

test('for programs: an event a line, progress once a second', () => {
  let nowMs = 0;
  const lines: string[] = [];
  const display = new EventLines((text) => lines.push(text), new Pace(() => nowMs));
  for (const [ms, done] of [[0, 0], [899, 400], [999, 1000]] as const) {
    nowMs = ms;
    display.show(workView(work(done)));
  }
  display.note();
  display.tell({ event: 'done', seconds: 1 });
  assert.ok(lines.every((line) => line.indexOf('\n') === line.length - 1));
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { event: 'progress', state: 'hashing', progress: 0, have: 0, wanted: 4000 },
    { event: 'progress', state: 'hashing', progress: 0.25, have: 1000, wanted: 4000 },
    { event: 'done', seconds: 1 },
  ]);
});
