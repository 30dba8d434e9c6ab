/** `shoal ring map`: walks around the circle and draws it. */
import type { Command } from 'commander';
import { counted } from '../../bytes/units.ts';
import { drawMap } from '../../discovery/ring/map-drawing.ts';
import { walkCircle } from '../../discovery/ring/map.ts';
import { addExamples } from '../help.ts';
import { resolvePath } from '../invocation.ts';
import { contactFields } from './peer-text.ts';
import { addPeerOptions, withPeer, type PeerOptions } from './with-peer.ts';

interface Options extends PeerOptions {
  readonly svg?: string;
}

export function define(ring: Command): void {
  const command = ring.command('map').description('Walk around the circle from peer to peer, and draw it.')
    .option('--svg <file>', 'where to draw it, with the shortcuts as chords');
  addPeerOptions(command).action(map);
  addExamples(command, [['ring map --svg ring.svg --join 192.168.1.5:6882', 'a picture of the whole ring']]);
}

async function map({ svg, ...options }: Options): Promise<void> {
  await withPeer(options, { place: 'outside' }, async ({ runtime, node, ready, display, stopwatch, waitFor }) => {
    await waitFor('looking for the ring', ready);
    const circle = await waitFor('walking around the circle', walkCircle(node));
    const path = svg === undefined ? undefined : resolvePath(svg);
    if (path !== undefined) await runtime.disk.writeWhole(path, Buffer.from(drawMap(circle, node.contact.key)));
    const { peers, silent, isWhole } = circle;
    const keys = peers.reduce((sum, peer) => sum + peer.keys, 0);
    display.tell({
      event: 'done', seconds: stopwatch.seconds, isWhole, keys, svg: path ?? null, silent: silent.map(contactFields),
      peers: peers.map((peer) => ({ ...contactFields(peer.contact), keys: peer.keys, shortcuts: peer.shortcuts.length })),
    }, [
      `${counted(peers.length, 'peer')}${isWhole ? ' around the whole circle' : ', but the walk did not get around'}, ${counted(keys, 'key')} with their copies`,
      ...(silent.length === 0 ? [] : [`${counted(silent.length, 'peer')} named by others, but silent`]),
      ...(path === undefined ? [] : [path]),
    ].join('\n'));
  });
}
