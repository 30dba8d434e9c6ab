/** `shoal ring publish`: has a torrent found by its name. */
import type { Command } from 'commander';
import { ShoalError } from '../../bytes/errors.ts';
import { formatDuration } from '../../bytes/units.ts';
import type { Publication } from '../../discovery/ring/publisher.ts';
import { publishableName } from '../../discovery/ring/names.ts';
import { sleep } from '../../runtime/clock.ts';
import { addExamples } from '../help.ts';
import { infoHashFields } from '../info-hashes.ts';
import { readPort } from '../options.ts';
import { openTorrentFile } from '../sources.ts';
import { addPeerOptions, withPeer, type PeerOptions } from './with-peer.ts';

interface Options extends PeerOptions {
  readonly peerPort: number;
  readonly stay?: boolean;
}

/** Where BitTorrent programs take peers. */
const USUAL_PEER_PORT = 6881;

export function define(ring: Command): void {
  const command = ring.command('publish').description('Have a torrent found by its name, each of its words and its info-hash, with this machine as one who has it.')
    .argument('<torrent>', 'a torrent file')
    .option('--peer-port <n>', 'the TCP port on which this machine gives it to others', readPort, USUAL_PEER_PORT)
    .option('--stay', 'renew it until stopped: the ring forgets it after an hour');
  addPeerOptions(command).action(publish);
  addExamples(command, [
    ['ring publish holiday.torrent --join 192.168.1.5:6882', 'for an hour'],
    ['ring publish holiday.torrent --peer-port 6890 --stay', 'until stopped, and taken back then'],
  ]);
}

async function publish(source: string, options: Options): Promise<void> {
  await withPeer(options, { place: 'outside' }, async ({ runtime, node, ready, display, stopwatch, signal, waitFor }) => {
    const metainfo = await openTorrentFile(runtime, source, { signal });
    if (metainfo.isPrivate) throw new ShoalError('PRIVATE_TORRENT', `${metainfo.name} is private: its peers are told by its trackers alone, and the ring is not to know of it`);
    const infoHash = metainfo.infoHash ?? metainfo.infoHashV2 ?? new Uint8Array();
    const publication: Publication = { infoHash, name: publishableName(metainfo.name), length: metainfo.length, port: options.peerPort };
    await waitFor('looking for the ring', ready);
    const { keys, stored } = await waitFor('publishing', node.publish(publication));
    if (stored === 0) throw new ShoalError('RING_NOT_STORED', `no peer of the ring has taken ${metainfo.name}`);
    const fields = { name: metainfo.name, ...infoHashFields(metainfo), length: metainfo.length, keys, stored };
    const under = `${metainfo.name} is published under ${stored} of ${keys} keys`;
    if (options.stay !== true) {
      const lifetime = formatDuration(node.settings.recordLifetimeMs);
      return display.tell({ event: 'done', seconds: stopwatch.seconds, ...fields }, `${under}; the ring forgets it in ${lifetime}, unless --stay renews it`);
    }
    display.tell({ event: 'ready', ...fields }, `${under}; Ctrl-C takes it back`);
    while (!signal.aborted) {
      await sleep(runtime.clock, node.settings.renewIntervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await node.publish(publication);
    }
    await node.withdraw(publication);
    display.tell({ event: 'done', seconds: stopwatch.seconds }, 'taken back');
  });
}
