/** The commands from end to end: real processes, real sockets on the loopback interface, real files. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { COMMANDS } from '../src/cli/commands.ts';
import { version } from '../src/runtime/node/version.ts';
import { ON_LOOPBACK, Workplace, type Finished } from './support/cli.ts';

const LENGTH = 3_000_000;

function assertOneLine({ stdout, stderr }: Finished, pattern: RegExp): void {
  assert.equal(stdout, '');
  assert.match(stderr, pattern);
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
}

test('the version, and a help with examples for each command', async () => {
  await using work = await Workplace.create();
  assert.deepEqual(await work.run(['--version']), { exitCode: 0, stdout: `${version()}\n`, stderr: '' });
  const { exitCode, stdout } = await work.run(['--help']);
  assert.equal(exitCode, 0);
  await Promise.all(COMMANDS.map(async ({ name, usage }) => {
    assert.match(stdout, new RegExp(`^ +${name} `, 'm'));
    const help = await work.run([name, '--help']);
    assert.equal(help.exitCode, 0);
    assert.ok(help.stdout.includes(`shoal ${name} ${usage}`), help.stdout);
    assert.match(help.stdout, /Examples:/);
  }));
});

test('a command that makes no sense ends with exit code 2 and one line that says why', async () => {
  await using work = await Workplace.create();
  const cases: [string[], RegExp][] = [
    [['gte'], /^shoal: unknown command 'gte': did you mean get\? \(see \.\/bin\/shoal --help\)$/m],
    [['help', 'gte'], /^shoal: unknown command 'gte'/],
    [['dht', 'ping', 'x'], /^shoal dht ping: 'x': expected HOST:PORT.*\(see \.\/bin\/shoal dht ping --help\)$/m],
    [['get'], /^shoal get: a word more is needed: source/],
    [['get', 'x', '--down', '5'], /--down.*"5" is not a rate/],
    [['get', 'x', '--port', '65536'], /--port.*0 \(any free one\) to 65535/],
    [['get', 'x', '--stay', '--seed-time', '1m'], /--stay.*cannot be used with.*--seed-time/],
    [['get', 'x', '--peer', 'nowhere'], /--peer.*HOST:PORT/],
    [['share', 'x', '--format', 'v3'], /--format.*v1, v2, hybrid/],
    [['tracker', '--interval', 'soon'], /--interval.*not a duration/],
    [['magnet', `magnet:?xt=urn:btih:${'a'.repeat(40)}`], /a torrent file is needed/],
  ];
  await Promise.all(cases.map(async ([args, pattern]) => {
    const finished = await work.run(args);
    assert.equal(finished.exitCode, 2, args.join(' '));
    assertOneLine(finished, pattern);
  }));
});

test('what cannot be had ends with exit code 1 and one line that names it', async () => {
  await using work = await Workplace.create();
  await writeFile(work.path('bad.torrent'), 'd4:infod6:lengthi-1eee');
  const cases: [string[], RegExp][] = [
    [['get', 'nowhere.torrent'], /^shoal get: .*nowhere\.torrent: there is no such file/],
    [['get', 'bad.torrent'], /^shoal get: .*bad\.torrent: /],
    [['get', 'magnet:?dn=nothing'], /^shoal get: magnet:\?dn=nothing: the link names no torrent/],
    [['create', 'nowhere', '-o', 'out.torrent'], /^shoal create: .*nowhere: there is no such file/],
    [['get', 'http://127.0.0.1:1/x.torrent'], /^shoal get: http:\/\/127\.0\.0\.1:1\/x\.torrent: /],
    [['tracker', '--http', '192.0.2.1:1'], /^shoal tracker: .*192\.0\.2\.1/],
  ];
  await Promise.all(cases.map(async ([args, pattern]) => {
    const finished = await work.run(args);
    assert.equal(finished.exitCode, 1, args.join(' '));
    assertOneLine(finished, pattern);
  }));
});

test('inspect prints one JSON object a line, in order, also for bad files', async () => {
  await using work = await Workplace.create();
  await mkdir(work.path('folder/inner'), { recursive: true });
  await writeFile(work.path('folder/a'), randomBytes(40_000));
  await writeFile(work.path('folder/inner/b'), 'b');
  await writeFile(work.path('bad.torrent'), randomBytes(100));
  const trackers = ['http://127.0.0.1:1/announce', 'udp://127.0.0.1:1'];
  const created = await work.run(['create', 'folder', '-o', 'good.torrent', '--tracker', ...trackers, '--private', '--piece-length', '32KiB']);
  assert.equal(created.exitCode, 0, created.stderr);

  const { exitCode, stdout } = await work.run(['inspect', '--json', 'good.torrent', 'bad.torrent', 'none.torrent', `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=film`]);
  assert.equal(exitCode, 1);
  const [good, bad, none, link] = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(good, {
    file: 'good.torrent', ok: true, infoHash: good.infoHash, infoHashV2: null, name: 'folder', length: 40_001, pieceLength: 32_768, pieces: 2,
    files: [{ path: 'a', length: 40_000 }, { path: 'inner/b', length: 1 }], trackers: trackers.map((url) => [url]), private: true,
  });
  assert.match(good.infoHash, /^[0-9a-f]{40}$/);
  for (const [file, line] of [['bad.torrent', bad], ['none.torrent', none]] as const) {
    assert.deepEqual(line, { file, ok: false, error: line.error });
    assert.ok(line.error.includes(file));
  }
  assert.equal(link.ok, true);
  assert.equal(link.infoHash, 'ab'.repeat(20));
  assert.equal(link.length, null);

  const forPeople = await work.run(['inspect', 'good.torrent']);
  assert.equal(forPeople.exitCode, 0);
  for (const word of ['folder', good.infoHash, 'inner/b', ...trackers]) assert.ok(forPeople.stdout.includes(word), word);
  const magnet = await work.run(['magnet', 'good.torrent']);
  assert.ok(magnet.stdout.startsWith(`magnet:?xt=urn:btih:${good.infoHash}&dn=folder`));
});

test('share, and get by URL and by magnet link', async () => {
  await using work = await Workplace.create();
  const bytes = randomBytes(LENGTH);
  await writeFile(work.path('film.mkv'), bytes);
  const share = work.start(['share', 'film.mkv', '--tracker-port', '0', '--json', ...ON_LOOPBACK]);
  const ready = await share.event('ready');
  assert.equal(ready['torrent'], work.path('film.mkv.torrent'));
  assert.match(String(ready['url']), /^http:\/\/127\.0\.0\.1:\d+\/film\.mkv\.torrent$/);
  const announceUrl = String(ready['url']).replace(/film.*/, 'announce');
  assert.deepEqual(ready['trackers'], [[announceUrl, announceUrl.replace('http', 'udp')]]);

  const foreign = new URLSearchParams({ info_hash: 'a'.repeat(20), peer_id: 'b'.repeat(20), port: '1', uploaded: '0', downloaded: '0', left: '0', compact: '1' });
  assert.match(await (await fetch(`${announceUrl}?${foreign}`)).text(), /not tracked here/);

  const byUrl = await work.run(['get', String(ready['url']), '--dir', 'by-url', '--json', ...ON_LOOPBACK, '--on-done', 'echo "$SHOAL_NAME|$SHOAL_PATH|$SHOAL_INFO_HASH|$NODE_COMPILE_CACHE" > told'], { home: 'home-1', env: { NODE_COMPILE_CACHE: work.path('cache') } });
  assert.equal(byUrl.exitCode, 0, byUrl.stderr);
  assert.deepEqual(await readFile(work.path('by-url/film.mkv')), bytes);
  assert.equal(await readFile(work.path('told'), 'utf8'), `film.mkv|${work.path('by-url/film.mkv')}|${ready['infoHash']}|\n`);
  const done = JSON.parse(byUrl.stdout.split('\n').find((line) => line.includes('"event":"done"')) ?? '');
  assert.equal(done.downloaded, LENGTH);
  assert.equal(typeof done.seconds, 'number');

  const byLink = await work.run(['get', String(ready['magnet']), '--dir', 'by-link', ...ON_LOOPBACK], { home: 'home-2' });
  assert.equal(byLink.exitCode, 0, byLink.stderr);
  assert.match(byLink.stdout, /film\.mkv is whole and verified: 3\.00 MB/);
  assert.deepEqual(await readFile(work.path('by-link/film.mkv')), bytes);

  share.interrupt();
  const { exitCode, stderr } = await share.finished();
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
  assert.equal((await share.event('done'))['uploaded'], 2 * LENGTH);
});

