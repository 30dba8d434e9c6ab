import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { columnsOf } from './columns.ts';
import { barWith, progressBar } from './progress-bar.ts';
import { makeStyle } from './style.ts';

const style = makeStyle(false, true);

test('a bar fills by half columns, and is full or empty only where it is', () => {
  const bars: [number, string][] = [
    [0, '────'], [0.0001, '╸───'], [0.25, '━───'], [0.4, '━╸──'], [0.5, '━━──'], [0.9999, '━━━╸'], [1, '━━━━'], [1.1, '━━━━'],
  ];
  for (const [share, bar] of bars) assert.equal(progressBar(share, 4, style), bar, String(share));
});

test('in ASCII, and in colours', () => {
  assert.equal(progressBar(0.5, 4, makeStyle(false, false)), '##--');
  assert.equal(progressBar(0.5, 4, makeStyle(true, true)), '\u001b[36m━━\u001b[39m\u001b[2m──\u001b[22m');
  assert.equal(progressBar(1, 2, makeStyle(true, true)), '\u001b[32m━━\u001b[39m\u001b[2m\u001b[22m');
});

test('figures give way to a bar of ten, the last ones first; the first one stays', () => {
  const figures = [' 50.0 %', '1.00 MB/s', '3m left'];
  assert.equal(barWith(0.5, figures, 40, style), '━━━━━╸─────   50.0 %  1.00 MB/s  3m left');
  assert.equal(barWith(0.5, figures, 34, style), '━━━━━━━───────   50.0 %  1.00 MB/s');
  assert.equal(barWith(0.5, figures, 11, style), '━─   50.0 %');
  assert.equal(barWith(0.5, figures, 5, style), ' 50.…');
});

test('whatever there is to say, it is no wider than the screen', () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.array(fc.string({ maxLength: 20 }), { minLength: 1 }), fc.integer({ min: 1, max: 120 }), (share, figures, columns) => {
    assert.ok(columnsOf(barWith(share, figures, columns, style)) <= columns);
  }));
});
