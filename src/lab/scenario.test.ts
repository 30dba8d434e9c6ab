import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ShoalError } from '../bytes/errors.ts';
import { peerToPeerTime } from './distribution-time.ts';
import { preset, PRESETS } from './presets.ts';
import { checkScenario, distributionOf, parseScenario, scenarioJsonSchema, type ScenarioFile } from './scenario.ts';

const small: ScenarioFile = {
  name: 'small', file: { size: '4MiB' }, seeds: { up: '1MB/s' }, peers: [{ count: 3, up: '400kbps', down: '1.5Mbps' }],
};

test('a scenario of few words, with the rest by default, in base units', () => {
  assert.deepEqual(checkScenario(small, 'small.json'), {
    name: 'small',
    description: '',
    file: { bytes: 4 * 2 ** 20, pieceBytes: 262_144 },
    seeds: { count: 1, upBytesPerSecond: 1e6, downBytesPerSecond: Infinity, latencyMs: 20, departure: { kind: 'never' }, superSeeding: false, choking: 'adaptive' },
    peers: [{
      name: 'peers', count: 3, upBytesPerSecond: 50_000, downBytesPerSecond: 187_500, latencyMs: 20, behaviour: 'honest',
      arrival: { kind: 'flash-crowd', withinMs: 0 }, departure: { kind: 'when-done' }, choking: 'adaptive', picking: 'rarest-first',
    }],
    tracker: { peersPerAnswer: 50, intervalMs: 1_800_000 },
    neighbours: 80,
    durationMs: 86_400_000,
    seed: 1,
  });
});

test('every way to come and to go', () => {
  const peers = [
    { name: 'a', count: 2, up: '1MB/s', down: 'inf', arrival: { kind: 'trace', times: ['0', '1m30s'] }, departure: { kind: 'after', stay: '10m' } },
    { name: 'b', count: 2, up: '1MB/s', down: 'inf', arrival: { kind: 'poisson', meanGap: '500ms' }, departure: { kind: 'at-random', meanStay: '1h' } },
  ];
  const read = checkScenario({ ...small, peers, $schema: './scenario.schema.json' }, 'x');
  assert.deepEqual(read.peers.map(({ arrival }) => arrival), [{ kind: 'trace', timesMs: [0, 90_000] }, { kind: 'poisson', meanGapMs: 500 }]);
  assert.deepEqual(read.peers.map(({ departure }) => departure), [{ kind: 'after', stayMs: 600_000 }, { kind: 'at-random', meanStayMs: 3_600_000 }]);
});

/** The scenario with one of its peers' fields changed. */
const peerWith = (change: object): object => ({ ...small, peers: [{ ...small.peers[0], ...change }] });

