/**
 * What all figures share: the sheet with its title and legend, the type, and the colours, dashes and marks of series.
 *
 * The widths of text are estimated, for nothing here can measure a font; the estimate is on the wide side.
 */
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle, symbolWye, type SymbolType } from 'd3-shape';

export const INK = { text: '#1a1a1a', faint: '#5f6368', grid: '#e3e5e8', axis: '#3c4043', paper: '#ffffff' } as const;
export const FONT_SIZE = { title: 19, subtitle: 13.5, label: 14, tick: 13 } as const;

/** How a series looks; told apart by any one of colour, dash and mark. */
export interface Style {
  readonly color: string;
  /** As `stroke-dasharray` has it; empty: solid. */
  readonly dash: string;
  readonly mark: SymbolType | undefined;
  readonly width: number;
  readonly shape: 'line' | 'dots' | 'band';
}

/** The palette of Okabe and Ito, those that stand out on white first. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#000000', '#e69f00', '#56b4e9'] as const;
const DASHES = ['', '9 4', '3 3', '12 3 3 3', '6 2', '1 3', '14 4'] as const;
const MARKS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolWye] as const;

/** The look of the `index`-th series. */
export function styleOf(index: number, shape: Style['shape']): Style {
  return {
    color: COLORS[index % COLORS.length], dash: DASHES[index % DASHES.length], mark: MARKS[index % MARKS.length], width: 2.4, shape,
  };
}

/** The look of the `index`-th bound or guide: grey, thin, and never marked. */
export function referenceStyle(index: number): Style {
  return { color: INK.faint, dash: ['6 4', '2 3', '10 3 2 3'][index % 3], mark: undefined, width: 1.5, shape: 'line' };
}

/** An SVG document under way, and how far down it has been filled from the top. */
export class Sheet {
  readonly width: number;
  height: number;
  /** Pixels from the top that are taken. */
  top: number;
  readonly #parts: string[] = [];

  constructor(width: number, height: number, title: string, subtitle: string | undefined) {
    this.width = width;
    this.height = height;
    this.top = 18;
    this.add(`<title>${escapeXml(title)}</title>`);
    this.add(`<rect width="100%" height="100%" fill="${INK.paper}"/>`);
    for (const row of wrap(title, FONT_SIZE.title * 1.06, width - 48)) {
      this.top += FONT_SIZE.title;
      this.text(row, 24, this.top, { size: FONT_SIZE.title, isBold: true });
      this.top += 5;
    }
    for (const row of subtitle === undefined ? [] : wrap(subtitle, FONT_SIZE.subtitle, width - 48)) {
      this.top += FONT_SIZE.subtitle + 1;
      this.text(row, 24, this.top, { size: FONT_SIZE.subtitle, color: INK.faint });
      this.top += 4;
    }
  }

  add(part: string): void {
    this.#parts.push(part);
  }

  text(text: string, x: number, y: number, options: { size: number; color?: string; anchor?: 'start' | 'middle' | 'end'; isBold?: boolean }): void {
    const anchor = options.anchor === undefined || options.anchor === 'start' ? '' : ` text-anchor="${options.anchor}"`;
    const weight = options.isBold === true ? ' font-weight="600"' : '';
    this.add(`<text x="${round(x)}" y="${round(y)}" font-size="${options.size}" fill="${options.color ?? INK.text}"${anchor}${weight}>${markUp(text, options.size)}</text>`);
  }

  /** A straight line. */
  rule(x1: number, y1: number, x2: number, y2: number, color: string, width = 1): void {
    this.add(`<path d="M${round(x1)},${round(y1)}L${round(x2)},${round(y2)}" stroke="${color}" stroke-width="${width}" fill="none"/>`);
  }

  /** Samples of the series with their names, in as many rows as it takes. */
  legend(entries: readonly { readonly name: string; readonly style: Style }[]): void {
    const sample = 34;
    let x = 24;
    this.top += 24;
    for (const { name, style } of entries) {
      const width = sample + 8 + textWidth(name, FONT_SIZE.label);
      if (x > 24 && x + width > this.width - 24) {
        x = 24;
        this.top += 22;
      }
      this.#sample(x, this.top - 5, sample, style);
      this.text(name, x + sample + 8, this.top, { size: FONT_SIZE.label });
      x += width + 22;
    }
    this.top += 4;
  }

  #sample(x: number, y: number, width: number, style: Style): void {
    if (style.shape === 'band') {
      this.add(`<rect x="${round(x)}" y="${round(y - 6)}" width="${width}" height="12" fill="${style.color}" fill-opacity="0.22"/>`);
    } else if (style.shape === 'line') {
      this.add(`<path d="M${round(x)},${round(y)}h${width}" ${stroke(style)}/>`);
    }
    if (style.shape !== 'band') this.mark(x + width / 2, y, style);
  }

  mark(x: number, y: number, style: Style): void {
    if (style.mark === undefined) return;
    const shape = symbol(style.mark, style.shape === 'dots' ? 34 : 52).digits(1)();
    const fill = style.shape === 'dots' ? `fill="${style.color}" fill-opacity="0.7"` : `fill="${INK.paper}" stroke="${style.color}" stroke-width="1.8"`;
    this.add(`<path transform="translate(${round(x)},${round(y)})" d="${shape}" ${fill}/>`);
  }

  toString(): string {
    const box = `viewBox="0 0 ${this.width} ${this.height}" width="${this.width}" height="${this.height}"`;
    const font = 'font-family="Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"';
    return `<svg xmlns="http://www.w3.org/2000/svg" ${box} role="img" ${font}>\n${this.#parts.join('\n')}\n</svg>\n`;
  }
}

/** The attributes of a line drawn in `style`. */
export function stroke(style: Style): string {
  const dash = style.dash === '' ? '' : ` stroke-dasharray="${style.dash}"`;
  return `fill="none" stroke="${style.color}" stroke-width="${style.width}"${dash} stroke-linejoin="round"`;
}

export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** About how wide the text will be, in pixels. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const letter of text) ems += /[il.,:;'|!()[\] ]/.test(letter) ? 0.31 : /[mwMW@%—]/.test(letter) ? 0.86 : /[A-Z]/.test(letter) ? 0.69 : 0.56;
  return ems * size;
}

function wrap(text: string, size: number, width: number): string[] {
  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const joined = rows.length === 0 ? word : `${rows[rows.length - 1]} ${word}`;
    if (rows.length > 0 && textWidth(joined, size) <= width) rows[rows.length - 1] = joined;
    else rows.push(word);
  }
  return rows;
}

/** Text as XML holds it: without control characters and broken letters, which it cannot. */
export function escapeXml(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\ufffe\uffff]/gu, ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Escapes, and lowers what stands behind a letter and a `_`, as in D_cs; the empty space behind it comes back up. */
function markUp(text: string, size: number): string {
  const drop = round(size * 0.2);
  return escapeXml(text).replace(
    /(?<![A-Za-z0-9])([A-Za-z])_(\w+)/g,
    (_, letter: string, below: string) => `${letter}<tspan dy="${drop}" font-size="${round(size * 0.76)}">${below}</tspan><tspan dy="${-drop}">\u200b</tspan>`,
  );
}
