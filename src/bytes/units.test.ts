import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  counted, formatBytes, formatCount, formatDuration, formatPercent, formatRate,
  parseCount, parseDuration, parseList, parseRate, parseSize, QuantityError,
} from './units.ts';

test('sizes: bits and bytes, k and Ki are told apart', () => {
  const cases: [string, number][] = [
    ['0', 0], ['1048576', 1048576], ['12B', 12], ['12 bytes', 12],
    ['1kB', 1000], ['1KB', 1000], ['1KiB', 1024], ['256KiB', 262_144], ['256kiB', 262_144],
    ['3GB', 3e9], ['3GiB', 3 * 2 ** 30], ['1.5MB', 1_500_000], ['.5MiB', 524_288], ['2TB', 2e12], ['1PiB', 2 ** 50],
    ['15Gbit', 1.875e9], ['8bit', 1], ['8 kbit', 1000], ['8Kibit', 1024], ['1Mbits', 125_000], [' 700 MB ', 7e8],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test('rates: in bits or bytes a second, or without limit', () => {
  const cases: [string, number][] = [
    ['30Mbps', 3.75e6], ['30 Mbit/s', 3.75e6], ['30mbps', 3.75e6], ['30Mb/s', 3.75e6], ['300kbps', 37_500], ['300 Kibit/s', 38_400],
    ['300kB/s', 300_000], ['2MiB/s', 2 * 2 ** 20], ['300MB/s', 3e8], ['300MBps', 3e8], ['1.5Gbps', 187_500_000], ['12B/s', 12],
    ['inf', Infinity], ['unlimited', Infinity], ['0', Infinity], ['0MB/s', Infinity],
  ];
  for (const [text, bytesPerSecond] of cases) assert.equal(parseRate(text), bytesPerSecond, text);
  assert.deepEqual([parseRate('0', 0), parseRate('0kbps', 0)], [0, 0]);
});

test('durations: one unit or several, the largest first', () => {
  const cases: [string, number][] = [
    ['0', 0], ['500ms', 500], ['90s', 90_000], ['30m', 1_800_000], ['30min', 1_800_000], ['1h30m', 5_400_000], ['1h 30m', 5_400_000],
    ['1.5h', 5_400_000], ['2d', 172_800_000], ['1w', 604_800_000], ['1d2h3m4s5ms', 93_784_005],
  ];
  for (const [text, durationMs] of cases) assert.equal(parseDuration(text), durationMs, text);
});

test('counts and lists', () => {
  assert.equal(parseCount(' 1000 '), 1000);
  assert.deepEqual(parseList('10,100, 1000', parseCount), [10, 100, 1000]);
  assert.deepEqual(parseList('300kbps,2Mbps', parseRate), [37_500, 250_000]);
});

test('what cannot be read is refused with one line that says what can', () => {
  const cases: [(text: string) => number, string, RegExp][] = [
    [parseSize, '3Q', /"3Q" is not a size: expected one such as 256KiB/],
    [parseSize, '', /"" is not a size/],
    [parseSize, '-3GB', /is not a size/],
    [parseSize, '1e3', /is not a size/],
    [parseSize, '5Mb', /could be bits or bytes: write B for bytes or bit/],
    [parseSize, '5M', /lacks its unit: write kB, MB/],
    [parseSize, '30MB/s', /is not a size/],
    [parseSize, '9999PB', /too large/],
    [parseRate, '30', /lacks its time/],
    [parseRate, '30MB', /lacks its time/],
    [parseRate, 'fast', /"fast" is not a rate: expected one such as 30Mbps/],
    [parseRate, '30mps', /is not a rate/],
    [parseDuration, '30', /is not a duration: expected numbers with units, the largest first/],
    [parseDuration, '30m1h', /is not a duration/],
    [parseDuration, '1h1h', /is not a duration/],
    [parseDuration, '1 fortnight', /is not a duration/],
    [parseCount, '1.5', /is not a count: expected one such as 12/],
    [parseCount, '99999999999999999999', /is not a count/],
  ];
  for (const [parse, text, message] of cases) assert.throws(() => parse(text), { name: 'QuantityError', code: 'BAD_QUANTITY', message }, text);
  assert.throws(() => parseList('10,,20', parseCount), { message: /"10,,20" has an empty place/ });
});

test('whatever is typed ends in a number or in one short line', () => {
  const typed = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,5} ?[kKmMgGtTpPiIbBsht/]{0,8}$/));
  fc.assert(fc.property(typed, fc.constantFrom(parseSize, parseRate, parseDuration, parseCount), (text, parse) => {
    try {
      assert.ok(parse(text) >= 0);
    } catch (error) {
      assert.ok(error instanceof QuantityError, String(error));
      assert.ok(!error.message.includes('\n') && error.message.length < 200);
    }
  }));
});

