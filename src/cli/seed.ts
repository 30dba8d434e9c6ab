/** `shoal seed`: checks what is in a folder, then gives it to others; what lacks, it gets from them. */
import type { Command } from 'commander';
import { ShoalError } from '../bytes/errors.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { addExamples } from './help.ts';
import { interruption } from './interruption.ts';
import { resolvePath } from './invocation.ts';
import { leavingOf } from './leaving.ts';
import { withDisplay } from './open-display.ts';
import { openTorrentFile } from './sources.ts';
import { transfer, withSession } from './transfer.ts';
import { addTransferOptions, type TransferOptions } from './transfer-options.ts';

export function define(command: Command): void {
  command.argument('<torrent>', 'a torrent file, or its URL');
  addTransferOptions(command);
  command.action(seed);
  addExamples(command, [
    ['seed holiday.torrent --dir ~/Films', 'until it is stopped'],
    ['seed holiday.torrent --dir ~/Films --seed-ratio 3 --up 10Mbps', 'until three copies are out, slowly'],
  ]);
}

async function seed(source: string, options: TransferOptions): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  await withDisplay(options, async (display) => {
    const metainfo = await openTorrentFile(runtime, source, { signal, display });
    const directory = resolvePath(options.dir);
    if ((await runtime.disk.status(directory)) === undefined) throw new ShoalError('NOTHING_THERE', `${directory}: there is no such folder`);
    await withSession(runtime, options, display, (surroundings) => transfer(surroundings, {
      source: metainfo, options, isSeed: true, leaving: leavingOf(options, 'told'), signal,
    }));
  });
}
