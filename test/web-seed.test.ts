/** Web seeds on a real machine: real sockets on loopback, real files, real hashes. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createTorrent } from '../src/metainfo/create.ts';
import { nodeRuntime } from '../src/runtime/node/runtime.ts';
import { SeededRandom } from '../src/runtime/simulated/simulation.ts';
import { Session } from '../src/session/session.ts';
import { FileServer } from './support/file-server.ts';

for (const knowsRanges of [true, false]) {
  test(`a torrent is got from an HTTP server ${knowsRanges ? 'with' : 'without'} ranges alone`, async (t) => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'shoal-web-seed-'));
    t.after(() => rm(directory, { recursive: true }));
    const runtime = nodeRuntime();
    const payload = new SeededRandom(1).bytes(3_000_001);
    const server = new FileServer({ '/pub/file name.bin': payload }, { knowsRanges });
    const listener = await runtime.network.serveHttp({ host: '127.0.0.1', port: 0 }, server.handler);
    t.after(() => listener.close());
    await writeFile(path.join(directory, 'file name.bin'), payload);
    const { bytes } = await createTorrent(runtime, {
      paths: [path.join(directory, 'file name.bin')],
      webSeeds: [`http://127.0.0.1:${listener.endpoint.port}/pub/`],
    });
    await using session = await Session.open(runtime, { port: 0, listenHost: '127.0.0.1', discovery: [] });
    const torrent = await session.add(bytes, { directory: path.join(directory, 'got') });
    await torrent.whenDone();
    assert.ok((await readFile(path.join(directory, 'got', 'file name.bin'))).equals(payload));
    assert.equal(torrent.status().webSeeds[0].trouble, undefined);
  });
}
