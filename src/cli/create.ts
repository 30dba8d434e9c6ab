/** `shoal create`: makes a torrent file, and nothing more. */
import type { Command } from 'commander';
import { counted, formatBytes } from '../bytes/units.ts';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { addCreateOptions, makeTorrent, type CreateCommandOptions } from './create-options.ts';
import { addExamples } from './help.ts';
import { infoHashFields } from './info-hashes.ts';
import { interruption } from './interruption.ts';
import { resolvePath } from './invocation.ts';
import { openDisplay } from './open-display.ts';
import { Stopwatch } from './stopwatch.ts';

interface Options extends CreateCommandOptions {
  readonly output: string;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command.argument('<path...>', 'a file, a folder, or several of both').requiredOption('-o, --output <file>', 'where to write the torrent file');
  addCreateOptions(command);
  command.option('--json', 'print one event a line').action(create);
  addExamples(command, [
    ['create holiday.mkv -o holiday.torrent', 'a torrent without a tracker'],
    ['create photos -o photos.torrent --tracker http://tracker.example:6969/announce', 'of a folder, with a tracker'],
    ['create iso -o iso.torrent --format hybrid --piece-length 1MiB', 'for old clients and for new ones'],
  ]);
}

async function create(paths: string[], options: Options): Promise<void> {
  const runtime = nodeRuntime();
  const stopwatch = new Stopwatch(runtime.clock);
  const output = resolvePath(options.output);
  const display = await openDisplay(options);
  try {
    const { bytes, metainfo } = await makeTorrent(runtime, { paths, options, trackers: options.tracker ?? [], display, signal: interruption() });
    await runtime.disk.writeWhole(output, bytes);
    const { name, length, pieceCount, pieceLength } = metainfo;
    const magnet = formatMagnet(magnetOf(metainfo));
    display.tell({
      event: 'done', seconds: stopwatch.seconds, torrent: output, magnet,
      ...infoHashFields(metainfo), name, length, pieceLength, pieces: pieceCount,
    }, `${output}\n${name}: ${formatBytes(length)} in ${counted(pieceCount, 'piece')} of ${formatBytes(pieceLength, 'binary')}\n${magnet}`);
  } finally {
    display.close();
  }
}
