/**
 * `npm run test:interop`: the cases of this folder (`*.interop.ts`), one after the other, against real clients of other
 * makers. Words on the command line choose cases by their files' names: `npm run test:interop -- mixed ipv6`.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runInNamespaces } from './namespaces.ts';
import { missingPrerequisites } from './prerequisites.ts';

const LONGEST_RUN_MS = 15 * 60_000;
const FAILED = 1;

const here = import.meta.dirname;
const missing = missingPrerequisites();
const cases = chosenCases(process.argv.slice(2));
if (missing.length > 0) {
  process.stderr.write(`test:interop cannot run here:\n${missing.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = FAILED;
} else if (cases.length === 0) {
  process.stderr.write(`test:interop: no case is called ${process.argv.slice(2).join(' or ')}\n`);
  process.exitCode = FAILED;
} else {
  process.exitCode = await runInNamespaces([process.execPath, '--test', '--test-concurrency=1', '--test-reporter=spec', ...cases], LONGEST_RUN_MS);
}

function chosenCases(words: readonly string[]): string[] {
  const all = readdirSync(here).filter((name) => name.endsWith('.interop.ts')).sort();
  return all.filter((name) => words.length === 0 || words.some((word) => name.includes(word))).map((name) => path.join(here, name));
}