test('get stops cleanly, and goes on without downloading a verified piece twice', async () => {
  await using work = await Workplace.create();
  const bytes = randomBytes(LENGTH);
  await writeFile(work.path('film.mkv'), bytes);
  const share = work.start(['share', 'film.mkv', '--tracker-port', '0', '--json', ...ON_LOOPBACK]);
  const url = String((await share.event('ready'))['url']);

  const get = work.start(['get', url, '--dir', 'out', '--json', '--down', '300kB/s', ...ON_LOOPBACK], { home: 'home-1' });
  await get.event('progress', ({ have }) => Number(have) > LENGTH / 10);
  get.interrupt();
  assert.equal((await get.finished()).exitCode, 130);
  const have = Number((await get.event('stopped'))['have']);
  assert.ok(have > LENGTH / 10 && have < LENGTH, `${have}`);

  const again = work.start(['get', url, '--dir', 'out', '--json', ...ON_LOOPBACK], { home: 'home-1' });
  assert.equal((await again.finished()).exitCode, 0);
  assert.equal((await again.event('done'))['downloaded'], LENGTH - have);
  assert.deepEqual(await readFile(work.path('out/film.mkv')), bytes);
});

test('a tracker and a seed on their own; some files of a folder; check', async () => {
  await using work = await Workplace.create();
  await mkdir(work.path('data/folder/inner'), { recursive: true });
  const bytes = randomBytes(100_000);
  await writeFile(work.path('data/folder/a.txt'), bytes);
  await writeFile(work.path('data/folder/inner/b.bin'), randomBytes(200_000));
  const tracker = work.start(['tracker', '--http', '127.0.0.1:0', '--udp', '127.0.0.1:0', '--interval', '1m', '--json']);
  const urls = ((await tracker.event('ready'))['trackers'] as string[][]).flat();
  assert.deepEqual(urls.map((url) => url.replace(/\d+\/announce/, '…')), ['http://127.0.0.1:…', 'udp://127.0.0.1:…']);

  for (const [index, tier] of urls.entries()) {
    const torrent = `of-${index}.torrent`;
    assert.equal((await work.run(['create', 'data/folder', '-o', torrent, '--tracker', tier, '--format', index === 0 ? 'v1' : 'v2'])).exitCode, 0);
    const seed = work.start(['seed', torrent, '--dir', 'data', '--json', ...ON_LOOPBACK], { home: `seed-${index}` });
    await seed.event('done');
    const get = await work.run(['get', '--select', '*.txt', torrent, '--dir', `out-${index}`, ...ON_LOOPBACK], { home: `get-${index}` });
    assert.equal(get.exitCode, 0, get.stderr);
    assert.deepEqual(await readFile(work.path(`out-${index}/folder/a.txt`)), bytes);
    await assert.rejects(stat(work.path(`out-${index}/folder/inner/b.bin`)), { code: 'ENOENT' });

    const whole = await work.run(['check', torrent, '--dir', 'data']);
    assert.equal(whole.exitCode, 0, whole.stderr);
    const part = await work.run(['check', torrent, '--dir', `out-${index}`]);
    assert.equal(part.exitCode, 1);
    assert.match(part.stdout, /inner\/b\.bin: not there/);
    seed.interrupt();
    assert.equal((await seed.finished()).exitCode, 0);
  }
  const nothing = await work.run(['get', '--select', '*.iso', 'of-0.torrent', '--dir', 'out-0', ...ON_LOOPBACK]);
  assert.equal(nothing.exitCode, 1);
  assert.match(nothing.stderr, /^shoal get: no file of folder fits \*\.iso; it holds a\.txt, inner\/b\.bin\n$/);
  for (const [dir, sentence] of [['nowhere', /^shoal seed: .*nowhere: there is no such folder\n$/], ['empty', /nothing of folder is there/]] as const) {
    await mkdir(work.path('empty'), { recursive: true });
    const absent = await work.run(['seed', 'of-0.torrent', '--dir', dir, ...ON_LOOPBACK]);
    assert.equal(absent.exitCode, 1);
    assert.match(absent.stderr, sentence);
  }
});

