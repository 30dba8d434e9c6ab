import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawMatrix } from './matrix-figure.ts';

const draw = (values: number[][]): string => drawMatrix({
  title: 'Who', rowLabel: 'gave', columnLabel: 'took', valueLabel: 'of the time', values,
  groups: [{ name: 'givers', length: values.length }], formatValue: (value) => value.toFixed(2),
});

/** The shades of the cells, the legend's left out. */
function shades(svg: string): string[] {
  return [...svg.matchAll(/<rect x="[^"]+" y="[^"]+" width="[^"]+" height="[^"]+" fill="#([0-9a-f]{6})"\/>/g)].map((match) => match[1]);
}

test('the more, the darker; nothing is not drawn; the scale reaches to the most', () => {
  const svg = draw([[0, 0.2], [0.1, 0.4]]);
  const [some, less, most] = shades(svg);
  assert.equal(shades(svg).length, 3);
  assert.ok(parseInt(less, 16) > parseInt(some, 16) && parseInt(some, 16) > parseInt(most, 16));
  for (const text of ['>0.40<', '>0.00<', '>givers<', '>gave ↓<', '>took →<', '>of the time<']) assert.ok(svg.includes(text), text);
});

test('a table of nothing, and an empty one, can be drawn too', () => {
  for (const values of [[], [[0]]]) {
    const svg = draw(values);
    assert.deepEqual(shades(svg), []);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  }
});
