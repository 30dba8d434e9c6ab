import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Agenda, Batch, Line } from './agenda.ts';

/** Runs everything; tells how many events that was. */
function drain(agenda: Agenda): number {
  let steps = 0;
  for (; agenda.nextMs < Number.POSITIVE_INFINITY; steps++) {
    assert.ok(steps < 1e5);
    agenda.runNext();
  }
  return steps;
}

test('timers and lines run in order of time, and among equals as they were added', () => {
  const plan = fc.array(fc.record({ line: fc.integer({ min: -1, max: 3 }), waitMs: fc.integer({ min: 0, max: 5 }), isCancelled: fc.boolean() }), { maxLength: 200 });
  fc.assert(fc.property(plan, (entries) => {
    const agenda = new Agenda();
    const lines = Array.from({ length: 4 }, () => new Line(agenda));
    const expected: { timeMs: number; index: number }[] = [];
    const ran: number[] = [];
    for (const [index, { line, waitMs, isCancelled }] of entries.entries()) {
      if (line < 0) {
        agenda.add(waitMs, { isCancelled, run: () => { ran.push(index); } });
        if (!isCancelled) expected.push({ timeMs: waitMs, index });
      } else {
        const timeMs = Math.max(waitMs, lines[line].lastMs);
        lines[line].send(timeMs, { receive: (load: number) => { ran.push(load); } }, index);
        expected.push({ timeMs, index });
      }
    }
    drain(agenda);
    assert.deepEqual(ran, expected.sort((a, b) => a.timeMs - b.timeMs || a.index - b.index).map(({ index }) => index));
  }));
});

test('a line may be sent on by what it delivers', () => {
  const agenda = new Agenda();
  const line = new Line(agenda);
  const ran: number[] = [];
  const receiver = {
    receive(load: number) {
      ran.push(load);
      if (load < 100) for (const more of [load * 2, load * 2 + 1]) line.send(line.lastMs + 1, receiver, more);
    },
  };
  line.send(0, receiver, 1);
  drain(agenda);
  assert.equal(ran.length, 199);
  assert.deepEqual(ran, ran.toSorted((a, b) => a - b));
});

test('what follows at the same time for the same receiver is one event with what is before it, in order', () => {
  const agenda = new Agenda();
  const line = new Line(agenda);
  const heard: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => ({ receive: (load: number) => { heard.push(`${name}${load}`); } }));
  line.send(5, a, 1);
  line.send(5, a, new Batch([2, 3]));
  line.send(5, a, 4);
  line.send(5, b, 5);
  line.send(5, a, 6);
  line.send(6, a, 7);
  assert.equal(drain(agenda), 4);
  assert.deepEqual(heard, ['a1', 'a2', 'a3', 'a4', 'b5', 'a6', 'a7']);
});

test('a delivery must not overtake another on its line', () => {
  const line = new Line(new Agenda());
  line.send(5, { receive: () => undefined }, 1);
  assert.throws(() => line.send(4, { receive: () => undefined }, 2), /overtakes/);
});