test('a fault is told in one line: the file, the place in it, and what was expected', () => {
  const cases: [unknown, string][] = [
    [[], 's.json: is a list: expected an object with fields, in braces'],
    [{ ...small, name: undefined }, 's.json: name is missing: expected text in quotes'],
    [{ ...small, colour: 1 }, 's.json: "colour" is not a field here: expected name, description, file, seeds, peers, tracker, neighbours, duration, seed'],
    [{ ...small, file: { size: 'big' } }, 's.json: file.size "big" is not a size: expected one such as 256KiB, 3GB, 15Gbit, or a plain number of bytes'],
    [{ ...small, file: { size: 4 } }, 's.json: file.size is 4: expected a size such as 100MiB or 3GB'],
    [{ ...small, file: { size: '0' } }, 's.json: file.size is "0": expected a size such as 100MiB or 3GB'],
    [{ ...small, file: { size: '1MB', pieceLength: '100kB' } }, 's.json: file.pieceLength is 97.7 KiB: expected a multiple of 16KiB, at most 256 MiB'],
    [{ ...small, peers: [] }, 's.json: peers is a list: expected at least 1'],
    [peerWith({ up: undefined }), 's.json: peers[0].up is missing: expected a rate such as 400kbps or 2MB/s, above 0, or inf'],
    [peerWith({ up: '0' }), 's.json: peers[0].up is "0": expected a rate such as 400kbps or 2MB/s, above 0, or inf'],
    [peerWith({ up: '-3kbps' }), 's.json: peers[0].up "-3kbps" is not a rate: expected one such as 30Mbps, 300kB/s or 2MiB/s'],
    [peerWith({ count: -1 }), 's.json: peers[0].count is -1: expected at least 1'],
    [peerWith({ count: 1.5 }), 's.json: peers[0].count is 1.5: expected a whole number from 1 to 100000'],
    [peerWith({ behaviour: 'kind' }), 's.json: peers[0].behaviour is "kind": expected one of "honest", "free-rider", "liar"'],
    [peerWith({ arrival: { kind: 'slowly' } }), 's.json: peers[0].arrival.kind expected one of "flash-crowd", "poisson", "trace"'],
    [peerWith({ arrival: { kind: 'poisson' } }), 's.json: peers[0].arrival.meanGap is missing: expected a duration such as 500ms, 30s or 1h30m'],
    [peerWith({ arrival: { kind: 'trace', times: ['0'] } }), 's.json: peers[0].arrival.times names 1 arrivals for 3 peers: expected as many as peers'],
    [{ ...peerWith({ arrival: { kind: 'flash-crowd', within: '2h' } }), duration: '1h' }, 's.json: peers[0].arrival brings the last peer after 2h: expected before the end of the run, 1h'],
    [{ ...small, duration: '0' }, 's.json: duration is 0: expected time for the run to take'],
    [{ ...small, peers: [small.peers[0], small.peers[0]] }, 's.json: peers[1].name is "peers" a second time: expected a name of its own for each class'],
    [peerWith({ name: 'seeds' }), 's.json: peers[0].name is "seeds": expected another name, for that is what the seeds are called'],
    [{ ...small, seeds: { up: '1MB/s', count: 0 } }, 's.json: seeds.count is 0: expected at least 1'],
  ];
  for (const [value, message] of cases) {
    // As it would stand in a file: what is undefined is not there.
    assert.throws(() => parseScenario(JSON.stringify(value), 's.json'), { code: 'BAD_SCENARIO', message });
  }
  assert.throws(() => parseScenario('{"name": ', 's.json'), { code: 'BAD_SCENARIO', message: /^s\.json is not JSON: [^\n]+$/ });
  assert.throws(() => parseScenario('{"file": {}, "peers": 3}', 's.json'), { message: /\(and 3 more\)$/ });
});

test('anything at all ends in a scenario or in one line', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom('name', 'file', 'seeds', 'peers', 'tracker', 'duration', 'seed'), (value, key) => {
    try {
      checkScenario({ ...small, [key]: value }, 's.json');
    } catch (error) {
      assert.ok(error instanceof ShoalError, String(error));
      assert.match(error.message, /^s\.json: [^\n]{1,400}$/);
    }
  }));
});

test('every preset is a scenario, and is called by its own name', () => {
  for (const name of Object.keys(PRESETS)) assert.equal(preset(name).name, name);
  assert.throws(() => preset('toString'), { code: 'NO_PRESET', message: /expected one of textbook, flash-crowd/ });
});

test('presets ask the model what their originals say', () => {
  assert.equal(peerToPeerTime(distributionOf(preset('bharambe-2006'))).seconds.toFixed(1), '2017.7');
  assert.equal(peerToPeerTime(distributionOf(preset('textbook'))).seconds, 2700);
});

test('free riders add nothing to the uplinks of the model', () => {
  const { terms } = peerToPeerTime(distributionOf(preset('free-riders')));
  assert.equal(terms[2].seconds.toFixed(1), ((100 * 64 * 2 ** 20 * 8) / (4e6 + 80e6)).toFixed(1));
});

test('the schema is published: every field is described, and the quantities with examples of their units', () => {
  const lacking: string[] = [];
  const visit = (schema: { properties?: object; items?: object; oneOf?: object[]; description?: string }, path: string): void => {
    for (const [key, field] of Object.entries(schema.properties ?? {}) as [string, { description?: string; const?: string; type?: string }][]) {
      const isSection = field.const !== undefined || (field.type === 'object' && field.description === undefined);
      if (!isSection && field.description === undefined) lacking.push(`${path}.${key}`);
      visit(field, `${path}.${key}`);
    }
    if (schema.items !== undefined) visit(schema.items, `${path}[]`);
    for (const option of schema.oneOf ?? []) visit(option, path);
  };
  const schema = scenarioJsonSchema();
  visit(schema, '');
  assert.deepEqual(lacking, []);
  assert.match(JSON.stringify(schema), /Downlink: a rate such as 400kbps/);
});