test('several files become one torrent under a name of their own, and stay where they are', async () => {
  await using work = await Workplace.create();
  const [a, b] = [randomBytes(50_000), randomBytes(70_000)];
  await mkdir(work.path('elsewhere'));
  await writeFile(work.path('a.bin'), a);
  await writeFile(work.path('elsewhere/b.bin'), b);
  const share = work.start(['share', 'a.bin', 'elsewhere/b.bin', '--name', 'both', '--tracker-port', '0', '--json', ...ON_LOOPBACK]);
  const { url, torrent } = await share.event('ready');
  assert.equal(torrent, work.path('both.torrent'));
  const get = await work.run(['get', String(url), '--dir', 'out', ...ON_LOOPBACK], { home: 'home-1' });
  assert.equal(get.exitCode, 0, get.stderr);
  assert.deepEqual(await readFile(work.path('out/both/a.bin')), a);
  assert.deepEqual(await readFile(work.path('out/both/b.bin')), b);
  await assert.rejects(stat(work.path('both')), { code: 'ENOENT' });
});

test('a file that loses its contents while it is shared ends the sharing with one line that names it', async () => {
  await using work = await Workplace.create();
  await writeFile(work.path('film.mkv'), randomBytes(LENGTH));
  const share = work.start(['share', 'film.mkv', '--tracker-port', '0', ...ON_LOOPBACK, '--json']);
  const { torrent, port } = await share.event('ready');
  await truncate(work.path('film.mkv'), 0);
  const get = work.start(['get', String(torrent), '--dir', 'out', '--peer', `127.0.0.1:${port}`, '--json', ...ON_LOOPBACK], { home: 'home-1' });
  const { exitCode, stderr } = await share.finished();
  assert.equal(exitCode, 1);
  assert.match(stderr, /^shoal share: .*film\.mkv: .*\n$/);
  assert.equal((await share.event('error'))['code'], 'NOT_FOUND');
  get.interrupt();
  assert.equal((await get.finished()).exitCode, 130);
});

