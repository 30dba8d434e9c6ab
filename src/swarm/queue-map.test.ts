import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { QueueMap } from './queue-map.ts';

test('it is a map that keeps the order in which entries came, whatever is taken out', () => {
  const step = fc.record({ what: fc.constantFrom('add', 'delete', 'clear', 'take'), key: fc.constantFrom(0, 1, 2, 3, 2 ** 40), value: fc.nat() });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const map = new QueueMap<number>();
    const model = new Map<number, number>();
    for (const { what, key, value } of steps) {
      if (what === 'add') {
        assert.equal(map.add(key, value), !model.has(key));
        if (!model.has(key)) model.set(key, value);
      } else if (what === 'delete') {
        assert.equal(map.delete(key), model.delete(key));
      } else if (what === 'take') {
        const entries = [...model];
        const kept = entries.findIndex(([, each]) => each > value);
        const taken = entries.slice(0, kept < 0 ? entries.length : kept).map(([each]) => each);
        assert.deepEqual(map.takeWhile((each) => each <= value), taken);
        for (const each of taken) model.delete(each);
      } else {
        assert.deepEqual(map.clear(), [...model.values()]);
        model.clear();
      }
      const [first] = model;
      assert.deepEqual([map.size, map.first, map.get(key)], [model.size, first?.[1], model.get(key)]);
      assert.deepEqual(map.keys, [...model.keys()]);
    }
  }));
});
