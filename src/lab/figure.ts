/**
 * Line charts and scatter plots as SVG, drawn to be put in a lecture and to survive a black-and-white printer: every series
 * has a colour that colour-blind people tell from the others (Okabe and Ito 2008), and a dash and a mark of its own besides.
 *
 * Invariant: the same figure gives the same text, byte for byte, and the text holds no script and no address.
 */
import { scaleLinear, scaleLog } from 'd3-scale';
import { area, curveLinear, curveStepAfter, line } from 'd3-shape';
import { formatCount } from '../bytes/units.ts';
import { FONT_SIZE, INK, referenceStyle, Sheet, stroke, styleOf, textWidth, type Style } from './figure-style.ts';

export interface Figure {
  readonly title: string;
  /** What the figure takes as given, on a line below the title. A `_` behind a single letter lowers what follows: `D_cs`. */
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Drawn in this order, the last on top. */
  readonly layers: readonly Layer[];
  /** Pixels; default 760 by 470. */
  readonly width?: number;
  readonly height?: number;
}

export interface Axis {
  /** What is measured, with its unit: `Time (h)`. */
  readonly label: string;
  readonly scale?: 'linear' | 'log';
  /** The ends of the axis, beyond which no data may lie; by default those of the data, and zero where the scale is linear. */
  readonly min?: number;
  readonly max?: number;
}

export type Point = readonly [x: number, y: number];

export type Layer =
  | {
    readonly kind: 'line';
    readonly name: string;
    readonly points: readonly Point[];
    /** Holds each value up to the next point, as counts over time do. */
    readonly isStep?: boolean;
    /** A bound or a guide rather than a result: thin, dashed and grey. */
    readonly isReference?: boolean;
    /** Points to stress with a mark; a line without is marked in a few places, for print. */
    readonly marks?: readonly Point[];
  }
  | { readonly kind: 'dots'; readonly name: string; readonly points: readonly Point[] }
  | { readonly kind: 'band'; readonly name: string; readonly points: readonly (readonly [x: number, low: number, high: number])[] };

/** A line with more corners than this is marked here and there rather than at each. */
const MARKS_AT_MOST = 6;

/** The figure as one SVG document. */
export function drawFigure(figure: Figure): string {
  const sheet = new Sheet(figure.width ?? 760, figure.height ?? 470, figure.title, figure.subtitle);
  const styles = layerStyles(figure.layers);
  if (figure.layers.length > 1) sheet.legend(figure.layers.map(({ name }, index) => ({ name, style: styles[index] })));
  const plot = layOut(sheet, figure);
  drawAxes(sheet, plot, figure);
  figure.layers.forEach((layer, index) => drawLayer(sheet, plot, layer, styles[index]));
  return sheet.toString();
}

function layerStyles(layers: readonly Layer[]): Style[] {
  let results = 0;
  let references = 0;
  return layers.map((layer) => (layer.kind === 'line' && layer.isReference === true ? referenceStyle(references++) : styleOf(results++, layer.kind)));
}

/** The rectangle in which the data is drawn, in pixels, and the scales into it. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

interface Scale {
  (value: number): number;
  ticks(count: number): number[];
  tickFormat(count: number, specifier?: string): (value: number) => string;
}

interface Tick {
  /** Pixels. */
  readonly at: number;
  /** Empty where there is no room for it. */
  readonly text: string;
}

function layOut(sheet: Sheet, figure: Figure): Plot {
  const top = sheet.top + FONT_SIZE.label + 26;
  const bottom = sheet.height - 58;
  const xs = figure.layers.flatMap((layer) => layer.points.map((point) => point[0]));
  const ys = figure.layers.flatMap((layer) => layer.points.flatMap((point) => point.slice(1)));
  const y = scaleOf(figure.y, ys, [bottom, top], true);
  const yTicks = ticksOf(y, figure.y, (bottom - top) / 55);
  const left = 34 + Math.max(0, ...yTicks.map(({ text }) => textWidth(text, FONT_SIZE.tick)));
  const right = sheet.width - 34;
  const x = scaleOf(figure.x, xs, [left, right], false);
  return { left, right, top, bottom, x, y, yTicks, xTicks: ticksOf(x, figure.x, (right - left) / 90) };
}