test('a magnet link that nobody serves says what it is doing, and can be stopped', async () => {
  await using work = await Workplace.create();
  const get = work.start(['get', `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=film`, '--json', ...ON_LOOPBACK]);
  assert.equal((await get.event('progress'))['state'], 'metadata');
  get.interrupt();
  const { exitCode, stderr } = await get.finished();
  assert.deepEqual({ exitCode, stderr }, { exitCode: 130, stderr: '' });
});

test('a torrent file that is not Shoal\'s own is left alone, and paths are the caller\'s under npm start', async () => {
  await using work = await Workplace.create();
  await mkdir(work.path('from'));
  await writeFile(work.path('from/film.mkv'), 'a film');
  await writeFile(work.path('from/film.mkv.torrent'), 'a person\'s own file');
  const env = { npm_lifecycle_event: 'start', INIT_CWD: work.path('from') };
  const share = work.start(['share', 'film.mkv', '--no-embedded-tracker', '--json', ...ON_LOOPBACK], { env });
  const { torrent, url, magnet, infoHash } = await share.event('ready');
  assert.equal(torrent, work.path(`home/${infoHash}.torrent`));
  assert.equal(url, null);
  assert.equal(magnet, `magnet:?xt=urn:btih:${infoHash}&dn=film.mkv&xl=6`);
  assert.equal(await readFile(work.path('from/film.mkv.torrent'), 'utf8'), 'a person\'s own file');
});

test('a share with neither tracker nor DHT says how others get it all the same', async () => {
  await using work = await Workplace.create();
  await writeFile(work.path('film.mkv'), 'a film');
  const share = work.start(['share', 'film.mkv', '--no-embedded-tracker', ...ON_LOOPBACK]);
  const told = await share.printed(/no tracker and no DHT/);
  const [, magnet, peer] = /get '(magnet:[^']+)' --peer (127\.0\.0\.1:\d+)\n/.exec(told) ?? assert.fail(told);
  const get = await work.run(['get', magnet, '--peer', peer, '--dir', 'out', ...ON_LOOPBACK], { home: 'home-1' });
  assert.equal(get.exitCode, 0, get.stderr);
  assert.equal(await readFile(work.path('out/film.mkv'), 'utf8'), 'a film');
});
