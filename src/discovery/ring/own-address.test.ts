import assert from 'node:assert/strict';
import test from 'node:test';
import { OwnAddress } from './own-address.ts';

const GUESS = { host: '192.168.1.5', port: 4000 };
const TRUE = { host: '203.0.113.7', port: 50_001 };
const by = (number: number): { host: string; port: number } => ({ host: `198.51.100.${number}`, port: 6882 });

test('who knows nothing believes the first', () => {
  const own = new OwnAddress(GUESS);
  assert.ok(own.reported(TRUE, by(1)));
  assert.deepEqual(own.endpoint, TRUE);
});

test('once settled, it takes three at different addresses, and most of those who spoke last', () => {
  const own = new OwnAddress(TRUE);
  own.settle();
  const other = { host: '203.0.113.99', port: 1 };
  for (let number = 0; number < 6; number++) own.reported(TRUE, by(10 + number));
  assert.ok(!own.reported(other, by(1)));
  assert.ok(!own.reported(other, { ...by(1), port: 7000 }), 'the same address speaks twice');
  assert.ok(!own.reported(other, by(2)));
  assert.ok(!own.reported(other, by(3)), 'three, but six say otherwise');
  assert.ok(!own.reported(other, by(4)));
  assert.ok(own.reported(other, by(5)), 'five of the last nine');
  assert.deepEqual(own.endpoint, other);
});

test('nobody is at an address where nobody can be', () => {
  const own = new OwnAddress(GUESS);
  for (const host of ['0.0.0.0', '224.0.0.1', '255.255.255.255']) assert.ok(!own.reported({ host, port: 1 }, by(1)));
  assert.deepEqual(own.endpoint, GUESS);
});

test('voices are forgotten one for one, however many speak', () => {
  const own = new OwnAddress(TRUE);
  own.settle();
  for (let number = 0; number < 250; number++) own.reported({ host: '203.0.113.50', port: number + 1 }, by(number));
  assert.deepEqual(own.endpoint, TRUE, 'no two of them agreed');
});
