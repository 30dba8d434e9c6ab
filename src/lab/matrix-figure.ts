/**
 * A square table of shares drawn as shades, from white for nothing to dark for the most: who gave to whom. Dark is dark on
 * paper too.
 */
import { FONT_SIZE, INK, round, Sheet, textWidth } from './figure-style.ts';

export interface MatrixFigure {
  readonly title: string;
  readonly subtitle?: string;
  /** What the rows did, and what the columns did: `gave`, `took`. */
  readonly rowLabel: string;
  readonly columnLabel: string;
  /** What the darkest shade means: `share of the time unchoked`. */
  readonly valueLabel: string;
  /** Rows of equal length, as many as columns; zero or more. */
  readonly values: readonly (readonly number[])[];
  /** Runs of rows that belong together, and of the same columns, in order; their lengths add up to the number of rows. */
  readonly groups: readonly { readonly name: string; readonly length: number }[];
  readonly formatValue: (value: number) => string;
}

const SIDE = 430;
const LEGEND_STEPS = 5;

/** The figure as one SVG document. */
export function drawMatrix(figure: MatrixFigure): string {
  const { values, groups } = figure;
  const most = values.reduce((greatest, row) => row.reduce((a, b) => Math.max(a, b), greatest), 0);
  const labelWidth = Math.max(60, ...groups.map(({ name }) => textWidth(name, FONT_SIZE.tick)));
  const sheet = new Sheet(760, SIDE, figure.title, figure.subtitle);
  const left = 24 + labelWidth + 14;
  const top = sheet.top + 62;
  const cell = SIDE / Math.max(1, values.length);
  sheet.height = top + SIDE + 28;
  sheet.text(`${figure.columnLabel} →`, left, top - 32, { size: FONT_SIZE.label });
  sheet.text(`${figure.rowLabel} ↓`, 24, top - 8, { size: FONT_SIZE.label });
  values.forEach((row, y) => row.forEach((value, x) => {
    if (value === 0) return;
    sheet.add(`<rect x="${round(left + x * cell)}" y="${round(top + y * cell)}" width="${round(cell + 0.3)}" height="${round(cell + 0.3)}" fill="${shade(value / most)}"/>`);
  }));
  drawGroups(sheet, figure, { left, top, cell });
  drawLegend(sheet, figure, { x: left + SIDE + 30, y: top + 16, most });
  return sheet.toString();
}

function drawGroups(sheet: Sheet, { groups, values }: MatrixFigure, { left, top, cell }: { left: number; top: number; cell: number }): void {
  const end = values.length * cell;
  let at = 0;
  for (const { name, length } of groups) {
    const middle = at + (length * cell) / 2;
    sheet.text(name, left - 10, top + middle + FONT_SIZE.tick * 0.35, { size: FONT_SIZE.tick, anchor: 'end' });
    if (length * cell > textWidth(name, FONT_SIZE.tick)) sheet.text(name, left + middle, top - 8, { size: FONT_SIZE.tick, anchor: 'middle' });
    for (const edge of [at, at + length * cell]) {
      sheet.rule(left, top + edge, left + end, top + edge, INK.axis, 0.8);
      sheet.rule(left + edge, top, left + edge, top + end, INK.axis, 0.8);
    }
    at += length * cell;
  }
}

function drawLegend(sheet: Sheet, figure: MatrixFigure, { x, y, most }: { x: number; y: number; most: number }): void {
  for (let step = 0; step < LEGEND_STEPS; step++) {
    const share = 1 - step / (LEGEND_STEPS - 1);
    sheet.add(`<rect x="${round(x)}" y="${round(y + step * 26)}" width="22" height="26" fill="${shade(share)}" stroke="${INK.grid}"/>`);
    sheet.text(figure.formatValue(share * most), x + 32, y + step * 26 + 18, { size: FONT_SIZE.tick });
  }
  figure.valueLabel.split('\n').forEach((line, row) => sheet.text(line, x, y + LEGEND_STEPS * 26 + 22 + row * 18, { size: FONT_SIZE.tick, color: INK.faint }));
}

/** White to dark blue, evenly in lightness. */
function shade(share: number): string {
  const channel = (light: number, dark: number): string => Math.round(light + (dark - light) * Math.sqrt(share)).toString(16).padStart(2, '0');
  return `#${channel(255, 8)}${channel(255, 48)}${channel(255, 107)}`;
}
