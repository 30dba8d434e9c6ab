/** The options that every command with a swarm has, and those of commands that download. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Endpoint } from '../bytes/endpoint.ts';
import type { DiscoveryName } from '../discovery/discovery.ts';
import { DISCOVERY_NAMES } from '../session/discoveries.ts';
import { bootstrapOption, isEndpointWord, listenOption, ListOption, readDuration, readEndpoint, readPort, readRate, readRatio } from './options.ts';

export interface SwarmOptions {
  readonly port?: number;
  readonly listen?: string;
  /** Bytes per second. */
  readonly down?: number;
  readonly up?: number;
  readonly choking: 'adaptive' | 'textbook';
  /** Absent: all of them. */
  readonly discovery?: readonly DiscoveryName[];
  readonly bootstrap?: readonly Endpoint[];
  readonly ring?: readonly Endpoint[];
  readonly dht: boolean;
  readonly lsd: boolean;
  readonly pex: boolean;
  readonly json?: boolean;
}

export function addSwarmOptions(command: Command): void {
  command
    .option('--port <n>', 'the port to take peers on; by default the first free one from 6881 on, 0: any', readPort)
    .addOption(listenOption())
    .option('--up <rate>', 'upload no faster, such as 2MB/s or 10Mbps', readRate)
    .addOption(new Option('--choking <policy>', 'whom to upload to: adaptive fills the uplink, textbook has 4 + 1 slots').choices(['adaptive', 'textbook']).default('adaptive'))
    .option('--discovery <names>', `how to find peers: all, or some of ${DISCOVERY_NAMES.join(',')}`, readDiscoveries)
    .addOption(bootstrapOption('nodes through which to join the DHT, instead of the public ones'))
    .addOption(new ListOption('--ring <host:port…>', 'peers of the ring to join through, instead of those of the one that was used last', readEndpoint, isEndpointWord))
    .option('--no-dht', 'find no peers through the DHT')
    .option('--no-lsd', 'find no peers on the local network')
    .option('--no-pex', 'find no peers through peers')
    .option('--json', 'print one event a line');
}

function readDiscoveries(text: string): readonly DiscoveryName[] {
  if (text === 'all') return DISCOVERY_NAMES;
  return text.split(',').map((word) => {
    const name = DISCOVERY_NAMES.find((known) => known === word);
    if (name === undefined) throw new InvalidArgumentError(`expected all, or some of ${DISCOVERY_NAMES.join(', ')} with commas between them`);
    return name;
  });
}

export interface TransferOptions extends SwarmOptions {
  readonly dir: string;
  readonly select?: readonly string[];
  readonly sequential?: boolean;
  readonly overwrite?: boolean;
  readonly peer?: readonly Endpoint[];
  readonly stay?: boolean;
  readonly seedRatio?: number;
  /** Milliseconds. */
  readonly seedTime?: number;
  readonly onDone?: string;
}

export function addTransferOptions(command: Command): void {
  const isGlobWord = (word: string): boolean => !/^(magnet:|[a-z]+:\/\/)|^[^*?]*\.torrent$|^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(word);
  command
    .option('--dir <dir>', 'the folder that it is in, or goes to', '.')
    .addOption(new ListOption('--select <glob…>', 'take only the files that fit, such as "*.mkv" or "extras/**"', (text) => text, isGlobWord))
    .option('--sequential', 'take pieces in order, to watch it meanwhile')
    .option('--down <rate>', 'download no faster, such as 2MB/s or 10Mbps', readRate)
    .addOption(new ListOption('--peer <host:port…>', 'peers to connect to, besides those that are found', readEndpoint, isEndpointWord));
  addSwarmOptions(command);
  command
    .addOption(new Option('--stay', 'upload until stopped').conflicts(['seedRatio', 'seedTime']))
    .addOption(new Option('--seed-ratio <r>', 'once whole, upload r times its size, then leave').argParser(readRatio).conflicts('seedTime'))
    .option('--seed-time <duration>', 'once whole, upload for so long, then leave', readDuration)
    .option('--on-done <cmd>', 'once whole and verified, run a shell command with SHOAL_NAME, SHOAL_PATH and SHOAL_INFO_HASH');
}