test('sizes and rates are written with three digits, in a width that does not jump', () => {
  const written: [number, string][] = [
    [0, '0 B'], [999, '999 B'], [1000, '1.00 kB'], [1500, '1.50 kB'], [9994, '9.99 kB'], [9996, '10.0 kB'], [99_960, '100 kB'],
    [999_499, '999 kB'], [999_500, '1.00 MB'], [3e9, '3.00 GB'], [1.875e9, '1.88 GB'], [-1500, '-1.50 kB'],
  ];
  for (const [bytes, text] of written) assert.equal(formatBytes(bytes), text);
  assert.equal(formatBytes(262_144, 'binary'), '256 KiB');
  assert.equal(formatBytes(1023 * 1024, 'binary'), '1023 KiB');
  assert.equal(formatBytes(2 ** 20, 'binary'), '1 MiB');
  assert.equal(formatBytes(1.5 * 2 ** 20, 'binary'), '1.50 MiB');
  assert.equal(formatRate(3.75e6), '3.75 MB/s');
  assert.equal(formatRate(3.75e6, 'bit'), '30.0 Mbps');
  assert.equal(formatRate(Infinity), 'unlimited');
  fc.assert(fc.property(fc.double({ min: 0, max: 9e20, noNaN: true }), (bytes) => {
    assert.ok(formatBytes(bytes).length <= 7, formatBytes(bytes));
    assert.ok(formatBytes(bytes, 'binary').length <= 8, formatBytes(bytes, 'binary'));
    assert.ok(formatRate(bytes).length <= 9, formatRate(bytes));
  }));
});

test('a size that is written reads back as nearly the same', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e15 }), fc.constantFrom('decimal' as const, 'binary' as const), (bytes, prefixes) => {
    const back = parseSize(formatBytes(bytes, prefixes));
    assert.ok(Math.abs(back - bytes) <= bytes * 0.0051 + 0.5, `${bytes} → ${back}`);
  }));
});

test('durations are written as two units, and read back as nearly the same', () => {
  const written: [number, string][] = [
    [0, '0ms'], [250, '250ms'], [999.6, '1s'], [4500, '4.5s'], [59_949, '59.9s'], [59_951, '1m'], [200_000, '3m20s'], [3_599_600, '1h'],
    [5_400_000, '1h30m'], [86_399_999, '1d'], [187_200_000, '2d4h'], [Infinity, '∞'], [-4500, '-4.5s'],
  ];
  for (const [durationMs, text] of written) assert.equal(formatDuration(durationMs), text);
  fc.assert(fc.property(fc.double({ min: 0, max: 99 * 86_400_000, noNaN: true }), (durationMs) => {
    const text = formatDuration(durationMs);
    assert.ok(text.length <= 6, text);
    // Half of the last digit: of a millisecond, of a tenth of a second, or of the second unit, which is 1/48 of a day at the most.
    const nearMs = durationMs < 999.5 ? 0.5 : Math.max(50, durationMs / 48);
    assert.ok(Math.abs(parseDuration(text) - durationMs) <= nearMs + 1e-6, `${durationMs} → ${text}`);
  }));
});

test('counts and percentages', () => {
  assert.deepEqual([0, 999, 2600, 1_234_567].map(formatCount), ['0', '999', '2,600', '1,234,567']);
  assert.equal(formatPercent(0.8754), '87.5 %');
  assert.deepEqual([0, 1, 2600].map((count) => counted(count, 'piece')), ['0 pieces', '1 piece', '2,600 pieces']);
});
