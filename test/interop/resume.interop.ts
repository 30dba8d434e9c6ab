/** `shoal get`, ended in every way and started again: what was verified is not downloaded twice. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createWithLibtorrent, libtorrent } from './libtorrent.ts';
import { inNetwork, type Network } from './network-namespace.ts';
import { assertWhole, copyPayload, makePayload, oneFile, type Payload } from './payload.ts';
import { getOnce, startShoalTracker, type RunningShoal, type ShoalTracker } from './shoal.ts';
import { until } from './waiting.ts';

interface Stage {
  readonly payload: Payload;
  readonly tracker: ShoalTracker;
  /** Begins, or goes on, in the same folder. */
  get(): RunningShoal;
}

async function setUp(network: Network): Promise<Stage> {
  const [seedHost, host] = network.addHosts(2);
  const payload = await makePayload(network.hub.folder('payload'), oneFile(32));
  const tracker = await startShoalTracker(network.hub);
  const { torrent } = await createWithLibtorrent(network.hub, payload, 'v1', [tracker.http]);
  const directory = seedHost.folder('files');
  await copyPayload(payload, directory);
  const seed = await libtorrent.start({ host: seedHost, source: torrent, directory, role: 'seed', uploadBytesPerSecond: 6_000_000 });
  await seed.whenWhole();
  await tracker.whenPeers(1);
  const target = host.folder('files');
  return { payload, tracker, get: () => getOnce(host, torrent, target) };
}

/** Resolves, with the bytes that it has verified, once it has at least `share` of them. */
async function untilHas(running: RunningShoal, share: number): Promise<number> {
  const { command } = running;
  return command.program.until(`${share * 100} % of the torrent`, () => {
    const have = command.figure('progress', 'have');
    return have >= share * command.figure('progress', 'wanted') && have > 0 && have;
  });
}

for (const [signal, stopped] of [['SIGKILL', 'killed'], ['SIGINT', 'stopped by Ctrl-C']] as const) {
  test(`a download that was ${stopped} goes on where it was`, () => inNetwork(async (network) => {
    const { payload, tracker, get } = await setUp(network);
    const first = get();
    const had = await untilHas(first, 0.4);
    const exit = await first.command.program.stop(signal);
    assert.deepEqual(exit, signal === 'SIGKILL' ? { code: null, signal } : { code: 130, signal: null });
    assert.ok(had < payload.length, 'it was stopped on the way');
    if (signal === 'SIGINT') await until('the tracker to hear the goodbye', () => tracker.count('peers') === 1);

    const second = get();
    await second.whenWhole();
    await assertWhole(payload, second);
    const { downloaded } = await second.totals();
    assert.ok(downloaded <= payload.length - had, `${downloaded} bytes were downloaded though ${had} of ${payload.length} were had`);
  }));
}
