import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Endpoint, formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { sample } from '../../runtime/random.ts';
import { SeededRandom, Simulation } from '../../runtime/simulated/simulation.ts';
import { BUCKET_SIZE } from './bucket.ts';
import { Contact, formatContacts } from './contact.ts';
import { compareDistance } from './distance.ts';
import { decodeMessage, encodeAnswer } from './krpc.ts';
import { Lookup, type LookupOptions, type LookupOutcome } from './lookup.ts';
import { nodeIdFor } from './node-id.ts';
import type { Asker } from './rpc.ts';

const OWN_ID = new Uint8Array(20).fill(0xee);
const TARGET = new Uint8Array(20).fill(0x55);

interface WorldAnswer {
  readonly id?: Uint8Array;
  readonly nodes?: readonly Contact[];
}

/** Nodes in a world of their own: who answers what is the test's to say. */
class World {
  readonly simulation = new Simulation();
  readonly random: SeededRandom;
  readonly nodes: Contact[] = [];
  /** By endpoint, what a node answers; undefined where it is silent. */
  readonly answers = new Map<string, () => WorldAnswer | undefined>();
  readonly asked: string[] = [];
  underWayAtMost = 0;
  #underWay = 0;

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
  }

  /** A node in a block of its own, with an id bound to its address. */
  add(number = this.nodes.length): Contact {
    const host = `${20 + (number >>> 16)}.${(number >>> 8) & 0xff}.${number & 0xff}.1`;
    const address = Uint8Array.from(host.split('.').map(Number));
    const contact = Contact.of(nodeIdFor(address, this.random), { host, port: 6881 }) ?? assert.fail();
    this.nodes.push(contact);
    return contact;
  }

  /** Each node knows those nearest to itself and some at random, and names the nearest to the target that it knows. */
  connect(): void {
    for (const node of this.nodes) {
      const near = this.nodes.toSorted((a, b) => compareDistance(node.compact, a.compact, b.compact)).slice(1, 12);
      const known = [...near, ...sample(this.random, this.nodes, 20)];
      const named = nearest(known, BUCKET_SIZE);
      this.answers.set(formatEndpoint(node.endpoint), () => ({ id: node.id, nodes: named }));
    }
  }

  ask(to: Contact | Endpoint, asker: Asker): boolean {
    const key = formatEndpoint(to instanceof Contact ? to.endpoint : to);
    this.asked.push(key);
    this.#underWay += 1;
    this.underWayAtMost = Math.max(this.underWayAtMost, this.#underWay);
    const given = this.answers.get(key)?.();
    if (given === undefined) {
      this.simulation.after(1000, () => {
        this.#underWay -= 1;
        asker.slow?.();
      });
      this.simulation.after(4000, () => asker.failed('silent'));
      return true;
    }
    this.simulation.after(50 + this.random.fraction() * 200, () => {
      this.#underWay -= 1;
      const { id, nodes = [] } = given;
      const bytes = encodeAnswer(Uint8Array.of(1), { id, nodes: formatContacts(nodes, 4), token: key }, new Uint8Array(6));
      const answer = decodeMessage(bytes);
      if (answer?.kind === 'answer') asker.answered(answer, bytes);
    });
    return true;
  }

  async lookUp(options: Partial<LookupOptions> = {}): Promise<LookupOutcome> {
    let outcome: LookupOutcome | undefined;
    const lookup = new Lookup({
      target: TARGET, ownId: OWN_ID, family: 4, policy: 'prefer', contacts: sample(this.random, this.nodes, 3), endpoints: [],
      ask: (to, asker) => this.ask(to, asker),
      done: (result) => {
        assert.equal(outcome, undefined, 'it ends once');
        outcome = result;
      },
      ...options,
    });
    lookup.start();
    await this.simulation.run(600_000);
    return outcome ?? assert.fail('it does not end');
  }
}

const nearest = (contacts: readonly Contact[], count: number): Contact[] =>
  [...new Set(contacts)].sort((a, b) => compareDistance(TARGET, a.compact, b.compact)).slice(0, count);
const hosts = (contacts: readonly Contact[]): string[] => contacts.map(({ endpoint }) => endpoint.host);
const found = ({ nearest: nodes }: LookupOutcome): string[] => hosts(nodes.map(({ contact }) => contact));

