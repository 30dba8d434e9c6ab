import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Downlink, Uplink, type Sender } from './links.ts';
import { Simulation } from './simulation.ts';

class Queue implements Sender {
  readonly name: string;
  readonly messages: number[];
  readonly #sent: (name: string) => void;

  constructor(name: string, messages: number[], sent: (name: string) => void) {
    this.name = name;
    this.messages = messages;
    this.#sent = sent;
  }

  headBytes(): number {
    return this.messages[0] ?? 0;
  }

  headSent(): void {
    this.messages.shift();
    this.#sent(this.name);
  }
}

test('an uplink is never idle while something waits, and carries no more than its rate', async () => {
  const queues = fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });
  await fc.assert(fc.asyncProperty(queues, async (planned) => {
    const clock = new Simulation();
    const uplink = new Uplink(clock, 1000);
    const total = planned.flat().reduce((sum, bytes) => sum + bytes, 0);
    let lastMs = 0;
    for (const [index, messages] of planned.entries()) uplink.offer(new Queue(`${index}`, messages.slice(), () => { lastMs = clock.now(); }));
    await clock.run(100_000);
    assert.equal(uplink.sentBytes, total);
    assert.ok(Math.abs(lastMs - total) < 1e-6);
  }));
});

test('those who wait for an uplink are served in turn, one message each', async () => {
  const clock = new Simulation();
  const uplink = new Uplink(clock, 1000);
  const order: string[] = [];
  uplink.offer(new Queue('a', [10, 10, 10], (name) => order.push(name)));
  uplink.offer(new Queue('b', [10, 10], (name) => order.push(name)));
  await clock.run(1000);
  assert.deepEqual(order, ['a', 'b', 'a', 'b', 'a']);
});

test('who queues more whenever his queue runs dry gets no more turns than others for it', async () => {
  const clock = new Simulation();
  const uplink = new Uplink(clock, 1000);
  const order: string[] = [];
  const refilled = new Queue('a', [10], (name) => {
    order.push(name);
    refilled.messages.push(10);
    uplink.offer(refilled);
  });
  uplink.offer(refilled);
  uplink.offer(new Queue('b', [10, 10, 10, 10], (name) => order.push(name)));
  await clock.run(75);
  assert.deepEqual(order, ['a', 'b', 'a', 'b', 'a', 'b', 'a']);
});

test('a downlink passes one message after the other, each taking its time', async () => {
  const clock = new Simulation();
  const downlink = new Downlink(clock, 1000, () => clock.line());
  const heard: [load: string, atMs: number][] = [];
  const receiver = { receive: (load: string) => { heard.push([load, clock.now()]); } };
  assert.equal(downlink.pass(10, 5, receiver, 'a'), 15);
  assert.equal(downlink.pass(10, 7, receiver, 'b'), 25);
  assert.equal(downlink.pass(10, 40, receiver, 'c'), 50);
  await clock.run(100);
  assert.deepEqual(heard, [['a', 15], ['b', 25], ['c', 50]]);
});

test('what passes without waiting makes those behind it wait', async () => {
  const clock = new Simulation();
  const downlink = new Downlink(clock, 1000, () => clock.line());
  downlink.charge(10, 0);
  assert.equal(downlink.pass(10, 5, { receive: () => undefined }, 'a'), 20);
  const uplink = new Uplink(clock, 1000);
  let sentMs = 0;
  uplink.charge(10);
  uplink.offer(new Queue('a', [10], () => { sentMs = clock.now(); }));
  await clock.run(100);
  assert.equal(sentMs, 20);
});

test('a link without limit takes no time', () => {
  const clock = new Simulation();
  const downlink = new Downlink(clock, Number.POSITIVE_INFINITY, () => clock.line());
  assert.equal(downlink.pass(1e9, 3, { receive: () => undefined }, 'a'), 3);
});
