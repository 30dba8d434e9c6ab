/** `shoal dht put`: stores an item in the DHT (BEP 44). */
import type { Command } from 'commander';
import { encode } from '../../bytes/bencode.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { counted } from '../../bytes/units.ts';
import { type MutableItem, targetOf } from '../../discovery/kademlia/item.ts';
import { publishItem, storeItem } from '../../discovery/kademlia/publication.ts';
import type { Disk } from '../../runtime/disk.ts';
import { UsageError } from '../failure.ts';
import { addExamples } from '../help.ts';
import { resolvePath } from '../invocation.ts';
import { openKeyFile } from '../key-file.ts';
import { NO_SALT, readSalt, readSequence, versionFields } from './item-values.ts';
import { addNodeOptions, joined, withNode, type NodeOptions, type Running } from './with-node.ts';

interface Options extends NodeOptions {
  readonly key?: string;
  readonly salt?: Uint8Array;
  readonly seq?: number | bigint;
}

export function define(dht: Command): void {
  const command = dht.command('put').description('Store a text, or a small file, for about two hours: under its own hash, or under a key of one\'s own.')
    .argument('<text>', `the text, or the name of a file, of less than ${LIMITS.dhtItemBytes} bytes`)
    .option('--key <file>', 'sign it with the key in this file, which is made where it is not there; a later version takes its place')
    .option('--salt <text>', 'which of several items under one key', readSalt)
    .option('--seq <n>', "the version's number; by default the next", readSequence);
  addNodeOptions(command).action(put);
  addExamples(command, [
    ['dht put "hello"', 'whoever knows the target that is printed can get it'],
    ['dht put news.txt --key my.key --salt news', 'a new version of it takes the place of this one'],
  ]);
}

async function put(text: string, options: Options): Promise<void> {
  if (options.key === undefined && (options.salt !== undefined || options.seq !== undefined)) {
    throw new UsageError('--salt and --seq are for what is signed: --key KEYFILE says by whom');
  }
  await withNode(options, async (running) => {
    const { what, value } = await readValue(running.runtime.disk, text);
    if (value.length > LIMITS.dhtItemBytes) throw new ShoalError('DHT_BAD_ITEM', `${what} is too long: with its length before it, an item has at most ${LIMITS.dhtItemBytes} bytes`);
    const { target, stored, version } = options.key === undefined ? await putPlain(running, value) : await putSigned(running, value, options.key, options);
    running.display.tell({
      event: 'done', seconds: running.stopwatch.seconds, target: toHex(target), stored, ...(version === undefined ? { publicKey: null, salt: null, seq: null } : versionFields(version)),
    }, `${toHex(target)}\n${what}${version === undefined ? '' : `, version ${version.sequence},`} is on ${counted(stored, 'node')}`);
  });
}

/** The file of that name where there is one, or the text itself, bencoded as a string. */
async function readValue(disk: Disk, text: string): Promise<{ readonly what: string; readonly value: Uint8Array }> {
  const path = resolvePath(text);
  const isFile = text !== '' && (await disk.status(path).catch(() => undefined))?.kind === 'file';
  return isFile
    ? { what: path, value: encode(await disk.readWhole(path, LIMITS.dhtItemBytes)) }
    : { what: 'the text', value: encode(text) };
}

interface Stored {
  readonly target: Uint8Array;
  /** On so many nodes. */
  readonly stored: number;
  readonly version: MutableItem | undefined;
}

async function putPlain(running: Running, value: Uint8Array): Promise<Stored> {
  const { node, signal, waitFor } = running;
  await joined(running);
  const stored = await waitFor('storing the item', storeItem(node, { value }, signal));
  return { target: targetOf({ value }), stored, version: undefined };
}

async function putSigned(running: Running, value: Uint8Array, key: string, { salt = NO_SALT, seq }: Options): Promise<Stored> {
  const { node, signal, waitFor, display, runtime } = running;
  const keyPair = await openKeyFile(runtime, resolvePath(key), (line) => display.note(line));
  await joined(running);
  const { item, stored } = await waitFor('storing the item', publishItem(node, runtime.clock, {
    keyPair, salt, value, signal, ...(seq === undefined ? {} : { sequence: seq }),
  }));
  return { target: targetOf(item), stored, version: item };
}