/** @param endsOnTick widens the axis to the next round number, where no end is given */
function scaleOf(axis: Axis, values: readonly number[], range: readonly [number, number], endsOnTick: boolean): Scale {
  const isLog = axis.scale === 'log';
  const usable = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  const least = axis.min ?? usable.reduce((a, b) => Math.min(a, b), isLog ? Number.POSITIVE_INFINITY : 0);
  const most = axis.max ?? usable.reduce((a, b) => Math.max(a, b), isLog ? 0 : Number.NEGATIVE_INFINITY);
  const domain = hasRoom(least, most) ? [least, most] : isLog ? [1, 10] : [0, 1];
  if (isLog) return scaleLog().domain(endsOnTick ? [roundNumbers(domain[0])[0], roundNumbers(domain[1])[1]] : domain).range(range);
  const scale = scaleLinear().domain(domain).range(range);
  return endsOnTick && axis.max === undefined ? scale.nice() : scale;
}

/** Whether two ends are far enough apart for numbers between them to be told from each other. */
function hasRoom(least: number, most: number): boolean {
  const span = most - least;
  return span > Number.MIN_VALUE * 2 ** 64 && span > Math.max(Math.abs(least), Math.abs(most)) * Number.EPSILON * 64;
}

/** The numbers nearest below and above `value` that are 1, 2 or 5 times a power of ten. */
function roundNumbers(value: number): [below: number, above: number] {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((step) => step * power);
  return [steps.findLast((step) => step <= value) ?? power, steps.find((step) => step >= value) ?? 10 * power];
}

function ticksOf(scale: Scale, axis: Axis, about: number): Tick[] {
  const count = Math.max(2, Math.round(about));
  const values = scale.ticks(count);
  if (axis.scale !== 'log') {
    const text = scale.tickFormat(count);
    return values.map((value) => ({ at: scale(value), text: text(value) }));
  }
  const labelled = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1]]
    .find((digits) => values.filter((value) => digits.includes(firstDigit(value))).length <= count) ?? [1];
  return values.map((value) => ({ at: scale(value), text: labelled.includes(firstDigit(value)) ? powerText(value) : '' }));
}

/** Of a number that is one digit times a power of ten. */
function firstDigit(value: number): number {
  return Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
}

function powerText(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(1)));
}

function drawAxes(sheet: Sheet, plot: Plot, figure: Figure): void {
  const { left, right, top, bottom } = plot;
  for (const { at, text } of plot.yTicks) {
    if (text !== '') sheet.rule(left, at, right, at, INK.grid);
    sheet.text(text, left - 9, at + FONT_SIZE.tick * 0.35, { size: FONT_SIZE.tick, anchor: 'end' });
  }
  for (const { at, text } of plot.xTicks) {
    sheet.rule(at, bottom, at, bottom + (text === '' ? 4 : 6), INK.axis, 1.2);
    sheet.text(text, at, bottom + 22, { size: FONT_SIZE.tick, anchor: 'middle' });
  }
  sheet.rule(left, top, left, bottom, INK.axis, 1.2);
  sheet.rule(left, bottom, right, bottom, INK.axis, 1.2);
  sheet.text(figure.y.label, 24, top - 17, { size: FONT_SIZE.label });
  sheet.text(figure.x.label, right, bottom + 45, { size: FONT_SIZE.label, anchor: 'end' });
}

function drawLayer(sheet: Sheet, plot: Plot, layer: Layer, style: Style): void {
  if (layer.kind === 'band') {
    const path = area<readonly [number, number, number]>((point) => plot.x(point[0]), (point) => plot.y(point[1]), (point) => plot.y(point[2]));
    sheet.add(`<path d="${path.digits(1)(layer.points) ?? ''}" fill="${style.color}" fill-opacity="0.22"/>`);
    return;
  }
  if (layer.kind === 'line') {
    const path = line<Point>((point) => plot.x(point[0]), (point) => plot.y(point[1]))
      .curve(layer.isStep === true ? curveStepAfter : curveLinear)
      .defined((point) => Number.isFinite(plot.x(point[0])) && Number.isFinite(plot.y(point[1])));
    sheet.add(`<path d="${path.digits(1)(layer.points) ?? ''}" ${stroke(style)}/>`);
  }
  for (const point of layer.kind === 'dots' ? layer.points : marksOf(layer)) {
    sheet.mark(plot.x(point[0]), plot.y(point[1]), style);
  }
}

function marksOf(layer: Layer & { kind: 'line' }): readonly Point[] {
  if (layer.marks !== undefined) return layer.marks;
  const step = Math.max(1, (layer.points.length - 1) / (MARKS_AT_MOST - 1));
  return layer.points.filter((_, index) => Math.round(Math.round(index / step) * step) === index);
}
