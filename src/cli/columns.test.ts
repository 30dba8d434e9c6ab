import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { columnsOf, cut, fit } from './columns.ts';

test('letters of East Asia and emoji take two columns, marks none', () => {
  const cases: [string, number][] = [['film', 4], ['é', 1], ['e\u0301', 1], ['映画', 4], ['한국', 4], ['ｆ', 2], ['🎬', 2], ['👩‍👩‍👧', 2], ['\u200b', 0], ['', 0]];
  for (const [text, columns] of cases) assert.equal(columnsOf(text), columns, JSON.stringify(text));
});

test('cut leaves short texts alone and ends the others with an ellipsis', () => {
  assert.equal(cut('holiday', 7), 'holiday');
  assert.equal(cut('holiday', 6), 'holid…');
  assert.equal(cut('映画映画', 6), '映画…');
  assert.equal(cut('holiday', 6, '...'), 'hol...');
  assert.equal(cut('holiday', 0), '');
});

test('fit fills up on either side', () => {
  assert.equal(fit('ab', 4), 'ab  ');
  assert.equal(fit('ab', 4, 'right'), '  ab');
  assert.equal(fit('映画', 4), '映画');
  assert.equal(fit('映画', 3), '映…');
});

test('whatever the text, cut is no wider than asked and fit exactly as wide', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), fc.constantFrom('left', 'right'), (text, columns, align) => {
    assert.ok(columnsOf(cut(text, columns)) <= columns);
    assert.equal(columnsOf(fit(text, columns, align)), columns);
  }));
});
