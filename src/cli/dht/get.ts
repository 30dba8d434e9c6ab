/** `shoal dht get`: an item from the DHT (BEP 44). */
import type { Command } from 'commander';
import { ShoalError } from '../../bytes/errors.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { isMutable } from '../../discovery/kademlia/item.ts';
import { addExamples } from '../help.ts';
import { readItemKey, readSalt, textOf, versionFields } from './item-values.ts';
import { addNodeOptions, figureFields, joined, withNode, type NodeOptions } from './with-node.ts';

interface Options extends NodeOptions {
  readonly salt?: Uint8Array;
}

export function define(dht: Command): void {
  const command = dht.command('get').description('Get an item, checked against its hash or its signature.')
    .argument('<target>', "the item's target, or a publisher's public key, in hexadecimal, or a publisher's link")
    .option('--salt <text>', 'which of the items that one key has signed', readSalt);
  addNodeOptions(command).action(get);
  addExamples(command, [
    ['dht get e5f96f6f38320f0f33959cb4d3d656452117aadb', 'what shoal dht put has stored'],
    ["dht get 'magnet:?xs=urn:btpk:…'", 'where a publisher points to'],
  ]);
}

async function get(key: string, options: Options): Promise<void> {
  const { target, salt } = readItemKey(key, options.salt);
  await withNode(options, async (running) => {
    const { node, signal, waitFor, display, stopwatch } = running;
    await joined(running);
    const { item, copies, figures } = await waitFor('looking for the item', node.get(target, { salt, signal }));
    if (item === undefined) throw new ShoalError('NOT_FOUND', `the DHT holds no item under ${toHex(target)}${salt.length === 0 ? '; one that was stored with a salt is found with --salt and its key' : ' with this salt'}`);
    const text = textOf(item.value);
    const version = isMutable(item) ? versionFields(item) : { publicKey: null, salt: null, seq: null };
    display.tell({
      event: 'done', seconds: stopwatch.seconds, target: toHex(target), text: text ?? null, bencoded: toHex(item.value), ...version, copies, ...figureFields(figures),
    }, `${text === undefined ? toHex(item.value) : harmless(text)}\n${isMutable(item) ? `version ${item.sequence}, ` : ''}from ${counted(copies, 'node')}`);
  });
}

/** Lines stay lines, and nothing else has power over a terminal. */
function harmless(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, '');
}
