import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableCsv, tableObjects, tableText, type Column } from './table.ts';

interface Row { readonly name: string; readonly seconds: number | undefined }
const columns: Column<Row>[] = [
  { key: 'name', heading: 'Policy', value: (row) => row.name },
  { key: 'meanSeconds', heading: 'Mean', value: (row) => row.seconds, show: (seconds) => `${seconds.toFixed(1)} s` },
];
const rows: Row[] = [{ name: 'rarest first', seconds: 12.34 }, { name: 'say "random", then', seconds: undefined }, { name: 'none', seconds: Infinity }];

test('text is aligned: words to the left, numbers to the right', () => {
  assert.equal(tableText(columns, rows), [
    'Policy                    Mean',
    '──────────────────  ──────────',
    'rarest first            12.3 s',
    'say "random", then           –',
    'none                Infinity s',
    '',
  ].join('\n'));
});

test('CSV carries the numbers in full and quotes what needs it', () => {
  assert.equal(tableCsv(columns, rows), 'name,meanSeconds\nrarest first,12.34\n"say ""random"", then",\nnone,Infinity\n');
});

test('objects leave out what is unknown and can be written as JSON', () => {
  assert.deepEqual(tableObjects(columns, rows), [
    { name: 'rarest first', meanSeconds: 12.34 }, { name: 'say "random", then' }, { name: 'none', meanSeconds: 'inf' },
  ]);
});
