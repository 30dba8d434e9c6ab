/** `shoal plan`: how long a rollout to a fleet will take, what holds it back, and what would help. */
import { type Command, Option } from 'commander';
import { planCommands, planFleet, planText } from '../lab/plan.ts';
import { choosePieceLength } from '../metainfo/piece-length.ts';
import { addExamples } from './help.ts';
import { readPieceLength } from './options.ts';
import { readCapacity, readLink, readPositiveCount, readPositiveSize } from './lab/values.ts';

interface Options {
  readonly size: number;
  readonly hosts: number;
  readonly up: number;
  readonly down: number;
  readonly sourceUp: number;
  readonly pieceLength?: number;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command
    .requiredOption('--size <size>', 'what is to be distributed, such as 3GB', readPositiveSize)
    .requiredOption('--hosts <count>', 'to how many machines', readPositiveCount)
    .requiredOption('--up <rate>', "a host's uplink, such as 300MB/s", readCapacity)
    .addOption(new Option('--down <rate>', "a host's downlink").argParser(readLink).default(Number.POSITIVE_INFINITY, 'without limit'))
    .requiredOption('--source-up <rate>', 'the uplink of the machine that has it', readLink)
    .option('--piece-length <size>', 'a power of two; by default chosen by size', readPieceLength)
    .option('--json', 'print the plan as one JSON object')
    .action(plan);
  addExamples(command, [['plan --size 3GB --hosts 2600 --up 300MB/s --down 300MB/s --source-up 300MB/s', 'a container image to every machine']]);
}

function plan({ size, hosts, up, down, sourceUp, pieceLength, json }: Options): void {
  const fleet = planFleet({
    fileBytes: size, hostCount: hosts, hostUpBytesPerSecond: up, hostDownBytesPerSecond: down, sourceUpBytesPerSecond: sourceUp,
    pieceBytes: pieceLength ?? choosePieceLength(size),
  });
  const plain = (_: string, value: unknown): unknown => (value === Number.POSITIVE_INFINITY ? 'inf' : value);
  process.stdout.write(json === true ? `${JSON.stringify({ ...fleet, commands: planCommands(fleet) }, plain)}\n` : planText(fleet));
}
