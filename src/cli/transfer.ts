/**
 * Downloading and seeding: one torrent from its source to the moment when the command leaves its swarm.
 *
 * Invariant: however it ends (whole, left, interrupted, failed), the torrent is stopped in an orderly way before the command
 * ends: trackers are told, and what was verified is kept.
 */
import type { Endpoint } from '../bytes/endpoint.ts';
import { describeError, ShoalError } from '../bytes/errors.ts';
import { toHex } from '../bytes/hex.ts';
import { counted, formatBytes, formatDuration, formatPercent, formatRate } from '../bytes/units.ts';
import type { Magnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { aborted, unlessAborted } from '../runtime/cancellation.ts';
import type { Network } from '../runtime/network.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Session } from '../session/session.ts';
import { isMetainfo } from '../session/source.ts';
import type { Torrent } from '../session/torrent.ts';
import type { TorrentStatus } from '../session/torrent-status.ts';
import type { Display } from './display.ts';
import { runDoneCommand } from './done-command.ts';
import { FAILED, failureEvent, failureLine, Interrupted } from './failure.ts';
import { infoHashFields, shortInfoHash } from './info-hashes.ts';
import { resolvePath } from './invocation.ts';
import { untilLeaving, type Leaving } from './leaving.ts';
import { openSession } from './open-session.ts';
import { peerHint } from './peer-hint.ts';
import { checkSelection, isSelected } from './selection.ts';
import { Stopwatch } from './stopwatch.ts';
import { style } from './style.ts';
import { watchTorrent } from './torrent-watch.ts';
import type { TransferOptions } from './transfer-options.ts';
import { showWaiting } from './waiting.ts';

export interface Transfer {
  readonly source: Metainfo | Magnet;
  readonly options: TransferOptions;
  /** Of what should be on disk already: all of it is checked, and not to find anything is a failure. */
  readonly isSeed: boolean;
  readonly leaving: Leaving;
  readonly signal: AbortSignal;
}

/** Closing takes no longer, mostly. */
const QUIET_MS = 1000;

/** What a transfer is done with. */
export interface Surroundings {
  readonly runtime: Runtime;
  readonly session: Session;
  readonly display: Display;
}

/** Opens a session for as long as `use` takes. Rejects as `use` does, or with `ShoalError` 'LISTEN_FAILED'. */
export async function withSession(
  runtime: Runtime, options: TransferOptions, display: Display, use: (surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  await using session = await openSession(runtime, options);
  await use({ runtime, session, display });
}

/** Rejects with `ShoalError`; with the signal's reason, where the torrent was not whole when that aborted. */
export async function transfer({ runtime, session, display }: Surroundings, { source, options, isSeed, leaving, signal }: Transfer): Promise<void> {
  const directory = resolvePath(options.dir);
  const globs = options.select;
  // Before anything is on disk; a link's torrent is not known yet.
  if (globs !== undefined && isMetainfo(source)) checkSelection(source, globs);
  const peers = await lookUp(options.peer ?? [], runtime.network, signal);
  const stopwatch = new Stopwatch(runtime.clock);
  const torrent = await session.add(source, {
    directory, peers,
    check: isSeed ? 'full' : 'resume',
    sequential: options.sequential === true,
    overwrite: options.overwrite === true,
    ...(globs === undefined ? {} : { select: (file) => (isSelected(file, globs) ? 'normal' : 'none') }),
  });
  void watchTorrent(torrent, display, runtime.clock, leaving.when === 'whole' ? 'seeding' : undefined);
  const hint = isSeed || peers.length > 0 ? undefined : peerHint(source, session, options);
  signal.addEventListener('abort', () => { if (signal.reason instanceof Interrupted) display.note('stopping (Ctrl-C once more: at once)'); });
  try {
    if (hint !== undefined && !isMetainfo(source)) display.note(hint);
    const metainfo = await unlessAborted(torrent.whenReady(), signal);
    if (globs !== undefined) checkSelection(metainfo, globs);
    if (isSeed) checkSeed(torrent.status(), directory, display);
    tellReady(display, metainfo, `${directory}/${metainfo.name}`, session.port);
    if (hint !== undefined && isMetainfo(source) && torrent.state === 'downloading') display.note(hint);
    await unlessAborted(torrent.whenDone(), signal);
    tellDone(display, torrent, options, `${directory}/${metainfo.name}`, stopwatch.seconds);
    const command = runCommand(options, metainfo, directory, display);
    await untilLeaving(torrent, leaving, runtime.clock, signal);
    // It may go on when it is we who are told to stop.
    await Promise.race([command, aborted(signal)]);
    if (leaving.when !== 'whole') await stopWhole(torrent, display);
  } catch (error) {
    if (error === signal.reason) await stopEarly(torrent, display, error instanceof Interrupted ? 'the same command goes on from there' : describeError(error));
    throw error;
  } finally {
    // Of tens of thousands of files this takes a while.
    await showWaiting(display, runtime.clock, 'closing files and saying goodbye', session.remove(torrent), QUIET_MS);
  }
}

function tellReady(display: Display, metainfo: Metainfo, path: string, port: number): void {
  const { name, length, pieceCount, pieceLength, files } = metainfo;
  const fileCount = files.filter(({ isPadding }) => !isPadding).length;
  const holds = fileCount === 1 ? '' : ` in ${counted(fileCount, 'file')}`;
  display.tell({
    event: 'ready', name, ...infoHashFields(metainfo), length, pieceLength, pieces: pieceCount, files: fileCount, path, port,
  }, `${name}: ${formatBytes(length)}${holds}, ${counted(pieceCount, 'piece')} of ${formatBytes(pieceLength, 'binary')}`);
}

function tellDone(display: Display, torrent: Torrent, { select }: TransferOptions, path: string, seconds: number): void {
  const { downloadedBytes, uploadedBytes } = torrent.status();
  const lengths = torrent.files().filter(({ isWanted }) => isWanted).map(({ length }) => length);
  const { bold, good, symbols } = style(process.stdout);
  const how = downloadedBytes === 0
    ? 'was there already'
    : `in ${formatDuration(seconds * 1000)} (${formatRate(downloadedBytes / Math.max(seconds, 0.001))})`;
  display.tell(
    { event: 'done', seconds, downloaded: downloadedBytes, uploaded: uploadedBytes, name: torrent.name, path },
    `${good(symbols.check)} ${select === undefined ? '' : 'what was chosen of '}${bold(torrent.name)} is whole and verified: ${formatBytes(lengths.reduce((sum, length) => sum + length, 0))} ${how}\n  ${path}`,
  );
}

/** A command that fails makes the whole fail in the end, but takes nothing from the swarm. */
async function runCommand({ onDone, json }: TransferOptions, metainfo: Metainfo, directory: string, display: Display): Promise<void> {
  if (onDone === undefined) return;
  try {
    await runDoneCommand({
      command: onDone, name: metainfo.name, path: `${directory}/${metainfo.name}`, infoHash: toHex(shortInfoHash(metainfo)), json: json === true,
    });
  } catch (error) {
    process.exitCode = FAILED;
    display.tell(failureEvent(error), failureLine(error));
  }
}

/** There should be something to give. */
function checkSeed({ name, haveBytes, wantedBytes }: TorrentStatus, directory: string, display: Display): void {
  if (haveBytes === wantedBytes) return;
  if (haveBytes === 0) throw new ShoalError('NOTHING_THERE', `${directory}: nothing of ${name} is there; shoal get downloads it`);
  display.note(`${formatPercent(haveBytes / wantedBytes)} of ${name} is there and right; the rest will be downloaded`);
}

async function stopEarly(torrent: Torrent, display: Display, why: string): Promise<void> {
  const { state } = torrent;
  await torrent.stop();
  const { progress, haveBytes, downloadedBytes, uploadedBytes } = torrent.status();
  const where = state === 'downloading' ? ` at ${formatPercent(progress)}; ${why}`
    : state === 'checking' ? ' while what is on disk was being checked' : ' before anything was downloaded';
  display.tell({ event: 'stopped', progress, have: haveBytes, downloaded: downloadedBytes, uploaded: uploadedBytes }, `${torrent.name}: stopped${where}`);
}

async function stopWhole(torrent: Torrent, display: Display): Promise<void> {
  await torrent.stop();
  const { haveBytes, uploadedBytes, downloadedBytes, wantedBytes } = torrent.status();
  const ratio = wantedBytes === 0 ? '' : ` (${(uploadedBytes / wantedBytes).toFixed(2)} times its size)`;
  display.tell({ event: 'stopped', progress: 1, have: haveBytes, downloaded: downloadedBytes, uploaded: uploadedBytes }, `${torrent.name}: stopped after sending ${formatBytes(uploadedBytes)}${ratio}`);
}

/** Peers are connected to by address. Rejects with 'LOOKUP_FAILED'. */
async function lookUp(peers: readonly Endpoint[], network: Network, signal: AbortSignal): Promise<Endpoint[]> {
  const found = await Promise.all(peers.map(async ({ host, port }) => (await network.lookup(host, signal)).map((address) => ({ host: address, port }))));
  return found.flat();
}
