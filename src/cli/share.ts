/**
 * `shoal share`: makes a torrent of files or folders, tracks it, seeds it, and prints what others need to get it.
 *
 * Invariant: nothing is told to others before everything is ready for them.
 */
import path from 'node:path';
import type { Command } from 'commander';
import { ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { counted, formatBytes } from '../bytes/units.ts';
import type { CreatedTorrent } from '../metainfo/create.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import { shortInfoHashes } from '../metainfo/metainfo.ts';
import { parseTorrent } from '../metainfo/parse.ts';
import { unlessAborted } from '../runtime/cancellation.ts';
import type { Disk } from '../runtime/disk.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { onlyTorrents } from '../tracker/admission.ts';
import { startTracker, type Tracker } from '../tracker/tracker.ts';
import { addCreateOptions, makeTorrent, type CreateCommandOptions } from './create-options.ts';
import type { Display } from './display.ts';
import { addExamples } from './help.ts';
import { infoHashFields, shortInfoHash } from './info-hashes.ts';
import { interruption } from './interruption.ts';
import { commandLine, resolvePath, stateDirectory } from './invocation.ts';
import { untilLeaving } from './leaving.ts';
import { openDisplay } from './open-display.ts';
import { openSession } from './open-session.ts';
import { readPort } from './options.ts';
import { announceTiers, httpAddresses } from './reachable.ts';
import { SharedFiles } from './shared-files.ts';
import { Stopwatch } from './stopwatch.ts';
import { style } from './style.ts';
import { watchTorrent } from './torrent-watch.ts';
import { addSwarmOptions, type SwarmOptions } from './transfer-options.ts';
import { waysToGet, type WaysToGet } from './ways-to-get.ts';

interface Options extends CreateCommandOptions, SwarmOptions {
  readonly embeddedTracker: boolean;
  readonly trackerPort?: number;
  readonly superSeeding?: boolean;
}

export function define(command: Command): void {
  command.argument('<path...>', 'a file, a folder, or several of both, which become one torrent');
  addCreateOptions(command);
  command
    .option('--no-embedded-tracker', 'start no tracker in this program')
    .option('--tracker-port <n>', `the embedded tracker's port; by default the first free one from ${TRACKER_PORTS.first} on, 0: any`, readPort)
    .option('--super-seeding', 'give each piece once, until others have it too: for the only seed on a slow link')
    .action(share);
  addSwarmOptions(command);
  addExamples(command, [
    ['share holiday.mkv', 'until it is stopped'],
    ['share photos videos --name holiday', 'several folders under one name'],
    ['share image.iso --tracker udp://tracker.example:6969/announce --no-embedded-tracker', 'with a tracker of one\'s own'],
    ['share image.iso --no-embedded-tracker', 'without any tracker: others find it through the DHT'],
  ]);
}

/** The custom of trackers, and the ports after it. */
const TRACKER_PORTS = { first: 6969, last: 6977 } as const;
/** A share is short and its swarm small: who comes should be known to the others soon. */
const ANNOUNCE_INTERVAL_MS = 5 * 60_000;
/** How long our own announcement to our own tracker may take, and how often it is looked for. */
const TRACKED_WITHIN_MS = 5000;
const TRACKED_CHECK_MS = 20;

async function share(paths: string[], options: Options): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  const stopwatch = new Stopwatch(runtime.clock);
  const display = await openDisplay(options);
  const tracked = new Set<string>();
  let tracker: Tracker | undefined;
  try {
    // Before the hashing, which may take long: a port that is taken should be told at once.
    if (options.embeddedTracker) tracker = await startEmbeddedTracker(runtime, options, tracked);
    const own = tracker === undefined ? [] : announceTiers(tracker, runtime.network);
    const trackers = [...own, ...(options.tracker ?? [])];
    const created = await makeTorrent(runtime, { paths, options, trackers, display, signal });
    const { metainfo, bytes } = created;
    for (const infoHash of shortInfoHashes(metainfo)) tracked.add(toHex(infoHash));
    const magnet = formatMagnet(magnetOf(metainfo));
    const directory = path.posix.dirname(resolvePath(paths[0]));
    const torrentPath = await writeTorrent(runtime.disk, created, directory);
    const published = tracker?.publish({ name: metainfo.name, bytes, magnet });
    await using session = await openSession({ ...runtime, disk: new SharedFiles(runtime.disk, created, directory) }, options);
    const torrent = await session.add(metainfo, { directory, check: 'trust', superSeeding: options.superSeeding === true });
    await unlessAborted(torrent.whenDone(), signal);
    // A private torrent is announced to one tracker only (BEP 27).
    const announcements = shortInfoHashes(metainfo).length * (metainfo.isPrivate ? 1 : own.length);
    if (tracker !== undefined) await unlessAborted(untilTracked(tracker, announcements, runtime.clock), signal);
    const url = tracker === undefined ? undefined : `${httpAddresses(tracker, runtime.network)[0]}${published}`;
    const links = [url, magnet].filter((link) => link !== undefined);
    const ways = waysToGet(session, metainfo, links, options, runtime.network);
    tellReady(display, created, { magnet, torrentPath, url, port: session.port, ways });
    void watchTorrent(torrent, display, runtime.clock);
    signal.addEventListener('abort', () => display.note('stopping (Ctrl-C once more: at once)'));
    await untilLeaving(torrent, { when: 'told' }, runtime.clock, signal);
    const { uploadedBytes, downloadedBytes } = torrent.status();
    await torrent.stop();
    display.tell({ event: 'done', seconds: stopwatch.seconds, downloaded: downloadedBytes, uploaded: uploadedBytes }, `${metainfo.name}: stopped after sending ${formatBytes(uploadedBytes)}`);
  } finally {
    display.close();
    await tracker?.close();
  }
}

