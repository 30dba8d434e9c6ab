/**
 * `shoal share`: makes a torrent of files or folders, tracks it, seeds it, and prints what others need to get it.
 *
 * Invariant: nothing is told to others before everything is ready for them.
 */
import type { Command } from 'commander';
import { ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { formatBytes } from '../bytes/units.ts';
import type { CreatedTorrent } from '../metainfo/create.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import { parseTorrent } from '../metainfo/parse.ts';
import type { Disk } from '../runtime/disk.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { startTracker, type Tracker } from '../tracker/tracker.ts';
import { addCreateOptions, makeTorrent, type CreateCommandOptions } from './create-options.ts';
import { openDisplay, type Display } from './display.ts';
import { addExamples } from './help.ts';
import { interruption } from './interruption.ts';
import { commandLine, resolvePath, stateDirectory } from './invocation.ts';
import { untilLeaving } from './leaving.ts';
import { openSession } from './open-session.ts';
import { readPort } from './options.ts';
import { httpAddresses } from './reachable.ts';
import { SharedFiles } from './shared-files.ts';
import { style } from './style.ts';
import { counted } from './torrent-view.ts';
import { unlessInterrupted, watchTorrent } from './torrent-watch.ts';
import { addSwarmOptions, type SwarmOptions } from './transfer-options.ts';

interface Options extends CreateCommandOptions, SwarmOptions {
  readonly embeddedTracker: boolean;
  readonly trackerPort?: number;
}

export function define(command: Command): void {
  command.argument('<path...>', 'a file, a folder, or several of both, which become one torrent');
  addCreateOptions(command);
  command
    .option('--no-embedded-tracker', 'start no tracker in this program')
    .option('--tracker-port <n>', `the embedded tracker's port; by default the first free one from ${TRACKER_PORTS.first} on, 0: any`, readPort);
  addSwarmOptions(command);
  command.action(share);
  addExamples(command, [
    ['share holiday.mkv', 'until it is stopped'],
    ['share photos videos --name holiday', 'several folders under one name'],
    ['share image.iso --tracker udp://tracker.example:6969/announce --no-embedded-tracker', 'with a tracker of one\'s own'],
  ]);
}

/** The custom of trackers, and the ports after it. */
const TRACKER_PORTS = { first: 6969, last: 6977 } as const;

async function share(paths: string[], options: Options): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  const beganMs = runtime.clock.now();
  const display = await openDisplay(options);
  let tracker: Tracker | undefined;
  try {
    // Before the hashing, which may take long: a port that is taken should be told at once.
    if (options.embeddedTracker) tracker = await startEmbeddedTracker(runtime, options);
    const addresses = tracker === undefined ? [] : httpAddresses(tracker, runtime.network);
    const own = addresses.map((address) => `${address}/announce`);
    const trackers = [...(own.length === 0 ? [] : [own]), ...(options.tracker ?? [])];
    const created = await makeTorrent(runtime, { paths, options, trackers, display, signal });
    const { metainfo, bytes } = created;
    const magnet = formatMagnet(magnetOf(metainfo));
    const directory = resolvePath(paths[0]).replace(/\/[^/]*$/, '');
    const torrentPath = await writeTorrent(runtime.disk, created, directory);
    const published = tracker?.publish({ name: metainfo.name, bytes, magnet });
    await using session = await openSession({ ...runtime, disk: new SharedFiles(runtime.disk, created, directory) }, options);
    const torrent = await session.add(metainfo, { directory, check: 'trust' });
    await unlessInterrupted(torrent.whenDone(), signal);
    tellReady(display, created, { magnet, torrentPath, url: published === undefined ? undefined : `${addresses[0]}${published}`, port: session.port });
    void watchTorrent(torrent, display, runtime.clock);
    signal.addEventListener('abort', () => display.note('stopping (Ctrl-C once more: at once)'));
    await untilLeaving(torrent, { when: 'told' }, runtime.clock, signal);
    const { uploadedBytes, downloadedBytes } = torrent.status();
    await torrent.stop();
    const seconds = (runtime.clock.now() - beganMs) / 1000;
    display.tell({ event: 'done', seconds, downloaded: downloadedBytes, uploaded: uploadedBytes }, `${metainfo.name}: stopped after sending ${formatBytes(uploadedBytes)}`);
  } finally {
    display.close();
    await tracker?.close();
  }
}

async function startEmbeddedTracker(runtime: Runtime, { trackerPort, listen }: Options): Promise<Tracker> {
  const start = (port: number): Promise<Tracker> => {
    const where = { port, ...(listen === undefined ? {} : { host: listen }) };
    return startTracker(runtime, { http: where });
  };
  if (trackerPort !== undefined) return start(trackerPort);
  for (let port = TRACKER_PORTS.first; port <= TRACKER_PORTS.last; port++) {
    try {
      return await start(port);
    } catch (error) {
      if (!(error instanceof ShoalError && error.code === 'LISTEN_FAILED')) throw error;
    }
  }
  return start(0);
}

/**
 * Puts the torrent file beside what is shared; where that cannot be, or another's is in its place, where Shoal keeps its
 * state. Gives its path.
 */
async function writeTorrent(disk: Disk, { bytes, metainfo }: CreatedTorrent, directory: string): Promise<string> {
  const beside = `${directory}/${metainfo.name}.torrent`;
  try {
    if (await mayBeReplaced(disk, beside)) {
      await disk.writeWhole(beside, bytes);
      return beside;
    }
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
  }
  const kept = `${stateDirectory()}/${toHex(metainfo.infoHash ?? metainfo.infoHashV2 ?? new Uint8Array(0))}.torrent`;
  await disk.writeWhole(kept, bytes);
  return kept;
}

/** What Shoal made it may make anew; a person's own files are left alone. */
async function mayBeReplaced(disk: Disk, path: string): Promise<boolean> {
  if ((await disk.status(path)) === undefined) return true;
  return parseTorrent(await disk.readWhole(path, LIMITS.torrentBytes)).createdBy?.startsWith('Shoal ') === true;
}

interface Shared {
  readonly magnet: string;
  readonly torrentPath: string;
  readonly url: string | undefined;
  readonly port: number;
}

function tellReady(display: Display, { metainfo }: CreatedTorrent, { magnet, torrentPath, url, port }: Shared): void {
  const { name, length, pieceCount, pieceLength, infoHash, infoHashV2, trackers } = metainfo;
  const { bold, dim } = style(process.stdout);
  const places: [string, string | undefined][] = [['magnet', magnet], ['torrent', torrentPath], ['URL', url]];
  const ways = [url, magnet].filter((source) => source !== undefined);
  display.tell({
    event: 'ready', magnet, torrent: torrentPath, url: url ?? null, trackers,
    name, length, pieceLength, pieces: pieceCount, port,
    infoHash: infoHash === undefined ? null : toHex(infoHash), infoHashV2: infoHashV2 === undefined ? null : toHex(infoHashV2),
  }, [
    `${bold(`Sharing ${name}`)}: ${formatBytes(length)} in ${counted(pieceCount, 'piece')} of ${formatBytes(pieceLength, 'binary')}`,
    '',
    ...places.filter(([, place]) => place !== undefined).map(([title, place]) => `  ${dim(title.padEnd(8))} ${place}`),
    '',
    bold(`Others get it with${ways.length > 1 ? ' either of' : ''}`),
    ...ways.map((source) => `  ${commandLine('get', source)}`),
    '',
    dim('Ctrl-C stops sharing.'),
    '',
  ].join('\n'));
}
