import assert from 'node:assert/strict';
import test from 'node:test';
import { ShoalError } from '../bytes/errors.ts';
import { failureEvent, failureLine } from './failure.ts';

test('a failure is one line that a terminal cannot be harmed by', () => {
  assert.equal(failureLine(new ShoalError('X', 'a tracker says:\n\u001b[31mno\u0007')), 'a tracker says: [31mno');
  assert.equal(failureLine(new ShoalError('X', 'a'.repeat(5000))).length, 1000);
  assert.equal(failureLine(new TypeError('x is not a function')), 'x is not a function (an error in Shoal itself; SHOAL_DEBUG=1 shows where)');
  assert.deepEqual(failureEvent(new ShoalError('DISK_FULL', 'full')), { event: 'error', code: 'DISK_FULL', error: 'full' });
});