function network(size: number, seed = 1): World {
  const world = new World(seed);
  for (let count = 0; count < size; count++) world.add();
  world.connect();
  return world;
}

test('the k nearest of all nodes are found, each with its token, three queries at a time', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 150 }), fc.integer(), async (size, seed) => {
    const world = network(size, seed);
    const outcome = await world.lookUp();
    assert.deepEqual(found(outcome), hosts(nearest(world.nodes, BUCKET_SIZE)));
    for (const { contact, token } of outcome.nearest) assert.equal(Buffer.from(token ?? '').toString(), formatEndpoint(contact.endpoint));
    assert.ok(world.underWayAtMost <= 3);
    assert.equal(outcome.queries, world.asked.length);
    assert.equal(new Set(world.asked).size, world.asked.length, 'nobody is asked twice');
  }), { numRuns: 40 });
});

test('silent nodes do not keep it from the others', async () => {
  await fc.assert(fc.asyncProperty(fc.integer(), async (seed) => {
    const world = network(100, seed);
    const silent = new Set(sample(world.random, world.nodes, 25));
    for (const contact of silent) world.answers.set(formatEndpoint(contact.endpoint), () => undefined);
    const living = world.nodes.filter((contact) => !silent.has(contact));
    const outcome = await world.lookUp({ contacts: sample(world.random, living, 5) });
    const expected = new Set(hosts(nearest(living, BUCKET_SIZE)));
    assert.ok(found(outcome).filter((host) => expected.has(host)).length >= 6, 'nearly all of the nearest, though some were named only by the silent');
  }), { numRuns: 30 });
});

test('who begins with endpoints alone finds its way, and with nobody at all is done at once', async () => {
  const world = network(60);
  const outcome = await world.lookUp({ contacts: [], endpoints: [world.nodes[0].endpoint, { host: '99.9.9.9', port: 1 }] });
  assert.deepEqual(found(outcome), hosts(nearest(world.nodes, BUCKET_SIZE)));
  assert.deepEqual(await new World().lookUp(), { nearest: [], hops: 0, queries: 0, answers: 0 });
});

test('hops are the nodes that had to answer one after the other', async () => {
  const world = new World();
  const chain = Array.from({ length: 5 }, () => world.add()).sort((a, b) => compareDistance(TARGET, b.compact, a.compact));
  for (const [index, contact] of chain.entries()) world.answers.set(formatEndpoint(contact.endpoint), () => ({ id: contact.id, nodes: chain.slice(index + 1, index + 2) }));
  assert.equal((await world.lookUp({ contacts: [chain[0]] })).hops, 5);
});

test('it ends where it is told that all is found', async () => {
  const world = network(100);
  const outcome = await world.lookUp({ heard: () => true });
  assert.equal(outcome.answers, 1);
});

test('a node counts under the id that it gives; whoever named it otherwise was wrong', async () => {
  const world = network(50);
  const honest = world.nodes[0];
  const misnamed = Contact.of(TARGET, honest.endpoint) ?? assert.fail();
  const outcome = await world.lookUp({ contacts: [misnamed, ...sample(world.random, world.nodes.slice(1), 3)] });
  assert.deepEqual(found(outcome), hosts(nearest(world.nodes, BUCKET_SIZE)));
  assert.ok(!outcome.nearest.some(({ contact }) => toHex(contact.id) === toHex(TARGET)));
});

test('an answer without a proper id counts as none', async () => {
  const world = network(20);
  world.answers.set(formatEndpoint(world.nodes[0].endpoint), () => ({ id: Buffer.from('short') }));
  world.answers.set(formatEndpoint(world.nodes[1].endpoint), () => ({ id: OWN_ID }));
  const outcome = await world.lookUp({ contacts: world.nodes.slice(0, 5) });
  assert.ok(!found(outcome).some((host) => host === world.nodes[0].endpoint.host || host === world.nodes[1].endpoint.host));
});

/** Contacts next to the target at addresses where nobody is. */
const nobodies = (count: number, first = 0): Contact[] => Array.from({ length: count }, (_, index) => {
  const id = Uint8Array.from(TARGET);
  id[19] = first + index;
  return Contact.of(id, { host: `90.${first}.${index}.1`, port: 6881 }) ?? assert.fail();
});

