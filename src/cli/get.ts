/** `shoal get`: downloads from everyone who has it. */
import type { Command } from 'commander';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { addExamples } from './help.ts';
import { interruption } from './interruption.ts';
import { leavingOf } from './leaving.ts';
import { openSource } from './sources.ts';
import { transfer } from './transfer.ts';
import { addTransferOptions, type TransferOptions } from './transfer-options.ts';

export function define(command: Command): void {
  command.argument('<source>', 'a magnet link, a URL, a torrent file or an info-hash');
  addTransferOptions(command);
  command.action(get);
  addExamples(command, [
    ["get 'magnet:?xt=urn:btih:…'", 'into this folder, and leave when it is whole'],
    ['get http://192.168.1.5:6969/holiday.mkv.torrent --dir ~/Films --stay', 'and go on giving it to others'],
    ["get photos.torrent --select '*.jpg' --down 2MB/s", 'some of the files, slowly'],
    ["get image.torrent --on-done 'notify-send \"$SHOAL_NAME is here\"'", 'and be told'],
  ]);
}

async function get(source: string, options: TransferOptions): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  await transfer(runtime, { source: await openSource(runtime, source, signal), options, isSeed: false, leaving: leavingOf(options, 'whole'), signal });
}
