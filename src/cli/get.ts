/** `shoal get`: downloads from everyone who has it. */
import { type Command, Option } from 'commander';
import type { Magnet } from '../metainfo/magnet.ts';
import { shortInfoHashes, type Metainfo } from '../metainfo/metainfo.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { isMetainfo, SourceError } from '../session/source.ts';
import { UsageError } from './failure.ts';
import { follow, newestVersion, type PublisherLink } from './follow.ts';
import { addExamples } from './help.ts';
import { interruption } from './interruption.ts';
import { leavingOf } from './leaving.ts';
import { withDisplay } from './open-display.ts';
import { readDuration } from './options.ts';
import { findOnRing, mayBeNameOnRing } from './ring/by-name.ts';
import { openSource } from './sources.ts';
import { transfer, withSession } from './transfer.ts';
import { addTransferOptions, type TransferOptions } from './transfer-options.ts';

interface Options extends TransferOptions {
  readonly follow?: boolean;
  /** Milliseconds. */
  readonly followInterval: number;
}

const USUAL_FOLLOW_INTERVAL = '5m';
const SHORTEST_FOLLOW_INTERVAL_MS = 1000;

export function define(command: Command): void {
  command.argument('<source>', 'a magnet link, a URL, a torrent file, an info-hash, or with --ring or --discovery ring a name');
  addTransferOptions(command);
  command
    .option('--overwrite', 'write over files that are there already and hold nothing of the torrent')
    .addOption(new Option('--follow', "stay, and get each newer version that the link's publisher points to, into the same folder").conflicts(['stay', 'seedRatio', 'seedTime']))
    .addOption(new Option('--follow-interval <duration>', 'how often to look for a newer version').argParser(readDuration).default(readDuration(USUAL_FOLLOW_INTERVAL), USUAL_FOLLOW_INTERVAL))
    .action(get);
  addExamples(command, [
    ["get 'magnet:?xt=urn:btih:…'", 'into this folder, and leave when it is whole'],
    ['get http://192.168.1.5:6969/holiday.mkv.torrent --dir ~/Films --stay', 'and go on giving it to others'],
    ["get photos.torrent --select '*.jpg' --down 2MB/s", 'some of the files, slowly'],
    ["get image.torrent --on-done 'notify-send \"$SHOAL_NAME is here\"'", 'and be told'],
    ['get --discovery ring "big buck bunny"', 'by its name, from whoever on the ring has it'],
    ["get 'magnet:?xs=urn:btpk:…' --dir ~/Archive --follow", 'what a publisher points to, now and later'],
  ]);
}

async function get(source: string, options: Options): Promise<void> {
  if (options.followInterval < SHORTEST_FOLLOW_INTERVAL_MS) throw new UsageError('--follow-interval must be a second or more');
  const runtime = nodeRuntime();
  const signal = interruption();
  const isFollowed = options.follow === true;
  await withDisplay(options, async (display) => {
    const opened = await openSource(runtime, source, { signal, display }).catch((error: unknown) => {
      // A file of that name may be here already, whole or in part: that is what is to be had, not what names it.
      if (!(error instanceof SourceError && mayBeNameOnRing(source, options))) throw error;
    });
    const link = opened && publisherLink(opened, isFollowed);
    if (isFollowed && link === undefined) throw new UsageError('--follow needs a link that names a publisher: there is no xs=urn:btpk:… in this source');
    // Each version takes the place of the one before it.
    const common = { options: isFollowed ? { ...options, overwrite: true } : options, isSeed: false, leaving: leavingOf(options, isFollowed ? 'told' : 'whole'), signal };
    await withSession(runtime, options, display, async (surroundings) => {
      if (link === undefined) return transfer(surroundings, { ...common, source: opened ?? await findOnRing(surroundings, source, signal) });
      const following = { ...common, source: link, intervalMs: options.followInterval };
      if (isFollowed) return follow(surroundings, following);
      return transfer(surroundings, { ...common, source: await newestVersion(surroundings, following) });
    });
  });
}

/** The link, where it is its publisher that says which torrent is meant. */
function publisherLink(source: Metainfo | Magnet, isFollowed: boolean): PublisherLink | undefined {
  const publisher = isMetainfo(source) ? undefined : source.publisher;
  if (isMetainfo(source) || publisher === undefined) return undefined;
  return isFollowed || shortInfoHashes(source).length === 0 ? { ...source, publisher } : undefined;
}
