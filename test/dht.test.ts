/** The DHT and mutable torrents from end to end: real processes on the loopback interface, in a network of their own. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { inDht, Workplace, type Event, type Running } from './support/cli.ts';

const LENGTH = 1_000_000;

interface OwnNetwork {
  readonly node: Running;
  readonly bootstrap: string;
  /** Options to join it: of commands with a swarm, and of those of `shoal dht`. */
  readonly swarm: readonly string[];
  readonly dht: readonly string[];
}

/** Starts the first node of a network. */
async function startNetwork(work: Workplace): Promise<OwnNetwork> {
  const node = work.start(['dht', 'node', '--listen', '127.0.0.1', '--port', '0', '--json'], { home: 'node' });
  const [bootstrap] = (await node.event('ready'))['endpoints'] as string[];
  return { node, bootstrap, ...inDht(bootstrap) };
}

/** Waits until the node knows as much as that. */
async function untilKnown(node: Running, what: 'nodes' | 'peers', count: number): Promise<void> {
  await node.event('progress', (event) => event[what] === count);
}

/** What the one line says that a command prints with `--json`. */
async function answer(work: Workplace, args: readonly string[], home?: string): Promise<Event> {
  const { exitCode, stdout, stderr } = await work.run([...args, '--json'], home === undefined ? {} : { home });
  assert.equal(exitCode, 0, stderr);
  const event = JSON.parse(stdout);
  assert.equal(event.event, 'done');
  return event;
}

test('a network of one\'s own: nodes are pinged and found, items are put and got', async () => {
  await using work = await Workplace.create();
  const { node, bootstrap, dht } = await startNetwork(work);
  const second = work.start(['dht', 'node', ...dht, '--json'], { home: 'second' });
  const { port, families } = await second.event('ready') as unknown as { port: number; families: { id: string }[] };
  await Promise.all([untilKnown(node, 'nodes', 1), untilKnown(second, 'nodes', 1)]);

  const ping = await answer(work, ['dht', 'ping', `127.0.0.1:${port}`]);
  assert.deepEqual([ping['id'], ping['host'], ping['port']], [families[0].id, '127.0.0.1', port]);
  const find = await answer(work, ['dht', 'find', families[0].id, ...dht]);
  const found = find['nodes'] as { id: string; port: number }[];
  assert.deepEqual(found.map((each) => each.port), [port, Number(bootstrap.split(':')[1])]);
  assert.equal(found[0].id, families[0].id);
  const status = await answer(work, ['dht', 'status', ...dht]);
  const [own] = status['families'] as { nodes: number; buckets: number[]; traffic: { asked: { find_node: number } } }[];
  assert.deepEqual([own.nodes, own.buckets], [2, [2]]);
  assert.ok(own.traffic.asked.find_node >= 2);

  await writeFile(work.path('news.txt'), 'a file\nof two lines');
  for (const [given, text] of [['hello', 'hello'], ['news.txt', 'a file\nof two lines']]) {
    const put = await answer(work, ['dht', 'put', given, ...dht]);
    assert.equal(put['stored'], 2);
    const get = await answer(work, ['dht', 'get', String(put['target']), ...dht]);
    assert.deepEqual([get['text'], get['copies'], get['seq']], [text, 1, null]);
    const { stdout } = await work.run(['dht', 'get', String(put['target']), ...dht]);
    assert.equal(stdout, `${text}\nfrom 1 node\n`);
  }
  second.interrupt();
  assert.equal((await second.finished()).exitCode, 0);
});

test('items under a key of one\'s own: versions, salts, and who may read the key', async () => {
  await using work = await Workplace.create();
  const { dht } = await startNetwork(work);
  const signed = ['--key', 'my.key', '--salt', 'news', ...dht];
  const first = await answer(work, ['dht', 'put', 'one', ...signed]);
  assert.equal((await stat(work.path('my.key'))).mode & 0o777, 0o600);
  assert.match(await readFile(work.path('my.key'), 'utf8'), /^[0-9a-f]{64}\n$/);
  const next = await answer(work, ['dht', 'put', 'two', ...signed]);
  assert.equal(next['target'], first['target']);
  assert.ok(Number(next['seq']) > Number(first['seq']));
  await answer(work, ['dht', 'put', 'three', ...signed, '--seq', '9223372036854775806']);
  const got = await answer(work, ['dht', 'get', String(first['publicKey']), '--salt', 'news', ...dht]);
  assert.deepEqual([got['text'], got['seq'], got['salt'], got['target']], ['three', '9223372036854775806', '6e657773', first['target']]);

  const refused: [string[], RegExp][] = [
    [['put', 'four', ...signed, '--seq', '7'], /^shoal dht put: version 9223372036854775806 is there already/],
    [['get', String(first['publicKey']), ...dht], /^shoal dht get: the DHT holds no item under/],
    [['put', 'x'.repeat(1000), ...dht], /^shoal dht put: the text is too long/],
  ];
  await Promise.all(refused.map(async ([args, pattern]) => {
    const { exitCode, stderr } = await work.run(['dht', ...args]);
    assert.equal(exitCode, 1);
    assert.match(stderr, pattern);
  }));
});

