import assert from 'node:assert/strict';
import test from 'node:test';
import { printable } from './printable.ts';

test('what would steer a terminal is left out, and lines become one', () => {
  assert.equal(printable('\x1b[31mred\x07\r\nnext\tcell\u202e', 100), '[31mred next cell');
  assert.equal(printable('schön 鱼', 100), 'schön 鱼');
  assert.equal(printable(' \0 ', 100), '');
});

test('what is too long is cut, and seen to be', () => {
  assert.equal(printable('abcdef', 6), 'abcdef');
  assert.equal(printable('abcdefg', 6), 'abcde…');
});
