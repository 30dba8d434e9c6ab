/** `shoal inspect`: what is in torrent files and magnet links. */
import type { Command } from 'commander';
import { toHex } from '../bytes/hex.ts';
import { counted, formatBytes, formatCount } from '../bytes/units.ts';
import type { Magnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { isMetainfo } from '../session/source.ts';
import { FAILED, failureLine } from './failure.ts';
import { addExamples } from './help.ts';
import { infoHashFields } from './info-hashes.ts';
import { openSource } from './sources.ts';
import { style, type Style } from './style.ts';

export function define(command: Command): void {
  command
    .argument('<source...>', 'torrent files, their URLs, magnet links or info-hashes')
    .option('--json', 'print one JSON object a line, in order, also for what cannot be read')
    .action(inspect);
  addExamples(command, [
    ['inspect holiday.torrent', 'names, sizes, hashes, trackers'],
    ['inspect --json *.torrent', 'for programs'],
  ]);
}

async function inspect(sources: string[], { json }: { json?: boolean }): Promise<void> {
  const runtime = nodeRuntime();
  for (const [index, source] of sources.entries()) {
    try {
      const found = await openSource(runtime, source);
      if (json === true) print(JSON.stringify(description(source, found)));
      else print(`${index > 0 ? '\n' : ''}${text(found, style(process.stdout))}`);
    } catch (error) {
      process.exitCode = FAILED;
      if (json === true) print(JSON.stringify({ file: source, ok: false, error: failureLine(error) }));
      else process.stderr.write(`shoal inspect: ${failureLine(error)}\n`);
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a magnet link does not tell is null. */
function description(file: string, source: Metainfo | Magnet): object {
  const known = isMetainfo(source) ? source : undefined;
  return {
    file,
    ok: true,
    ...infoHashFields(source),
    name: source.name ?? null,
    length: source.length ?? null,
    pieceLength: known?.pieceLength ?? null,
    pieces: known?.pieceCount ?? null,
    files: known === undefined ? null : ownFiles(known).map(({ path, length }) => ({ path: path.join('/'), length })),
    trackers: source.trackers,
    private: known?.isPrivate ?? null,
  };
}

/** Without the padding, which nobody stores. */
function ownFiles({ files }: Metainfo): Metainfo['files'] {
  return files.filter(({ isPadding }) => !isPadding);
}

function text(source: Metainfo | Magnet, { bold, dim }: Style): string {
  const rows: [string, string | undefined][] = [
    ['info-hash', source.infoHash && toHex(source.infoHash)],
    ['v2 info-hash', source.infoHashV2 && toHex(source.infoHashV2)],
    ['size', source.length === undefined ? undefined : `${formatBytes(source.length)} (${counted(source.length, 'byte')})`],
    ...(isMetainfo(source) ? metainfoRows(source) : [['kind', 'magnet link: the rest is to be had from peers'] satisfies [string, string]]),
    ...source.trackers.map((tier, index): [string, string] => [index === 0 ? 'trackers' : '', tier.join(', ')]),
    ...source.webSeeds.map((url, index): [string, string] => [index === 0 ? 'web seeds' : '', url]),
  ];
  const lines = rows.filter(([, value]) => value !== undefined).map(([title, value]) => `  ${dim(title.padEnd(13))} ${value}`);
  return [bold(source.name ?? '(no name)'), ...lines, ...(isMetainfo(source) ? fileLines(source, dim) : [])].join('\n');
}

function metainfoRows(metainfo: Metainfo): [string, string | undefined][] {
  const { format, pieceCount, pieceLength, isPrivate, comment, createdBy, creationDate } = metainfo;
  return [
    ['format', format],
    ['pieces', `${formatCount(pieceCount)} of ${formatBytes(pieceLength, 'binary')}`],
    ['private', isPrivate ? 'yes: peers from the trackers alone' : undefined],
    ['comment', comment?.replace(/\s+/g, ' ')],
    ['created by', createdBy],
    ['created', creationDate === undefined ? undefined : dateText(creationDate)],
  ];
}

/** Undefined where the number is no date that a calendar has. */
function dateText(unixSeconds: number): string | undefined {
  const date = new Date(unixSeconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/T(.*)\.000Z/, ' $1 UTC');
}

function fileLines(metainfo: Metainfo, dim: (text: string) => string): string[] {
  if (metainfo.isSingleFile) return [];
  const files = ownFiles(metainfo);
  return [`  ${dim(counted(files.length, 'file'))}`, ...files.map(({ path, length }) => `  ${formatBytes(length).padStart(8)}  ${path.join('/')}`)];
}
