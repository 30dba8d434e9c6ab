/** `shoal magnet`: the link that stands for a torrent file. */
import type { Command } from 'commander';
import { formatMagnet, magnetOf } from '../metainfo/magnet.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { addExamples } from './help.ts';
import { openTorrentFile } from './sources.ts';

export function define(command: Command): void {
  command.argument('<torrent>', 'a torrent file, or its URL').option('--json', 'print one event a line').action(magnet);
  addExamples(command, [['magnet holiday.torrent', 'print the link']]);
}

async function magnet(source: string, { json }: { json?: boolean }): Promise<void> {
  const link = formatMagnet(magnetOf(await openTorrentFile(nodeRuntime(), source)));
  process.stdout.write(json === true ? `${JSON.stringify({ event: 'done', magnet: link })}\n` : `${link}\n`);
}
