/** `shoal ring`, and sharing and getting by name on a ring alone: real processes on the loopback interface. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { Workplace, type Event, type Finished } from './support/cli.ts';

const LOOPBACK = ['--listen', '127.0.0.1', '--json'];
const NAME = 'Big.Buck_Bunny (4K).mkv';

/** The last event of a command that has ended well. */
function lastEvent({ exitCode, stdout, stderr }: Finished): Event {
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** A ring of some peers, each a process, and `--join` for the first. */
async function startRing(work: Workplace, count: number): Promise<{ readonly endpoint: string; readonly join: string[] }> {
  const first = await work.start(['ring', 'node', '--port', '0', ...LOOPBACK], { home: 'peer0' }).event('ready');
  const endpoint = `127.0.0.1:${first['port']}`;
  const join = ['--join', endpoint];
  for (let peer = 1; peer < count; peer++) await work.start(['ring', 'node', '--port', '0', ...LOOPBACK, ...join], { home: `peer${peer}` }).event('ready');
  return { endpoint, join };
}

// They wait for real timeouts more than they work.
suite('on the loopback interface', { concurrency: true }, () => {
  test('share here and get there by name, with no tracker and no DHT, through a third', async () => {
    await using work = await Workplace.create();
    const { endpoint } = await startRing(work, 1);
    const payload = randomBytes(500_000);
    await writeFile(work.path(NAME), payload);
    const swarm = [...LOOPBACK, '--port', '0', '--discovery', 'ring', '--ring', endpoint];
    const sharing = work.start(['share', NAME, '--no-embedded-tracker', ...swarm], { home: 'sharer' });
    await sharing.event('ready');
    // A file of that name stands here, which is no torrent.
    const got = await work.run(['get', NAME, '--dir', work.path('got'), ...swarm], { home: 'getter' });
    assert.equal(lastEvent(got)['name'], NAME);
    assert.deepEqual(await readFile(work.path(`got/${NAME}`)), payload);

    // Who was met is remembered: the ring need not be named again.
    const again = await work.run(['get', 'bunny', '--dir', work.path('again'), ...LOOPBACK, '--port', '0', '--discovery', 'ring'], { home: 'getter' });
    assert.equal(lastEvent(again)['name'], NAME);
    sharing.interrupt();
    assert.equal((await sharing.finished()).exitCode, 0);
    const gone = await work.run(['get', 'bunny', '--dir', work.path('late'), ...swarm], { home: 'getter' });
    assert.equal(gone.exitCode, 1);
    assert.match(gone.stderr, /^shoal get: nobody on the ring has anything called 'bunny'\n$/);
  });

  test('a ring is published to, searched, looked up in, asked and drawn', async () => {
    await using work = await Workplace.create();
    const { endpoint, join } = await startRing(work, 4);
    await writeFile(work.path(NAME), randomBytes(10_000));
    assert.equal((await work.run(['create', NAME, '-o', 'film.torrent'])).exitCode, 0);

    const published = lastEvent(await work.run(['ring', 'publish', 'film.torrent', '--peer-port', '7777', ...LOOPBACK, ...join]));
    assert.equal(published['stored'], published['keys']);
    const found = lastEvent(await work.run(['ring', 'find', 'BUNNY', 'bück', ...LOOPBACK, ...join]));
    const [file] = found['files'] as { name: string; length: number; infoHash: string; holders: string[] }[];
    assert.deepEqual([file.name, file.length, file.infoHash, file.holders], [NAME, 10_000, published['infoHash'], ['127.0.0.1:7777']]);

    const status = lastEvent(await work.run(['ring', 'status', endpoint, ...LOOPBACK, ...join]));
    assert.ok((status['successors'] as unknown[]).length > 0);
    assert.equal(status['port'], Number(endpoint.split(':')[1]));
    const newcomer = lastEvent(await work.run(['ring', 'status', ...LOOPBACK, ...join]));
    assert.equal(newcomer['state'], 'member');
    assert.ok(newcomer['predecessor'] !== null);

    const walked = await work.run(['ring', 'lookup', NAME, '--trace', ...LOOPBACK, ...join]);
    const { owner, steps } = lastEvent(walked) as Event & { owner: { id: string }; steps: number };
    const trace = walked.stdout.trimEnd().split('\n').slice(0, -1).map((line) => JSON.parse(line) as { id: string; distanceLeft: string; roundTripMs: number });
    assert.equal(trace.length, steps);
    assert.ok(trace.some(({ id }) => id === owner.id));
    assert.match(trace[0].distanceLeft, /^[0-9a-f]{40}$/);
    const handedOn = lastEvent(await work.run(['ring', 'lookup', NAME, '--recursive', ...LOOPBACK, ...join]));
    assert.deepEqual(handedOn['owner'], owner);

    const map = lastEvent(await work.run(['ring', 'map', '--svg', 'ring.svg', ...LOOPBACK, ...join]));
    assert.deepEqual([map['isWhole'], (map['peers'] as unknown[]).length], [true, 4]);
    assert.match(await readFile(work.path('ring.svg'), 'utf8'), /^<svg .*Ring of 4 peers/s);
  });

  test('what cannot be had of a ring ends with one line that says why', async () => {
    await using work = await Workplace.create();
    const cases: [string[], number, RegExp][] = [
      [['ring', 'find', 'x'], 1, /^shoal ring find: no ring is known here: --join HOST:PORT names a peer of it\n$/],
      [['ring', 'lookup', 'x', '--join', 'nowhere'], 2, /--join.*HOST:PORT/],
      [['ring', 'nothing'], 2, /there is no 'nothing' here/],
      [['get', 'x', '--discovery', 'ring', '--listen', '127.0.0.1'], 1, /^shoal get: no ring is known here/],
    ];
    await Promise.all(cases.map(async ([args, exitCode, pattern]) => {
      const finished = await work.run(args);
      assert.equal(finished.exitCode, exitCode, `${args.join(' ')}: ${finished.stderr}`);
      assert.match(finished.stderr, pattern);
    }));
  });
});
