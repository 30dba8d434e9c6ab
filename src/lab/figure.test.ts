import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { drawFigure, type Figure } from './figure.ts';

const figure: Figure = {
  title: 'Time & <tide>',
  subtitle: 'u_s = 1, my_name = 2',
  x: { label: 'Peers, N' },
  y: { label: 'Time (h)' },
  layers: [
    { kind: 'band', name: 'Spread', points: [[0, 0, 1], [10, 5, 9]] },
    { kind: 'line', name: 'Bound', points: [[0, 0], [10, 8]], isReference: true },
    { kind: 'line', name: 'Measured', points: [[0, 0], [4, 3], [10, 7]], isStep: true },
    { kind: 'dots', name: 'Each', points: [[1, 1], [2, 2]] },
  ],
};

/** The texts of a drawing, without their tags. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, inner]) => inner.replace(/<[^>]*>|\u200b/g, ''));
}

test('a figure says what it shows: title, both axes with their units, a legend, ticks', () => {
  const shown = texts(drawFigure(figure));
  for (const text of ['Time &amp; &lt;tide&gt;', 'Peers, N', 'Time (h)', 'Spread', 'Bound', 'Measured', 'Each', '0', '10']) {
    assert.ok(shown.includes(text), `${text} in ${shown.join(' | ')}`);
  }
});

test('a word is lowered behind a single letter and a _, and only there', () => {
  const svg = drawFigure(figure);
  assert.match(svg, /u<tspan dy="[\d.]+" font-size="[\d.]+">s<\/tspan>/);
  assert.match(svg, /my_name/);
});

test('series differ in colour, in dash and in mark', () => {
  const layers = ['a', 'b', 'c', 'd', 'e'].map((name, index) => ({ kind: 'line' as const, name, points: [[0, index], [1, index]] as [number, number][] }));
  const svg = drawFigure({ ...figure, layers });
  const lines = new Set([...svg.matchAll(/fill="none" (stroke="#[^"]+" stroke-width="2.4"(?: stroke-dasharray="[^"]+")?)/g)].map((match) => match[1]));
  const dashes = new Set([...svg.matchAll(/stroke-width="2.4"( stroke-dasharray="[^"]+")?/g)].map((match) => match[1]));
  const marks = new Set([...svg.matchAll(/translate\([^)]*\)" d="([^"]+)"/g)].map((match) => match[1]));
  assert.deepEqual([lines.size, dashes.size, marks.size], [5, 5, 5]);
});

test('a logarithmic axis labels as many ticks as there is room for', () => {
  const log = (most: number): string[] => texts(drawFigure({
    ...figure, x: { label: 'N', scale: 'log' }, y: { label: 'T', scale: 'log' }, layers: [{ kind: 'line', name: 'one', points: [[1, 1], [most, most]] }],
  }));
  assert.ok(log(10).includes('5'));
  assert.deepEqual(log(1_000_000).filter((text) => /^\d/.test(text) && !/^10*(,000)*$/.test(text)), []);
});

test('any data gives a well-formed drawing without a number that is none, and the same one again', () => {
  const value = fc.oneof(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 10 }));
  const points = fc.array(fc.tuple(value, value), { maxLength: 30 });
  fc.assert(fc.property(points, points, fc.constantFrom('linear' as const, 'log' as const), fc.string(), (line, dots, scale, title) => {
    const positive = (data: [number, number][]): [number, number][] => (scale === 'log' ? data.map(([x, y]) => [Math.abs(x) + 1e-3, Math.abs(y) + 1e-3]) : data);
    const drawn: Figure = {
      title, x: { label: 'x', scale }, y: { label: 'y', scale },
      layers: [{ kind: 'line', name: title, points: positive(line) }, { kind: 'dots', name: 'dots', points: positive(dots) }],
    };
    const svg = drawFigure(drawn);
    assert.equal(svg, drawFigure(drawn));
    assert.doesNotMatch(svg.replaceAll(/>[^<]*</g, '><'), /NaN|Infinity|undefined/);
    assert.equal(svg.match(/<(text|tspan|title)[ >]/g)?.length, svg.match(/<\/(text|tspan|title)>/g)?.length);
  }));
});

test('values too near to each other to be told apart still give a drawing', () => {
  for (const points of [[[-5e-324, 0], [5e-324, 0]], [[1, 1], [1 + Number.EPSILON, 1]]] as [number, number][][]) {
    assert.match(drawFigure({ title: '', x: { label: 'x' }, y: { label: 'y' }, layers: [{ kind: 'line', name: '', points }] }), /<svg/);
  }
});
