/** `shoal ring lookup`: the walk to the peer responsible for a key. */
import { Option, type Command } from 'commander';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { fromHex, toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { shareOfCircle } from '../../discovery/ring/circle.ts';
import type { LookupStep } from '../../discovery/ring/lookup.ts';
import { nameKey, normaliseName } from '../../discovery/ring/names.ts';
import { addExamples } from '../help.ts';
import { contactFields, contactText } from './peer-text.ts';
import { addPeerOptions, withPeer, type PeerOptions, type Running } from './with-peer.ts';

interface Options extends PeerOptions {
  readonly trace?: boolean;
  readonly recursive?: boolean;
}

export function define(ring: Command): void {
  const command = ring.command('lookup').description('Find the peer that is responsible for a key.')
    .argument('<key>', '40 hexadecimal digits, or the name of which it is the hash')
    .option('--trace', 'show each step: the peer, how far is left, the round trip')
    .addOption(new Option('--recursive', 'let the peers hand the question on among themselves: only the end of it is seen').conflicts('trace'));
  addPeerOptions(command).action(lookup);
  addExamples(command, [
    ['ring lookup "Big Buck Bunny" --trace', 'each peer that is asked on the way'],
    ['ring lookup 0123456789abcdef0123456789abcdef01234567', 'by the key itself'],
  ]);
}

async function lookup(text: string, options: Options): Promise<void> {
  const bytes = /^[0-9a-f]{40}$/i.test(text) ? fromHex(text) : undefined;
  const key = bytes ?? nameKey(text);
  await withPeer(options, { place: 'outside' }, async (running) => {
    await running.waitFor('looking for the ring', running.ready);
    const note = bytes === undefined ? `${toHex(key)} is the key of '${normaliseName(text)}'` : undefined;
    if (note !== undefined && options.json !== true) running.display.note(note);
    if (options.recursive === true) await recursive(running, key);
    else await iterative(running, key, options.trace === true);
  });
}

async function iterative({ node, display, stopwatch, waitFor }: Running, key: Uint8Array, isTraced: boolean): Promise<void> {
  let steps = 0;
  const onStep = (step: LookupStep): void => {
    steps += 1;
    if (isTraced) display.tell({ event: 'progress', state: 'step', step: steps, ...stepFields(step) }, stepText(steps, step));
  };
  const { owner } = await waitFor('looking up', node.lookup(key, { onStep }));
  if (owner === undefined) throw notFound(key);
  display.tell(
    { event: 'done', seconds: stopwatch.seconds, key: toHex(key), owner: contactFields(owner), steps },
    `${contactText(owner)} is responsible, found in ${counted(steps, 'step')}`,
  );
}

async function recursive({ node, display, stopwatch, waitFor }: Running, key: Uint8Array): Promise<void> {
  const result = await waitFor('looking up', node.route(key));
  if (result === undefined) throw notFound(key);
  const { owner, hops, tookMs } = result;
  display.tell(
    { event: 'done', seconds: stopwatch.seconds, key: toHex(key), owner: contactFields(owner), hops, milliseconds: tookMs },
    `${contactText(owner)} is responsible; its word came after ${counted(hops, 'hop')} and ${tookMs.toFixed(1)} ms`,
  );
}

function notFound(key: Uint8Array): ShoalError {
  return new ShoalError('RING_NOT_FOUND', `no peer of the ring says that ${toHex(key)} is its own`);
}

function stepFields({ contact, distanceLeft, isBehindKey, roundTripMs }: LookupStep): object {
  return { ...contactFields(contact), distanceLeft: toHex(distanceLeft), isBehindKey, roundTripMs: roundTripMs ?? null };
}

/** The distance as a share of the circle, which says more than 40 digits. */
function stepText(number: number, { contact, distanceLeft, isBehindKey, roundTripMs }: LookupStep): string {
  const left = isBehindKey ? 'follows the key' : `${(shareOfCircle(distanceLeft) * 100).toFixed(4)} % left`;
  const time = roundTripMs === undefined ? 'silent' : `${roundTripMs.toFixed(1)} ms`;
  return `${String(number).padStart(3)}  ${toHex(contact.id).slice(0, 16)}  ${left.padStart(15)}  ${time.padStart(9)}  ${formatEndpoint(contact.endpoint)}`;
}
