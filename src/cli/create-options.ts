/** The options of the commands that make torrents, and the making itself, with its progress shown. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createTorrent, type CreatedTorrent } from '../metainfo/create.ts';
import type { MetainfoFormat } from '../metainfo/metainfo.ts';
import { version } from '../runtime/node/version.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Display } from './display.ts';
import { resolvePath } from './invocation.ts';
import { isTrackerWord, isWebSeedWord, ListOption, readPieceLength, readTier, readWebSeed } from './options.ts';
import { Stopwatch } from './stopwatch.ts';
import { workView } from './work-view.ts';

export interface CreateCommandOptions {
  /** By tier (BEP 12). */
  readonly tracker?: readonly (readonly string[])[];
  readonly webSeed?: readonly string[];
  /** Bytes. */
  readonly pieceLength?: number;
  readonly name?: string;
  readonly private?: boolean;
  readonly format: MetainfoFormat;
}

export function addCreateOptions(command: Command): void {
  command
    .addOption(new ListOption('--tracker <url…>', 'a tracker; several are tried in turn, those with a comma between them at random', readTier, isTrackerWord))
    .addOption(new ListOption('--web-seed <url…>', 'an HTTP server that has the file, or the folder that the torrent lies in', readWebSeed, isWebSeedWord))
    .option('--piece-length <size>', 'a power of two from 16KiB on, such as 256KiB; by default chosen by size', readPieceLength)
    .option('--name <name>', "another name than the file's or folder's own", readName)
    .option('--private', 'peers may be had from the trackers alone')
    .addOption(new Option('--format <format>', 'v1 is known to every client').choices(['v1', 'v2', 'hybrid']).default('v1'));
}

/** It is shown, and becomes a file's name. */
function readName(text: string): string {
  if (text === '' || text === '.' || text === '..' || /[/\\\p{Cc}]/u.test(text)) {
    throw new InvalidArgumentError('a name has letters, and neither slashes nor control characters');
  }
  return text;
}

export interface Making {
  readonly paths: readonly string[];
  readonly options: CreateCommandOptions;
  /** By tier, in place of the options' own. */
  readonly trackers: readonly (readonly string[])[];
  readonly display: Display;
  readonly signal: AbortSignal;
}

/** Hashes the files, and tells what was left out. Rejects with `ShoalError`, or the signal's reason. */
export async function makeTorrent(runtime: Runtime, { paths, options, trackers, display, signal }: Making): Promise<CreatedTorrent> {
  const stopwatch = new Stopwatch(runtime.clock);
  const { pieceLength, name, format, webSeed } = options;
  const what = `hashing ${name ?? (paths.length === 1 ? resolvePath(paths[0]).replace(/^.*\//, '') : `${paths.length} files and folders`)}`;
  const created = await createTorrent(runtime, {
    paths: paths.map(resolvePath),
    format,
    ...(pieceLength === undefined ? {} : { pieceLength }),
    ...(name === undefined ? {} : { name }),
    isPrivate: options.private === true,
    trackers,
    webSeeds: webSeed ?? [],
    createdBy: `Shoal ${version()}`,
    creationDate: Math.floor(runtime.clock.unixTimeMs() / 1000),
    progress: (doneBytes, totalBytes) => display.show(workView({ what, doneBytes, totalBytes, elapsedMs: stopwatch.elapsedMs })),
    signal,
  });
  display.clear();
  for (const folder of created.emptyFolders) display.note(`${folder} is empty, so it is left out`);
  return created;
}
