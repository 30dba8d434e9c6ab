/** `shoal check`: compares what is on disk with the torrent that describes it. Nothing is changed. */
import type { Command } from 'commander';
import type { Bitfield } from '../bytes/bitfield.ts';
import { counted, formatBytes, formatCount, formatPercent } from '../bytes/units.ts';
import { heldBytes, spaceLength, type Metainfo } from '../metainfo/metainfo.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { stateFiles } from '../session/state-files.ts';
import { checkPieces } from '../storage/check.ts';
import { openFileStore } from '../storage/file-store.ts';
import { FAILED } from './failure.ts';
import { addExamples } from './help.ts';
import { shortInfoHash } from './info-hashes.ts';
import { interruption } from './interruption.ts';
import { resolvePath, stateDirectory } from './invocation.ts';
import { openDisplay } from './open-display.ts';
import { openTorrentFile } from './sources.ts';
import { Stopwatch } from './stopwatch.ts';
import { style, type Style } from './style.ts';
import { workView } from './work-view.ts';

interface Options {
  readonly dir: string;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<torrent>', 'a torrent file, or its URL')
    .option('--dir <dir>', 'the folder that the file, or the torrent\'s folder, is in', '.')
    .option('--json', 'print one event a line')
    .action(check);
  addExamples(command, [['check holiday.torrent --dir ~/Films', 'exit code 0 if all is there and right, else 1']]);
}

async function check(source: string, { dir, json }: Options): Promise<void> {
  const runtime = nodeRuntime();
  const signal = interruption();
  const stopwatch = new Stopwatch(runtime.clock);
  const metainfo = await openTorrentFile(runtime, source, { signal });
  const directory = resolvePath(dir);
  const display = await openDisplay({ json });
  try {
    const { parts: partsPath } = stateFiles(shortInfoHash(metainfo), directory, stateDirectory());
    const store = await openFileStore({ disk: runtime.disk, metainfo, directory, partsPath });
    const totalBytes = spaceLength(metainfo);
    const good = await checkPieces({
      hasher: runtime.hasher, metainfo, store, signal,
      onProgress: (checked) => display.show(workView({
        what: `checking ${metainfo.name}`, doneBytes: Math.min(totalBytes, checked * metainfo.pieceLength), totalBytes, elapsedMs: stopwatch.elapsedMs,
      })),
    });
    await store.close();
    const files = checkedFiles(metainfo, good, (index) => store.stamps.isPresent(index));
    const isWhole = files.every(({ goodBytes, length, isThere }) => isThere && goodBytes === length);
    if (!isWhole) process.exitCode = FAILED;
    display.tell({
      event: 'done', seconds: stopwatch.seconds, whole: isWhole, pieces: metainfo.pieceCount, good: good.count,
      files: files.map(({ path, length, goodBytes }) => ({ path, length, good: goodBytes })),
    }, verdict(metainfo, files, good, style(process.stdout)));
  } finally {
    display.close();
  }
}

interface CheckedFile {
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Those of them that lie in good pieces. */
  readonly goodBytes: number;
  readonly isThere: boolean;
}

function checkedFiles(metainfo: Metainfo, good: Bitfield, isThere: (file: number) => boolean): CheckedFile[] {
  return metainfo.files.flatMap((file, index) => (file.isPadding ? [] : [{
    path: file.path.join('/'), length: file.length, goodBytes: heldBytes(file, metainfo.pieceLength, good), isThere: isThere(index),
  }]));
}

/** The files that are not whole, and a summary. */
function verdict({ name, length, pieceCount }: Metainfo, files: readonly CheckedFile[], good: Bitfield, { good: green, warning, symbols }: Style): string {
  const broken = files.filter((file) => !file.isThere || file.goodBytes < file.length);
  if (broken.length === 0) return `${green(symbols.check)} ${name} is whole: ${formatBytes(length)} in ${counted(pieceCount, 'piece')}`;
  const lines = broken.map((file) => `${warning(symbols.cross)} ${file.path}: ${file.isThere ? `${formatPercent(file.length === 0 ? 1 : file.goodBytes / file.length)} is right` : 'not there'}`);
  return [...lines, `${name}: ${formatCount(good.count)} of ${counted(pieceCount, 'piece')} right, ${formatCount(broken.length)} of ${counted(files.length, 'file')} not whole`].join('\n');
}
