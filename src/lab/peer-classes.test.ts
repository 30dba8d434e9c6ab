import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePeerClasses, scaleTo } from './peer-classes.ts';

test('classes of peers are read from CSV, columns in any order', () => {
  assert.deepEqual(parsePeerClasses('# a campus\nup, down, count, name\n\n400kbps,1.5Mbps,900,dsl\r\n0,inf,100,free riders\n', 'campus.csv'), [
    { name: 'dsl', count: 900, upBytesPerSecond: 50_000, downBytesPerSecond: 187_500 },
    { name: 'free riders', count: 100, upBytesPerSecond: 0, downBytesPerSecond: Infinity },
  ]);
  assert.equal(parsePeerClasses('count,up,down\n3,1MB/s,1MB/s', 'x')[0].name, '8.00 Mbps up');
});

test('what cannot be read is refused with the line where it stands', () => {
  const cases: [string, RegExp][] = [
    ['', /^x\.csv is empty: expected a first line/],
    ['count,up\n', /^x\.csv line 1: there is no column "down"/],
    ['count,up,down,color\n', /^x\.csv line 1: "color" is not a column/],
    ['count,up,up,down\n', /^x\.csv line 1: "up" stands twice/],
    ['count,up,down\n', /^x\.csv has no peers/],
    ['count,up,down\n0,1MB/s,1MB/s\n', /^x\.csv has no peers/],
    ['count,up,down\n1,2\n', /^x\.csv line 2 has 2 cells where the first line has 3/],
    ['count,up,down\n\n5,fast,1MB/s\n', /^x\.csv line 3: "fast" is not a rate/],
    ['count,up,down\n-5,1MB/s,1MB/s\n', /^x\.csv line 2: "-5" is not a count/],
  ];
  for (const [csv, message] of cases) assert.throws(() => parsePeerClasses(csv, 'x.csv'), { code: 'BAD_PEERS', message }, csv);
});

test('a mix keeps its shares when it is scaled', () => {
  const classes = [{ count: 1, upBytesPerSecond: 1, downBytesPerSecond: 1 }, { count: 3, upBytesPerSecond: 2, downBytesPerSecond: 2 }];
  assert.deepEqual(scaleTo(classes, 10).map(({ count }) => count), [2.5, 7.5]);
});
