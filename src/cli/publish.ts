/**
 * `shoal publish`: points to a torrent as the newest of a publisher, whom others follow (BEP 46). Only the pointer is put into
 * the DHT; the torrent has to be shared as any other.
 */
import type { Command } from 'commander';
import { formatEndpoint } from '../bytes/endpoint.ts';
import { toHex } from '../bytes/hex.ts';
import { counted } from '../bytes/units.ts';
import { publishTorrent } from '../discovery/kademlia/mutable-torrent.ts';
import { keepPublished } from '../discovery/kademlia/publication.ts';
import { formatMagnet } from '../metainfo/magnet.ts';
import { readInfoHash } from './dht/info-hash.ts';
import { NO_SALT, readSalt, versionFields } from './dht/item-values.ts';
import { addNodeOptions, joined, withNode, type NodeOptions } from './dht/with-node.ts';
import { addExamples } from './help.ts';
import { commandLine, resolvePath } from './invocation.ts';
import { openKeyFile } from './key-file.ts';
import { style } from './style.ts';

interface Options extends NodeOptions {
  readonly key: string;
  readonly salt?: Uint8Array;
  readonly stay?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<torrent>', 'a torrent file or its URL, a magnet link or an info-hash')
    .requiredOption('--key <file>', 'the key that signs the pointer; made where it is not there')
    .option('--salt <text>', 'which of the things that are published under one key', readSalt)
    .option('--stay', 'keep the pointer in the DHT until stopped: nodes forget it after two hours');
  addNodeOptions(command).action(publish);
  addExamples(command, [
    ['publish films-2024.torrent --key films.key', 'print the link that others follow'],
    ['publish films-2025.torrent --key films.key --stay', 'the same link points to this one from now on'],
  ]);
}

async function publish(source: string, options: Options): Promise<void> {
  await withNode(options, async (running) => {
    const { runtime, node, signal, waitFor, display, stopwatch } = running;
    const { infoHash, name } = await readInfoHash(runtime, source, signal);
    const keyPair = await openKeyFile(runtime, resolvePath(options.key), (line) => display.note(line));
    await joined(running);
    const { item, stored } = await waitFor('publishing', publishTorrent(node, runtime.clock, { keyPair, salt: options.salt ?? NO_SALT, infoHash, signal }));
    const magnet = linkTo(item);
    const { bold, dim } = style(process.stdout);
    const bootstrap = options.bootstrap === undefined ? [] : ['--bootstrap', ...options.bootstrap.map(formatEndpoint)];
    display.tell({ event: 'ready', magnet, infoHash: toHex(infoHash), ...versionFields(item), stored }, [
      `${bold(`Published ${name ?? toHex(infoHash)}`)}, version ${item.sequence}, on ${counted(stored, 'node')}`,
      `  ${magnet}`,
      '',
      bold('Others get it, and what is published after it, with'),
      `  ${commandLine('get', magnet, '--follow', ...bootstrap)}`,
      ...(options.stay === true ? ['', dim('Ctrl-C stops it.')] : []),
      '',
    ].join('\n'));
    if (options.stay === true) await waitFor('keeping it in the DHT', untilStopped(keepPublished(node, runtime.clock, item, signal), signal));
    display.tell({ event: 'done', seconds: stopwatch.seconds }, dim('Nodes forget it after two hours, unless somebody follows it or --stay keeps it.'));
  }, { isReadOnly: options.stay !== true });
}

/** To be stopped is how it ends well. */
async function untilStopped(work: Promise<never>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error !== signal.reason) throw error;
  }
}

function linkTo({ publicKey, salt }: { readonly publicKey: Uint8Array; readonly salt: Uint8Array }): string {
  return formatMagnet({
    infoHash: undefined, infoHashV2: undefined, publisher: { publicKey, salt }, name: undefined, length: undefined,
    trackers: [], webSeeds: [], peers: [], selection: undefined,
  });
}
