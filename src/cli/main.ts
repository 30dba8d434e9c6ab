#!/usr/bin/env node
/**
 * The program's door. It knows of nothing but the version, so that `shoal --version` answers at once; all else is loaded
 * when it is wanted, and its compiled code is kept for the next time.
 */
import { enableCompileCache } from 'node:module';
import { version } from '../runtime/node/version.ts';

const OLDEST_NODE = 24;

const args = process.argv.slice(2);
if (args.length === 1 && ['--version', '-V'].includes(args[0])) {
  process.stdout.write(`${version()}\n`);
} else if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`shoal: Node ${OLDEST_NODE} or newer is needed, and this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else {
  enableCompileCache();
  const { run } = await import('./program.ts');
  await run(args);
}
