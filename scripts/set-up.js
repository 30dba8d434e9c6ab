/**
 * Makes a fresh clone ready: installs what package-lock.json names where that has not been done, or has changed since.
 * Plain JavaScript, for it runs under whatever Node is there; Shoal's own Node arrives with what it installs.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const mark = path.join(root, 'node_modules', '.shoal-installed');

const wanted = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
const installed = existsSync(mark) ? readFileSync(mark, 'utf8') : '';

if (installed === wanted) {
  // `bin/shoal`, which has no time to read them, goes by which file is newer.
  try {
    utimesSync(mark, new Date(), new Date());
  } catch {
    // In a clone that is another's it looks again the next time.
  }
} else {
  process.stderr.write('shoal: installing what it needs (once) ...\n');
  const npm = process.env.npm_execpath;
  const [command, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  try {
    // Installing must leave standard output alone: a program may be reading it.
    execFileSync(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: npm === undefined && process.platform === 'win32',
    });
  } catch {
    process.stderr.write('shoal: the installation failed; the lines above say why. Run the command again to retry.\n');
    process.exit(1);
  }
  writeFileSync(mark, wanted);
  // Whoever is first to download should not have to wait, and hold memory, for the compiler: its work is kept from here on.
  const own = path.join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  spawnSync(own, [path.join(root, 'src', 'cli', 'main.ts'), 'get', '--help'], {
    stdio: 'ignore',
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'shoal') },
  });
}
