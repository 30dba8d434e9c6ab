/** `shoal ring node`: a peer that stays on the ring, and through which others join. */
import type { Command } from 'commander';
import { describeError } from '../../bytes/errors.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted, formatDuration } from '../../bytes/units.ts';
import type { RingNode } from '../../discovery/ring/ring-node.ts';
import { cut } from '../columns.ts';
import type { View } from '../display.ts';
import { addExamples } from '../help.ts';
import { joinText } from '../join-text.ts';
import { reachableEndpoints } from '../reachable.ts';
import { style } from '../style.ts';
import { showUntilStopped } from '../waiting.ts';
import { statusFields, statusText } from './peer-text.ts';
import { addPeerOptions, withPeer, type PeerOptions, type Running } from './with-peer.ts';

const USUAL_PORT = 6882;

export function define(ring: Command): void {
  const command = ring.command('node').description('Stand on a ring until stopped, for others to join through.');
  addPeerOptions(command, { port: String(USUAL_PORT), join: 'none: it begins a ring of its own' }).action(node);
  addExamples(command, [
    ['ring node', 'a ring of one\'s own; others join with --join THIS-HOST:6882'],
    ['ring node --port 6883 --join 192.168.1.5:6882', 'one more peer of it'],
  ]);
}

async function node(options: PeerOptions): Promise<void> {
  await withPeer(options, { place: 'member', mayBegin: true, usualPort: USUAL_PORT }, stay);
}

async function stay({ node: own, ready, runtime, display, stopwatch, signal, waitFor }: Running): Promise<void> {
  // A ring that does not answer now may later: the peer goes on by itself.
  await waitFor('joining the ring', ready).catch((error: unknown) => {
    signal.throwIfAborted();
    display.note(`${describeError(error)}; this peer waits for others, and keeps trying`);
  });
  const endpoints = reachableEndpoints([own.localEndpoint], runtime.network);
  const { id } = own.status();
  const name = style(process.stdout).bold(`Peer ${toHex(id)} of the ring`);
  display.tell({ event: 'ready', id: toHex(id), port: own.localEndpoint.port, endpoints }, joinText([name], '--join', endpoints));
  await showUntilStopped(display, runtime.clock, signal, () => nodeView(own, stopwatch.elapsedMs));
  display.tell({ event: 'done', seconds: stopwatch.seconds, ...statusFields(own.status()) }, statusText(own.status()));
}

const LINE_EVERY_MS = 60_000;

function nodeView(own: RingNode, elapsedMs: number): View {
  const status = own.status();
  const { estimatedPeers, keys, announcements, successors, shortcuts, datagramsReceived } = status;
  const ring = successors.length === 0 ? 'alone on its ring' : `on a ring of about ${counted(estimatedPeers, 'peer')}, ${counted(shortcuts.length, 'shortcut')}`;
  const holds = `holds ${counted(keys, 'key')}, ${counted(announcements, 'announcement')}`;
  return {
    state: status.state,
    lineEveryMs: LINE_EVERY_MS,
    firstLineMs: 0,
    event: () => ({ event: 'progress', ...statusFields(status) }),
    line: () => `${ring}; ${holds}`,
    lines: ({ columns }, { bold, dim }) => [
      bold(cut(`${ring}; ${holds}`, columns)),
      dim(cut(`${counted(datagramsReceived, 'datagram')} received in ${formatDuration(elapsedMs)}`, columns)),
    ],
  };
}
