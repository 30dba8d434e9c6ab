/**
 * Text in a terminal's columns. Letters of East Asia and emoji take two, marks that stand over others none; escape
 * sequences are not expected here: cut and pad first, then paint.
 */

let segmenter: Intl.Segmenter | undefined;

const WIDE = /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])|\ufe0f/u;
const NOTHING = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]/u;

/** Columns that the text takes. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemesOf(text)) columns += columnsOfGrapheme(segment);
  return columns;
}

/** What cuts text is made with the first that is more than ASCII: it takes longer than all else here. */
function graphemesOf(text: string): Intl.Segments {
  return (segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })).segment(text);
}

function columnsOfGrapheme(grapheme: string): number {
  return NOTHING.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1;
}

/** The text in at most so many columns; where something is left out, `ellipsis` stands in its place at the end. */
export function cut(text: string, columns: number, ellipsis = '…'): string {
  if (columnsOf(text) <= columns) return text;
  const room = columns - columnsOf(ellipsis);
  if (room < 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemesOf(text)) {
    used += columnsOfGrapheme(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + ellipsis;
}

/** Exactly so many columns: cut, or filled up with blanks on the right or the left. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left', ellipsis = '…'): string {
  const short = cut(text, columns, ellipsis);
  const blanks = ' '.repeat(Math.max(0, columns - columnsOf(short)));
  return align === 'left' ? short + blanks : blanks + short;
}
