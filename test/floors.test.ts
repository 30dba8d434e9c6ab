/** The rules of the house under test: what breaks them fails the lint, and what only looks like it does not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** In a file of `src/wire`. */
const BREAKS = [
  "import { Session } from '../session/session.ts'; export const it = Session;",
  "import type { Session } from '../session/session.ts'; export type It = Session;",
  "export { Session } from '../session/session.ts';",
  "export * from '../session/session.ts';",
  "export const it = import('../session/session.ts');",
  "import { nodeRuntime } from '../runtime/node/runtime.ts'; export const it = nodeRuntime;",
  "import { Session } from '../index.ts'; export const it = Session;",
  "import { Room } from '../cellar/room.ts'; export const it = Room;",
  "import fs from 'node:fs'; export const it = fs;",
  "import fs from 'fs'; export const it = fs;",
  "export { readFile } from 'node:fs/promises';",
  'export const it = Date.now();',
  'export const it = new Date();',
  'export const it = Date();',
  'export const { now: it } = Date;',
  "export const it = Math['random']();",
  'export const it = setTimeout(String, 1);',
  'export const it = globalThis.setTimeout;',
  'export const it = process.env;',
];
const KEEPS = [
  "import { ShoalError } from '../bytes/errors.ts'; export const it = ShoalError;",
  "import type { Clock } from '../runtime/clock.ts'; export type It = Clock;",
  'export const it = new Date(5);',
  'export const it = Math.max(Date.UTC(1970), 1);',
  'export const it = (given: unknown): boolean => given instanceof Date;',
  'export const it = (given: { readonly process: number }): number => given.process;',
];

test('imports go down only, and nothing above the runtime names the outside world', async (t) => {
  const work = await mkdtemp(path.join(os.tmpdir(), 'shoal-floors-'));
  t.after(() => rm(work, { recursive: true }));
  await mkdir(path.join(work, 'src', 'wire'), { recursive: true });
  const rules = { 'floors/imports-go-down': 'error', 'floors/no-outside-world': 'error' };
  await writeFile(path.join(work, '.oxlintrc.json'), JSON.stringify({ jsPlugins: [path.join(ROOT, 'lint', 'floors.js')], categories: { correctness: 'off' }, rules }));
  for (const [index, line] of [...BREAKS, ...KEEPS].entries()) await writeFile(path.join(work, 'src', 'wire', `case-${index}.ts`), `${line}\n`);
  const oxlint = path.join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format=json', 'src'], { cwd: work, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly code: string; readonly filename: string }[] };
  assert.deepEqual(diagnostics.filter(({ code }) => !code.startsWith('floors')), []);
  const broken = new Set(diagnostics.map(({ filename }) => Number(/case-(\d+)/.exec(filename)?.[1])));
  assert.deepEqual(BREAKS.filter((_, index) => !broken.has(index)), []);
  assert.deepEqual(KEEPS.filter((_, index) => broken.has(BREAKS.length + index)), []);
});
