/** Web seeds on a real machine: real sockets on loopback, real files, real hashes. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { parseTorrent } from '../src/metainfo/parse.ts';
import { nodeRuntime } from '../src/runtime/node/runtime.ts';
import { SeededRandom } from '../src/runtime/simulated/simulation.ts';
import { Session } from '../src/session/session.ts';
import { ON_LOOPBACK, Workplace } from './support/cli.ts';
import { FileServer } from './support/file-server.ts';

const payload = new SeededRandom(1).bytes(3_000_001);

/** A server of one file on loopback that ends with the test; gives the URL of its folder. */
async function serve(t: TestContext, knowsRanges: boolean): Promise<string> {
  const server = new FileServer({ '/pub/file name.bin': payload }, { knowsRanges });
  const listener = await nodeRuntime().network.serveHttp({ host: '127.0.0.1', port: 0 }, server.handler);
  t.after(() => listener.close());
  return `http://127.0.0.1:${listener.endpoint.port}/pub/`;
}

test('a file that a server has is made a torrent of, and got from that server alone', async (t) => {
  const webSeed = await serve(t, true);
  await using work = await Workplace.create();
  await writeFile(work.path('file name.bin'), payload);
  const created = await work.run(['create', 'file name.bin', '-o', 'file.torrent', '--web-seed', webSeed, 'http://127.0.0.1:9/']);
  assert.equal(created.exitCode, 0, created.stderr);
  assert.deepEqual(parseTorrent(await readFile(work.path('file.torrent'))).webSeeds, [webSeed, 'http://127.0.0.1:9/']);
  const got = await work.run(['get', 'file.torrent', '--dir', 'got', ...ON_LOOPBACK]);
  assert.equal(got.exitCode, 0, got.stderr);
  assert.ok((await readFile(work.path('got/file name.bin'))).equals(payload));
});

test('a server that knows no ranges will do, and what it gives is seen', async (t) => {
  const webSeed = await serve(t, false);
  await using work = await Workplace.create();
  await writeFile(work.path('file name.bin'), payload);
  assert.equal((await work.run(['create', 'file name.bin', '-o', 'file.torrent', '--web-seed', webSeed])).exitCode, 0);
  await using session = await Session.open(nodeRuntime(), { port: 0, listenHost: '127.0.0.1', discovery: [] });
  const torrent = await session.add(await readFile(work.path('file.torrent')), { directory: work.path('got') });
  await torrent.whenDone();
  assert.ok((await readFile(work.path('got/file name.bin'))).equals(payload));
  const { webSeeds: [status], downloadedBytes, wastedBytes } = torrent.status();
  assert.equal(downloadedBytes - wastedBytes, payload.length);
  assert.ok(status.receivedBytes >= downloadedBytes);
  assert.equal(status.trouble, undefined);
});