/**
 * Resolves once the tracker knows of us, by each address family and info-hash: who comes with the link before that finds
 * nobody, and may not ask again for minutes. Gives up waiting where that takes long.
 */
async function untilTracked(tracker: Tracker, announcements: number, clock: Clock): Promise<void> {
  const latestMs = clock.now() + TRACKED_WITHIN_MS;
  while ((await tracker.counts()).seeds < announcements && clock.now() < latestMs) await sleep(clock, TRACKED_CHECK_MS);
}

/** @param tracked the only torrents that may be announced, which may be added later */
async function startEmbeddedTracker(runtime: Runtime, { trackerPort, listen }: Options, tracked: ReadonlySet<string>): Promise<Tracker> {
  const start = (port: number): Promise<Tracker> => {
    const where = { port, ...(listen === undefined ? {} : { host: listen }) };
    return startTracker(runtime, { http: where, udp: where, admit: onlyTorrents(tracked), intervalMs: ANNOUNCE_INTERVAL_MS });
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
  const beside = path.posix.join(directory, `${metainfo.name}.torrent`);
  try {
    if (await mayBeReplaced(disk, beside)) {
      await disk.writeWhole(beside, bytes);
      return beside;
    }
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
  }
  const kept = `${stateDirectory()}/${toHex(shortInfoHash(metainfo))}.torrent`;
  await disk.writeWhole(kept, bytes);
  return kept;
}

/** What Shoal made it may make anew; a person's own files are left alone. */
async function mayBeReplaced(disk: Disk, file: string): Promise<boolean> {
  if ((await disk.status(file)) === undefined) return true;
  return parseTorrent(await disk.readWhole(file, LIMITS.torrentBytes)).createdBy?.startsWith('Shoal ') === true;
}

interface Shared {
  readonly magnet: string;
  readonly torrentPath: string;
  readonly url: string | undefined;
  readonly port: number;
  readonly ways: WaysToGet;
}

function tellReady(display: Display, { metainfo }: CreatedTorrent, { magnet, torrentPath, url, port, ways: { commands, note } }: Shared): void {
  const { name, length, pieceCount, pieceLength, trackers } = metainfo;
  const { bold, dim } = style(process.stdout);
  const places: [string, string | undefined][] = [['magnet', magnet], ['torrent', torrentPath], ['URL', url]];
  display.tell({
    event: 'ready', magnet, torrent: torrentPath, url: url ?? null, trackers,
    name, ...infoHashFields(metainfo), length, pieceLength, pieces: pieceCount, port,
  }, [
    `${bold(`Sharing ${name}`)}: ${formatBytes(length)} in ${counted(pieceCount, 'piece')} of ${formatBytes(pieceLength, 'binary')}`,
    '',
    ...places.filter(([, place]) => place !== undefined).map(([title, place]) => `  ${dim(title.padEnd(8))} ${place}`),
    '',
    bold(`Others get it with${commands.length > 1 ? ' any of' : ''}`),
    ...commands.map((words) => `  ${commandLine('get', ...words)}`),
    '',
    ...(note === undefined ? [] : [dim(note)]),
    dim('Ctrl-C stops sharing.'),
    '',
  ].join('\n'));
}
