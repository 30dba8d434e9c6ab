import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { WebSeedPolicy, type Supplies } from './web-seed-policy.ts';

const FAST = 1_000_000;

interface Second {
  /** What the neighbours send in it; undefined where none gives. */
  readonly neighbours: number | undefined;
  readonly server: number | undefined;
}

/** For each second whether web seeds were asked for anything. */
function run(seconds: readonly Second[]): boolean[] {
  const policy = new WebSeedPolicy();
  let neighbourBytes = 0;
  return seconds.map(({ neighbours, server }, index) => {
    neighbourBytes += neighbours ?? 0;
    const supplies: Supplies = { neighbourBytes, neighbourGives: neighbours !== undefined, bytesPerSecond: server };
    policy.update(supplies, (index + 1) * 1000);
    return policy.bringsAny;
  });
}

function share(used: readonly boolean[]): number {
  return used.filter(Boolean).length / used.length;
}

const always = (second: Second, count = 300): Second[] => Array.from({ length: count }, () => second);

test('with no neighbour that gives, and as long as nothing is known of the server, it is used', () => {
  fc.assert(fc.property(fc.array(fc.record({ neighbours: fc.constant(undefined), server: fc.option(fc.nat(), { nil: undefined }) })), (seconds) => {
    assert.ok(run(seconds).every(Boolean));
  }));
  assert.ok(run(always({ neighbours: FAST, server: undefined })).every(Boolean));
});

test('next to neighbours as fast as it is, the server is not used for what they have', () => {
  assert.ok(run(always({ neighbours: FAST, server: FAST })).every((isUsed) => !isUsed));
});

test('next to slow neighbours it is used nearly always, more so with time', () => {
  const used = run(always({ neighbours: FAST / 20, server: FAST }));
  assert.ok(share(used.slice(0, 30)) > 0.6);
  assert.ok(share(used.slice(100)) > 0.93);
});

test('it begins where the server is twice as fast as the neighbours, and no sooner', () => {
  assert.ok(share(run(always({ neighbours: FAST * 0.49, server: FAST }))) > 0.8);
  assert.equal(share(run(always({ neighbours: FAST * 0.51, server: FAST }))), 0);
});

test('neighbours that become fast are found out, and so are those that become slow', () => {
  const seconds = [...always({ neighbours: FAST / 20, server: FAST }, 100), ...always({ neighbours: 2 * FAST, server: FAST }, 100), ...always({ neighbours: FAST / 20, server: FAST }, 100)];
  const used = run(seconds);
  assert.equal(share(used.slice(105, 200)), 0);
  assert.ok(share(used.slice(210)) > 0.7);
});

test('neighbours that are fast only while the server keeps off the link are found out by looking', () => {
  const policy = new WebSeedPolicy();
  let neighbourBytes = 0;
  let seconds = 0;
  const used: boolean[] = [];
  while (seconds < 300) {
    // Together they fill the link, of which the server takes nine tenths.
    neighbourBytes += policy.bringsAny ? FAST / 10 : FAST;
    policy.update({ neighbourBytes, neighbourGives: true, bytesPerSecond: FAST * 0.9 }, (seconds += 1) * 1000);
    used.push(policy.bringsAny);
  }
  assert.ok(share(used) < 0.1, `${share(used)}`);
});