test('who names nodes that do not exist is heard no further, and the nearest are found all the same', async () => {
  for (const policy of ['off', 'prefer'] as const) {
    const world = network(80);
    const liar = world.nodes[0];
    world.answers.set(formatEndpoint(liar.endpoint), () => ({ id: liar.id, nodes: nobodies(16) }));
    const outcome = await world.lookUp({ policy, contacts: [liar, ...sample(world.random, world.nodes.slice(1), 3)] });
    const expected = hosts(nearest(world.nodes, BUCKET_SIZE));
    assert.deepEqual(found(outcome), expected);
    assert.ok(world.asked.filter((key) => key.startsWith('90.')).length <= 5, policy);
  }
});

test('nodes with ids of their own choice, all next to the target, crowd out none whose ids are bound (BEP 42)', async () => {
  const world = network(80);
  const liars = nobodies(40);
  for (const liar of liars) world.answers.set(formatEndpoint(liar.endpoint), () => ({ id: liar.id, nodes: liars.slice(0, 16) }));
  const outcome = await world.lookUp({ contacts: [...liars.slice(0, 5), ...sample(world.random, world.nodes, 3)] });
  assert.deepEqual(found(outcome), hosts(nearest(world.nodes, BUCKET_SIZE)));
  assert.ok(world.asked.filter((key) => key.startsWith('90.')).length <= BUCKET_SIZE + 2);

  const requiring = network(80);
  for (const liar of liars) requiring.answers.set(formatEndpoint(liar.endpoint), () => ({ id: liar.id, nodes: liars.slice(0, 16) }));
  await requiring.lookUp({ policy: 'require', contacts: [...liars.slice(0, 5), ...sample(requiring.random, requiring.nodes, 3)] });
  assert.ok(!requiring.asked.some((key) => key.startsWith('90.')));
});

test('where all ids are unbound, the lookup is as good as ever', async () => {
  const world = new World();
  for (let number = 0; number < 60; number++) {
    const { endpoint } = world.add();
    world.nodes[number] = Contact.of(world.random.bytes(20), endpoint) ?? assert.fail();
  }
  world.connect();
  assert.deepEqual(found(await world.lookUp()), hosts(nearest(world.nodes, BUCKET_SIZE)));
});

test('one block of addresses has few places', async () => {
  const world = network(80);
  const liar = world.nodes[0];
  const inOneBlock = Array.from({ length: 16 }, (_, index) => {
    const endpoint = { host: `90.0.0.${index}`, port: 6881 };
    return Contact.of(nodeIdFor(Uint8Array.from([90, 0, 0, index]), world.random), endpoint) ?? assert.fail();
  });
  for (const contact of [liar, ...inOneBlock]) world.answers.set(formatEndpoint(contact.endpoint), () => ({ id: contact.id, nodes: inOneBlock }));
  await world.lookUp({ contacts: [liar, ...sample(world.random, world.nodes.slice(1), 3)] });
  assert.ok(world.asked.filter((key) => key.startsWith('90.')).length <= 3);
});

test('of local nodes only local ones are believed', async () => {
  const world = network(20);
  const local = Contact.of(TARGET, { host: '192.168.1.1', port: 1 }) ?? assert.fail();
  world.answers.set(formatEndpoint(world.nodes[0].endpoint), () => ({ id: world.nodes[0].id, nodes: [local] }));
  await world.lookUp({ contacts: world.nodes.slice(0, 4) });
  assert.ok(!world.asked.includes('192.168.1.1:1'));
});

test('it ends, whatever nodes answer', async () => {
  await fc.assert(fc.asyncProperty(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), async (seed, mischief) => {
    const world = network(40, seed);
    for (const contact of world.nodes) {
      if (world.random.fraction() > mischief) continue;
      const kind = Math.floor(world.random.fraction() * 4);
      const made = Array.from({ length: 8 }, () => Contact.of(world.random.bytes(20), { host: `80.${Math.floor(world.random.fraction() * 256)}.1.1`, port: 1 }) ?? assert.fail());
      const answers = [() => undefined, () => ({ id: world.random.bytes(20), nodes: made }), () => ({ id: contact.id, nodes: made }), () => ({})];
      world.answers.set(formatEndpoint(contact.endpoint), answers[kind]);
    }
    const outcome = await world.lookUp();
    assert.ok(outcome.nearest.length <= BUCKET_SIZE && outcome.queries <= 200);
  }), { numRuns: 60 });
});