test('without any tracker a bare magnet link is enough, and the DHT tells who has it', async () => {
  await using work = await Workplace.create();
  const { node, bootstrap, swarm, dht } = await startNetwork(work);
  const bytes = randomBytes(LENGTH);
  await writeFile(work.path('film.mkv'), bytes);
  const share = work.start(['share', 'film.mkv', '--no-embedded-tracker', ...swarm, '--json'], { home: 'share' });
  const { magnet, infoHash, port } = await share.event('ready');
  assert.equal(magnet, `magnet:?xt=urn:btih:${infoHash}&dn=film.mkv&xl=${LENGTH}`);

  await untilKnown(node, 'peers', 1);
  const peers = await answer(work, ['dht', 'peers', 'film.mkv.torrent', ...dht]);
  assert.deepEqual([peers['peers'], peers['estimate']], [[`127.0.0.1:${port}`], { seeds: 1, others: 0 }]);
  assert.deepEqual((await answer(work, ['dht', 'sample', ...dht]))['infoHashes'], [infoHash]);

  const get = await work.run(['get', String(magnet), '--dir', 'out', ...swarm], { home: 'get' });
  assert.equal(get.exitCode, 0, get.stderr);
  assert.deepEqual(await readFile(work.path('out/film.mkv')), bytes);

  const forPeople = work.start(['share', 'film.mkv', '--no-embedded-tracker', ...swarm], { home: 'share-2' });
  const words = `get '${magnet}' --bootstrap ${bootstrap}`;
  const lines = await forPeople.printed(/others find this through the DHT\./);
  assert.ok(lines.includes(words), lines);
});

test('a publisher\'s link: what it points to is got, and followed from version to version', async () => {
  await using work = await Workplace.create();
  const { swarm, dht } = await startNetwork(work);
  const first = randomBytes(LENGTH);
  const second = Uint8Array.from(first.subarray(0, LENGTH - 50_000));
  second[100_000] ^= 1;
  for (const [folder, bytes] of [['one', first], ['two', second]] as const) {
    await mkdir(work.path(folder));
    await writeFile(work.path(`${folder}/film.mkv`), bytes);
  }
  const shares = ['one', 'two'].map((folder) => work.start(['share', `${folder}/film.mkv`, '--no-embedded-tracker', ...swarm, '--json'], { home: folder }));
  const [one, two] = await Promise.all(shares.map((share) => share.event('ready')));
  const publish = async (torrent: string): Promise<Event> => {
    const running = work.start(['publish', torrent, '--key', 'my.key', '--salt', 'films', ...dht, '--json']);
    const ready = await running.event('ready');
    assert.equal((await running.finished()).exitCode, 0);
    return ready;
  };
  const published = await publish('one/film.mkv.torrent');
  assert.equal(published['infoHash'], one['infoHash']);
  assert.equal(published['magnet'], `magnet:?xs=urn:btpk:${published['publicKey']}&s=66696c6d73`);

  const link = String(published['magnet']);
  const follow = work.start(['get', link, '--dir', 'out', '--follow', '--follow-interval', '1s', ...swarm, '--json'], { home: 'follow' });
  await follow.event('done');
  assert.deepEqual(await readFile(work.path('out/film.mkv')), first);
  await publish('two/film.mkv.torrent');
  await follow.event('resolved', ({ infoHash }) => infoHash === two['infoHash']);
  const { downloaded } = await follow.event('done', (event) => Number(event['downloaded']) < LENGTH);
  assert.ok(Number(downloaded) > 0 && Number(downloaded) < 100_000, `${downloaded}`);
  assert.deepEqual(await readFile(work.path('out/film.mkv')), Buffer.from(second));
  const once = await work.run(['get', link, '--dir', 'once', ...swarm], { home: 'once' });
  assert.equal(once.exitCode, 0, once.stderr);
  assert.deepEqual(await readFile(work.path('once/film.mkv')), Buffer.from(second));
  follow.interrupt();
  const { exitCode, stderr } = await follow.finished();
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
});

