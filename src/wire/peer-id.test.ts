import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SeededRandom } from '../runtime/simulated/simulation.ts';
import { clientName, createPeerId } from './peer-id.ts';

test('a peer id begins with the client and its version, and ends with chance', () => {
  const random = new SeededRandom(1);
  const first = createPeerId(random, '0.1.0');
  const second = createPeerId(random, '12.3.40');
  assert.equal(first.length, 20);
  assert.equal(Buffer.from(first).toString('latin1', 0, 8), '-SH0100-');
  assert.equal(Buffer.from(second).toString('latin1', 0, 8), '-SHc3z0-');
  assert.notDeepEqual(first.subarray(8), createPeerId(random, '0.1.0').subarray(8));
  assert.equal(clientName(first), 'Shoal 0.1.0');
});

test('clients are called by their names where their ids follow a custom', () => {
  const named = (text: string): string => clientName(Buffer.from(text.padEnd(20, 'x'), 'latin1'));
  assert.equal(named('-TR4050-'), 'Transmission 4.0.5');
  assert.equal(named('-lt0D80-'), 'rTorrent 0.13.8');
  assert.equal(named('-ZZ1234-'), 'ZZ 1.2.3.4');
  assert.equal(named('A2-1-37-0-'), 'aria2 1.37.0');
  assert.equal(named('M7-9-2--'), 'unknown');
});

test('no peer id makes a name that is unfit for a terminal', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.boolean(), (bytes, isDashed) => {
    if (isDashed) bytes.set(Buffer.from('-SH'));
    assert.match(clientName(bytes), /^[A-Za-z0-9µ. ]+$/);
  }));
});
