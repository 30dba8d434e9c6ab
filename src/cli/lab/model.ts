/** `shoal lab model`: the textbook's bounds, as a table and as the textbook's figure. */
import { type Command, Option } from 'commander';
import { parsePeerClasses } from '../../lab/peer-classes.ts';
import { askModel, describeQuestion, drawModel, equalPeers, modelText, MODEL_COLUMNS, type ModelQuestion, type Population } from '../../lab/model.ts';
import { tableCsv, tableObjects } from '../../lab/table.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { nodeRuntime } from '../../runtime/node/runtime.ts';
import { UsageError } from '../failure.ts';
import { addExamples } from '../help.ts';
import { resolvePath } from '../invocation.ts';
import { writeFigure } from './figure-files.ts';
import { readCounts, readLink, readPositiveSize, readRates } from './values.ts';

interface Options {
  readonly fileSize: number;
  readonly serverUp: number;
  readonly down: number;
  readonly up?: readonly number[];
  readonly classes?: string;
  readonly peers: readonly number[];
  readonly chunk: number;
  readonly log?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly svg?: string;
  readonly png?: string;
}

const CLASSES_BYTES = 1024 * 1024;

export function define(lab: Command): void {
  const command = lab.command('model').description('The least time in which N peers can all have a file, client-server and peer-to-peer (Kurose and Ross).')
    .requiredOption('--file-size <size>', 'F, such as 3GB or 15Gbit', readPositiveSize)
    .requiredOption('--server-up <rate>', "u_s, the server's uplink, such as 30Mbps", readLink)
    .option('--up <rates>', "u, the peers' uplinks; several with commas, each a curve", readRates)
    .addOption(new Option('--down <rate>', "d, the peers' downlinks").argParser(readLink).default(Number.POSITIVE_INFINITY, 'without limit'))
    .option('--classes <file>', 'peers that are not alike: a CSV file with the columns count,up,down and perhaps name')
    .requiredOption('--peers <counts>', 'N; several with commas', readCounts)
    .addOption(new Option('--chunk <size>', 'what is passed on whole, for the optimum beyond the fluid bound').argParser(readPositiveSize).default(256 * 1024, '256KiB'))
    .option('--log', 'logarithmic axes in the figure')
    .option('--json', 'print the table as JSON')
    .option('--csv', 'print the table as CSV')
    .option('--svg <file>', 'draw the figure')
    .option('--png <file>', 'draw the figure, for those who cannot use SVG')
    .action(model);
  addExamples(command, [['lab model --file-size 3.6GB --server-up 80Mbps --up 8Mbps --peers 10,30,100 --svg figure.svg', "the textbook's figure: F/u = 1 h and u_s = 10u"]]);
}

async function model(options: Options): Promise<void> {
  const runtime = nodeRuntime();
  if ((options.up === undefined) === (options.classes === undefined)) throw new UsageError('expected either --up or --classes: what the peers are like');
  const question: ModelQuestion = {
    fileBytes: options.fileSize,
    serverUpBytesPerSecond: options.serverUp,
    populations: options.classes === undefined ? (options.up ?? []).map((up) => equalPeers(up, options.down)) : [await readPopulation(runtime, options.classes)],
    peerCounts: options.peers,
    chunkBytes: options.chunk,
  };
  const answers = askModel(question);
  if (options.json === true) process.stdout.write(`${JSON.stringify(tableObjects(MODEL_COLUMNS, answers), undefined, 1)}\n`);
  else if (options.csv === true) process.stdout.write(tableCsv(MODEL_COLUMNS, answers));
  else process.stdout.write(`${describeQuestion(question)}\n\n${modelText(answers)}`);
  if (options.svg !== undefined || options.png !== undefined) await writeFigure(runtime.disk, drawModel(question, options.log === true ? 'log' : 'linear'), options);
}

async function readPopulation({ disk }: Runtime, file: string): Promise<Population> {
  const text = Buffer.from(await disk.readWhole(resolvePath(file), CLASSES_BYTES)).toString('utf8');
  return { name: file.replace(/^.*\//, ''), classes: parsePeerClasses(text, file) };
}
