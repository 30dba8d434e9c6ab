import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { ID_BYTES, compareClockwise } from './circle.ts';
import type { Contact } from './ring-id.ts';
import { NeighbourList } from './successors.ts';

const OWN = Uint8Array.from({ length: ID_BYTES }, () => 100);

/** A contact whose id begins with two bytes: places a person can follow. */
function standingAt(place: number): Contact {
  const id = Uint8Array.from({ length: ID_BYTES }, (_, index) => (index === 0 ? place >>> 8 : index === 1 ? place & 0xff : 0));
  return { endpoint: { host: '10.0.0.1', port: 1 + place }, slot: 0, id, key: `${place}` };
}

test('successors stand clockwise, predecessors the other way, nearest first', () => {
  const contacts = [0x6500, 0x6600, 0x0100, 0x6300].map(standingAt);
  const successors = NeighbourList.successors(OWN, 3);
  const predecessors = NeighbourList.predecessors(OWN, 3);
  for (const contact of contacts) {
    successors.add(contact, true);
    predecessors.add(contact, true);
  }
  assert.deepEqual(successors.all.map(({ key }) => Number(key)), [0x6500, 0x6600, 0x0100]);
  assert.deepEqual(predecessors.all.map(({ key }) => Number(key)), [0x6300, 0x0100, 0x6600]);
});

test('whoever just happens to be known takes no place behind the last', () => {
  const successors = NeighbourList.successors(OWN, 3);
  assert.ok(successors.add(standingAt(0x7000), false), 'the first is better than nobody');
  assert.ok(!successors.add(standingAt(0x8000), false));
  assert.ok(successors.add(standingAt(0x8000), true));
  assert.ok(successors.add(standingAt(0x6800), false), 'before the last there is always a place');
  assert.ok(!successors.add(standingAt(0x9000), true), 'the list is full');
});

test('neither oneself nor an id a second time has a place', () => {
  const successors = NeighbourList.successors(OWN, 3);
  assert.ok(!successors.add({ ...standingAt(1), id: OWN }, true));
  assert.ok(successors.add(standingAt(5), true));
  assert.ok(!successors.add({ ...standingAt(5), key: 'another peer on the same place' }, true));
});

test('the list holds the nearest of all that were added and not removed', () => {
  const steps = fc.array(fc.record({ place: fc.integer({ min: 0, max: 0xffff }), isAdded: fc.boolean() }), { maxLength: 60 });
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 6 }), fc.boolean(), (all, capacity, clockwise) => {
    const list = clockwise ? NeighbourList.successors(OWN, capacity) : NeighbourList.predecessors(OWN, capacity);
    const standing = new Map<string, Contact>();
    for (const { place, isAdded } of all) {
      const contact = standingAt(place);
      if (isAdded) {
        list.add(contact, true);
        standing.set(contact.key, contact);
      } else {
        list.remove(contact);
        standing.delete(contact.key);
      }
      // What was cut off for want of room is forgotten; the model forgets it too.
      const direction = clockwise ? 1 : -1;
      const nearest = [...standing.values()].sort((a, b) => direction * compareClockwise(OWN, a.id, b.id));
      for (const cut of nearest.slice(capacity)) standing.delete(cut.key);
      assert.deepEqual(list.all.map(({ key }) => key), nearest.slice(0, capacity).map(({ key }) => key));
    }
  }));
});
