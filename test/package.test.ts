/** The package as another program gets it: built, packed, unpacked in another folder, imported, type-checked. No network. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { version } from '../src/runtime/node/version.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKED_FROM = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src'];

/** Publishes a file, downloads it elsewhere, and reads it as a stream. Its pieces are large enough for the hashing thread. */
const PROGRAM = `
import { createTorrent, nodeRuntime, Session, ShoalError } from 'shoal';

const { metainfo } = await createTorrent(nodeRuntime(), { paths: ['given/film.mkv'], format: 'hybrid', pieceLength: 262144 });
const here = { listenHost: '127.0.0.1', port: 0, discovery: [] };
await using seeding = await Session.open(here);
await using getting = await Session.open(here);
await seeding.add(metainfo, { directory: 'given', check: 'full' });
const torrent = await getting.add(metainfo, { directory: 'got', peers: [{ host: '127.0.0.1', port: seeding.port }] });
let last = 0;
for await (const { progress, state } of torrent.progress(100)) {
  last = progress;
  if (state === 'seeding') break;
}
let bytes = 0;
for await (const chunk of await torrent.stream(0)) bytes += chunk.length;
const refusal = await getting.add('nowhere.torrent', { directory: 'got' }).catch((error) => error);
console.log(JSON.stringify({ last, bytes, refused: refusal instanceof ShoalError, code: refusal.code }));
`;

const TYPED_PROGRAM = `
import { Session, type Torrent, type TorrentStatus } from 'shoal';

await using session: Session = await Session.open({ port: 0 });
const torrent: Torrent = await session.add('magnet:?xt=urn:btih:abc', { directory: 'downloads', select: (file) => (file.length > 1 ? 'high' : 'none') });
for await (const status of torrent.progress()) show(status);
torrent.limitRates({ down: 1e6 });
await torrent.pause();
torrent.resume();
// @ts-expect-error: a rate is a number of bytes per second
await Session.open({ upBytesPerSecond: '1MB/s' });
type Hidden<Name extends string> = Name extends keyof Torrent ? never : Name;
const hidden: Hidden<'swarm' | 'accept' | 'stop' | 'removeFiles'>[] = ['swarm', 'accept', 'stop', 'removeFiles'];
show({ ...torrent.status(), name: hidden.join() });

function show({ progress, downBytesPerSecond }: TorrentStatus): string {
  return \`\${progress * 100} % at \${downBytesPerSecond}\`;
}
`;

async function run(directory: string, command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: directory });
  return stdout;
}

/** npm is where it was called from, or on the PATH. */
function npm(directory: string, ...args: readonly string[]): Promise<string> {
  const own = process.env['npm_execpath'];
  return own === undefined ? run(directory, 'npm', ...args) : run(directory, process.execPath, own, ...args);
}

test('the package packs, and works in another folder', async (t) => {
  const work = await mkdtemp(path.join(os.tmpdir(), 'shoal-package-'));
  t.after(() => rm(work, { recursive: true }));
  // Packed from a copy, for the build would get in the way of another one in the clone.
  const copy = path.join(work, 'copy');
  for (const name of PACKED_FROM) await cp(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  // What Shoal depends on is found above the folders of both.
  await symlink(path.join(ROOT, 'node_modules'), path.join(work, 'node_modules'), 'junction');
  const [{ filename, files }] = JSON.parse(await npm(copy, 'pack', '--json', '--silent'));
  const packed: string[] = files.map((file: { path: string }) => file.path);
  assert.ok(packed.includes('dist/index.d.ts') && packed.includes('dist/cli/main.js'));
  assert.deepEqual(packed.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name)), []);

  const app = path.join(work, 'app');
  const installed = path.join(app, 'node_modules', 'shoal');
  await mkdir(path.join(app, 'node_modules'), { recursive: true });
  await run(copy, 'tar', '-xzf', filename);
  await rename(path.join(copy, 'package'), installed);
  await mkdir(path.join(app, 'given'));
  const film = randomBytes(1_000_000);
  await writeFile(path.join(app, 'given', 'film.mkv'), film);

  await t.test('as a library', async () => {
    await writeFile(path.join(app, 'program.mjs'), PROGRAM);
    assert.deepEqual(JSON.parse(await run(app, process.execPath, 'program.mjs')), { last: 1, bytes: film.length, refused: true, code: 'BAD_SOURCE' });
    assert.deepEqual(await readFile(path.join(app, 'got', 'film.mkv')), film);
  });

  await t.test('with its types', async () => {
    await writeFile(path.join(app, 'typed.mts'), TYPED_PROGRAM);
    const options = { strict: true, noEmit: true, target: 'es2024', module: 'nodenext', types: ['node'], lib: ['es2024', 'esnext.disposable'] };
    await writeFile(path.join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['typed.mts'] }));
    await run(app, process.execPath, path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', '.');
  });

  await t.test('as a program', async () => {
    const main = path.join(installed, 'dist', 'cli', 'main.js');
    assert.equal(await run(app, process.execPath, main, '--version'), `${version()}\n`);
    await run(app, process.execPath, main, 'create', 'given/film.mkv', '-o', 'film.torrent');
    assert.match(await run(app, process.execPath, main, 'inspect', '--json', 'film.torrent'), /"ok":true/);
  });
});
