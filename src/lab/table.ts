/**
 * A table of results in the three forms that people and programs ask for: aligned text, CSV (RFC 4180), JSON.
 *
 * Invariant: all three come from the same columns, and CSV and JSON carry the numbers in full, with the unit in the key.
 */
export type Cell = number | string | undefined;

export interface Column<Row> {
  /** For programs, the unit last: `clientServerSeconds`. */
  readonly key: string;
  /** For people. */
  readonly heading: string;
  value(row: Row): Cell;
  /** How a person is shown the value; plain where absent. An undefined value is shown as a dash. */
  show?(value: number): string;
}

/** Lines of aligned text, the headings first; numbers stand to the right, words to the left. */
export function tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const shown = rows.map((row) => columns.map((column) => cellText(column, column.value(row))));
  const widths = columns.map((column, index) => Math.max(column.heading.length, ...shown.map((cells) => cells[index].length)));
  const isLeft = columns.map((column) => rows.some((row) => typeof column.value(row) === 'string'));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (isLeft[index] ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join('  ').trimEnd();
  return [line(columns.map((column) => column.heading)), line(widths.map((width) => '─'.repeat(width))), ...shown.map(line)]
    .map((text) => `${text}\n`).join('');
}

function cellText<Row>(column: Column<Row>, value: Cell): string {
  if (value === undefined) return '–';
  return typeof value === 'number' && column.show !== undefined ? column.show(value) : String(value);
}

/** One header line of keys, then a line a row. */
export function tableCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map((column) => column.key), ...rows.map((row) => columns.map((column) => String(column.value(row) ?? '')))];
  return lines.map((cells) => `${cells.map(quoteCsv).join(',')}\n`).join('');
}

function quoteCsv(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** One object a row, by the columns' keys. What is undefined is left out; infinity is the string `inf`, for JSON has none. */
export function tableObjects<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Record<string, number | string>[] {
  return rows.map((row) => Object.fromEntries(columns.flatMap((column) => {
    const value = column.value(row);
    if (value === undefined) return [];
    return [[column.key, value === Number.POSITIVE_INFINITY ? 'inf' : value]];
  })));
}
