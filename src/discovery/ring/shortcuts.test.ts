import assert from 'node:assert/strict';
import test from 'node:test';
import { ID_BITS, plusPowerOfTwo } from './circle.ts';
import type { Contact } from './ring-id.ts';
import { Shortcuts } from './shortcuts.ts';

const OWN = new Uint8Array(20);

/** The `number`th contact at a distance of 2 to the power of `exponent` and a little. */
function at(exponent: number, number = 0): Contact {
  const id = plusPowerOfTwo(OWN, exponent);
  id[19] ^= number;
  return { endpoint: { host: '10.0.0.1', port: 1 + number }, slot: 0, id, key: `${exponent}/${number}` };
}

test('of the peers learnt, the first few at each distance are kept, however many come', () => {
  const shortcuts = new Shortcuts(OWN);
  for (let exponent = 8; exponent < ID_BITS; exponent++) {
    for (let number = 0; number < 20; number++) shortcuts.learn(at(exponent, number));
  }
  assert.equal(shortcuts.all.length, 3 * (ID_BITS - 8));
  assert.ok(shortcuts.has(at(40, 2)));
  assert.ok(!shortcuts.has(at(40, 3)), 'who came later finds no room');
});

test('fingers do not depend on what is learnt', () => {
  const shortcuts = new Shortcuts(OWN);
  for (let number = 0; number < 3; number++) shortcuts.learn(at(100, number));
  shortcuts.setFingers(98, 100, at(100, 7));
  assert.equal(shortcuts.finger(99)?.key, '100/7');
  assert.equal(shortcuts.finger(101), undefined);
  assert.equal(shortcuts.all.length, 4);
  shortcuts.setFingers(98, 100, at(100, 8));
  assert.ok(!shortcuts.has(at(100, 7)));
});

test('a peer that is removed is neither finger nor learnt any more', () => {
  const shortcuts = new Shortcuts(OWN);
  shortcuts.learn(at(50));
  shortcuts.setFingers(49, 50, at(50));
  assert.equal(shortcuts.all.length, 1, 'one peer counts once');
  assert.ok(shortcuts.remove(at(50)));
  assert.deepEqual(shortcuts.all, []);
  assert.equal(shortcuts.finger(50), undefined);
  assert.ok(!shortcuts.remove(at(50)));
});
