/** `shoal ring find`: who has files with certain words in their names. */
import type { Command } from 'commander';
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { printable } from '../../bytes/printable.ts';
import { counted, formatBytes } from '../../bytes/units.ts';
import type { FoundFile } from '../../discovery/ring/publisher.ts';
import { addExamples } from '../help.ts';
import { style } from '../style.ts';
import { addPeerOptions, withPeer, type PeerOptions } from './with-peer.ts';

const NAME_LENGTH = 200;

export function define(ring: Command): void {
  const command = ring.command('find').description('Find files that have all of some words in their names, and who has them.')
    .argument('<words...>', 'in any order and spelling of case, accents and punctuation; an ending such as mkv only narrows what others find');
  addPeerOptions(command).action(find);
  addExamples(command, [
    ['ring find buck bunny --join 192.168.1.5:6882', 'on the ring of that peer'],
    ['ring find holiday --json', 'on the ring that was used last, for programs'],
  ]);
}

async function find(words: string[], options: PeerOptions): Promise<void> {
  await withPeer(options, { place: 'outside' }, async ({ node, ready, display, stopwatch, waitFor }) => {
    await waitFor('looking for the ring', ready);
    const found = await waitFor('looking for files', node.find(words.join(' ')));
    const files = found.toSorted((a, b) => b.holders.length - a.holders.length || (a.name < b.name ? -1 : 1));
    display.tell({ event: 'done', seconds: stopwatch.seconds, files: files.map(fileFields) }, [
      ...files.flatMap(fileLines),
      `${counted(files.length, 'file')} with ${words.join(' ')} in ${files.length === 1 ? 'its name' : 'their names'}`,
    ].join('\n'));
  });
}

function fileFields({ name, length, infoHash, holders }: FoundFile): object {
  return { name, length, ...hashFields(infoHash), holders: holders.map(formatEndpoint) };
}

/** 20 bytes are a v1 info-hash, 32 a v2 one. */
function hashFields(infoHash: Uint8Array): { readonly infoHash: string | null; readonly infoHashV2: string | null } {
  return infoHash.length === 20 ? { infoHash: toHex(infoHash), infoHashV2: null } : { infoHash: null, infoHashV2: toHex(infoHash) };
}

function fileLines({ name, length, infoHash, holders }: FoundFile): string[] {
  const { bold, dim } = style(process.stdout);
  const size = length === 0 ? 'unknown length' : formatBytes(length);
  return [
    `${bold(printable(name === '' ? toHex(infoHash) : name, NAME_LENGTH))}  ${size}`,
    `  ${toHex(infoHash)}`,
    `  ${dim(holders.slice(0, 8).map(formatEndpoint).join('  '))}${holders.length > 8 ? dim(`  and ${holders.length - 8} more`) : ''}`,
  ];
}