test('a pointer to a v2 torrent; one that is kept until it is told to stop; a link that waits for its publisher', async () => {
  await using work = await Workplace.create();
  const { swarm, dht } = await startNetwork(work);
  const bytes = randomBytes(LENGTH);
  await writeFile(work.path('film.mkv'), bytes);
  const share = work.start(['share', 'film.mkv', '--format', 'v2', '--no-embedded-tracker', ...swarm, '--json'], { home: 'share' });
  const { infoHashV2 } = await share.event('ready');
  const keep = work.start(['publish', 'film.mkv.torrent', '--key', 'my.key', '--stay', ...dht, '--json'], { home: 'publish' });
  const { magnet, infoHash } = await keep.event('ready');
  assert.equal(infoHash, String(infoHashV2).slice(0, 40));

  const get = work.start(['get', String(magnet), '--dir', 'out', ...swarm], { home: 'get' });
  const nobody = work.start(['get', `${magnet}&s=00`, '--dir', 'nobody', ...swarm, '--json'], { home: 'nobody' });
  assert.equal((await get.finished()).exitCode, 0);
  assert.deepEqual(await readFile(work.path('out/film.mkv')), bytes);
  assert.equal((await nobody.event('progress'))['state'], 'resolving');
  for (const [running, expected] of [[nobody, 130], [keep, 0]] as const) {
    running.interrupt();
    const { exitCode, stderr } = await running.finished();
    assert.deepEqual({ exitCode, stderr }, { exitCode: expected, stderr: '' });
  }
});

test('what makes no sense, and a node that does not answer', async () => {
  await using work = await Workplace.create();
  await writeFile(work.path('film.mkv'), 'a film');
  await writeFile(work.path('bad.key'), 'no key');
  assert.equal((await work.run(['create', 'film.mkv', '-o', 'private.torrent', '--private'])).exitCode, 0);
  const publisher = `magnet:?xs=urn:btpk:${'ab'.repeat(32)}`;
  const { dht, swarm } = inDht('127.0.0.1:1');
  const cases: [string[], number, RegExp][] = [
    [['dht'], 2, /expected one of node, ping, find, peers, put, get, sample, status/],
    [['dht', 'nod'], 2, /there is no 'nod' here/],
    [['dht', 'put', 'x', '--salt', 's'], 2, /--key/],
    [['dht', 'put', 'x', '--seq', '9223372036854775808', '--key', 'k'], 2, /2\^63/],
    [['dht', 'get', 'x'], 2, /expected a target/],
    [['dht', 'peers', publisher, ...dht], 2, /names a publisher, not a torrent/],
    [['dht', 'peers', 'private.torrent', ...dht], 1, /private: its peers are told by its trackers alone/],
    [['dht', 'find', '12', ...dht], 1, /there is no such file/],
    [['dht', 'ping', '127.0.0.1:1', ...dht], 1, /cannot ask the DHT node at 127\.0\.0\.1:1/],
    [['dht', 'node', '--listen', '192.0.2.1'], 1, /192\.0\.2\.1/],
    [['publish', 'private.torrent', '--key', 'my.key', ...dht], 1, /private/],
    [['publish', 'ab'.repeat(20), '--key', 'bad.key', ...dht], 1, /bad\.key: a key has 32 bytes/],
    [['get', `magnet:?xt=urn:btih:${'ab'.repeat(20)}`, '--follow', ...swarm], 2, /--follow needs a link that names a publisher/],
    [['get', publisher, '--follow', '--stay', ...swarm], 2, /cannot be used with/],
    [['get', publisher, '--follow', '--follow-interval', '10ms', ...swarm], 2, /a second or more/],
    [['get', publisher, '--no-dht', ...swarm], 2, /only the DHT knows/],
  ];
  await Promise.all(cases.map(async ([args, expected, pattern]) => {
    const { exitCode, stderr } = await work.run(args);
    assert.equal(exitCode, expected, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, pattern);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  }));
});
