import assert from 'node:assert/strict';
import test from 'node:test';
import { toHex } from '../bytes/hex.ts';
import { sleep } from '../runtime/clock.ts';
import { SimulatedNetwork } from '../runtime/simulated/network.ts';
import { simulatedRuntime } from '../runtime/simulated/runtime.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { isMetainfo } from '../session/source.ts';
import { UsageError } from './failure.ts';
import { PlainLines } from './plain-lines.ts';
import { Pace } from './pace.ts';
import { openSource, openTorrentFile } from './sources.ts';

const simulation = new Simulation();
const network = new SimulatedNetwork(simulation);
const runtime = simulatedRuntime(network.addHost('10.0.0.1'));

test('an info-hash is a link, whichever way it is written', async () => {
  const hashes = async (source: string): Promise<string[]> => {
    const magnet = await openSource(runtime, source);
    assert.ok(!isMetainfo(magnet));
    return [magnet.infoHash, magnet.infoHashV2].map((hash) => (hash === undefined ? '' : toHex(hash)));
  };
  assert.deepEqual(await hashes('ab'.repeat(20)), ['ab'.repeat(20), '']);
  assert.deepEqual(await hashes('CD'.repeat(32)), ['', 'cd'.repeat(32)]);
  assert.deepEqual(await hashes('mfrggzdfmztwq2lknnwg23tpobyxe43u'), [toHex(Buffer.from('abcdefghijklmnopqrst')), '']);
});

test('what names no torrent is refused with what would', async () => {
  for (const [source, message] of [['', /empty/], [' ', /empty/], ['ftp://example.org/a.torrent', /http and https alone/]] as const) {
    await assert.rejects(openSource(runtime, source), (error) => error instanceof UsageError && message.test(error.message));
  }
  await assert.rejects(openSource(runtime, 'nowhere.torrent'), { code: 'BAD_SOURCE', message: /^\/.*\/nowhere\.torrent: there is no such file/ });
  await assert.rejects(openTorrentFile(runtime, 'ab'.repeat(20)), UsageError);
});

test('a server is waited for in sight of who waits', async () => {
  await network.addHost('10.0.0.2').serveHttp({ port: 80 }, () => sleep(simulation, 5000).then(() => ({ status: 404, body: '' })));
  const lines: string[] = [];
  const display = new PlainLines((text) => lines.push(text), new Pace(() => simulation.now()));
  await assert.rejects(simulation.complete(openSource(runtime, 'http://10.0.0.2/a.torrent', { display }), 10_000), /status 404/);
  assert.deepEqual(lines, ['fetching http://10.0.0.2/a.torrent for 1s\n']);
});
