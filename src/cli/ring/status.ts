/** `shoal ring status`: how the ring looks from a peer. */
import type { Command } from 'commander';
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { sleep } from '../../runtime/clock.ts';
import { addExamples } from '../help.ts';
import { readEndpoint } from '../options.ts';
import { contactFields, neighbourRows, statusFields, statusText } from './peer-text.ts';
import { addPeerOptions, withPeer, type PeerOptions, type Running } from './with-peer.ts';

/** For its neighbours and a few shortcuts to become known. */
const LOOK_AROUND_MS = 3000;

export function define(ring: Command): void {
  const command = ring.command('status').description('Tell what a peer knows: its id, predecessor, successors, shortcuts and keys.')
    .argument('[peer]', 'HOST:PORT of the peer to ask; by default one that joins for the purpose', readEndpoint);
  addPeerOptions(command).action(status);
  addExamples(command, [
    ['ring status 192.168.1.5:6882 --json', 'what that peer has to say'],
    ['ring status --join 192.168.1.5:6882', 'what a newcomer finds'],
  ]);
}

async function status(peer: Endpoint | undefined, options: PeerOptions): Promise<void> {
  if (peer === undefined) return withPeer(options, { place: 'member' }, ownStatus);
  await withPeer({ ...options, join: options.join ?? [peer] }, { place: 'outside' }, (running) => othersStatus(running, peer));
}

async function ownStatus({ node, ready, runtime, display, stopwatch, signal, waitFor }: Running): Promise<void> {
  await waitFor('joining the ring', ready);
  await waitFor('looking around', sleep(runtime.clock, LOOK_AROUND_MS, signal));
  display.tell({ event: 'done', seconds: stopwatch.seconds, ...statusFields(node.status()) }, statusText(node.status()));
}

async function othersStatus({ node, ready, runtime, display, stopwatch, signal, waitFor }: Running, peer: Endpoint): Promise<void> {
  await waitFor('looking for the ring', ready);
  const [host = peer.host] = await runtime.network.lookup(peer.host, signal);
  const contact = await waitFor('asking', node.meet({ host, port: peer.port }));
  const description = contact && await waitFor('asking', node.describe(contact));
  if (contact === undefined || description === undefined) throw new ShoalError('RING_UNREACHABLE', `${formatEndpoint(peer)} is not on the ring, or does not answer`);
  const { successors = [], predecessors = [], shortcuts = [], keys = 0 } = description;
  const [predecessor] = predecessors;
  const rows: [string, string][] = [
    ['peer', toHex(contact.id)],
    ['address', formatEndpoint(contact.endpoint)],
    ...neighbourRows('before it', predecessors.slice(0, 1)),
    ...neighbourRows('after it', successors),
    ['shortcuts', String(shortcuts.length)],
    ['holds', counted(keys, 'key')],
  ];
  display.tell({
    event: 'done', seconds: stopwatch.seconds, ...contactFields(contact), predecessor: predecessor === undefined ? null : contactFields(predecessor),
    successors: successors.map(contactFields), shortcuts: shortcuts.map(contactFields), keys,
  }, rows.map(([title, text]) => `${title.padEnd(10)} ${text}`).join('\n'));
}
